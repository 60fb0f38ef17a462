"""What is left of a store when processes that write to it are killed."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.answering import answer_of, ask, coverage_of, warnings_of
from tests.store_processes import QUERY, is_whole, open_store, sample_gists

KILLS = int(os.environ.get("GISTSEARCH_TEST_KILLS", "2"))
"""How many times processes are killed."""


@pytest.mark.parametrize("seed", range(KILLS))
def test_a_killed_process_leaves_a_store_that_can_be_used(tmp_path: Path, seed: int) -> None:
    """Whatever it was doing: nothing is damaged, and nothing that was saved is lost."""
    rng = random.Random(seed)
    saved: dict[str, set[str]] = {}
    for turn in range(2):
        writers = [_writer(tmp_path, 10 * seed + turn + number) for number in range(2)]
        begun = [writer.stdout.readline() if writer.stdout else "" for writer in writers]
        time.sleep(rng.random() / 2)
        for writer in writers:
            writer.send_signal(signal.SIGKILL)
        for writer, line in zip(writers, begun, strict=True):
            _take_words(writer, line, saved)
    store = open_store(tmp_path)
    for username, pack_ids in saved.items():
        user = store.load(username)
        texts = {pack.id: store.read_pack(pack) for pack in user.packs}
        assert pack_ids <= texts.keys(), "expected everything that was saved and not dropped to be there"
        assert all(text is not None and is_whole(text) for text in texts.values()), "expected no text to be cut short"


@pytest.mark.parametrize("seed", range(max(1, KILLS // 4)))
def test_a_killed_search_leaves_a_store_that_answers(tmp_path: Path, seed: int) -> None:
    """The next search gives the right answer, without a warning, and goes on from there."""
    rng = random.Random(seed)
    source = sample_gists()
    expected = answer_of(QUERY, ask(QUERY, source))
    for _ in range(3):
        searcher = _process("search", tmp_path)
        time.sleep(0.3 + rng.random())
        searcher.send_signal(signal.SIGKILL)
        searcher.communicate()
    events = ask(QUERY, source, open_store(tmp_path))
    assert answer_of(QUERY, events) == expected
    assert not warnings_of(events)
    assert coverage_of(ask(QUERY, source, open_store(tmp_path))).downloaded_bytes == 0


def test_processes_share_an_empty_store(tmp_path: Path) -> None:
    """Six at once get right answers; afterwards, nothing is downloaded again."""
    searchers = [_process("search", tmp_path) for _ in range(6)]
    results = [searcher.communicate()[0] for searcher in searchers]
    assert all('"is_right": true' in result and '"warnings": []' in result for result in results), results
    source = sample_gists()
    assert coverage_of(ask(QUERY, source, open_store(tmp_path))).downloaded_bytes == 0


def test_a_forked_process_has_connections_of_its_own(tmp_path: Path) -> None:
    """Neither process disturbs the other, whichever ends first."""
    source = sample_gists()
    store = open_store(tmp_path)
    expected = answer_of(QUERY, ask(QUERY, source, store))
    child = os.fork()
    if child == 0:
        is_right = answer_of(QUERY, ask(QUERY, source, store)) == expected
        os._exit(0 if is_right else 1)
    assert answer_of(QUERY, ask(QUERY, source, store)) == expected
    assert os.waitpid(child, 0)[1] == 0
    events = ask(QUERY, source, store)
    assert answer_of(QUERY, events) == expected
    assert not warnings_of(events)


def _writer(directory: Path, seed: int) -> subprocess.Popen[str]:
    return _process("write", directory, str(seed))


def _process(command: str, directory: Path, *more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.store_processes", command, directory, *more], stdout=subprocess.PIPE, text=True
    )


def _take_words(writer: subprocess.Popen[str], begun: str, saved: dict[str, set[str]]) -> None:
    output, _ = writer.communicate()
    for line in (begun + output).splitlines(keepends=True):
        words = line.split()
        if line.endswith("\n") and words[0] == "saved":
            saved.setdefault(words[1], set()).add(words[2])
        elif words[0] == "drops":  # It may have been killed before, or after that.
            saved.get(words[1], set()).discard(words[-1])
