"""What the log says, and that nobody else can say anything in it."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Iterator

import pytest

from gistsearch.adapters.logs import configure_logging

FORGED = "x\n2026-01-01 00:00:00,000 INFO root: forged\r\x1b[2J\x85\u2028\u202e\udcff é"
RECORD = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} (DEBUG|INFO|WARNING|ERROR) [\w.]+: ")

Logged = Callable[[], list[str]]


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:  # pyright: ignore[reportUnusedFunction]  # pytest uses it
    """Leave logging as it was: this process has tests to come."""
    root, urllib3 = logging.getLogger(), logging.getLogger("urllib3")
    handlers, levels = root.handlers[:], (root.level, urllib3.level)
    yield
    root.handlers[:] = handlers
    root.setLevel(levels[0])
    urllib3.setLevel(levels[1])


@pytest.fixture
def logged(capsys: pytest.CaptureFixture[str]) -> Logged:
    def lines() -> list[str]:
        out, err = capsys.readouterr()
        assert out == ""
        assert err.isascii()
        assert "\x1b" not in err
        return err.split("\n")[:-1]

    return lines


def fail(words: str) -> None:
    try:
        raise ValueError(words)
    except ValueError:
        logging.getLogger("a.b").exception("it failed: %s", words)


def test_console_has_a_line_a_record(logged: Logged) -> None:
    """Time, level, logger, message."""
    configure_logging("info", "console")
    logging.getLogger("a.b").info("one %s", "two")
    (line,) = logged()
    assert RECORD.match(line)
    assert line.endswith(" INFO a.b: one two")


def test_console_writes_out_what_could_forge_a_line(logged: Logged) -> None:
    """Line ends of all kinds, control characters, marks of direction, halves of characters."""
    configure_logging("info", "console")
    logging.getLogger("a.b").warning("user %s", FORGED)
    (line,) = logged()
    assert line.endswith(
        r" WARNING a.b: user x\n2026-01-01 00:00:00,000 INFO root: forged\r\x1b[2J\x85\u2028\u202e\udcff \xe9"
    )


def test_console_indents_what_belongs_to_a_record(logged: Logged) -> None:
    """A traceback is there to be read, but no line of it looks like a record, whatever the error says."""
    configure_logging("info", "console")
    fail(FORGED)
    logging.getLogger("a.b").error("where", stack_info=True)
    lines = logged()
    assert [line.split(": ")[0].split(" ")[-1] for line in lines if RECORD.match(line)] == ["a.b", "a.b"]
    assert all(line.startswith("    ") for line in lines if not RECORD.match(line))
    assert r"    2026-01-01 00:00:00,000 INFO root: forged" in lines
    assert any("ValueError: x" in line for line in lines)
    assert any("Stack (most recent call last)" in line for line in lines)


def test_json_has_an_object_a_line(logged: Logged) -> None:
    """Whatever the message holds."""
    configure_logging("info", "json")
    logging.getLogger("a.b").warning("user %s", FORGED)
    (line,) = logged()
    told = json.loads(line)
    assert told.pop("time").endswith("+00:00")
    assert told == {"level": "warning", "logger": "a.b", "message": f"user {FORGED}"}


def test_json_keeps_a_traceback_within_its_line(logged: Logged) -> None:
    """As one string."""
    configure_logging("info", "json")
    fail(FORGED)
    (line,) = logged()
    told = json.loads(line)
    assert told["exception"].startswith("Traceback (most recent call last):\n")
    assert told["exception"].endswith(f"ValueError: {FORGED}")


@pytest.mark.parametrize(("level", "shown"), [("debug", 3), ("info", 2), ("warning", 1), ("error", 0)])
def test_level_is_the_least_that_is_told(level: str, shown: int, logged: Logged) -> None:
    """And whole URLs, which urllib3 tells at debug, never are."""
    configure_logging(level, "console")
    for at in (logging.DEBUG, logging.INFO, logging.WARNING):
        logging.getLogger("a").log(at, "x")
    logging.getLogger("urllib3.connectionpool").debug("https://api.github.com/users/octo")
    assert len(logged()) == shown


def test_configuring_again_doubles_nothing(logged: Logged) -> None:
    """The last one counts."""
    configure_logging("info", "json")
    configure_logging("info", "console")
    logging.getLogger("a").info("once")
    (line,) = logged()
    assert line.endswith("INFO a: once")
