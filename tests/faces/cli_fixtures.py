"""Runs the command line in this process, over gists in memory."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import pytest
from attrs import frozen

from gistsearch.adapters.cli import run
from gistsearch.adapters.cli.searching import SearchSetup
from gistsearch.adapters.cli.store.setup import StoreSetup
from gistsearch.adapters.file_journal import FileJournal
from gistsearch.adapters.local_engine import LocalEngine
from gistsearch.adapters.memory import InMemoryGists, MemoryGist
from gistsearch.adapters.memory_store import InMemoryStore
from gistsearch.adapters.offline import OfflineGists
from gistsearch.adapters.re2 import Re2Compiler
from gistsearch.domain.search import SearchGists
from gistsearch.domain.search_users import SearchUsers
from gistsearch.domain.store.policy import StorePolicy
from gistsearch.ports.engine import EngineFailed
from gistsearch.ports.gists import ContentGone, GistSource
from gistsearch.ports.members import UnknownOrganization
from tests.fakes import InlineExecutor

ORIGIN = "https://gist.github.com/"
SOURCE = InMemoryGists(
    {
        "octo": [
            MemoryGist(
                {"a.py": b"one\nneedle two\nthree\nfour\nfive needle needle\nsix\n", "b.md": b"no\n"},
                "The first",
                id="1",
                languages={"a.py": "Python", "b.md": "Markdown"},
            ),
            MemoryGist({"c.txt": b"Needle\n", "d.txt": b"a needle\n"}, id="2"),
            MemoryGist({"bin": b"needle\0\n"}, id="3"),
        ],
        "hostile": [MemoryGist({"e\x1b]0;x\x07.txt": b"needle \x1b[2J\x9b1m \xe2\x80\xae end\n"}, "d\x1b[5m", id="9")],
        "rows": [MemoryGist({"f": b"1 n\n2 n\n3\n4 n\n5\n6\n7\n8 n\n"}, id="7"), MemoryGist({"g": b"n\n"}, id="8")],
        "broken": [MemoryGist({"good": b"needle\n", "gone": ContentGone("it is gone")}, id="5")],
        "long": [MemoryGist({"l": b"x" * 2_000 + b"needle" + b"y" * 2_000 + b"needle"}, id="6")],
    }
)


@frozen
class Ran:
    """How a command ended, and what it printed."""

    status: int
    out: str
    err: str

    @property
    def lines(self) -> Sequence[str]:
        """Standard output, line by line, without the origin of addresses."""
        return self.out.replace(ORIGIN, "").splitlines()


class CommandLine:
    """The command line over a source."""

    def __init__(self, capture: pytest.CaptureFixture[str], source: GistSource) -> None:
        self._capture = capture
        self._source = source
        self.store = InMemoryStore()
        self.policy = StorePolicy()

    def __call__(self, *words: str) -> Ran:
        status = run(words, "1.2.3", self._open_search, self._open_store, _serve, _work)
        out, err = self._capture.readouterr()
        return Ran(status, out, err)

    def _open_search(self, *, backend: str | None, store: str | None) -> SearchSetup:
        assert backend is None
        offline = store == "offline"
        source, policy = (
            (OfflineGists(self.store), StorePolicy(fresh_s=math.inf)) if offline else (self._source, self.policy)
        )
        used = None if store == "off" else self.store
        search = SearchGists(source, Re2Compiler(), InlineExecutor(), store=used, policy=policy)
        return SearchSetup(search, partial(_open_run, search), _members, 60.0, offline=offline)

    def _open_store(self) -> StoreSetup:
        return StoreSetup(self.store, self.policy, lambda: self._open_search(backend=None, store=None).use_case)


@contextmanager
def _open_run(
    use_case: SearchGists, *, engine: str | None, journal: str | None, search: Mapping[str, object], in_order: bool
) -> Generator[SearchUsers, None, None]:
    assert engine is None
    searches_at_once = 1 if in_order else 4
    local = LocalEngine(use_case.run_in_batches, InlineExecutor(), searches_at_once)
    if journal is None:
        yield SearchUsers(local)
    else:
        with closing(FileJournal(Path(journal), search)) as opened:
            yield SearchUsers(local, opened)


def _members(organization: str) -> Iterator[str]:
    if organization != "acme":
        raise UnknownOrganization(f"there is no organization '{organization}'")
    yield from ("octo", "rows")


def _serve(*, host: str | None, port: int | None, workers: int | None) -> None:
    print(f"serves on {host}:{port} with {workers} workers")


def _work(*, engine: str, threads: int | None) -> None:
    if "nowhere" in engine:
        raise EngineFailed(f"{engine} does not answer")
    print(f"works for {engine} with {threads} threads")
