"""The loopback GitHub answers as GitHub does, and each of its faults does what it says."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import signal
import socket
import subprocess
import sys
import time
import tracemalloc
import zlib
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from attrs import frozen

from tests.loopback_github import (
    ALL_FAULTS,
    Fault,
    LoopbackFile,
    LoopbackGist,
    LoopbackGitHub,
    LoopbackProxy,
    Recorded,
    Streamed,
    SwallowingListener,
    TrapListener,
    asks_for,
    faults,
    real_gists,
    unused_port,
)

TEXT = b"".join(b"import requests  # %d\n" % number for number in range(100))
PATIENCE_S = 10.0


@frozen
class Got:
    """An answer as it came."""

    status: int
    headers: dict[str, str]
    """By names in lower case."""
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    def links(self) -> dict[str, str]:
        return {rel: url for url, rel in re.findall(r'<([^>]*)>; rel="([a-z]+)"', self.headers.get("link", ""))}


def _get(url: str, headers: dict[str, str] | None = None, method: str = "GET") -> Got:
    parts = urlsplit(url)
    with closing(HTTPConnection(parts.netloc, timeout=PATIENCE_S)) as connection:
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        connection.request(method, target, headers={"User-Agent": "tests"} if headers is None else headers)
        response = connection.getresponse()
        told = {name.lower(): value for name, value in response.getheaders()}
        return Got(response.status, told, response.read())


def _gists_of(github: LoopbackGitHub, query: str = "", headers: dict[str, str] | None = None) -> Got:
    return _get(f"{github.api_url}/users/octo/gists{query}", headers)


def _raw_url(github: LoopbackGitHub) -> str:
    return next(iter(_gists_of(github).json()[0]["files"].values()))["raw_url"]


def _one_file(content: bytes | Streamed = TEXT, name: str = "a.py") -> dict[str, list[LoopbackGist]]:
    return {"octo": [LoopbackGist([LoopbackFile(name, content)])]}


def _sent(github: LoopbackGitHub, origin: str, target: str) -> socket.socket:
    """Return a connection on which a request was sent."""
    parts = urlsplit(origin)
    client = socket.create_connection((parts.hostname, parts.port), timeout=PATIENCE_S)
    client.sendall(f"GET {target} HTTP/1.1\r\nHost: {parts.netloc}\r\nUser-Agent: tests\r\n\r\n".encode())
    return client


def _everything(client: socket.socket) -> tuple[bytes, bool]:
    """Return what comes until the connection ends, and whether it was reset."""
    received = b""
    with suppress(ConnectionResetError), client:
        while data := client.recv(1 << 16):
            received += data
        return received, False
    return received, True


def _provoked(fault: Fault) -> tuple[bytes, bool]:
    """Return the bytes that a fault sends for a file of `TEXT` until it ends the connection, and whether by a reset."""
    with LoopbackGitHub(_one_file()) as github:
        target = _raw_url(github).removeprefix(github.raw_origin)
        github.script("raw", lambda _: True, fault)
        return _everything(_sent(github, github.raw_origin, target))


def _answered(fault: Fault) -> Got:
    """Return what a fault answers to a request for a file of `TEXT`."""
    with LoopbackGitHub(_one_file()) as github:
        url = _raw_url(github)
        github.script("raw", lambda _: True, fault)
        return _get(url)


# The API


def test_item_of_a_listing_has_what_githubs_has() -> None:
    """As GitHub documents it."""
    with LoopbackGitHub(_one_file(name="it's (mine) at last.py")) as github:
        got = _gists_of(github)
        [item] = got.json()
    blob_id = hashlib.sha1(b"blob %d\0" % len(TEXT) + TEXT).hexdigest()
    assert (got.status, got.headers["content-type"]) == (200, "application/json; charset=utf-8")
    assert item["html_url"] == f"https://gist.github.com/octo/{item['id']}"
    assert item["owner"]["login"] == "octo"
    assert (item["public"], item["truncated"], item["description"]) == (True, False, None)
    assert item["files"] == {
        "it's (mine) at last.py": {
            "filename": "it's (mine) at last.py",
            "type": "application/x-python",
            "language": "Python",
            "raw_url": f"{github.raw_origin}/octo/{item['id']}/raw/{blob_id}/it's%20(mine)%20at%20last.py",
            "size": len(TEXT),
        }
    }
    assert re.fullmatch(r"[0-9]{4}(-[0-9]{2}){2}T[0-9]{2}(:[0-9]{2}){2}Z", item["updated_at"])


def test_walk_along_next_meets_each_gist_once_newest_first() -> None:
    """With different times of creation."""
    gists = real_gists(250)
    with LoopbackGitHub({"octo": gists}) as github:
        items: list[Any] = []
        url: str | None = f"{github.api_url}/users/octo/gists?per_page=100"
        while url is not None:
            got = _get(url)
            items += got.json()
            url = got.links().get("next")
        assert len(github.requests) == 3
    assert [item["id"] for item in items] == [gist.id for gist in gists]
    moments = [item["created_at"] for item in items]
    assert moments == sorted(moments, reverse=True)
    assert len(set(moments)) == 250


def test_links_name_the_user_by_number_and_all_the_neighbours() -> None:
    """First and last included."""
    with LoopbackGitHub({"octo": real_gists(9)}) as github:
        first, middle, last = (_gists_of(github, f"?per_page=3&page={page}") for page in (1, 2, 3))
    base = re.escape(github.api_url) + r"/user/[0-9]+/gists\?per_page=3&page="
    assert {rel: re.fullmatch(base + "([0-9])", url)[1] for rel, url in middle.links().items()} == {  # pyright: ignore[reportOptionalSubscript]
        "prev": "1",
        "next": "3",
        "last": "3",
        "first": "1",
    }
    assert (set(first.links()), set(last.links())) == ({"next", "last"}, {"prev", "first"})


@pytest.mark.parametrize(
    ("query", "count"),
    [("", 30), ("?per_page=100", 100), ("?per_page=1000", 100), ("?per_page=0", 30), ("?per_page=x&page=y", 30)],
)
def test_page_holds_30_gists_or_as_many_as_asked_for_up_to_100(query: str, count: int) -> None:
    """Nonsense counts as if it were not there."""
    with LoopbackGitHub({"octo": real_gists(130)}) as github:
        assert len(_gists_of(github, query).json()) == count


def test_listing_of_one_page_has_no_link() -> None:
    """Nor has an empty one."""
    with LoopbackGitHub({"octo": real_gists(30), "nothing": []}) as github:
        assert "link" not in _gists_of(github).headers
        nothing = _get(f"{github.api_url}/users/nothing/gists")
        assert (nothing.body, nothing.headers.get("link")) == (b"[]", None)


def test_unknown_user_is_not_found_in_json() -> None:
    """In any case of letters."""
    with LoopbackGitHub({"octo": []}) as github:
        got = _get(f"{github.api_url}/users/nobody/gists")
        assert (got.status, got.json()["message"], got.json()["status"]) == (404, "Not Found", "404")
        assert _get(f"{github.api_url}/users/OCTO/gists").status == 200


def test_api_wants_a_user_agent_and_counts_requests_and_raw_does_neither() -> None:
    """As documented, and as measured."""
    with LoopbackGitHub(_one_file()) as github:
        assert _gists_of(github, headers={}).status == 403
        limits = [_gists_of(github).headers for _ in range(2)]
        raw = _get(_raw_url(github), headers={})
    assert [int(told["x-ratelimit-remaining"]) + int(told["x-ratelimit-used"]) for told in limits] == [60, 60]
    assert int(limits[0]["x-ratelimit-remaining"]) - int(limits[1]["x-ratelimit-remaining"]) == 1
    assert int(limits[0]["x-ratelimit-reset"]) > time.time()
    assert raw.status == 200
    assert not [name for name in raw.headers if name.startswith("x-ratelimit")]


def test_secret_gists_are_listed_for_a_token_alone() -> None:
    """Any token is the owner's."""
    gists = [LoopbackGist([LoopbackFile("a", b"")], public=public) for public in (True, False, True)]
    with LoopbackGitHub({"octo": gists}) as github:
        everyone = _gists_of(github).json()
        owner = _gists_of(github, headers={"User-Agent": "tests", "Authorization": "Bearer t"}).json()
    assert [item["id"] for item in everyone] == [gists[0].id, gists[2].id]
    assert [item["public"] for item in owner] == [True, False, True]


def test_gist_of_more_than_300_files_is_truncated() -> None:
    """And says so."""
    gists = [LoopbackGist([LoopbackFile(str(number), b"") for number in range(count)]) for count in (300, 301, 0)]
    with LoopbackGitHub({"octo": gists}) as github:
        items = _gists_of(github).json()
    assert [(len(item["files"]), item["truncated"]) for item in items] == [(300, False), (300, True), (0, False)]


def test_creation_orders_the_listing_and_since_looks_at_updates() -> None:
    """Also if an old gist was updated."""

    def gist(created: int, updated: int) -> LoopbackGist:
        times = [datetime(year, 1, 1, tzinfo=UTC) for year in (created, updated)]
        return LoopbackGist([], id=str(created), created_at=times[0], updated_at=times[1])

    with LoopbackGitHub({"octo": [gist(2014, 2024), gist(2016, 2016), gist(2015, 2020)]}) as github:
        assert [item["id"] for item in _gists_of(github).json()] == ["2016", "2015", "2014"]
        assert [item["id"] for item in _gists_of(github, "?since=2020-01-01T00:00:00Z").json()] == ["2015", "2014"]


def test_users_may_change_between_requests() -> None:
    """What is gone is not found any more."""
    gists = real_gists(3)
    with LoopbackGitHub({"octo": gists}) as github:
        before, url = _gists_of(github).json(), _raw_url(github)
        assert _get(url).status == 200
        github.users["octo"].insert(0, LoopbackGist([LoopbackFile("new", b"new")], id="new"))
        after = _gists_of(github).json()
        assert after[1:] == before
        assert (after[0]["id"], after[0]["created_at"] > before[0]["created_at"]) == ("new", True)
        assert _get(url).status == 200
        del gists[1]
        assert [item["id"] for item in _gists_of(github).json()] == ["new", gists[1].id, gists[2].id]
        assert _get(url).status == 404


# Content


def test_each_listed_file_hashes_to_its_blob_id_and_has_its_size() -> None:
    """At the address that the listing gives."""
    with LoopbackGitHub({"octo": real_gists(120, files_per_gist=3)}) as github:
        items = [item for page in (1, 2) for item in _gists_of(github, f"?per_page=100&page={page}").json()]
        files = [file for item in items for file in item["files"].values()]
        assert len(files) == 360
        for file in files:
            content = _get(file["raw_url"]).body
            blob_id = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
            assert (len(content), blob_id) == (
                file["size"],
                str(file["raw_url"]).removeprefix(github.raw_origin).split("/")[4],
            )


def test_real_gists_are_the_same_each_time_and_vary() -> None:
    """In names, languages, descriptions and ids."""
    one, other = real_gists(100, 2), real_gists(100, 2)
    assert [(gist.id, gist.files[0].blob_id) for gist in one] == [(gist.id, gist.files[0].blob_id) for gist in other]
    names = [file.name for gist in one for file in gist.files]
    assert len({gist.id for gist in one}) == 100
    assert {gist.description is None for gist in one} == {True, False}
    assert {file.language for gist in one for file in gist.files} == {"Python", "Text", None}
    for wanted in (r".*\s.*", r".*'.*", r"\..*", r"[^.]*", r".*%.*", r".*[^\x00-\x7f].*"):
        assert any(re.fullmatch(wanted, name) for name in names), wanted


@pytest.mark.parametrize(
    ("wanted", "told", "part"),
    [
        ("bytes=0-", f"bytes 0-{len(TEXT) - 1}/{len(TEXT)}", TEXT),
        ("bytes=100-", f"bytes 100-{len(TEXT) - 1}/{len(TEXT)}", TEXT[100:]),
        ("bytes=100-199", f"bytes 100-199/{len(TEXT)}", TEXT[100:200]),
        ("bytes=-7", f"bytes {len(TEXT) - 7}-{len(TEXT) - 1}/{len(TEXT)}", TEXT[-7:]),
    ],
)
@pytest.mark.parametrize("streamed", [False, True])
def test_range_gives_a_part(wanted: str, told: str, part: bytes, streamed: bool) -> None:
    """With its place in the whole."""
    content = Streamed(len(TEXT), lambda: (TEXT[at : at + 37] for at in range(0, len(TEXT), 37)))
    with LoopbackGitHub(_one_file(content if streamed else TEXT)) as github:
        got = _get(_raw_url(github), {"Range": wanted})
    assert (got.status, got.headers["content-range"], got.body) == (206, told, part)


def test_range_beyond_the_end_or_nonsense_or_of_another_version() -> None:
    """416, or the whole."""
    with LoopbackGitHub(_one_file()) as github:
        url = _raw_url(github)
        beyond = _get(url, {"Range": f"bytes={len(TEXT)}-"})
        assert (beyond.status, beyond.headers["content-range"]) == (416, f"bytes */{len(TEXT)}")
        assert _get(url, {"Range": "lines=1-2"}).status == 200
        assert _get(url, {"Range": "bytes=5-", "If-Range": '"other"'}).status == 200


@pytest.mark.parametrize(
    ("asked", "is_gzip"),
    [("gzip", True), ("br, GZIP;q=0.5", True), ("*", True), ("identity", False), ("gzip;q=0, br", False), ("", False)],
)
def test_gzip_comes_only_when_asked_for(asked: str, is_gzip: bool) -> None:
    """By name or by a wildcard."""
    with LoopbackGitHub(_one_file()) as github:
        url = _raw_url(github)
        for got in (
            _get(url, {"Accept-Encoding": asked}),
            _gists_of(github, "", {"User-Agent": "x", "Accept-Encoding": asked}),
        ):
            assert (got.headers.get("content-encoding") == "gzip") == is_gzip
            assert int(got.headers["content-length"]) == len(got.body)
        assert (gzip.decompress(_get(url, {"Accept-Encoding": asked}).body) == TEXT) if is_gzip else True


def test_ranges_count_encoded_bytes() -> None:
    """As GitHub's do."""
    with LoopbackGitHub(_one_file()) as github:
        url = _raw_url(github)
        whole = _get(url, {"Accept-Encoding": "gzip"}).body
        assert _get(url, {"Accept-Encoding": "gzip", "Range": "bytes=20-"}).body == whole[20:]


def test_what_is_known_by_its_etag_is_not_sent_again() -> None:
    """On both hosts."""
    with LoopbackGitHub(_one_file()) as github:
        for url in (f"{github.api_url}/users/octo/gists", _raw_url(github)):
            etag = _get(url).headers["etag"]
            same = _get(url, {"User-Agent": "x", "If-None-Match": etag})
            assert (same.status, same.body, same.headers["etag"]) == (304, b"", etag)
            assert _get(url, {"User-Agent": "x", "If-None-Match": 'W/"other"'}).status == 200


def test_raw_headers_are_those_of_the_raw_host() -> None:
    """As measured."""
    with LoopbackGitHub(
        {"octo": [LoopbackGist([LoopbackFile("a", b"a"), LoopbackFile("b", b"a\0b", None)])]}
    ) as github:
        [item] = _gists_of(github).json()
        text, binary = (_get(file["raw_url"]) for file in item["files"].values())
        assert _get(f"{github.raw_origin}/octo/{item['id']}/raw/{'0' * 40}/a").status == 404
    assert (text.headers["cache-control"], text.headers["accept-ranges"]) == ("max-age=300", "bytes")
    assert text.headers["content-type"] == "text/plain; charset=utf-8"
    assert binary.headers["content-type"] == "application/octet-stream"


# HTTP


def test_connection_is_kept_and_pipelined_requests_are_answered_in_order() -> None:
    """Until the client asks to close it."""
    with LoopbackGitHub(_one_file()) as github:
        target = _raw_url(github).removeprefix(github.raw_origin)
        asks = [f"GET {target}", "GET /nothing", f"HEAD {target}", f"GET {target}"]
        client = _sent(github, github.raw_origin, target)
        for at, ask in enumerate(asks):
            close = "Connection: close\r\n" if at == 3 else ""
            client.sendall(f"{ask} HTTP/1.1\r\nRange: bytes={at}-{at}\r\n{close}\r\n".encode())
        received, _ = _everything(client)
    assert re.findall(rb"HTTP/1.1 ([0-9]+) ", received) == [b"200", b"206", b"404", b"206", b"206"]
    assert received.endswith(b"\r\n\r\n" + TEXT[3:4])
    assert received.count(TEXT[:1] + b"HTTP/1.1 404") == 1
    assert github.most_connections == {"api": 1, "raw": 1}


def test_what_is_no_request_is_refused_and_a_body_is_not_taken_for_one() -> None:
    """The connection ends."""
    with LoopbackGitHub(_one_file()) as github:
        for sent, status in ((b"what?\r\n\r\n", b"400"), (b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nGET", b"403")):
            parts = urlsplit(github.api_url)
            client = socket.create_connection((parts.hostname, parts.port), timeout=PATIENCE_S)
            client.sendall(sent)
            received, _ = _everything(client)
            assert re.findall(rb"HTTP/1.1 ([0-9]+) ", received) == [status]


def test_requests_are_recorded_as_they_were_sent() -> None:
    """Header names in their own letters."""
    with LoopbackGitHub(_one_file()) as github:
        _get(f"{github.api_url}/users/octo/gists?per_page=%31", {"X-One": "1", "User-Agent": "tests"})
        [request] = github.requests
    assert request == Recorded("api", "GET", "/users/octo/gists?per_page=%31", request.headers)
    assert request.headers[-2:] == [("X-One", "1"), ("User-Agent", "tests")]


def test_latency_precedes_each_answer() -> None:
    """The second one on a connection, too."""
    with LoopbackGitHub(_one_file(), latency_s=0.1) as github:
        began = time.monotonic()
        _get(_raw_url(github))
        assert time.monotonic() - began >= 0.2


@pytest.mark.parametrize(("pace", "least_s"), [((1, 0.0), 0.0), ((500, 0.02), 0.08)])
def test_pace_slows_bodies_down_and_changes_no_byte(pace: tuple[int, float], least_s: float) -> None:
    """Of the raw host alone."""
    with LoopbackGitHub(_one_file(), pace=pace) as github:
        url, began = _raw_url(github), time.monotonic()
        assert _get(url).body == TEXT
        assert time.monotonic() - began >= least_s


def test_streamed_file_is_sent_no_faster_than_it_is_read_and_never_held() -> None:
    """So files of any size can be served."""
    size, block = 64 << 20, bytes(range(256)) * 512
    made = 0

    def chunks() -> Iterator[bytes]:
        nonlocal made
        made = 0
        for _ in range(size // len(block)):
            made += len(block)
            yield block

    with LoopbackGitHub(_one_file(Streamed(size, chunks))) as github:
        url = _raw_url(github)
        digest, received = hashlib.sha1(b"blob %d\0" % size), 0
        tracemalloc.start()
        try:
            client = _sent(github, github.raw_origin, url.removeprefix(github.raw_origin))
            time.sleep(0.3)
            assert made < size // 2
            with client, client.makefile("rb") as body:
                while body.readline() != b"\r\n":
                    pass
                while received < size:
                    data = body.read(1 << 18)
                    received += len(data)
                    digest.update(data)
            assert tracemalloc.get_traced_memory()[1] < 8 << 20
        finally:
            tracemalloc.stop()
    assert digest.hexdigest() in url


def test_huge_file_with_a_known_blob_id_is_listed_without_being_made() -> None:
    """That would take minutes."""

    def chunks() -> Iterator[bytes]:
        raise AssertionError

    with LoopbackGitHub(_one_file(Streamed(4 << 30, chunks, blob_id="f" * 40))) as github:
        [item] = _gists_of(github).json()
    assert (item["files"]["a.py"]["size"], "f" * 40 in item["files"]["a.py"]["raw_url"]) == (4 << 30, True)


# The script


def test_rules_are_tried_in_order_and_each_use_counts() -> None:
    """Then requests are answered normally."""
    with LoopbackGitHub(_one_file()) as github:
        url = _raw_url(github)
        github.script("raw", lambda target: "nothing" in target, faults.status(410))
        github.script("raw", lambda target: "a.py" in target, faults.status(404), times=2)
        github.script("raw", lambda _: True, faults.status(451), times=None)
        assert [_get(url).status for _ in range(4)] == [404, 404, 451, 451]
        assert _gists_of(github).status == 200


def test_what_is_called_before_an_answer_shapes_it() -> None:
    """So a listing can change during a walk."""
    with LoopbackGitHub({"octo": real_gists(5)}) as github:
        github.script("api", lambda target: "&page=2" in target, before=lambda: github.users["octo"].pop(0))
        ids = [[item["id"] for item in _gists_of(github, f"?per_page=2&page={page}").json()] for page in (1, 2)]
        assert ids == [[gist.id for gist in real_gists(2)], [gist.id for gist in real_gists(5)[3:]]]


def test_error_in_a_function_of_the_script_is_raised_in_the_end() -> None:
    """And no client hangs because of it."""
    github = LoopbackGitHub(_one_file())
    github.start()
    github.script("api", lambda target: bool(1 // (len(target) - len(target))))
    with pytest.raises(ConnectionError):
        _gists_of(github)
    with pytest.raises(ZeroDivisionError):
        github.stop()


@pytest.mark.parametrize("listener", ["api", "raw"])
@pytest.mark.parametrize("name", ALL_FAULTS)
def test_fault_spoils_one_answer_and_the_next_is_normal(listener: str, name: str) -> None:
    """Whichever fault it is."""
    with LoopbackGitHub(_one_file()) as github:
        urls = {"api": f"{github.api_url}/users/octo/gists", "raw": _raw_url(github)}
        normal = _get(urls[listener])
        github.script(listener, lambda _: True, ALL_FAULTS[name]())
        parts = urlsplit(urls[listener])
        with _sent(github, f"http://{parts.netloc}", parts.path) as client:
            if name != "accepted_then_silent":
                with suppress(ConnectionResetError):
                    client.recv(1)
            after = _get(urls[listener])
    assert (after.status, after.body) == (200, normal.body)


# Faults of the wire


def test_silence_lasts() -> None:
    """As long as the client stays."""
    with LoopbackGitHub(_one_file()) as github:
        github.script("api", lambda _: True, faults.accepted_then_silent())
        with _sent(github, github.api_url, "/") as client:
            client.settimeout(0.3)
            with pytest.raises(TimeoutError):
                client.recv(1)
    assert len(github.requests) == 1


def test_resets_are_resets_and_one_of_them_follows_half_a_body() -> None:
    """Not ordinary ends."""
    assert _provoked(faults.reset_before_headers()) == (b"", True)
    received, was_reset = _provoked(faults.reset_mid_body())
    assert was_reset
    assert received.endswith(b"\r\n\r\n" + TEXT[: len(TEXT) // 2])
    assert b"Content-Length: %d\r\n" % len(TEXT) in received


@pytest.mark.parametrize(
    ("fault", "header", "body"),
    [
        (faults.short_body(), b"Content-Length: %d" % len(TEXT), TEXT[: len(TEXT) // 2]),
        (faults.no_length(), b"Connection: close", TEXT),
        (faults.no_length(cut=True), b"Connection: close", TEXT[: len(TEXT) // 2]),
        (faults.bad_length(), b"Content-Length: abc", TEXT),
        (
            faults.doubled_length(),
            b"Content-Length: %d\r\nContent-Length: %d" % (len(TEXT), len(TEXT) + 1),
            TEXT,
        ),
        (
            faults.truncated_chunk(),
            b"Transfer-Encoding: chunked",
            b"%x\r\n" % len(TEXT) + TEXT[: len(TEXT) // 2],
        ),
        (
            faults.bad_chunk_size(),
            b"Transfer-Encoding: chunked",
            b"%x\r\n" % (len(TEXT) // 2) + TEXT[: len(TEXT) // 2] + b"\r\nzz\r\nmore\r\n",
        ),
    ],
    ids=["short", "no length", "no length, cut", "bad length", "doubled length", "truncated chunk", "bad chunk size"],
)
def test_framing_is_wrong_as_promised(fault: Fault, header: bytes, body: bytes) -> None:
    """Byte for byte."""
    received, was_reset = _provoked(fault)
    head, _, rest = received.partition(b"\r\n\r\n")
    lengths = re.findall(rb"\r\n(?:Content-Length|Transfer-Encoding|Connection): [^\r]*", head)
    assert (b"".join(lengths), rest, was_reset) == (b"\r\n" + header, body, False)


@pytest.mark.parametrize(
    ("fault", "before"),
    [(faults.header_drip(), b"X-Drip: "), (faults.body_drip(), b"\r\n\r\n")],
    ids=["header", "body"],
)
def test_drip_comes_byte_by_byte(fault: Fault, before: bytes) -> None:
    """And never ends."""
    with LoopbackGitHub(_one_file()) as github:
        target = _raw_url(github).removeprefix(github.raw_origin)
        github.script("raw", lambda _: True, fault)
        began = time.monotonic()
        with _sent(github, github.raw_origin, target) as client:
            received = b""
            while len(received.partition(before)[2]) < 4:
                received += client.recv(1)
    assert time.monotonic() - began >= 0.15


def test_odd_heads_come_as_promised() -> None:
    """Byte for byte."""
    assert _provoked(faults.garbage_status(b"HTTP/9.9 abc")) == (b"HTTP/9.9 abc\r\n\r\n", False)
    assert len(_answered(faults.huge_header(1_000)).headers["x-huge"]) == 1_000
    with LoopbackGitHub(_one_file()) as github:
        target = _raw_url(github).removeprefix(github.raw_origin)
        for fault, expected in (
            (faults.huge_header(), rb"X-Huge: x{65536}\r\n"),
            (faults.many_headers(), rb"\r\n(?:X-Header-[0-9]+: [0-9]+\r\n){200}"),
            (faults.early_hints_first(), rb"HTTP/1.1 103 Early Hints\r\n[^\r]+\r\n\r\nHTTP/1.1 200 OK\r\n"),
        ):
            github.script("raw", lambda _: True, fault)
            received = b""
            with _sent(github, github.raw_origin, target) as client:
                while not received.endswith(TEXT):
                    received += client.recv(1 << 16)
            assert re.search(expected, received)


# Wrong answers


def test_gzip_is_wrong_as_promised() -> None:
    """Although nobody asked for it."""
    for fault in (faults.corrupt_gzip(), faults.cut_gzip()):
        got = _answered(fault)
        assert got.headers["content-encoding"] == "gzip"
        with pytest.raises((OSError, EOFError, zlib.error)):
            gzip.decompress(got.body)
    bomb = _answered(faults.gzip_bomb())
    assert (len(bomb.body) < 80 << 10, len(gzip.decompress(bomb.body))) == (True, 64 << 20)


def test_body_is_wrong_as_promised() -> None:
    """With right headers."""
    other = _answered(faults.wrong_bytes()).body
    assert (len(other), other != TEXT) == (len(TEXT), True)
    unknown = _answered(faults.unknown_encoding())
    assert (unknown.headers["content-encoding"], unknown.body) == ("x-unheard-of", TEXT)
    with pytest.raises(ValueError, match=r"Expecting|Unterminated"):
        _answered(faults.malformed_json()).json()
    assert _answered(faults.other_shape_json()).json() == {"gists": 3}
    assert _answered(faults.other_shape_json([None])).json() == [None]
    assert _answered(faults.deep_json()).body == b"[" * 100_000 + b"]" * 100_000
    assert _answered(faults.wrong_content_type()).headers["content-type"] == "text/html; charset=utf-8"


def test_streamed_files_can_be_wrong_and_cut_too() -> None:
    """Without being held."""
    content = Streamed(len(TEXT), lambda: iter([TEXT[:50], TEXT[50:]]))
    with LoopbackGitHub(_one_file(content)) as github:
        url = _raw_url(github)
        github.script("raw", lambda _: True, faults.wrong_bytes())
        other = _get(url).body
        assert (len(other), other != TEXT) == (len(TEXT), True)
        github.script("raw", lambda _: True, faults.short_body())
        received, _ = _everything(_sent(github, github.raw_origin, url.removeprefix(github.raw_origin)))
        assert received.endswith(b"\r\n\r\n" + TEXT[: len(TEXT) // 2])


def test_refusals_are_githubs() -> None:
    """In status, headers and words."""
    with LoopbackGitHub(_one_file()) as github:

        def refused(fault: Fault) -> Got:
            github.script("api", lambda _: True, fault)
            return _gists_of(github)

        primary = refused(faults.rate_limited(429, retry_after=7, remaining=0, reset="nonsense"))
        secondary = refused(faults.rate_limited(secondary=True))
        page = refused(faults.server_error(503, html=True))
        taken_down = refused(faults.blocked(451))
    told = ("retry-after", "x-ratelimit-remaining", "x-ratelimit-reset")
    assert primary.status == 429
    assert [primary.headers[name] for name in told] == ["7", "0", "nonsense"]
    assert primary.json()["message"].startswith("API rate limit exceeded")
    assert (secondary.status, [name for name in told if name in secondary.headers]) == (403, [])
    assert secondary.json()["message"].startswith("You have exceeded a secondary rate limit")
    assert (page.status, page.headers["content-type"], b"Unicorn" in page.body) == (
        503,
        "text/html; charset=utf-8",
        True,
    )
    assert (taken_down.status, taken_down.json()["block"]["reason"]) == (451, "dmca")


def test_redirects_and_links_lead_where_they_are_told_to() -> None:
    """Or back to where they came from."""
    with LoopbackGitHub(_one_file()) as github:

        def answered(fault: Fault) -> Got:
            github.script("api", lambda _: True, fault)
            return _gists_of(github, "?page=1")

        assert answered(faults.redirect("http://evil.example/", 307)).headers["location"] == "http://evil.example/"
        assert (
            answered(faults.redirect(lambda target: f"/x{target}")).headers["location"] == "/x/users/octo/gists?page=1"
        )
        assert answered(faults.redirect_loop()).headers["location"] == "/users/octo/gists?page=1"
        assert answered(faults.link_header("<x>")).headers["link"] == "<x>"
        itself = answered(faults.link_header())
        assert itself.links() == {"next": f"{github.api_url}/users/octo/gists?page=1"}
        assert len(itself.json()) == 1


# Ports and the command


def test_trap_counts_who_connects_and_nobody_listens_on_an_unused_port() -> None:
    """One refuses, the other waits."""
    with TrapListener() as trap:
        assert trap.connections == 0
        for count in (1, 2):
            socket.create_connection(("127.0.0.1", trap.port), timeout=PATIENCE_S).close()
            assert trap.connections == count
        assert trap.origin == f"http://127.0.0.1:{trap.port}"
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", unused_port()), timeout=PATIENCE_S)


def test_gist_has_the_content_that_fits_and_says_what_does_not() -> None:
    """As `GET /gists/ID` does, which is all that an Enterprise Server in private mode gives."""
    big = b"x" * ((1 << 20) + 1)
    gist = LoopbackGist([LoopbackFile("a", TEXT), LoopbackFile("b", big), LoopbackFile("c", b"\xff")])
    with LoopbackGitHub({"octo": [gist]}) as github:
        files = _get(f"{github.api_url}/gists/{gist.id}").json()["files"]
        assert _get(f"{github.api_url}/gists/0").status == 404
    assert [(file["content"], file["truncated"]) for file in files.values()] == [
        (TEXT.decode(), False),
        (big[:-1].decode(), True),
        ("\ufffd", False),
    ]


def test_records_of_a_listing_can_be_changed() -> None:
    """In place, or altogether."""
    with LoopbackGitHub(_one_file()) as github:
        github.script("api", lambda _: True, faults.changed_listing(lambda records: records.append({"id": "2"})))
        github.script("api", lambda _: True, faults.changed_listing(lambda records: [None, *records]))
        assert [record and record["id"] == "2" for record in _gists_of(github).json()] == [False, True]
        assert [record is None for record in _gists_of(github).json()] == [True, False]


def test_requests_are_told_apart_by_the_positions_that_they_ask_for() -> None:
    """In pages of any size."""
    targets = [f"/users/octo/gists?per_page={size}&page={page}" for size, page in ((100, 2), (50, 3), (25, 7), (50, 2))]
    assert [asks_for(101, 150)(target) for target in targets] == [True, True, False, False]
    assert asks_for(1, 1)("/users/octo/gists?per_page=100")


def test_swallowing_listener_answers_no_connection() -> None:
    """It neither accepts nor refuses."""
    port = unused_port()
    with SwallowingListener("127.0.0.1", port), pytest.raises(TimeoutError):
        socket.create_connection(("127.0.0.1", port), timeout=0.3)


def test_proxy_tunnels_forwards_and_refuses() -> None:
    """And keeps what it received."""
    with LoopbackGitHub(_one_file()) as github:
        parts = urlsplit(github.api_url)
        with LoopbackProxy() as proxy:
            answer = _everything(_sent(github, proxy.url, f"{github.api_url}/users/octo/gists"))[0]
            assert answer.startswith(b"HTTP/1.1 200 ")
            with socket.create_connection(("127.0.0.1", urlsplit(proxy.url).port or 0), timeout=PATIENCE_S) as client:
                client.sendall(f"CONNECT {parts.netloc} HTTP/1.1\r\n\r\n".encode())
                assert client.recv(100).startswith(b"HTTP/1.1 200 ")
                client.sendall(b"GET /users/octo/gists HTTP/1.1\r\nHost: x\r\nUser-Agent: x\r\n\r\n")
                assert client.recv(100).startswith(b"HTTP/1.1 200 ")
            assert [request.method for request in proxy.requests] == ["GET", "CONNECT"]
            assert proxy.received.count(b"GET ") == 2
        with LoopbackProxy("407 Proxy Authentication Required") as proxy:
            assert _everything(_sent(github, proxy.url, github.api_url))[0].startswith(b"HTTP/1.1 407 ")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_command_tells_where_it_serves_and_ends_on_a_signal(number: signal.Signals) -> None:
    """In a form that a shell can evaluate."""
    command = [sys.executable, "-m", "tests.loopback_github", "--gists", "7", "--user", "justdionysus"]
    with subprocess.Popen(command, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        told = re.fullmatch(r"export GISTSEARCH_GITHUB_API_URL=(\S+) GISTSEARCH_GITHUB_RAW_ORIGINS=(\S+)\n", line)
        assert told is not None
        items = _get(f"{told[1]}/users/justdionysus/gists").json()
        process.send_signal(number)
        assert process.wait(PATIENCE_S) == 0
    assert len(items) == 7
    assert next(iter(items[0]["files"].values()))["raw_url"].startswith(told[2] + "/justdionysus/")
