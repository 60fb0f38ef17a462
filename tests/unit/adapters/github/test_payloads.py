"""GitHub's JSON of a listing."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from gistsearch.adapters.github.payloads import public_gists
from gistsearch.ports.gists import Gist, GistFile

BLOB = "0123456789abcdef0123456789abcdef01234567"
RAW = f"https://gist.githubusercontent.com/octo/1/raw/{BLOB}/a.py"
FILE: dict[str, Any] = {
    "filename": "a.py",
    "type": "application/x-python",
    "language": "Python",
    "raw_url": RAW,
    "size": 12,
}
GIST: dict[str, Any] = {
    "id": "1",
    "url": "https://api.github.com/gists/1",
    "html_url": "https://gist.github.com/octo/1",
    "public": True,
    "created_at": "2013-01-02T03:04:05Z",
    "updated_at": "2014-01-02T03:04:05Z",
    "description": "first",
    "comments": 0,
    "owner": {"login": "octo", "id": 1},
    "truncated": False,
    "files": {"a.py": FILE},
}


def _gists(*gists: Any) -> list[Gist]:
    return public_gists(json.dumps(gists).encode())


def _without(payload: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in payload.items() if name not in names}


def test_gist_is_read_with_its_files() -> None:
    file = GistFile("a.py", "Python", 12, RAW, BLOB)
    moment = datetime(2014, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert _gists(GIST) == [Gist("1", "https://gist.github.com/octo/1", "first", moment, (file,))]


def test_files_keep_their_order() -> None:
    names = ["z.py", "a.py", "m.py"]
    (gist,) = _gists(GIST | {"files": {name: FILE | {"filename": name} for name in names}})
    assert [file.filename for file in gist.files] == names


@pytest.mark.parametrize("missing", ["owner", "description", "truncated", "comments", "url", "created_at"])
@pytest.mark.parametrize("null", [False, True])
def test_what_may_be_missing_or_null_is_not_missed(missing: str, null: bool) -> None:
    (gist,) = _gists(GIST | {missing: None} if null else _without(GIST, missing))
    assert gist.id == "1"


def test_file_without_a_language_or_a_blob_id_is_read() -> None:
    plain = _without(FILE, "type") | {"language": None, "raw_url": "https://ghe.example/raw/1/a.py"}
    (gist,) = _gists(GIST | {"files": {"a.py": plain}})
    assert gist.files == (GistFile("a.py", None, 12, "https://ghe.example/raw/1/a.py", None),)


def test_gist_without_files_is_read() -> None:
    (gist,) = _gists(GIST | {"files": {}})
    assert gist.files == ()


def test_truncated_list_of_files_is_told() -> None:
    (gist,) = _gists(GIST | {"truncated": True})
    assert gist.files_truncated


def test_secret_gists_are_left_out() -> None:
    gists = _gists(GIST, GIST | {"id": "2", "public": False}, GIST | {"id": "3"})
    assert [gist.id for gist in gists] == ["1", "3"]


def test_lone_surrogates_become_what_can_be_encoded() -> None:
    (gist,) = _gists(GIST | {"description": "a\ud800b€", "files": {"\udfff": FILE | {"filename": "\udfff"}}})
    assert (gist.description, gist.files[0].filename) == ("a?b€", "?")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[",
        b"{}",
        b'""',
        b"null",
        b"1",
        b"<html>Unicorn!</html>",
        b'{"message": "Server Error"}',
        b"[[]]",
        b"[null]",
        b'["id"]',
        b"\xff\xfe[]",
        b'[{"id": "\xff"}]',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"[" + b"9" * 10_000 + b"]",
    ],
)
def test_what_is_no_page_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match="not a page of a listing"):
        public_gists(body)


@pytest.mark.parametrize("missing", ["id", "html_url", "public", "updated_at", "files"])
def test_gist_that_lacks_something_is_refused(missing: str) -> None:
    with pytest.raises(ValueError, match="not a page"):
        _gists(_without(GIST, missing))


@pytest.mark.parametrize("missing", ["filename", "raw_url", "size"])
def test_file_that_lacks_something_is_refused(missing: str) -> None:
    with pytest.raises(ValueError, match="not a page"):
        _gists(GIST | {"files": {"a.py": _without(FILE, missing)}})


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": 1},
        {"id": None},
        {"html_url": "javascript:alert(1)"},
        {"public": "true"},
        {"public": 1},
        {"public": None},
        {"updated_at": 1},
        {"updated_at": "yesterday"},
        {"updated_at": "2014-01-02T03:04:05"},
        {"description": 5},
        {"truncated": "no"},
        {"files": None},
        {"files": []},
        {"files": [FILE]},
        {"files": {"a.py": None}},
        {"files": {"a.py": FILE | {"size": "12"}}},
        {"files": {"a.py": FILE | {"size": 1.5}}},
        {"files": {"a.py": FILE | {"size": True}}},
        {"files": {"a.py": FILE | {"size": -1}}},
        {"files": {"a.py": FILE | {"size": None}}},
        {"files": {"a.py": FILE | {"filename": 1}}},
        {"files": {"a.py": FILE | {"raw_url": None}}},
        {"files": {"a.py": FILE | {"language": ["Python"]}}},
    ],
)
def test_value_of_a_wrong_type_is_refused_and_never_converted(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="not a page"):
        _gists(GIST | wrong)
