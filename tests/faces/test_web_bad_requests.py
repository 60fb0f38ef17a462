"""Requests that cannot be answered: each gets the status and the problem of the contract."""

from __future__ import annotations

import gzip
import io
import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from gistsearch.adapters.web.request_parsing import MAX_BODY_BYTES
from tests.faces.web_fixtures import LISTED, SEARCH, answered, client, one_gist, pointers, post, problem


@pytest.fixture(scope="module")
def web() -> FlaskClient:
    return client(one_gist())


def send(web: FlaskClient, body: bytes) -> Any:
    return web.post(SEARCH, data=body, content_type="application/json")


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"username": None}, "/username"),
        ({"username": ["octo"]}, "/username"),
        ({"username": ""}, "/username"),
        ({"username": "o" * 256}, "/username"),
        ({"pattern": None}, "/pattern"),
        ({"pattern": 1}, "/pattern"),
        ({"pattern": ""}, "/pattern"),
        ({"pattern": "x" * 1_001}, "/pattern"),
        ({"pattern": "\ud800"}, "/pattern"),
        ({"ignore_case": "true"}, "/ignore_case"),
        ({"fixed_strings": 1}, "/fixed_strings"),
        ({"word": None}, "/word"),
        ({"multiline": []}, "/multiline"),
        ({"files": "*.py"}, "/files"),
        ({"files": ["*.py", 1]}, "/files/1"),
        ({"files": [""]}, "/files/0"),
        ({"files": ["*.{py"]}, "/files/0"),
        ({"files": ["a"] * 51}, "/files"),
        ({"languages": {"Python": True}}, "/languages"),
        ({"languages": ["x" * 256]}, "/languages/0"),
        ({"languages": ["\udc00"]}, "/languages/0"),
        ({"languages": ["Pyhton"]}, "/languages/0"),
        ({"detail": "everything"}, "/detail"),
        ({"context": 2}, "/context"),
        ({"context": 2, "detail": "counts"}, "/context"),
        ({"max_lines_per_file": 5}, "/max_lines_per_file"),
        ({"context": 21}, "/context"),
        ({"context": -1}, "/context"),
        ({"context": True}, "/context"),
        ({"context": 1.5}, "/context"),
        ({"max_lines_per_file": 0}, "/max_lines_per_file"),
        ({"max_lines_per_file": 1_001}, "/max_lines_per_file"),
        ({"timeout_s": 0}, "/timeout_s"),
        ({"timeout_s": 60.5}, "/timeout_s"),
        ({"timeout_s": "5"}, "/timeout_s"),
        ({"usernames": ["octo"]}, "/usernames"),
        ({"text": "yes"}, "/text"),
        ({"Pattern": "x"}, "/Pattern"),
        ({"": 1}, "/"),
        ({"a/b~\ud800": 1}, "/a~1b~0\ufffd"),
    ],
)
def test_a_field_that_is_wrong_is_pointed_at(web: FlaskClient, fields: dict[str, Any], pointer: str) -> None:
    assert pointers(problem(post(web, **fields), 422, "invalid-request")) == [pointer]


@pytest.mark.parametrize("name", ["username", "pattern"])
def test_a_field_that_is_missing_is_pointed_at(web: FlaskClient, name: str) -> None:
    fields = {other: value for other, value in LISTED.items() if other != name}
    for response in (web.post(SEARCH, json=fields), web.get(SEARCH, query_string=fields)):
        told = problem(response, 422, "invalid-request")
        assert told["errors"] == [{"pointer": f"/{name}", "detail": "is required"}]
        assert told["detail"] == f"/{name} is required."


def test_everything_that_is_wrong_is_told_at_once(web: FlaskClient) -> None:
    told = problem(post(web, pattern="", files=[1, "a", 2], colour="red", context=99), 422, "invalid-request")
    assert pointers(told) == ["/pattern", "/files/0", "/files/2", "/context", "/colour"]


@pytest.mark.parametrize(
    ("query", "pointed_at"),
    [
        ("username=octo&pattern=x&colour=red", ["/colour"]),
        ("username=octo&pattern=x&", []),
        ("username=octo&pattern=x&flag", ["/flag"]),
        ("username=octo&pattern=x&=", ["/"]),
        ("username=octo&username=octo&pattern=x", ["/username"]),
        ("username=octo&pattern=x&pattern=", ["/pattern"]),
        ("username=octo&pattern=x&word=1&word=1&context=a", ["/context", "/word"]),
        ("username=octo&pattern=x&word=yes", ["/word"]),
        ("username=octo&pattern=x&word=", ["/word"]),
        ("username=octo&pattern=x&word=on", ["/word"]),
        ("username=octo&pattern=x&word=%2Btrue", ["/word"]),
        ("username=octo&pattern=x&word=01", ["/word"]),
        ("username=octo&pattern=x&context=", ["/context"]),
        ("username=octo&pattern=x&context=ten", ["/context"]),
        ("username=octo&pattern=x&context=%D9%A3", ["/context"]),
        ("username=octo&pattern=x&context=0x3", ["/context"]),
        ("username=octo&pattern=x&context=true", ["/context"]),
        ("username=octo&pattern=x&context=" + "9" * 5_000, ["/context"]),
        ("username=octo&pattern=x&timeout_s=NaN", ["/timeout_s"]),
        ("username=octo&pattern=x&timeout_s=Infinity", ["/timeout_s"]),
        ("username=octo&pattern=x&timeout_s=1e999", ["/timeout_s"]),
        ("username=octo&pattern=x&timeout_s=" + "[" * 5_000, ["/timeout_s"]),
        ("username=octo&pattern=x&files=", ["/files/0"]),
        ("username=octo&pattern=x&files=a&files=", ["/files/1"]),
        ("username=octo&pattern=x&detail=all", ["/detail"]),
        ("username=&pattern=", ["/username", "/pattern"]),
        ("", ["/username", "/pattern"]),
    ],
)
def test_parameters_are_checked_as_fields_are(web: FlaskClient, query: str, pointed_at: list[str]) -> None:
    response = web.get(f"{SEARCH}?{query}")
    if pointed_at:
        assert pointers(problem(response, 422, "invalid-request")) == pointed_at
    else:
        assert answered(response)


def test_parameters_beside_a_body_are_refused_rather_than_ignored(web: FlaskClient) -> None:
    response = web.post(f"{SEARCH}?ignore_case=true&word", json=LISTED)
    assert pointers(problem(response, 422, "invalid-request")) == ["/ignore_case", "/word"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"username=octo",
        b"{",
        b"{'username': 'octo'}",
        b'{"username": "octo", "pattern": "x",}',
        b'{"username": "octo"} {}',
        b'{"username": "octo", "pattern": "x", "context": NaN}',
        b'{"username": "octo", "pattern": "x", "timeout_s": Infinity}',
        b'{"username": "octo", "pattern": "x", "timeout_s": -Infinity}',
        b'{"username": "octo", "pattern": "x", "context": 01}',
        b'{"username": "octo", "pattern": "a\nb"}',
        b'{"username": "octo", "username": "octo", "pattern": "x"}',
        b'{"username": "octo", "pattern": "x", "files": [{"a": 1, "a": 2}]}',
        b"\xef\xbb\xbf{}",
        b"null",
        b"true",
        b"1",
        b'"octo"',
        b"[]",
        b'[{"username": "octo", "pattern": "x"}]',
        b'{"username": "octo", "pattern": "\xff"}',
        b'{"username": "octo", "pattern": "\xed\xa0\x80"}',
        '{"username": "octo", "pattern": "x"}'.encode("utf-16"),
        b"[" * 60_000,
        b'{"a":' * 10_000,
        b'{"files": ' + b"[" * 20_000 + b"]" * 20_000 + b"}",
    ],
)
def test_a_body_that_is_no_json_object_is_malformed(web: FlaskClient, body: bytes) -> None:
    assert "errors" not in problem(send(web, body), 400, "malformed-request")


@pytest.mark.parametrize("number", ["9" * 5_000, "-" + "9" * 5_000, "1e999", "1" + "0" * 400])
def test_a_number_beyond_all_bounds_is_out_of_range(web: FlaskClient, number: str) -> None:
    for name in ("context", "timeout_s"):
        body = f'{{"username": "octo", "pattern": "x", "{name}": {number}}}'
        assert pointers(problem(send(web, body.encode()), 422, "invalid-request")) == [f"/{name}"]


@pytest.mark.parametrize("query", [b"username=octo&pattern=%ff", b"username=octo&pattern=\xff", b"%c3=&pattern=x"])
def test_parameters_that_are_not_utf8_are_malformed(web: FlaskClient, query: bytes) -> None:
    response = web.get(SEARCH, environ_overrides={"QUERY_STRING": query.decode("latin-1")})
    problem(response, 400, "malformed-request")


@pytest.mark.parametrize(
    "media_type", [None, "", "text/plain", "application/x-www-form-urlencoded", "application/jsonp", "json", "a\xff/b"]
)
def test_a_body_of_another_type_is_refused(web: FlaskClient, media_type: str | None) -> None:
    problem(web.post(SEARCH, data=json.dumps(LISTED), content_type=media_type), 415, "unsupported-media-type")


@pytest.mark.parametrize(
    "charset",
    ["latin-1", '"ISO-8859-1"', "utf-16", "UTF-16LE", "utf-7", "us-ascii", "nonsense", "utf-8x", "x" * 5_000],
)
def test_a_body_in_another_charset_is_refused(web: FlaskClient, charset: str) -> None:
    """Reading it as UTF-8 would search for something else, or fail with an error that explains nothing."""
    body = json.dumps(LISTED | {"pattern": "é"}, ensure_ascii=False).encode("latin-1")
    response = web.post(SEARCH, data=body, content_type=f"application/json; charset={charset}")
    assert "UTF-8" in problem(response, 415, "unsupported-media-type")["detail"]
    assert response.headers["Accept"] == "application/json"


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", '"Utf-8"', "utf8"])
def test_a_body_that_says_that_it_is_utf8_is_read(web: FlaskClient, charset: str) -> None:
    """However that is written."""
    response = web.post(SEARCH, data=json.dumps(LISTED), content_type=f"Application/JSON; Charset={charset}")
    assert answered(response)


@pytest.mark.parametrize("coding", ["gzip", "GZIP", "br", "deflate", "zstd", "identity, gzip", "aws-chunked", "x"])
def test_a_body_in_a_content_coding_is_refused(web: FlaskClient, coding: str) -> None:
    """Whether it is what it says or not; the answer says what is accepted (RFC 9110, 15.5.16)."""
    plain = json.dumps(LISTED).encode()
    for body in (gzip.compress(plain), plain):
        response = web.post(SEARCH, data=body, content_type="application/json", headers={"Content-Encoding": coding})
        assert "compressed" in problem(response, 415, "unsupported-media-type")["detail"]
        assert response.headers["Accept-Encoding"] == "identity"


@pytest.mark.parametrize("coding", ["identity", "Identity", ""])
def test_a_body_without_a_coding_is_read(web: FlaskClient, coding: str) -> None:
    """`identity` is the name of none."""
    assert answered(web.post(SEARCH, json=LISTED, headers={"Content-Encoding": coding}))


def test_a_form_is_refused(web: FlaskClient) -> None:
    problem(web.post(SEARCH, data={"username": "octo", "file": (io.BytesIO(b"x"), "x")}), 415, "unsupported-media-type")


@pytest.mark.parametrize(
    "accept",
    ["text/html", "application/problem+json", "application/json;q=0", "*/*;q=0", "nonsense"],
)
def test_a_client_that_accepts_none_of_the_media_types_is_refused(web: FlaskClient, accept: str) -> None:
    for response in (
        web.post(SEARCH, json=LISTED, headers={"Accept": accept}),
        web.get(SEARCH, query_string=LISTED, headers={"Accept": accept}),
    ):
        problem(response, 406, "not-acceptable")


def padded(length: int) -> bytes:
    body = json.dumps(LISTED).encode()
    return body + b" " * (length - len(body))


def test_a_body_may_be_as_long_as_the_limit_and_no_longer(web: FlaskClient) -> None:
    assert answered(send(web, padded(MAX_BODY_BYTES)))
    problem(send(web, padded(MAX_BODY_BYTES + 1)), 413, "payload-too-large")


class Endless(io.RawIOBase):
    """A body that goes on for ever; counts what is taken of it."""

    taken = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        buffer[:] = b" " * len(buffer)
        self.taken += len(buffer)
        return len(buffer)


def test_a_body_of_unknown_length_is_read_no_further_than_the_limit(web: FlaskClient) -> None:
    """As of `Transfer-Encoding: chunked`, which a server hands on without a length."""
    body = Endless()
    response = web.post(
        SEARCH,
        content_type="application/json",
        environ_overrides={"wsgi.input": body, "wsgi.input_terminated": True},
    )
    problem(response, 413, "payload-too-large")
    assert body.taken <= 2 * MAX_BODY_BYTES


def test_a_body_of_unknown_length_within_the_limit_is_read(web: FlaskClient) -> None:
    response = web.post(
        SEARCH,
        content_type="application/json",
        environ_overrides={"wsgi.input": io.BytesIO(padded(100)), "wsgi.input_terminated": True},
    )
    assert answered(response)


@pytest.mark.parametrize("length", ["-1", "abc", "1e3", "9" * 30])
def test_a_length_that_is_none_is_no_crash(web: FlaskClient, length: str) -> None:
    response = web.post(SEARCH, content_type="application/json", environ_overrides={"CONTENT_LENGTH": length})
    assert response.status_code in (400, 413)
    assert response.content_type == "application/problem+json"


@pytest.mark.parametrize("pattern", ["(", "[a", r"(a)\1", "(?=x)", "(?<!x)y", "a{1001}", "*", r"\8", "a\n"])
def test_a_pattern_that_re2_refuses_is_invalid(web: FlaskClient, pattern: str) -> None:
    for response in (post(web, pattern=pattern), web.get(SEARCH, query_string=LISTED | {"pattern": pattern})):
        told = problem(response, 422, "invalid-pattern")
        assert told["errors"] == [{"pointer": "/pattern", "detail": told["detail"]}]


def test_the_bad_part_of_a_pattern_is_told_where_it_is_known(web: FlaskClient) -> None:
    assert problem(post(web, pattern="needle[b-a]"), 422, "invalid-pattern")["part"] == "b-a"
    assert "part" not in problem(post(web, pattern="a\n"), 422, "invalid-pattern")


@pytest.mark.parametrize("user", ["nobody", "octo-", "a/b", "..", "octo@evil.example", "ö"])
def test_a_user_that_the_source_does_not_know_is_unknown(web: FlaskClient, user: str) -> None:
    told = problem(post(web, username=user), 404, "unknown-user")
    assert user in told["detail"]
    assert "errors" not in told
