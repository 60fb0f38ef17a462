"""`gistsearch store`, and searches with, without and only in the store."""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Sequence

import pytest

from gistsearch.domain.store.policy import StorePolicy
from gistsearch.ports.deadline import Deadline
from gistsearch.ports.gists import GistFile
from gistsearch.ports.store import Pack, StoreDamaged, StoredUser, StoreUnavailable, StoreUsage
from tests.faces.cli_fixtures import SOURCE, CommandLine

NEEDLES = 4
"""Lines of octo's with a needle, one of them binary."""


def interrupted(*_: object, **__: object) -> Generator[bytes, None, None]:
    yield b"one\n"
    raise KeyboardInterrupt


def test_second_search_comes_from_the_store(gistsearch: CommandLine) -> None:
    """It prints the same, and `--stats` says where content came from."""
    first = gistsearch("search", "--stats", "needle", "octo")
    second = gistsearch("search", "--stats", "needle", "octo")
    assert "store" not in first.out
    assert second.lines[:NEEDLES] == first.lines[:NEEDLES]
    assert "5 files from the store" in second.lines
    assert re.search(r"^\d+ bytes searched, 0 downloaded$", second.out, re.MULTILINE)


def test_offline_search_says_how_old_its_answer_is(gistsearch: CommandLine) -> None:
    """On standard error; the exit status is as ever, in whichever case the name was stored."""
    gistsearch("store", "sync", "OctO")
    ran = gistsearch("search", "--offline", "-c", "needle", "octo")
    assert (ran.status, len(ran.lines)) == (0, 3)
    assert re.fullmatch(r"gistsearch: offline: octo: as of \d{4}-\d\d-\d\d \d\d:\d\d UTC, a moment ago\n", ran.err)
    assert gistsearch("search", "--offline", "nowhere", "octo").status == 1


def test_offline_search_says_it_in_json(gistsearch: CommandLine) -> None:
    """As a warning of a kind of its own; coverage counts files from the store."""
    gistsearch("store", "sync", "octo")
    objects = [json.loads(line) for line in gistsearch("search", "--offline", "--json", "needle", "octo").lines]
    (warning,) = [each for each in objects if each["type"] == "warning"]
    assert (warning["kind"], warning["detail"][:12]) == ("offline", "octo: as of ")
    assert (objects[-1]["complete"], objects[-1]["coverage"]["from_store"]) == (True, 5)


def test_user_who_was_never_seen_is_an_error_offline(gistsearch: CommandLine) -> None:
    """With what to do about it."""
    ran = gistsearch("search", "--offline", "needle", "octo")
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == (
        "gistsearch: octo: the store has no listing of the gists of 'octo'; search once without --offline, or run"
        " 'gistsearch store sync octo'\n"
    )


def test_what_was_not_kept_is_missing_offline(gistsearch: CommandLine) -> None:
    """A file above the size limit is named, and the status is 2."""
    gistsearch.policy = StorePolicy(max_file_bytes=20)
    gistsearch("search", "needle", "octo")
    ran = gistsearch("search", "--offline", "needle", "octo")
    assert ran.status == 2
    assert ran.err.endswith(
        "gistsearch: octo/1/a.py not searched: its content is not in the store; search without --offline\n"
    )


def test_no_store_neither_reads_nor_keeps(gistsearch: CommandLine) -> None:
    """As if there were none."""
    assert gistsearch("search", "--no-store", "needle", "octo").status == 0
    assert gistsearch.store.usage() == []
    gistsearch("store", "sync", "octo")
    assert "store" not in gistsearch("search", "--no-store", "--stats", "needle", "octo").out


@pytest.mark.parametrize("flags", [("--offline", "--no-store"), ("--no-store", "--offline")])
def test_only_the_store_and_no_store_is_a_contradiction(gistsearch: CommandLine, flags: Sequence[str]) -> None:
    """It is refused, in whichever order they come, even if the store has the answer."""
    gistsearch("store", "sync", "octo")
    ran = gistsearch("search", *flags, "needle", "octo")
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == ("gistsearch: --offline searches the store and --no-store does without it: give one of them\n")


def test_store_that_cannot_be_read_is_said_to_be_so_offline(
    gistsearch: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not said to have no listing."""
    gistsearch("store", "sync", "octo")

    def load(*_: object) -> StoredUser:
        raise StoreUnavailable("the store in /x cannot be used: database is locked")

    monkeypatch.setattr(gistsearch.store, "load", load)
    ran = gistsearch("search", "--offline", "needle", "octo", "rows")
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == (
        "gistsearch: warning: the store in /x cannot be used: database is locked\n"
        "gistsearch: octo, rows: the store cannot be used, and offline nothing else is searched\n"
    )


def test_sync_says_what_it_did(gistsearch: CommandLine) -> None:
    """Only what is new is downloaded; each user counts once."""
    assert gistsearch("store", "sync", "octo", "OCTO").lines == [
        "3 gists, 5 files: 5 downloaded (76 bytes), 0 stored before"
    ]
    assert gistsearch("store", "sync", "@octo").lines == ["3 gists, 5 files: 0 downloaded (0 bytes), 5 stored before"]


def test_sync_names_what_is_missing(gistsearch: CommandLine) -> None:
    """As a search does, with status 2; the rest is stored."""
    ran = gistsearch("store", "sync", "broken", "nobody")
    assert ran.status == 2
    assert "gistsearch: nobody: there is no user 'nobody'\n" in ran.err
    assert "broken/5/gone not stored: it is gone" in ran.err
    assert ran.lines == ["1 gist, 2 files: 1 downloaded (7 bytes), 0 stored before, 1 missing"]
    assert [usage.owner for usage in gistsearch.store.usage()] == ["broken"]


def test_sync_names_files_that_are_too_large(gistsearch: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are not downloaded at all; the status is 2 until they are stored."""
    gistsearch.policy = StorePolicy(max_file_bytes=10)
    opened: list[str] = []
    open_file = SOURCE.open_file

    def note(file: GistFile, deadline: Deadline) -> Generator[bytes, None, None]:
        opened.append(file.filename)
        return open_file(file, deadline)

    monkeypatch.setattr(SOURCE, "open_file", note)
    ran = gistsearch("store", "sync", "octo")
    assert (ran.status, sorted(opened)) == (2, ["b.md", "bin", "c.txt", "d.txt"])
    assert ran.lines == ["3 gists, 5 files: 4 downloaded (27 bytes), 0 stored before, 1 missing"]
    assert ran.err == (
        "gistsearch: octo/1/a.py not stored: it has 49 bytes, and the store keeps files of at most 10; raise"
        " GISTSEARCH_STORE_MAX_FILE_BYTES\n"
    )
    gistsearch.policy = StorePolicy(max_file_bytes=49)
    assert gistsearch("store", "sync", "octo").status == 0
    gistsearch.policy = StorePolicy(max_file_bytes=10)
    assert gistsearch("store", "sync", "octo").status == 0


def test_sync_that_cannot_store_anything_is_an_error(gistsearch: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says why."""

    def fail(*_: object) -> Pack:
        raise StoreUnavailable("the disk is full")

    monkeypatch.setattr(gistsearch.store, "save_pack", fail)
    ran = gistsearch("store", "sync", "octo")
    assert (ran.status, ran.err) == (2, "gistsearch: warning: the disk is full\n")


def test_interrupted_sync_says_that_nothing_is_lost(gistsearch: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Status 130, as of every command."""
    monkeypatch.setattr(SOURCE, "open_file", interrupted)
    ran = gistsearch("store", "sync", "octo")
    assert ran.status == 130
    assert ran.err == (
        "gistsearch: interrupted; what was downloaded is stored, and the same command goes on from there\n"
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["store", "sync"], "USER... is missing; 'gistsearch store sync --help' explains it"),
        (["store", "sync", "a b"], "is not a user name"),
        (["store", "snyc", "octo"], "unknown command 'store snyc'; did you mean 'store sync'?"),
        (["sync", "octo"], "unknown command 'sync'; did you mean 'store sync'?"),
        (["store", "drop"], "unknown command 'store drop'; there are info, sync, verify, prune, clear"),
        (["store", "info", "--jsno"], "unknown flag --jsno; did you mean --json?"),
        (["store", "clear", "-x"], "unknown flag -x; 'gistsearch store clear --help' lists all"),
        (["help", "store", "drop"], "no command or topic 'store drop'; there are search, serve, worker, store"),
    ],
)
def test_mistakes_are_answered(words: Sequence[str], message: str, gistsearch: CommandLine) -> None:
    """In a line, with status 2."""
    ran = gistsearch(*words)
    assert (ran.status, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert message in ran.err


def test_info_is_a_table(gistsearch: CommandLine) -> None:
    """The most recently used user first, under the name in lower case."""
    gistsearch("store", "sync", "rows")
    gistsearch("search", "needle", "Octo")
    ran = gistsearch("store", "info")
    when = r"\d{4}-\d\d-\d\d \d\d:\d\d"
    assert ran.lines[:2] == ["memory", "102 bytes of at most 1.1 GB; 2 users"]
    assert re.fullmatch(r"USER  GISTS  FILES +SIZE  LISTED +LAST USED", ran.lines[3])
    assert re.fullmatch(rf"octo      3      5  76 bytes  {when}  {when}", ran.lines[4])
    assert re.fullmatch(rf"rows      2      2  26 bytes  {when}  {when}", ran.lines[5])


def test_info_of_an_empty_store(gistsearch: CommandLine) -> None:
    """There is no table."""
    assert gistsearch("store", "info").lines == ["memory", "0 bytes of at most 1.1 GB; 0 users"]


def test_info_for_programs(gistsearch: CommandLine) -> None:
    """One JSON object; a listing that is gone is null."""
    gistsearch("search", "needle", "octo")
    gistsearch.store.drop_listing("octo")
    info = json.loads(gistsearch("store", "info", "--json").out)
    (user,) = info.pop("users")
    assert info == {"location": "memory", "size_bytes": 76, "max_bytes": 1 << 30}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", user.pop("used_at"))
    assert user == {"username": "octo", "gists": 0, "files": 5, "size_bytes": 76, "listed_at": None}


def test_verify_reports_damage(gistsearch: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Status 1 if there was any, 0 if there was none."""
    gistsearch("store", "sync", "octo")
    whole = gistsearch("store", "verify")
    assert (whole.status, whole.lines, whole.err) == (0, ["76 bytes verified; nothing is damaged"], "")

    def read_damaged(pack: Pack) -> bytes:
        gistsearch.store.drop_packs([pack.id])
        monkeypatch.undo()
        raise StoreDamaged("something was damaged")

    monkeypatch.setattr(gistsearch.store, "read_pack", read_damaged)
    damaged = gistsearch("store", "verify")
    assert (damaged.status, damaged.lines) == (
        1,
        ["0 bytes verified; what was damaged is dropped, and downloaded again when it is needed"],
    )
    assert damaged.err == "gistsearch: something was damaged\n"


def test_verify_says_the_same_only_once(gistsearch: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of many things that are damaged, the store says the same."""
    gistsearch("store", "sync", "octo", "rows")

    def read_damaged(pack: Pack) -> bytes | None:
        if any(pack.id in usage.packs for usage in gistsearch.store.usage()):
            gistsearch.store.drop_packs([pack.id])
            raise StoreDamaged("something was damaged, and has been dropped")
        return None

    monkeypatch.setattr(gistsearch.store, "read_pack", read_damaged)
    ran = gistsearch("store", "verify")
    assert (ran.status, ran.err) == (1, "gistsearch: something was damaged, and has been dropped\n")


def test_prune_gives_back_what_is_not_needed(gistsearch: CommandLine) -> None:
    """Here the content of a user whose listing is gone."""
    gistsearch("store", "sync", "octo", "rows")
    gistsearch.store.drop_listing("octo")
    assert gistsearch("store", "prune").lines == ["76 bytes given back, 26 bytes in use"]


def test_clear_forgets_everything(gistsearch: CommandLine) -> None:
    """Without a question: everything can be downloaded again."""
    gistsearch("store", "sync", "octo")
    assert gistsearch("store", "clear").lines == ["76 bytes given back, 0 bytes in use"]
    assert gistsearch("search", "--offline", "needle", "octo").status == 2


@pytest.mark.parametrize("command", ["info", "verify", "prune", "clear"])
def test_store_that_cannot_be_used_is_an_error(
    command: str, gistsearch: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a line, with status 2."""

    def fail(limit: int | None = None) -> Sequence[StoreUsage]:
        raise StoreUnavailable("the store in /x cannot be used: it is locked")

    monkeypatch.setattr(gistsearch.store, "usage", fail)
    monkeypatch.setattr(gistsearch.store, "size_bytes", fail)
    ran = gistsearch("store", command)
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == "gistsearch: the store in /x cannot be used: it is locked\n"


@pytest.mark.parametrize("words", [["store"], ["store", "--help"], ["help", "store"]])
def test_help_lists_the_commands(words: Sequence[str], gistsearch: CommandLine) -> None:
    """No command at all is an error, and the help goes to standard error."""
    ran = gistsearch(*words)
    assert ran.status == (2 if words == ["store"] else 0)
    text = ran.err if words == ["store"] else ran.out
    named = {line.split()[0] for line in text.splitlines() if line[:2] == "  " and line.strip()}
    assert {"info", "sync", "verify", "prune", "clear"} <= named


@pytest.mark.parametrize("words", [["help", "store", "sync"], ["store", "sync", "--help"]])
def test_help_of_a_command(words: Sequence[str], gistsearch: CommandLine) -> None:
    """The same both ways, with examples."""
    ran = gistsearch(*words)
    assert ran.status == 0
    assert ran.out.startswith("Usage: gistsearch store sync [FLAGS] USER...\n")
    assert "gistsearch search --offline 'import requests' octocat" in ran.out
