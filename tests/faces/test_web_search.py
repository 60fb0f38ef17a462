"""Searches over HTTP: what is asked, and what a good answer holds."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from gistsearch.adapters.memory import InMemoryGists, MemoryGist
from gistsearch.ports.deadline import Deadline
from gistsearch.ports.gists import ContentGone, IntegrityMismatch, SourceUnavailable
from tests.faces.web_fixtures import LISTED, SEARCH, answered, client, post
from tests.fakes import ScriptedSource, gist

PLAIN_KEYS = ["status", "username", "pattern", "matches"]


SOURCE = InMemoryGists(
    {
        "octo": [
            MemoryGist(
                {"three.md": b"a needle\nNEEDLE\nneedles\n", "three.py": b"x\na.b\nneedle = 1\ny\nz\n"},
                "Two files",
                id="3",
                languages={"three.py": "Python"},
            ),
            MemoryGist({"two.txt": b"nothing\n\nBEGIN\nEND\n"}, id="2", languages={"two.txt": "Text"}),
            MemoryGist(
                {"one.py": b"\n".join(b"needle %d" % number for number in range(30))},
                id="1",
                languages={"one.py": "Python"},
            ),
        ]
    }
)


@pytest.fixture
def web() -> FlaskClient:
    return client(SOURCE)


def gists(*listed: MemoryGist) -> FlaskClient:
    return client(InMemoryGists({"octo": listed}))


def urls(*names: str) -> list[str]:
    return [f"https://gist.github.com/octo/{name}" for name in names]


def found(web: FlaskClient, **fields: Any) -> list[str]:
    """The ids of the gists that match, asked by POST and, where parameters can say it, by GET: both say the same."""
    by_post = answered(post(web, **fields))
    parameters = {
        name: str(value).lower() if isinstance(value, bool) else value for name, value in (LISTED | fields).items()
    }
    assert answered(web.get(SEARCH, query_string=parameters)) == by_post
    return [url.rsplit("/", 1)[1] for url in by_post["matches"]]


def test_the_example_of_the_contract() -> None:
    web = client(InMemoryGists.sample())
    response = web.post(SEARCH, json={"username": "justdionysus", "pattern": "import requests"})
    assert list(answered(response).items()) == [
        ("status", "success"),
        ("username", "justdionysus"),
        ("pattern", "import requests"),
        ("matches", ["https://gist.github.com/justdionysus/6b2972aa971dd605f524"]),
    ]


def test_nothing_found_is_a_success(web: FlaskClient) -> None:
    assert answered(post(web, pattern="haystack")) == {
        "status": "success",
        "username": "octo",
        "pattern": "haystack",
        "matches": [],
    }


def test_a_user_without_gists_is_a_success() -> None:
    assert answered(post(gists()))["matches"] == []


def test_matches_are_the_addresses_of_gists_newest_first_each_once(web: FlaskClient) -> None:
    assert answered(post(web))["matches"] == urls("3", "1")


@pytest.mark.parametrize(
    ("fields", "ids"),
    [
        ({"pattern": "^NEEDLE$"}, ["3"]),
        ({"pattern": "^NEEDLE$", "ignore_case": False}, ["3"]),
        ({"pattern": "NEEDLE 7", "ignore_case": True}, ["1"]),
        ({"pattern": "needle", "fixed_strings": True}, ["3", "1"]),
        ({"pattern": "a.b", "fixed_strings": True}, ["3"]),
        ({"pattern": "n.edle = 1", "fixed_strings": True}, []),
        ({"pattern": "eedl"}, ["3", "1"]),
        ({"pattern": "eedl", "word": True}, []),
        ({"pattern": "(?s)BEGIN.END"}, []),
        ({"pattern": "(?s)BEGIN.END", "multiline": True}, ["2"]),
        ({"files": ["*.md"]}, ["3"]),
        ({"files": ["one.*", "*.md"]}, ["3", "1"]),
        ({"files": ["!*.md"]}, ["3", "1"]),
        ({"files": ["!*.md", "!*.py"]}, []),
        ({"languages": ["text"], "pattern": "nothing"}, ["2"]),
        ({"languages": ["python", "TEXT"], "pattern": "BEGIN"}, ["2"]),
        ({"languages": ["Ruby"]}, []),
        ({"files": []}, ["3", "1"]),
        ({"detail": "gists"}, ["3", "1"]),
        ({"timeout_s": 59.5}, ["3", "1"]),
        ({"languages": ["py"]}, ["3", "1"]),
    ],
)
def test_each_field_does_what_the_contract_says(web: FlaskClient, fields: dict[str, Any], ids: list[str]) -> None:
    assert found(web, **fields) == ids


@pytest.mark.parametrize(("true", "false"), [("true", "false"), ("1", "0"), ("True", "False"), ("TRUE", "FALSE")])
def test_a_boolean_parameter_is_a_word_or_a_digit(web: FlaskClient, true: str, false: str) -> None:
    """In any letter case: Python writes `True`, spreadsheets `TRUE`."""
    for text, value in ((true, True), (false, False)):
        response = web.get(f"{SEARCH}?username=octo&pattern=BEGIN.END&multiline=0&ignore_case={text}")
        assert answered(response) == answered(post(web, pattern="BEGIN.END", ignore_case=value))


def test_parameters_are_decoded_as_forms_are(web: FlaskClient) -> None:
    response = web.get(f"{SEARCH}?username=octo&pattern=needle+%3D%201")
    assert answered(response)["pattern"] == "needle = 1"
    assert answered(response)["matches"] == urls("3")


def test_a_number_parameter_is_written_as_in_json(web: FlaskClient) -> None:
    lines = answered(web.get(f"{SEARCH}?username=octo&pattern=1&detail=lines&context=2.0&timeout_s=1e1"))
    assert len(lines["results"][0]["files"][0]["lines"][0]["after"]) == 2


def test_detail_lines_tells_lines_and_coverage(web: FlaskClient) -> None:
    told = answered(post(web, pattern="needle", detail="lines", context=1, files=["three.*", "two.*"]))
    assert list(told) == [*PLAIN_KEYS, "results", "coverage"]
    assert told["results"] == [
        {
            "id": "3",
            "url": urls("3")[0],
            "description": "Two files",
            "updated_at": "2026-01-01T00:00:00Z",
            "files": [
                {
                    "filename": "three.md",
                    "language": None,
                    "size": 24,
                    "raw_url": raw_url("three.md"),
                    "binary": False,
                    "line_count": 2,
                    "more_lines": False,
                    "lines": [
                        line(1, "a needle", [2, 8], after=["NEEDLE"]),
                        line(3, "needles", [0, 6], before=["NEEDLE"]),
                    ],
                },
                {
                    "filename": "three.py",
                    "language": "Python",
                    "size": 21,
                    "raw_url": raw_url("three.py"),
                    "binary": False,
                    "line_count": 1,
                    "more_lines": False,
                    "lines": [line(3, "needle = 1", [0, 6], before=["a.b"], after=["y"])],
                },
            ],
        }
    ]
    assert told["coverage"].pop("duration_s") >= 0
    assert told["coverage"] == {
        "complete": True,
        "gists": 3,
        "files": 3,
        "searched": 3,
        "skipped": 0,
        "bytes": 24 + 21 + 19,
        "downloaded_bytes": 24 + 21 + 19,
        "from_store": 0,
    }


def raw_url(filename: str) -> str:
    """Return the address of the file of this name, as the source gives it."""
    pages = SOURCE.list_pages("octo", Deadline())
    files = [file for page in pages for gist in page.gists for file in gist.files]
    return next(file.raw_url for file in files if file.filename == filename)


def line(number: int, text: str, span: list[int], **around: list[str]) -> dict[str, Any]:
    context = {side: [{"text": near, "truncated": False} for near in lines] for side, lines in around.items()}
    told = {"number": number, "text": text, "spans": [span], "truncated": False, "offset": 0}
    return told | {"before": [], "after": []} | context


def lines_of_one(told: dict[str, Any]) -> tuple[int, bool]:
    (file,) = told["results"][0]["files"]
    return len(file["lines"]), file["more_lines"]


@pytest.mark.parametrize(
    ("limit", "given"),
    [({}, (20, True)), ({"max_lines_per_file": 29}, (29, True)), ({"max_lines_per_file": 30}, (30, False))],
)
def test_lines_beyond_the_limit_are_left_out_and_that_is_said(
    web: FlaskClient, limit: dict[str, int], given: tuple[int, bool]
) -> None:
    assert lines_of_one(answered(post(web, detail="lines", files=["one.py"], **limit))) == given


@pytest.mark.parametrize(("matching", "given"), [(999, (999, False)), (1_000, (1_000, False)), (1_001, (1_000, True))])
def test_a_thousand_lines_of_a_file_are_given_however_they_come(matching: int, given: tuple[int, bool]) -> None:
    web = gists(MemoryGist({"many": b"needle\n" * matching}))
    assert lines_of_one(answered(post(web, detail="lines", max_lines_per_file=1_000))) == given


def test_a_file_with_nul_bytes_is_reported_without_its_lines() -> None:
    web = gists(MemoryGist({"blob": b"a needle\n\x00\n"}))
    told = answered(post(web, detail="lines"))
    (file,) = told["results"][0]["files"]
    assert (file["binary"], file["lines"], file["more_lines"]) == (True, [], True)


def test_text_is_told_in_utf8_and_control_characters_escaped() -> None:
    web = gists(MemoryGist({"ü\x07": "<b>é€😀\x1b[31m".encode()}))
    response = post(web, pattern="é€😀\x1b", detail="lines")
    for written in ('"pattern": "é€😀\\u001b"', '"filename": "ü\\u0007"', '"text": "<b>é€😀\\u001b[31m"'):
        assert written.encode() in response.data


def test_text_from_a_gist_that_has_no_utf8_form_does_not_stop_an_answer() -> None:
    web = client(ScriptedSource({"octo": [gist("1", "a\ud800")]}, {"a\ud800": b"needle"}))
    assert answered(post(web, detail="lines"))["results"][0]["files"][0]["filename"] == "a\ufffd"


def test_what_was_not_searched_makes_the_answer_partial_and_is_told() -> None:
    web = gists(
        MemoryGist({"gone": ContentGone("it was deleted")}, id="5"),
        MemoryGist({"half": IntegrityMismatch("not what was listed")}, id="4"),
        MemoryGist({"broken": SourceUnavailable("cut")}, id="3"),
        MemoryGist({"good": b"needle"}, id="2"),
        MemoryGist({"first": b"hay"}, id="1", files_truncated=True),
    )
    told = answered(post(web))
    assert list(told) == [*PLAIN_KEYS, "skipped", "skipped_by_reason", "coverage"]
    assert told["status"] == "partial"
    assert told["matches"] == urls("2")
    assert sorted(told["skipped"], key=str) == sorted(
        [
            {"gist": urls("5")[0], "filename": "gone", "reason": "gone", "detail": "it was deleted"},
            {"gist": urls("4")[0], "filename": "half", "reason": "integrity-mismatch", "detail": "not what was listed"},
            {"gist": urls("3")[0], "filename": "broken", "reason": "download-failed", "detail": "cut"},
            {
                "gist": urls("1")[0],
                "filename": None,
                "reason": "file-list-truncated",
                "detail": "the source lists only the first 1 of its files",
            },
        ],
        key=str,
    )


def test_a_listing_that_breaks_off_is_skipped_without_a_gist() -> None:
    source = ScriptedSource({"octo": [gist("1", "a"), SourceUnavailable("no further page")]}, {"a": b"needle"})
    told = answered(post(client(source)))
    assert (told["status"], told["matches"]) == ("partial", ["https://gist.example/1"])
    assert told["skipped"] == [
        {
            "gist": None,
            "filename": None,
            "reason": "download-failed",
            "detail": "the listing ended early, after 1 gist: no further page",
        }
    ]


def test_a_partial_answer_with_lines_has_all_keys() -> None:
    web = gists(MemoryGist({"gone": ContentGone("gone"), "good": b"needle"}))
    told = answered(post(web, detail="lines"))
    assert list(told) == [*PLAIN_KEYS, "skipped", "skipped_by_reason", "results", "coverage"]
    assert told["coverage"]["complete"] is False
    assert told["coverage"]["skipped"] == 1


def test_a_language_that_no_file_is_in_is_a_warning(web: FlaskClient) -> None:
    """The search itself is a success."""
    told = answered(post(web, languages=["Ruby", "py"]))
    assert told["status"] == "success"
    assert [warning["type"] for warning in told["warnings"]] == ["language-not-found"]
    assert "Ruby" in told["warnings"][0]["detail"]


def test_lines_of_files_with_nul_bytes_are_reported_if_asked_for() -> None:
    """With `text`, as `-a` does on the command line."""
    web = gists(MemoryGist({"blob": b"a needle\n\x00\n"}))
    (file,) = answered(post(web, detail="lines", text=True))["results"][0]["files"]
    assert (file["binary"], [found["text"] for found in file["lines"]]) == (True, ["a needle"])


def test_everything_that_was_opened_is_closed() -> None:
    source = ScriptedSource({"octo": [gist("1", "a", "b"), gist("2", "c")]}, {"a": b"needle"})
    post(client(source))
    assert sorted(source.opened) == sorted(source.closed) != []


def test_a_head_request_is_checked_but_runs_no_search() -> None:
    """It gets the headers of a GET, without the length, which is not known."""
    source = ScriptedSource({"octo": [gist("1", "a")]}, {"a": b"needle"})
    web = client(source)
    head = web.head(SEARCH, query_string=LISTED)
    assert (head.status_code, head.content_type, head.data) == (200, "application/json", b"")
    assert "Content-Length" not in head.headers
    assert source.opened == []
    assert web.head(SEARCH, query_string=LISTED | {"context": "x"}).status_code == 422


def test_a_long_answer_is_compressed_for_clients_that_accept_it() -> None:
    """Caches are told that the answer depends on that."""
    web = gists(MemoryGist({"many": b"a needle in a line\n" * 500}))
    plain = post(web, detail="lines", max_lines_per_file=500)
    packed = web.post(
        SEARCH,
        json=LISTED | {"detail": "lines", "max_lines_per_file": 500},
        headers={"Accept-Encoding": "br, gzip;q=0.5"},
    )
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"
    assert len(packed.data) == packed.content_length < len(plain.data) / 10
    unpacked = json.loads(gzip.decompress(packed.data))
    assert unpacked["results"] == answered(plain)["results"]


@pytest.mark.parametrize("encodings", ["", "identity", "br", "gzip;q=0", "nonsense"])
def test_an_answer_is_not_compressed_unless_that_is_accepted(encodings: str) -> None:
    """Neither is a short one, which gains nothing."""
    web = gists(MemoryGist({"many": b"a needle in a line\n" * 500}))
    long = web.post(SEARCH, json=LISTED | {"detail": "lines"}, headers={"Accept-Encoding": encodings})
    assert "Content-Encoding" not in long.headers
    assert "Content-Encoding" not in web.post(SEARCH, json=LISTED, headers={"Accept-Encoding": "gzip"}).headers


@pytest.mark.parametrize(
    "accept",
    ["application/json", "*/*", "application/*", "text/html, application/json;q=0.1", "text/html,*/*;q=0.8", ""],
)
def test_a_client_that_accepts_json_gets_it(web: FlaskClient, accept: str) -> None:
    assert answered(web.post(SEARCH, json=LISTED, headers={"Accept": accept}))


@pytest.mark.parametrize("media_type", ["application/json", "Application/JSON; charset=utf-8", "application/json;x=y"])
def test_parameters_of_the_media_type_do_not_matter(web: FlaskClient, media_type: str) -> None:
    body = b'{"username": "octo", "pattern": "needle"}'
    assert answered(web.post(SEARCH, data=body, content_type=media_type))
