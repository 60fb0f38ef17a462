"""The head of an answer: what is understood, and what is refused."""

from __future__ import annotations

import contextlib
import io
from http.client import BadStatusLine, HTTPException, RemoteDisconnected

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gistsearch.adapters.github.heads import MOST_HEAD_BYTES, MOST_INTERIM_ANSWERS, Head, read_head

EARLY_HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </style>\r\n\r\n"


def read(data: bytes, buffered: int = 8_192) -> tuple[Head, bytes]:
    """Read a head, and give it with what is left behind it."""
    stream = io.BufferedReader(io.BytesIO(data), buffered)
    return read_head(stream), stream.read()


def test_status_and_fields() -> None:
    """Names are told in lower case, values without the blanks around them; the body is left alone."""
    head, rest = read(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nX-Two:\t b  c \r\nEmpty:\r\n\r\nbody")
    assert head == Head(200, {"content-length": "4", "x-two": "b  c", "empty": ""}, False, False, 4)
    assert rest == b"body"


@pytest.mark.parametrize("buffered", [1, 7, 8_192])
@pytest.mark.parametrize("line_end", [b"\r\n", b"\n"])
def test_a_head_in_pieces_is_the_same(buffered: int, line_end: bytes) -> None:
    """However it comes, and with bare line feeds, too."""
    lines = [b"HTTP/1.1 404", b"A: 1", b"B: 2", b"", b"body\r\n\r\n"]
    head, rest = read(line_end.join(lines), buffered)
    assert (head.status, head.fields, rest) == (404, {"a": "1", "b": "2"}, b"body\r\n\r\n")


def test_a_repeated_field_is_a_list() -> None:
    """As RFC 9110 has it."""
    head, _ = read(b"HTTP/1.1 200 OK\r\nLink: <a>\r\nlink: <b>\r\n\r\n")
    assert head.fields == {"link": "<a>, <b>"}


def test_a_folded_line_is_one() -> None:
    """Obsolete, but to be understood."""
    head, _ = read(b"HTTP/1.1 200 OK\r\nLink: <a>,\r\n \t<b>\r\nNext: 1\r\n\r\n")
    assert head.fields == {"link": "<a>, <b>", "next": "1"}


def test_interim_answers_are_passed_over() -> None:
    """Some of them; who sends nothing else is not waited for."""
    assert read(EARLY_HINTS * 2 + b"HTTP/1.1 200 OK\r\n\r\n")[0].status == 200
    assert read(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")[0].status == 101
    with pytest.raises(HTTPException):
        read(EARLY_HINTS * MOST_INTERIM_ANSWERS + b"HTTP/1.1 200 OK\r\n\r\n")


@pytest.mark.parametrize(
    ("lines", "closes"),
    [
        (b"HTTP/1.1 200 OK\r\n", False),
        (b"HTTP/1.1 200 OK\r\nConnection: Close\r\n", True),
        (b"HTTP/1.1 200 OK\r\nConnection: x, close\r\n", True),
        (b"HTTP/1.0 200 OK\r\n", True),
        (b"HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\n", False),
    ],
)
def test_whether_the_connection_ends(lines: bytes, closes: bool) -> None:
    """By version and by what is said."""
    assert read(lines + b"\r\n")[0].closes is closes


@pytest.mark.parametrize(
    ("lines", "length", "chunked"),
    [
        (b"200\r\n", None, False),
        (b"200\r\nContent-Length: 0\r\n", 0, False),
        (b"200\r\nContent-Length: 5, 5\r\n", 5, False),
        (b"200\r\nContent-Length: 5\r\nContent-Length: 5\r\n", 5, False),
        (b"200\r\nTransfer-Encoding: Chunked\r\n", None, True),
        (b"200\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n", None, True),
        (b"304\r\nContent-Length: 5\r\n", 0, False),
        (b"204\r\n", 0, False),
    ],
)
def test_how_the_body_ends(lines: bytes, length: int | None, chunked: bool) -> None:
    """As RFC 9112 says, section 6.3."""
    head, _ = read(b"HTTP/1.1 " + lines + b"\r\n")
    assert (head.announced_bytes, head.chunked) == (length, chunked)


@pytest.mark.parametrize("length", [b"abc", b"-1", b"5, 6", b"+5", b"", b"1" * 19, "٥".encode()])
def test_a_length_that_is_none_spoils_the_answer(length: bytes) -> None:
    """Where the body ends can't be told."""
    with pytest.raises(HTTPException, match="length"):
        read(b"HTTP/1.1 200 OK\r\nContent-Length: " + length + b"\r\n\r\n")


@pytest.mark.parametrize(
    "line",
    [b"no colon", b"Name : blank before the colon", b": no name", b"a\0b: 1", b"a: 1\0", b"a: 1\r2", "ä: 1".encode()],
)
def test_a_line_that_is_no_field_spoils_the_answer(line: bytes) -> None:
    """What stands behind it must not be lost without a word."""
    with pytest.raises(HTTPException, match="field"):
        read(b"HTTP/1.1 200 OK\r\nA: 1\r\n" + line + b"\r\nLink: <b>\r\n\r\n")


@pytest.mark.parametrize(
    "line", [b"", b"HTTP/2 200 OK", b"HTTP/1.1 20 OK", b"HTTP/1.1 200OK", b"ICY 200 OK", b"HTTP/1.1 099 X", b"<html>"]
)
def test_a_first_line_that_is_no_status_is_refused(line: bytes) -> None:
    """Whatever it is, it is not HTTP/1."""
    with pytest.raises(BadStatusLine):
        read(line + b"\r\nA: 1\r\n\r\n")


def test_nothing_at_all_is_a_closed_connection() -> None:
    """Which another try may mend."""
    with pytest.raises(RemoteDisconnected):
        read(b"")


@pytest.mark.parametrize("data", [b"HTTP/1.1 200 OK", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nA: 1\r\n"])
def test_a_head_that_breaks_off_is_refused(data: bytes) -> None:
    """Half of it tells nothing."""
    with pytest.raises(HTTPException, match="no end"):
        read(data)


@pytest.mark.parametrize("line", [b"A: " + b" " * MOST_HEAD_BYTES, b"A: 1\r\n" * (MOST_HEAD_BYTES // 5)])
def test_a_head_without_end_is_refused(line: bytes) -> None:
    """Be it one line or many."""
    with pytest.raises(HTTPException, match="no end"):
        read(b"HTTP/1.1 200 OK\r\n" + line + b"\r\n\r\n")


NAMES = st.text("abcXYZ019-_.!~", min_size=1, max_size=10)
VALUES = st.text(st.characters(min_codepoint=0x21, max_codepoint=0xFF, exclude_categories=["Cc"]), max_size=20)


@given(st.dictionaries(NAMES.map(str.lower), VALUES), st.binary(max_size=50), st.integers(1, 100))
def test_any_fields_come_back(fields: dict[str, str], body: bytes, buffered: int) -> None:
    """What a server may send, we read, and not a byte more."""
    fields.pop("content-length", None)
    lines = "".join(f"{name.upper()}: {value}\r\n" for name, value in fields.items())
    head, rest = read(f"HTTP/1.1 200 OK\r\n{lines}\r\n".encode("latin-1") + body, buffered)
    assert (head.fields, rest) == (fields, body)


@given(st.binary(max_size=200), st.integers(1, 100))
def test_any_bytes_are_read_or_refused(data: bytes, buffered: int) -> None:
    """Nothing else happens."""
    with contextlib.suppress(HTTPException):
        read(b"HTTP/1.1 200 OK\r\n" + data, buffered)
