"""Listings with defects: what cannot be read is named, and everything else is listed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from gistsearch.adapters.github import GitHubGists
from gistsearch.ports.deadline import Deadline
from gistsearch.ports.gists import (
    ContentGone,
    ListingPage,
    MalformedRecord,
    SourceError,
    SourceRateLimited,
    SourceUnavailable,
)
from tests.integration.conftest import Connect
from tests.loopback_github import Fault, LoopbackFile, LoopbackGist, LoopbackGitHub, asks_for, faults, unused_port

COUNT = 520
SPOILT = 137
"""The position of the record that is spoilt."""

Records = list[dict[str, Any]]


@pytest.fixture(scope="module")
def gists() -> list[LoopbackGist]:
    return [LoopbackGist([LoopbackFile(f"{number}.py", b"%d\n" % number)]) for number in range(COUNT)]


@pytest.fixture
def github(gists: list[LoopbackGist]) -> Iterator[LoopbackGitHub]:
    with LoopbackGitHub({"octo": gists}) as github:
        yield github


def _pages(source: GitHubGists) -> list[ListingPage]:
    return list(source.list_pages("octo", Deadline(20.0)))


def _listed(pages: list[ListingPage]) -> list[str]:
    return [gist.id for page in pages for gist in page.gists]


def _missing(pages: list[ListingPage]) -> list[tuple[str, type[SourceError]]]:
    return [(record.subject, type(record.error)) for page in pages for record in page.unreadable]


def _spoil_record(github: LoopbackGitHub, change: Callable[[Records, int], object]) -> None:
    """Change the record at `SPOILT`: given the records of its page and its index there."""

    def changed(records: Records) -> object:
        return change(records, (SPOILT - 1) % 100)

    github.script("api", lambda target: "&page=2" in target, faults.changed_listing(changed), times=None)


def _replaced(value: object) -> Callable[[Records, int], object]:
    def change(records: Records, at: int) -> object:
        return [*records[:at], value, *records[at + 1 :]]

    return change


def _with(**fields: object) -> Callable[[Records, int], object]:
    def change(records: Records, at: int) -> None:
        records[at].update(fields)

    return change


def _without(field: str) -> Callable[[Records, int], object]:
    def change(records: Records, at: int) -> None:
        del records[at][field]

    return change


def _with_file(file: object) -> Callable[[Records, int], object]:
    """Replace the only file; a dictionary replaces some of its fields."""

    def change(records: Records, at: int) -> None:
        (name,) = records[at]["files"]
        kept: dict[str, object] = records[at]["files"][name]
        records[at]["files"][name] = kept | file if isinstance(file, dict) else file  # pyright: ignore[reportUnknownVariableType, reportOperatorIssue]

    return change


@pytest.mark.parametrize(
    ("change", "by_id", "field"),
    [
        (_replaced(None), False, "object"),
        (_replaced([]), False, "object"),
        (_replaced("gist"), False, "object"),
        (_with(files=None), True, "'files'"),
        (_with(files=[]), True, "'files'"),
        (_without("files"), True, "'files' is missing"),
        (_with(id=None), False, "'id' is null"),
        (_with(id=17), False, "'id' is not text"),
        (_without("id"), False, "'id' is missing"),
        (_with(html_url=None), True, "'html_url'"),
        (_with(html_url="javascript:alert(1)"), True, "'html_url'"),
        (_without("public"), False, "'public'"),
        (_with(public="yes"), False, "'public'"),
        (_with(updated_at="yesterday"), True, "'updated_at'"),
        (_with(description=5), True, "'description'"),
    ],
)
def test_gist_that_cannot_be_read_costs_that_gist(
    connect: Connect, github: LoopbackGitHub, change: Callable[[Records, int], object], by_id: bool, field: str
) -> None:
    """It is named by its id only if it is known to be public, else by its position; the message names the field."""
    _spoil_record(github, change)
    pages = _pages(connect(github))
    spoilt = github.users["octo"][SPOILT - 1].id
    assert _listed(pages) == [gist.id for gist in github.users["octo"] if gist.id != spoilt]
    (record,) = (record for page in pages for record in page.unreadable)
    assert record.subject == f"gist {spoilt if by_id else SPOILT}"
    assert isinstance(record.error, MalformedRecord)
    assert field in str(record.error)


@pytest.mark.parametrize(
    ("file", "field"),
    [
        (None, "object"),
        ([], "object"),
        ({"size": None}, "'size' is null"),
        ({"size": "12"}, "'size' is not a whole number"),
        ({"size": 1.5}, "'size' is not a whole number"),
        ({"size": float("nan")}, "'size' is not a whole number"),
        ({"size": float("inf")}, "'size' is not a whole number"),
        ({"size": True}, "'size' is not a whole number"),
        ({"size": -1}, "'size'"),
        ({"raw_url": None}, "'raw_url' is null"),
        ({"filename": 1}, "'filename' is not text"),
        ({"language": ["Python"]}, "'language' is not text"),
    ],
)
def test_file_that_cannot_be_read_costs_that_file(
    connect: Connect, github: LoopbackGitHub, file: object, field: str
) -> None:
    """Its gist is listed without it."""
    _spoil_record(github, _with_file(file))
    pages = _pages(connect(github))
    given = github.users["octo"][SPOILT - 1]
    assert _listed(pages) == [gist.id for gist in github.users["octo"]]
    assert [gist.id for page in pages for gist in page.gists if not gist.files] == [given.id]
    (record,) = (record for page in pages for record in page.unreadable)
    assert record.subject == f"file '{given.files[0].name}' of gist {given.id}"
    assert isinstance(record.error, MalformedRecord)
    assert field in str(record.error)


@pytest.mark.parametrize("size", [9.0, 9])
def test_numbers_that_are_whole_are_whole(connect: Connect, github: LoopbackGitHub, size: float) -> None:
    """Some serialisers write 9 as 9.0."""
    _spoil_record(github, _with_file({"size": size}))
    pages = _pages(connect(github))
    file = pages[1].gists[SPOILT - 101].files[0]
    assert (file.size_bytes, type(file.size_bytes)) == (9, int)
    assert _missing(pages) == []


UNUSABLE = {
    "server_error": faults.server_error,
    "unicorn": lambda: faults.server_error(html=True),
    "malformed_json": faults.malformed_json,
    "other_shape_json": faults.other_shape_json,
    "deep_json": faults.deep_json,
    "cut_gzip": faults.cut_gzip,
    "reset_mid_body": faults.reset_mid_body,
    "short_body": faults.short_body,
    "truncated_chunk": faults.truncated_chunk,
    "garbage_status": faults.garbage_status,
    "reset_before_headers": faults.reset_before_headers,
    "accepted_then_silent": faults.accepted_then_silent,
}


@pytest.mark.parametrize("name", UNUSABLE)
@pytest.mark.parametrize("page", range(1, 7))
def test_page_that_fails_in_any_size_is_the_only_one_missing(
    connect: Connect, github: LoopbackGitHub, name: str, page: int
) -> None:
    """Whichever it is, and however it fails; the message names its range."""
    first, last = (page - 1) * 100 + 1, page * 100
    github.script("api", asks_for(first, last), UNUSABLE[name](), times=None)
    pages = _pages(connect(github, read_timeout_s=0.5))
    ids = [gist.id for gist in github.users["octo"]]
    assert _listed(pages) == ids[: first - 1] + ids[last:]
    assert _missing(pages) == [(f"gists {first}–{last}", SourceUnavailable)]


@pytest.mark.parametrize(
    ("first", "last", "sizes", "missing"),
    [
        (101, 200, {100}, []),
        (101, 200, {100, 50}, []),
        (101, 125, {100, 50, 25}, ["gists 101–125"]),
        (126, 150, {100, 50, 25}, ["gists 126–150"]),
        (126, 175, {100, 50, 25}, ["gists 126–175"]),
        (137, 137, {100, 50, 25}, ["gists 126–150"]),
        (1, 1, {100, 50, 25}, ["gists 1–25"]),
        (76, 126, {100, 50, 25}, ["gists 76–100", "gists 101–150"]),
        (501, 520, {100, 50}, []),
    ],
)
def test_page_that_fails_is_asked_for_in_smaller_ones(
    connect: Connect, github: LoopbackGitHub, first: int, last: int, sizes: set[int], missing: list[str]
) -> None:
    """Only as much is missing as fails in the smallest size."""

    def fails(target: str) -> bool:
        return asks_for(first, last)(target) and any(f"per_page={size}" in target for size in sizes)

    github.script("api", fails, faults.server_error(), times=None)
    pages = _pages(connect(github))
    ranges = [tuple(map(int, name.removeprefix("gists ").split("–"))) for name in missing]
    assert _missing(pages) == [(name, SourceUnavailable) for name in missing]
    assert _listed(pages) == [
        gist.id
        for position, gist in enumerate(github.users["octo"], 1)
        if not any(start <= position <= end for start, end in ranges)
    ]


def test_page_that_is_too_large_is_asked_for_in_smaller_ones(
    connect: Connect, github: LoopbackGitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its gists may have very many files."""
    monkeypatch.setattr("gistsearch.adapters.github.pages.MAX_PAGE_BYTES", 100_000)
    pages = _pages(connect(github))
    assert _listed(pages) == [gist.id for gist in github.users["octo"]]
    assert any("per_page=50" in request.target for request in github.requests)


def test_page_put_together_of_smaller_ones_has_no_validator(connect: Connect, github: LoopbackGitHub) -> None:
    """Theirs would be of no use for it."""
    github.script("api", lambda target: "per_page=100&page=2" in target, faults.server_error(), times=None)
    pages = _pages(connect(github))
    assert [page.validator is None for page in pages] == [False, True, False, False, False, False]


def test_only_page_that_fails_in_any_size_is_no_listing(connect: Connect) -> None:
    """There would be nothing to search, so this is an error and not a partial result."""
    with LoopbackGitHub({"octo": [LoopbackGist([LoopbackFile("a.py", b"a")])]}) as github:
        github.script("api", asks_for(1, 25), faults.server_error(), times=None)
        with pytest.raises(SourceUnavailable, match="502"):
            _pages(connect(github))


def test_total_outage_ends_after_few_requests(connect: Connect, github: LoopbackGitHub) -> None:
    """Two for the page, six for its parts, two for the second page."""
    github.script("api", lambda _: True, faults.server_error(), times=None)
    with pytest.raises(SourceUnavailable, match="502"):
        _pages(connect(github))
    assert len(github.requests) == 10


def test_host_that_refuses_connections_is_not_asked_in_smaller_pages(
    connect: Connect, github: LoopbackGitHub, caplog: pytest.LogCaptureFixture
) -> None:
    """It would only take longer."""
    caplog.set_level("INFO")
    with pytest.raises(SourceUnavailable, match="refuses connections"):
        _pages(connect(github, api_url=f"http://127.0.0.1:{unused_port()}"))
    assert caplog.text.count("trying again") == 1


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (lambda: faults.rate_limited(remaining=0, reset=4_102_444_800), SourceRateLimited),
        (lambda: faults.status(410), ContentGone),
    ],
)
def test_page_that_is_refused_is_named_and_the_others_are_listed(
    connect: Connect, github: LoopbackGitHub, fault: Callable[[], Fault], error: type[SourceError]
) -> None:
    """Those after it count, too, as far as they were asked for before."""
    github.script("api", lambda target: "&page=5" in target, fault(), times=None)
    pages = _pages(connect(github))
    assert ("gists 401–500", error) in _missing(pages)
    assert len(_listed(pages)) >= 400 - 100 * sum(kind is SourceRateLimited for _, kind in _missing(pages))
