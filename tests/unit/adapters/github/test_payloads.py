"""GitHub's JSON of a listing."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from gistsearch.adapters.github.json_bodies import inline_content, json_object
from gistsearch.adapters.github.payloads import Records, gist_records
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


def _page(*gists: Any) -> Records[Gist]:
    return gist_records(json.dumps(gists).encode(), 1)


def _gists(*gists: Any) -> list[Gist]:
    """Return the gists of a page in which everything can be read."""
    page = _page(*gists)
    assert page.unreadable == ()
    return list(page.records)


def _without(payload: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in payload.items() if name not in names}


def test_gist_is_read_with_its_files() -> None:
    """With everything that the port wants to know."""
    file = GistFile("a.py", "Python", 12, RAW, BLOB)
    moment = datetime(2014, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert _gists(GIST) == [Gist("1", "https://gist.github.com/octo/1", "first", moment, (file,))]


def test_files_keep_their_order() -> None:
    """GitHub's own."""
    names = ["z.py", "a.py", "m.py"]
    (gist,) = _gists(GIST | {"files": {name: FILE | {"filename": name} for name in names}})
    assert [file.filename for file in gist.files] == names


@pytest.mark.parametrize("missing", ["owner", "description", "truncated", "comments", "url", "created_at"])
@pytest.mark.parametrize("null", [False, True])
def test_what_may_be_missing_or_null_is_not_missed(missing: str, null: bool) -> None:
    """Nothing that a search needs."""
    (gist,) = _gists(GIST | {missing: None} if null else _without(GIST, missing))
    assert gist.id == "1"


def test_file_without_a_language_or_a_blob_id_is_read() -> None:
    """Enterprise Servers may have other addresses."""
    plain = _without(FILE, "type") | {"language": None, "raw_url": "https://ghe.example/raw/1/a.py"}
    (gist,) = _gists(GIST | {"files": {"a.py": plain}})
    assert gist.files == (GistFile("a.py", None, 12, "https://ghe.example/raw/1/a.py", None),)


def test_gist_without_files_is_read() -> None:
    """There are some."""
    (gist,) = _gists(GIST | {"files": {}})
    assert gist.files == ()


def test_truncated_list_of_files_is_marked() -> None:
    """GitHub lists 300."""
    (gist,) = _gists(GIST | {"truncated": True})
    assert gist.files_truncated


def test_secret_gists_are_left_out() -> None:
    """Their owner's token lists them."""
    gists = _gists(GIST, GIST | {"id": "2", "public": False}, GIST | {"id": "3"})
    assert [gist.id for gist in gists] == ["1", "3"]


def test_lone_surrogates_become_what_can_be_encoded() -> None:
    """JSON can contain them; UTF-8 can't."""
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
        b"\xff\xfe[]",
        b'[{"id": "\xff"}]',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"[" + b"9" * 10_000 + b"]",
    ],
)
def test_what_is_not_a_list_is_refused(body: bytes) -> None:
    """There is no record to skip."""
    with pytest.raises(ValueError, match="the listing from GitHub is not"):
        gist_records(body, 1)


@pytest.mark.parametrize("missing", ["id", "html_url", "public", "updated_at", "files"])
def test_gist_that_lacks_something_is_unreadable(missing: str) -> None:
    """And says what; the gist after it is read."""
    page = _page(_without(GIST, missing), GIST | {"id": "2"})
    (record,) = page.unreadable
    assert str(record.error) == f"the field '{missing}' is missing"
    assert [gist.id for gist in page.records] == ["2"]
    assert page.count == 2


@pytest.mark.parametrize("missing", ["filename", "raw_url", "size"])
def test_file_that_lacks_something_is_unreadable(missing: str) -> None:
    """And says what; the file after it is read."""
    page = _page(GIST | {"files": {"b.py": _without(FILE, missing), "a.py": FILE}})
    (record,) = page.unreadable
    assert (record.subject, str(record.error)) == ("file 'b.py' of gist 1", f"the field '{missing}' is missing")
    assert [file.filename for file in page.records[0].files] == ["a.py"]


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
        {"files": "a.py"},
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
def test_value_of_a_wrong_type_is_unreadable_and_never_converted(wrong: dict[str, Any]) -> None:
    """Text is not a number, nor 1 a truth."""
    page = _page(GIST | wrong)
    assert len(page.unreadable) == 1
    assert not [file for gist in page.records for file in gist.files]


@pytest.mark.parametrize(("size", "whole"), [(9.0, 9), (0.0, 0), (1e15, 10**15)])
def test_number_that_is_whole_is_whole(size: float, whole: int) -> None:
    """However it is written."""
    (gist,) = _gists(GIST | {"files": {"a.py": FILE | {"size": size}}})
    assert (gist.files[0].size_bytes, type(gist.files[0].size_bytes)) == (whole, int)


@pytest.mark.parametrize(
    ("record", "subject"),
    [
        (None, "gist 42"),
        (GIST | {"id": None}, "gist 42"),
        (GIST | {"html_url": None}, "gist 1"),
        (GIST | {"html_url": None, "id": "\x1b[31m"}, "gist 42"),
        (_without(GIST, "public"), "gist 42"),  # It may be secret: its id must not get out.
        (GIST | {"public": None}, "gist 42"),
    ],
)
def test_unreadable_gist_is_named_by_its_id_only_if_it_is_public(record: Any, subject: str) -> None:
    """Else by its position in the listing."""
    page = gist_records(json.dumps([record]).encode(), 42)
    assert [unreadable.subject for unreadable in page.unreadable] == [subject]


def test_secret_gist_that_cannot_be_read_is_not_mentioned() -> None:
    """There is no more to say about it than about other secret gists."""
    assert _page({"public": False}) == Records(1, (), ())


@pytest.mark.parametrize(
    ("files", "content"),
    [
        ({"a.py": {"content": "é", "truncated": False}}, "é".encode()),
        ({"a.py": {"content": "", "truncated": False}}, b""),
        ({"a.py": {"content": "x", "truncated": True}}, None),
        ({"a.py": {"content": "x"}}, None),
        ({"a.py": {"content": None, "truncated": False}}, None),
        ({"a.py": None}, None),
        ({"b.py": {"content": "x", "truncated": False}}, None),
        ([], None),
        (None, None),
    ],
)
def test_inline_content_is_the_whole_one_or_none(files: Any, content: bytes | None) -> None:
    """GitHub cuts it at 1 MB, and says so."""
    assert inline_content(json.dumps({"files": files}).encode(), "a.py") == content


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b"\xff", b"[" * 100_000])
def test_what_is_not_an_object_is_an_empty_one(body: bytes) -> None:
    """Errors of GitHub are objects; others need not be."""
    assert json_object(body) == {}
