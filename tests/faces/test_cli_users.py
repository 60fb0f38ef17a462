"""Lists of users on the command line: whom they name, what is printed, and how it ends."""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faces.cli_fixtures import CommandLine

Write = Callable[..., str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Return what writes a file, and returns its name."""

    def write_file(text: str | bytes, name: str = "users.txt") -> str:
        path = tmp_path / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return str(path)

    return write_file


@pytest.fixture
def stdin(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], None]:
    """Return what sets standard input."""

    def set_content(content: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))

    return set_content


class TestLists:
    """Whom a list names."""

    def test_a_file_names_users(self, gistsearch: CommandLine, write: Write) -> None:
        """One a line, in every form that a word may have; comments, blank lines and white space do not count."""
        users = write("\ufeff# team\n\nocto   # the first\r\n\t@rows\nhttps://gist.github.com/long\n#nobody\n")
        ran = gistsearch("search", "-l", "n", "--users", users)
        assert (ran.status, sorted(ran.lines), ran.err) == (
            0,
            ["long/6", "octo/1", "octo/2", "octo/3", "rows/7", "rows/8"],
            "",
        )

    def test_words_and_several_files_are_one_list(self, gistsearch: CommandLine, write: Write) -> None:
        """A user who is named twice is searched once."""
        one, two = write("octo\nrows\n", "one"), write("ROWS\nlong\n", "two")
        ran = gistsearch("search", "--json", "n", "rows", "--users", one, "--users", two)
        ended = [event["username"] for event in map(json.loads, ran.lines) if event["type"] == "user"]
        assert sorted(ended) == ["long", "octo", "rows"]

    def test_standard_input_is_a_list(self, gistsearch: CommandLine, stdin: Callable[[bytes], None]) -> None:
        stdin(b"octo\nrows")
        ran = gistsearch("search", "-l", "needle", "--users", "-")
        assert (ran.status, sorted(ran.lines)) == (0, ["octo/1", "octo/2", "octo/3"])

    def test_standard_input_is_read_once(self, gistsearch: CommandLine) -> None:
        ran = gistsearch("search", "-f", "-", "--users", "-")
        assert (ran.status, ran.err) == (2, "gistsearch: standard input ('-') can be read only once\n")

    def test_a_line_that_names_nobody_costs_no_other(self, gistsearch: CommandLine, write: Write) -> None:
        """It is reported with its place, and the exit status says that something is missing."""
        users = write(b"octo\nfoo bar\n\xff\xfe\nrows\n" + b"x" * 5_000 + b"\n")
        ran = gistsearch("search", "-l", "n", "--users", users)
        assert (ran.status, sorted(ran.lines)) == (2, ["octo/1", "octo/2", "octo/3", "rows/7", "rows/8"])
        assert f"{users}, line 2: 'foo bar' is not a user name\n" in ran.err
        assert f"{users}, line 3: '��' is not UTF-8\n" in ran.err
        assert re.search(r"line 5: 'x{40}' is longer than 255 characters\n", ran.err)

    def test_many_such_lines_are_counted(self, gistsearch: CommandLine, write: Write) -> None:
        """A file of another kind does not fill the terminal."""
        ran = gistsearch("search", "n", "octo", "--users", write("no user\n" * 1_000))
        assert ran.err.count("\n") == 11
        assert ran.err.endswith("users.txt: 1,000 lines do not name a user\n")

    def test_a_missing_file_is_an_error(self, gistsearch: CommandLine, tmp_path: Path) -> None:
        """Nothing is searched."""
        ran = gistsearch("search", "n", "octo", "--users", str(tmp_path / "no"))
        assert (ran.status, ran.out) == (2, "")
        assert ran.err == f"gistsearch: --users {tmp_path / 'no'}: No such file or directory\n"

    def test_an_empty_list_is_an_error(self, gistsearch: CommandLine, write: Write) -> None:
        """It may come from a pipe that broke."""
        ran = gistsearch("search", "n", "--users", write("# nobody\n"))
        assert (ran.status, ran.out, ran.err) == (2, "", "gistsearch: the lists name no user\n")

    def test_a_pattern_is_needed(self, gistsearch: CommandLine, write: Write) -> None:
        ran = gistsearch("search", "--users", write("octo\n"))
        assert ran.status == 2
        assert "give a PATTERN" in ran.err

    def test_an_organization_is_a_list(self, gistsearch: CommandLine) -> None:
        ran = gistsearch("search", "-l", "n", "--org", "acme", "--org", "@acme")
        assert (ran.status, sorted(ran.lines)) == (0, ["octo/1", "octo/2", "octo/3", "rows/7", "rows/8"])

    def test_an_unknown_organization_costs_no_user(self, gistsearch: CommandLine) -> None:
        ran = gistsearch("search", "-l", "needle", "octo", "--org", "nowhere")
        assert (ran.status, ran.lines) == (2, ["octo/1", "octo/2", "octo/3"])
        assert ran.err == "gistsearch: nowhere: there is no organization 'nowhere'\n"

    def test_members_are_not_known_offline(self, gistsearch: CommandLine) -> None:
        ran = gistsearch("search", "--offline", "n", "--org", "acme")
        assert ran.status == 2
        assert "--org cannot be used --offline" in ran.err


class TestOutput:
    """What is printed of a run."""

    def test_statuses_are_those_of_a_search(self, gistsearch: CommandLine, write: Write) -> None:
        """0 if anything matched, 1 if nothing did, 2 if somebody could not be searched."""
        assert gistsearch("search", "needle", "--users", write("octo\nrows\n")).status == 0
        assert gistsearch("search", "zzz", "--users", write("octo\nrows\n")).status == 1
        assert gistsearch("search", "needle", "--users", write("octo\nnobody\n")).status == 2
        assert gistsearch("search", "-q", "needle", "--users", write("octo\nnobody\n")).status == 0

    def test_everybody_who_is_missing_is_named(self, gistsearch: CommandLine, write: Write) -> None:
        ran = gistsearch("search", "needle", "--users", write("nobody\nocto\nbroken\nnowhere\n"))
        assert ran.err.splitlines() == [
            "gistsearch: nobody: there is no user 'nobody'",
            "gistsearch: nowhere: there is no user 'nowhere'",
            "gistsearch: broken/5/gone not searched: it is gone; search again",
        ]

    def test_users_come_in_order_if_asked(self, gistsearch: CommandLine, write: Write) -> None:
        """One after another, with `--sort listing`."""
        ran = gistsearch("search", "-l", "--sort", "listing", "n", "--users", write("rows\nocto\nlong\n"))
        assert ran.lines == ["rows/7", "rows/8", "octo/1", "octo/2", "octo/3", "long/6"]

    def test_statistics_count_users(self, gistsearch: CommandLine, write: Write) -> None:
        ran = gistsearch("search", "-l", "--stats", "needle", "--users", write("rows\nocto\n"))
        assert "2 users searched" in ran.lines
        assert "users searched" not in gistsearch("search", "-l", "--stats", "needle", "octo", "rows").out

    def test_json_has_an_object_for_each_user(self, gistsearch: CommandLine, write: Write) -> None:
        """The beginning names nobody, as a list may be long."""
        ran = gistsearch("search", "--json", "needle", "--users", write("octo\nnobody\n"))
        first, *others = map(json.loads, ran.out.splitlines())
        assert (first["type"], first["usernames"]) == ("begin", None)
        users = {event["username"]: event for event in others if event["type"] == "user"}
        assert {name: user["outcome"] for name, user in users.items()} == {"octo": "complete", "nobody": "unknown-user"}
        assert users["octo"]["coverage"]["gists"] == 3
        assert others[-1]["type"] == "end"
        assert not others[-1]["complete"]

    def test_a_bad_pattern_is_one_error(self, gistsearch: CommandLine, write: Write) -> None:
        ran = gistsearch("search", "(", "--users", write("octo\nrows\n"))
        assert (ran.status, ran.out) == (2, "")
        assert ran.err.count("unclosed group") == 1


class TestJournals:
    """Runs that go on where another one ended."""

    def test_who_was_searched_is_left_out(self, gistsearch: CommandLine, write: Write, tmp_path: Path) -> None:
        """What matched before counts for the exit status; who is new on the list is searched."""
        journal = str(tmp_path / "journal")
        first = gistsearch("search", "-l", "needle", "--users", write("octo\n"), "--journal", journal)
        assert (first.status, first.lines) == (0, ["octo/1", "octo/2", "octo/3"])
        second = gistsearch("search", "-l", "needle", "--users", write("octo\nlong\n"), "--journal", journal)
        assert (second.status, second.lines) == (0, ["long/6"])
        assert second.err == "gistsearch: 1 user of the journal searched before\n"
        third = gistsearch("search", "-l", "needle", "--users", write("octo\nlong\n"), "--journal", journal)
        assert (third.status, third.lines) == (0, [])

    def test_words_can_have_a_journal(self, gistsearch: CommandLine, tmp_path: Path) -> None:
        journal = str(tmp_path / "journal")
        assert gistsearch("search", "needle", "octo", "--journal", journal).status == 0
        assert gistsearch("search", "needle", "octo", "--journal", journal).out == ""

    def test_another_search_needs_another_journal(self, gistsearch: CommandLine, tmp_path: Path) -> None:
        """How it is printed makes no difference, what is searched for does."""
        journal = str(tmp_path / "journal")
        gistsearch("search", "needle", "octo", "--journal", journal)
        assert gistsearch("search", "--no-heading", "needle", "octo", "--journal", journal).status == 0
        for words in (["other"], ["-i", "needle"], ["-g", "*.py", "needle"], ["-l", "needle"]):
            ran = gistsearch("search", *words, "octo", "--journal", journal)
            assert (ran.status, ran.out) == (2, "")
            assert f"{journal} is the journal of another search" in ran.err

    def test_new_needs_a_journal(self, gistsearch: CommandLine) -> None:
        ran = gistsearch("search", "--new", "needle", "octo")
        assert ran.err == "gistsearch: --new needs the journal of an earlier run: give --journal FILE, too\n"

    def test_new_reports_only_what_was_updated(self, gistsearch: CommandLine, tmp_path: Path) -> None:
        """The gists of the samples never change."""
        words = ["search", "-l", "--new", "needle", "octo", "--journal", str(tmp_path / "journal")]
        assert gistsearch(*words).lines == ["octo/1", "octo/2", "octo/3"]
        again = gistsearch(*words)
        assert (again.status, again.out) == (1, "")

    def test_since_has_no_journal(self, gistsearch: CommandLine, tmp_path: Path) -> None:
        """Users would count as searched whose older gists were not."""
        ran = gistsearch("search", "--since", "7d", "needle", "octo", "--journal", str(tmp_path / "journal"))
        assert ran.status == 2
        assert "--since and --journal cannot be combined" in ran.err


class TestSince:
    """Gists by the time of their last update, with or without lists."""

    @pytest.mark.parametrize(
        ("time", "count"),
        [("2025-12-29", 3), ("2025-12-31T00:00Z", 2), ("2026-01-01T00:00Z", 1), ("2025-12-31T23:00:00-01:00", 1)],
    )
    def test_gists_updated_at_a_time_or_later(self, gistsearch: CommandLine, time: str, count: int) -> None:
        """The samples were updated a day apart, the newest on 1 January 2026."""
        ran = gistsearch("search", "-l", "--since", time, "needle", "octo")
        assert ran.lines == ["octo/1", "octo/2", "octo/3"][:count]

    def test_a_length_of_time_counts_from_now(self, gistsearch: CommandLine) -> None:
        for ago in ("5000w", "30000d", "900000h", "90000000m"):
            assert gistsearch("search", "-l", "--since", ago, "needle", "octo").status == 0

    @pytest.mark.parametrize("time", ["2026-01-01T00:00:01Z", "2026-01-03", "1m"])
    def test_older_gists_are_left_out(self, gistsearch: CommandLine, time: str) -> None:
        assert gistsearch("search", "-l", "--since", time, "needle", "octo").status == 1

    @pytest.mark.parametrize("time", ["yesterday", "7", "7y", "2026-13-01", "", "999999999w", "-1d", "0001-01-01"])
    def test_what_is_no_time(self, gistsearch: CommandLine, time: str) -> None:
        ran = gistsearch("search", "--since", time, "needle", "octo")
        assert ran.status == 2
        assert "is not a time such as 2026-11-26" in ran.err
