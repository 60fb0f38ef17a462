"""How the published JSON form is written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from gistsearch.wire import encode, pointer, timestamp


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        ("ä€😀", '"ä€😀"'.encode()),
        ("a\ud800b", '"a\ufffdb"'.encode()),
        ({"\udfff": 1}, '{"\ufffd": 1}'.encode()),
        ("\x00\x1b\r\n", b'"\\u0000\\u001b\\r\\n"'),
    ],
)
def test_json_is_utf8(value: object, encoded: bytes) -> None:
    """Control characters are escaped, and lone surrogates replaced."""
    assert encode(value) == encoded


def test_a_pointer_escapes_what_separates_its_parts() -> None:
    """RFC 6901, section 5."""
    assert [pointer(), pointer(""), pointer("a/b"), pointer("m~n"), pointer("~1", 0)] == [
        "",
        "/",
        "/a~1b",
        "/m~0n",
        "/~01/0",
    ]


def test_a_point_in_time_is_written_in_utc() -> None:
    """In ISO 8601, with the suffix Z."""
    moment = datetime(2026, 1, 1, 1, tzinfo=timezone(timedelta(hours=2)))
    assert timestamp(moment) == "2025-12-31T23:00:00Z"
    assert timestamp(moment.astimezone(UTC)) == "2025-12-31T23:00:00Z"
