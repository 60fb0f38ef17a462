"""Processes that use a store, for tests that kill them or take something away from them.

`python -m tests.store_processes write DIRECTORY SEED` changes a store without end, and prints a line for each change.
`python -m tests.store_processes search DIRECTORY` searches sample gists, and prints what came of it as JSON.
"""

from __future__ import annotations

import hashlib
import json
import random
import sys
from itertools import count
from pathlib import Path
from typing import Any

from gistsearch.adapters.memory import InMemoryGists, MemoryGist
from gistsearch.adapters.sqlite import SqliteStore
from gistsearch.domain.query import Detail, SearchQuery
from gistsearch.domain.store.policy import StorePolicy
from gistsearch.ports.store import GistStore, Pack, PackedFile
from gistsearch.testing.store_fixtures import listing_of
from tests.answering import answer_of, ask, coverage_of, warnings_of

ORIGIN = "memory"
USER = "octo"
QUERY = SearchQuery(USER, "needle", detail=Detail.COUNTS)


def open_store(directory: Path, busy_timeout_s: float = 5.0) -> SqliteStore:
    return SqliteStore(directory, ORIGIN, busy_timeout_s=busy_timeout_s)


def sample_gists(number: int = 40) -> InMemoryGists:
    """Return gists of some kilobytes each; every third one contains a needle."""
    records = [
        MemoryGist({f"{n}.txt": b"line %d\n" % n * 700 + (b"a needle\n" if n % 3 == 0 else b"")}) for n in range(number)
    ]
    return InMemoryGists({USER: records}, page_gists=10)


def text_for(rng: random.Random) -> bytes:
    """Return a text that says what it should be: its beginning is the hash of the rest."""
    rest = rng.randbytes(rng.choice([10, 1_000, 50_000, 400_000]))
    return hashlib.sha256(rest).digest() + rest


def is_whole(text: bytes) -> bool:
    """Return whether a text is one that `text_for` made."""
    return hashlib.sha256(text[32:]).digest() == text[:32]


def write(directory: Path, seed: int) -> None:
    """Save, replace and drop packs and listings without end."""
    rng, store = random.Random(seed), open_store(directory)
    packs: list[Pack] = []
    username = f"user{seed % 3}"
    for number in count():
        replaced = [packs.pop(rng.randrange(len(packs)))] if len(packs) > 6 else []
        for pack in replaced:
            _say("drops", username, pack.id)
        packs.append(_save(store, username, text_for(rng), replaced))
        _say("saved", username, packs[-1].id)
        store.save_listing(username, listing_of(f"{seed}-{number}"))
        if number % 5 == 4:
            _say("drops", username, packs[0].id)
            store.drop_packs([packs.pop(0).id])


def search(directory: Path) -> dict[str, Any]:
    """Search sample gists with and without the store; return what is the same and what it took."""
    source = sample_gists()
    expected = answer_of(QUERY, ask(QUERY, source))
    opened = sum(source.files_opened.values())
    events = ask(QUERY, source, open_store(directory, busy_timeout_s=0.5), StorePolicy())
    return {
        "is_right": answer_of(QUERY, events) == expected,
        "downloaded": sum(source.files_opened.values()) - opened,
        "from_store": coverage_of(events).from_store,
        "warnings": [warning.detail for warning in warnings_of(events)],
    }


def _save(store: GistStore, username: str, text: bytes, replaced: list[Pack]) -> Pack:
    return store.save_pack(username, [PackedFile("0" * 40, len(text), 0, len(text))], text, replaced)


def _say(*words: str) -> None:
    sys.stdout.write(" ".join(words) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    if sys.argv[1] == "write":
        write(Path(sys.argv[2]), int(sys.argv[3]))
    else:
        _say(json.dumps(search(Path(sys.argv[2]))))
