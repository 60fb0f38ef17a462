"""What a store does about damaged and foreign files, and about places that cannot be used."""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from gistsearch.adapters.sqlite import SqliteStore
from gistsearch.adapters.store_cache import CachingStore
from gistsearch.domain.events import SearchEvent, WarningType
from gistsearch.domain.store.policy import StorePolicy
from gistsearch.ports.gists import GistFile
from gistsearch.ports.store import StoreUnavailable
from gistsearch.testing.store_fixtures import listing_of, save
from tests.answering import answer_of, ask, coverage_of, warnings_of
from tests.store_processes import ORIGIN, QUERY, USER, open_store, sample_gists

RUNS = int(os.environ.get("GISTSEARCH_TEST_DAMAGES", "20"))
"""How many files are damaged in each way."""

SOURCE = sample_gists()
EXPECTED = answer_of(QUERY, ask(QUERY, SOURCE))


def database(directory: Path, generation: int = 0) -> Path:
    return directory / ORIGIN / f"v2-{generation}.db"


@pytest.fixture(scope="module")
def full_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory with a store that contains everything, once for all tests."""
    directory = tmp_path_factory.mktemp("full")
    ask(QUERY, SOURCE, open_store(directory))
    return directory


@pytest.fixture
def directory(full_store: Path, tmp_path: Path) -> Path:
    """Return a copy of it."""
    shutil.copytree(full_store, tmp_path / "store")
    return tmp_path / "store"


def expect_right_answers(directory: Path) -> list[SearchEvent]:
    """Search twice; return the events of the first search. The second one must find everything repaired."""
    events = ask(QUERY, SOURCE, open_store(directory))
    assert answer_of(QUERY, events) == EXPECTED
    again = ask(QUERY, SOURCE, open_store(directory))
    assert answer_of(QUERY, again) == EXPECTED
    assert not warnings_of(again)
    assert coverage_of(again).downloaded_bytes == 0
    return events


def flip(path: Path, rng: random.Random) -> None:
    content = bytearray(path.read_bytes())
    for _ in range(rng.choice([1, 1, 1, 8, 64])):
        content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    path.write_bytes(content)


def flip_head(path: Path, rng: random.Random) -> None:
    """Flip bits where SQLite's own structures are."""
    content = bytearray(path.read_bytes())
    page = 16_384 * rng.randrange(len(content) // 16_384)
    for _ in range(rng.choice([1, 2, 8])):
        content[page + rng.randrange(120)] ^= 1 << rng.randrange(8)
    path.write_bytes(content)


def truncate(path: Path, rng: random.Random) -> None:
    os.truncate(path, rng.randrange(path.stat().st_size))


def overwrite(path: Path, rng: random.Random) -> None:
    content = bytearray(path.read_bytes())
    start = rng.randrange(len(content))
    content[start : start + 20_000] = rng.choice([bytes(20_000), rng.randbytes(20_000)])[: len(content) - start]
    path.write_bytes(content)


@pytest.mark.parametrize("damage", [flip, flip_head, truncate, overwrite])
@pytest.mark.parametrize("seed", range(RUNS))
def test_damage_never_changes_an_answer(
    directory: Path, damage: Callable[[Path, random.Random], object], seed: int
) -> None:
    """It is repaired by the next search, which says so at most once for each kind."""
    damage(database(directory), random.Random(seed))
    events = expect_right_answers(directory)
    assert len(warnings_of(events)) <= 2


def test_damaged_content_is_downloaded_again(directory: Path) -> None:
    """Nothing else is, and the user is told."""
    path = database(directory)
    content = path.read_bytes()
    at = content.index(b"a needle\n")
    path.write_bytes(content[:at] + b"a noodle\n" + content[at + 9 :])
    events = expect_right_answers(directory)
    [warning] = warnings_of(events)
    assert warning.type is WarningType.STORE
    assert "damaged" in warning.detail
    assert coverage_of(events).downloaded_bytes > 0


def test_a_damaged_listing_is_fetched_again(directory: Path) -> None:
    """The content of its files is not."""
    path = database(directory)
    path.write_bytes(path.read_bytes().replace(b'"13.txt"', b'"14.txt"'))
    events = expect_right_answers(directory)
    assert len(warnings_of(events)) == 1
    assert coverage_of(events).downloaded_bytes == 0


def _no_database(path: Path) -> None:
    path.write_bytes(b"This is not a database, but long enough to be one." * 1_000)


def _foreign_database(path: Path) -> None:
    path.unlink()
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE pack (name)")
    connection.close()


def _older_schema(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 0")
    connection.close()


def _table_missing(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE listing")
    connection.close()


@pytest.mark.parametrize("replace", [_no_database, _foreign_database, _older_schema, _table_missing])
def test_a_file_that_is_no_store_is_set_aside(directory: Path, replace: Callable[[Path], None]) -> None:
    """The user is told once where it is; it is kept until the next one is set aside."""
    replace(database(directory))
    before = database(directory).read_bytes()
    [warning] = warnings_of(expect_right_answers(directory))
    assert str(database(directory)) in warning.detail
    assert "gistsearch store prune" in warning.detail
    assert database(directory).read_bytes() == before
    _no_database(database(directory, 1))
    expect_right_answers(directory)
    assert not database(directory).exists()
    assert database(directory, 1).exists()
    open_store(directory).tidy()
    assert [path.name for path in database(directory).parent.iterdir() if "journal" not in path.name] == ["v2-2.db"]


def test_a_process_learns_that_another_one_set_the_file_aside(directory: Path) -> None:
    """It goes on with the new one, without a warning."""
    store = open_store(directory)
    ask(QUERY, SOURCE, store)
    other = open_store(directory)
    _no_database(database(directory))
    ask(QUERY, SOURCE, other)
    ask(QUERY, SOURCE, store)
    events = ask(QUERY, SOURCE, store)
    assert answer_of(QUERY, events) == EXPECTED
    assert not warnings_of(events)
    assert coverage_of(events).downloaded_bytes == 0


def test_files_of_other_versions_are_left_alone(directory: Path) -> None:
    """Newer ones for good, older ones until the store is tidied."""
    older, newer = directory / ORIGIN / "v1-3.db", directory / ORIGIN / "v9-0.db"
    older.write_bytes(b"older")
    newer.write_bytes(b"newer")
    (directory / ORIGIN / "notes.txt").write_text("mine")
    expect_right_answers(directory)
    assert older.exists()
    open_store(directory).clear()
    assert not older.exists()
    assert newer.exists()
    assert (directory / ORIGIN / "notes.txt").exists()


def test_only_its_user_can_read_it(tmp_path: Path) -> None:
    ask(QUERY, SOURCE, SqliteStore(tmp_path / "a" / "store", "https://api.github.com"))
    made = [tmp_path / "a" / "store", tmp_path / "a" / "store" / "https%3A%2F%2Fapi.github.com"]
    assert [stat.S_IMODE(path.stat().st_mode) for path in made] == [0o700, 0o700]


def test_sources_do_not_share_a_store(tmp_path: Path) -> None:
    """Not even if their addresses could be taken for paths."""
    one, two = (SqliteStore(tmp_path, origin) for origin in ("https://api.github.com", "https://ghe.example/../api/v3"))
    one.save_listing(USER, listing_of("one"))
    assert two.load(USER).listing is None
    two.save_listing(USER, listing_of("two"))
    assert len(list(tmp_path.iterdir())) == 2


def test_a_directory_that_vanishes_is_made_again(directory: Path) -> None:
    """The open connections are not used any more: nobody would find what they save."""
    store = CachingStore(open_store(directory), 1 << 20)
    ask(QUERY, SOURCE, store)
    shutil.rmtree(directory)
    for _ in range(2):
        events = ask(QUERY, SOURCE, store)
        assert answer_of(QUERY, events) == EXPECTED
        assert not warnings_of(events)
    assert coverage_of(ask(QUERY, SOURCE, open_store(directory))).downloaded_bytes == 0


def test_a_directory_may_vanish_while_it_is_used(directory: Path) -> None:
    """The search goes on, and so does the next one."""
    source = sample_gists()
    open_file, opened = source.open_file, 0

    def vanish(file: GistFile, deadline: Any) -> Any:
        nonlocal opened
        opened += 1
        if opened % 7 == 3:
            shutil.rmtree(directory, ignore_errors=True)
        return open_file(file, deadline)

    source.open_file = vanish
    shutil.rmtree(directory)
    for _ in range(3):
        assert answer_of(QUERY, ask(QUERY, source, open_store(directory))) == EXPECTED


def test_a_place_that_cannot_be_made_is_reported_once(tmp_path: Path) -> None:
    """Here, a file is where the directory should be."""
    (tmp_path / "store").write_bytes(b"")
    events = ask(QUERY, SOURCE, open_store(tmp_path / "store"))
    assert answer_of(QUERY, events) == EXPECTED
    [warning] = warnings_of(events)
    assert "GISTSEARCH_STORE" in warning.detail
    assert str(tmp_path / "store") in warning.detail


def test_a_lock_is_not_waited_for_long(directory: Path) -> None:
    """A process that was stopped while it wrote costs a moment, once, and nothing else."""
    connection = sqlite3.connect(database(directory), isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    store = open_store(directory, busy_timeout_s=0.2)
    with pytest.raises(StoreUnavailable, match="locked"):
        store.load(USER)
    events = ask(QUERY, SOURCE, store)
    connection.close()
    assert answer_of(QUERY, events) == EXPECTED
    assert len(warnings_of(events)) == 1
    assert coverage_of(ask(QUERY, SOURCE, store)).downloaded_bytes == 0


def test_a_reader_does_not_keep_a_search_from_saving_for_long(tmp_path: Path) -> None:
    """What cannot be saved is not, and the user is told once."""
    store = open_store(tmp_path, busy_timeout_s=0.2)
    save(store, "other", b"text\n")
    reader = sqlite3.connect(database(tmp_path), isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM pack").fetchone()
    events = ask(QUERY, SOURCE, store)
    reader.close()
    assert answer_of(QUERY, events) == EXPECTED
    assert len(warnings_of(events)) == 1


def in_namespace(script: str) -> dict[str, Any]:
    """Run a shell script as the root of its own mounts, and return the JSON that it prints.

    `$DIR` is an empty directory, `$SEARCH` a command that searches through the store in there.
    """
    if shutil.which("unshare") is None or subprocess.run(["unshare", "-rm", "true"], capture_output=True).returncode:
        pytest.skip("needs user namespaces, to mount a file system of its own")
    search = f"{sys.executable} -m tests.store_processes search $DIR"
    script = f"set -e; DIR=$(mktemp -d); SEARCH='{search}'; {script.replace('$SEARCH', search)}"
    done = subprocess.run(["unshare", "-rm", "sh", "-c", script], capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("size", ["64k", "200k", "320k"])
def test_a_full_disk_makes_a_search_slower_not_wrong(size: str) -> None:
    """The user is told once, and what was saved before is used. With room for it, the sample takes up 370 KiB."""
    result = in_namespace(f"mount -t tmpfs -o size={size} none $DIR; $SEARCH >/dev/null; $SEARCH")
    assert result["is_right"]
    assert len(result["warnings"]) == 1
    assert "full" in result["warnings"][0]


@pytest.mark.parametrize("is_empty", [True, False], ids=["empty", "full"])
def test_a_read_only_place_makes_a_search_slower_not_wrong(is_empty: bool) -> None:
    """What is stored there is used. Unless nothing has to be saved, the user is told once."""
    fill = "true" if is_empty else "$SEARCH >/dev/null"
    result = in_namespace(f"mount -t tmpfs none $DIR; {fill}; mount -o remount,ro $DIR; $SEARCH")
    assert result["is_right"]
    assert result["from_store"] == (0 if is_empty else 40)
    assert len(result["warnings"]) == (1 if is_empty else 0)


def test_a_damaged_store_in_a_read_only_place_is_not_used() -> None:
    damage = "printf '\\377\\377\\377\\377' | dd of=$(echo $DIR/*/v2-0.db) bs=1 seek=100 conv=notrunc 2>/dev/null"
    result = in_namespace(f"mount -t tmpfs none $DIR; $SEARCH >/dev/null; {damage}; mount -o remount,ro $DIR; $SEARCH")
    assert result["is_right"]
    assert 1 <= len(result["warnings"]) <= 2


def sizes(paths: Sequence[Path]) -> int:
    return sum(path.stat().st_size for path in paths)


def test_it_says_how_much_space_its_files_take_up(directory: Path) -> None:
    """Those that were set aside included."""
    _no_database(database(directory))
    expect_right_answers(directory)
    assert open_store(directory).size_bytes() == sizes(list((directory / ORIGIN).iterdir()))


def test_little_space_is_wasted(tmp_path: Path) -> None:
    """A store of some megabytes takes up at most 15 % more than its content."""
    source = sample_gists(900)
    store = open_store(tmp_path)
    content_bytes = coverage_of(ask(QUERY, source, store, StorePolicy())).bytes
    assert content_bytes > 5_000_000
    assert store.size_bytes() <= 1.15 * content_bytes


def test_what_users_take_up_adds_up_to_the_size_of_the_file(tmp_path: Path) -> None:
    """Apart from the tables themselves, for values of any size."""
    store = open_store(tmp_path)
    for number, size in enumerate([1_000_000, 300_000, 20_000, 14_000, 500] * 10):
        save(store, f"user{number % 3}", b"x" * size)
    store.save_listing("user0", listing_of(*map(str, range(3_000))))
    total = sum(usage.size_bytes for usage in store.usage())
    assert 0.95 * store.size_bytes() <= total <= store.size_bytes()
