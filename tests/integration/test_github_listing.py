"""The GitHub adapter's listing: all pages, each gist once, and no end without a reason."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import islice

import pytest

from gistsearch.ports.gists import (
    AccessForbidden,
    ContentGone,
    Deadline,
    ForbiddenOrigin,
    Gist,
    SourceUnavailable,
    UnknownUser,
)
from tests.integration.conftest import Connect
from tests.loopback_github import Exchange, LoopbackFile, LoopbackGist, LoopbackGitHub, faults, real_gists


def _small_gists(count: int) -> list[LoopbackGist]:
    return [LoopbackGist([LoopbackFile(f"{number}.py", b"print(%d)\n" % number)]) for number in range(count)]


def _ids(gists: Iterator[Gist]) -> list[str]:
    return [gist.id for gist in gists]


def _page(number: int) -> str:
    return f"&page={number}"


def test_gists_come_with_all_that_the_listing_tells(connect: Connect) -> None:
    with LoopbackGitHub({"octo": real_gists(20, files_per_gist=3)}) as github:
        gists = list(connect(github).list_gists("octo", Deadline(10.0)))
        for gist, given in zip(gists, github.users["octo"], strict=True):
            assert (gist.id, gist.description) == (given.id, given.description)
            assert gist.url == f"https://gist.github.com/octo/{given.id}"
            assert gist.updated_at.tzinfo is not None
            assert not gist.files_truncated
            for file, content in zip(gist.files, given.files, strict=True):
                assert (file.filename, file.language) == (content.name, content.language)
                assert (file.size_bytes, file.blob_id) == (content.size, content.blob_id)
                assert file.raw_url.startswith(f"{github.raw_origin}/octo/{given.id}/raw/{content.blob_id}/")


@pytest.mark.parametrize(("count", "requests"), [(0, 1), (1, 1), (100, 1), (101, 2), (850, 9)])
def test_one_request_for_each_hundred_gists(connect: Connect, count: int, requests: int) -> None:
    with LoopbackGitHub({"octo": _small_gists(count)}) as github:
        ids = _ids(connect(github).list_gists("octo", Deadline(10.0)))
        assert ids == [gist.id for gist in github.users["octo"]]
        assert len(github.requests) == requests
        assert github.requests[0].target == "/users/octo/gists?per_page=100"


def test_requests_carry_the_headers_that_github_wants(connect: Connect) -> None:
    with LoopbackGitHub({"octo": []}) as github:
        list(connect(github, user_agent="gistsearch/1.2 (a test)").list_gists("octo", Deadline(10.0)))
        fields = github.requests[0].fields
    assert fields["user-agent"] == "gistsearch/1.2 (a test)"
    assert fields["accept"] == "application/vnd.github+json"
    assert fields["x-github-api-version"] == "2022-11-28"
    assert "authorization" not in fields


def test_pages_are_asked_for_at_once_and_connections_stay_few(connect: Connect) -> None:
    with LoopbackGitHub({"octo": _small_gists(1_500)}, latency_s=0.1) as github:
        assert len(_ids(connect(github, read_timeout_s=5.0).list_gists("octo", Deadline(20.0)))) == 1_500
        assert github.most_connections["api"] == 6


def test_gists_of_a_page_come_before_the_next_page_is_there(connect: Connect) -> None:
    with LoopbackGitHub({"octo": _small_gists(150)}) as github:
        github.script("api", lambda target: _page(2) in target, faults.accepted_then_silent(), times=None)
        listing = connect(github, read_timeout_s=30.0).list_gists("octo", deadline := Deadline(30.0))
        assert len(list(islice(listing, 100))) == 100
        deadline.cancel()
        listing.close()


def test_next_page_is_asked_for_before_this_one_is_consumed(connect: Connect) -> None:
    """Where only `next` is known, too."""
    with LoopbackGitHub({"octo": _small_gists(150)}) as github:
        following = f'<{github.api_url}/users/octo/gists?per_page=100&page=2>; rel="next"'
        github.script("api", lambda target: "&page" not in target, faults.link_header(following))
        listing = connect(github).list_gists("octo", Deadline(10.0))
        next(listing)
        until = time.monotonic() + 5.0
        while len(github.requests) < 2 and time.monotonic() < until:
            time.sleep(0.01)
        assert [_page(2) in request.target for request in github.requests] == [False, True]
        assert len(list(listing)) == 149


def test_closing_the_listing_asks_for_no_more_pages(connect: Connect) -> None:
    with LoopbackGitHub({"octo": _small_gists(5_000)}, latency_s=0.1) as github:
        listing = connect(github, read_timeout_s=5.0).list_gists("octo", Deadline(10.0))
        next(listing)
        listing.close()
        time.sleep(0.5)
        assert len(github.requests) <= 1 + 6


@pytest.mark.parametrize("name", ["octo", "OCTO"])
def test_user_is_found_in_any_case(connect: Connect, name: str) -> None:
    with LoopbackGitHub({"octo": _small_gists(1)}) as github:
        assert len(_ids(connect(github).list_gists(name, Deadline(10.0)))) == 1


@pytest.mark.parametrize("name", ["nobody", "a_b[bot]", "übung", "-", "a&b=c", "a;b", "a" * 100])
def test_unknown_user_is_told(connect: Connect, name: str) -> None:
    with LoopbackGitHub({"octo": []}) as github:
        with pytest.raises(UnknownUser):
            list(connect(github).list_gists(name, Deadline(10.0)))
        assert len(github.requests) == 1
        assert github.requests[0].target.count("/") == 3


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "octo/gists",
        "../gists",
        "a\\b",
        "a b",
        "a%2fb",
        "a?b",
        "a#b",
        "a\r\nX: y",
        "\x00",
        "\ud800",
        "a" * 101,
    ],
)
def test_name_that_could_mean_another_path_is_nobody_and_is_never_sent(connect: Connect, name: str) -> None:
    with LoopbackGitHub({"octo": []}) as github:
        with pytest.raises(UnknownUser):
            list(connect(github).list_gists(name, Deadline(10.0)))
        assert github.requests == []


def test_secret_gists_never_appear(connect: Connect) -> None:
    """With its owner's token, GitHub lists them."""
    gists = [LoopbackGist([LoopbackFile("a.py", b"a")], public=number % 2 == 0) for number in range(10)]
    with LoopbackGitHub({"octo": gists}) as github:
        ids = _ids(connect(github, token="t0ken").list_gists("octo", Deadline(10.0)))
        assert github.requests[0].fields["authorization"] == "Bearer t0ken"
    assert ids == [gist.id for gist in gists if gist.public]


def test_truncated_list_of_files_is_told(connect: Connect) -> None:
    files = [LoopbackFile(f"{number}.py", b"a") for number in range(301)]
    with LoopbackGitHub({"octo": [LoopbackGist(files)]}) as github:
        (gist,) = connect(github).list_gists("octo", Deadline(10.0))
    assert (len(gist.files), gist.files_truncated) == (300, True)


def test_enterprise_server_has_its_api_below_a_path(connect: Connect) -> None:
    with LoopbackGitHub({}) as github:
        source = connect(github, api_url=f"{github.api_url}/api/v3/")
        with pytest.raises(UnknownUser):
            list(source.list_gists("octo", Deadline(10.0)))
        assert github.requests[0].target == "/api/v3/users/octo/gists?per_page=100"


def test_gist_that_slips_to_the_next_page_comes_once(connect: Connect) -> None:
    """New gists push the others down during the walk."""
    with LoopbackGitHub({"octo": _small_gists(250)}) as github:
        before = [gist.id for gist in github.users["octo"]]
        github.script(
            "api", lambda target: _page(2) in target, before=lambda: github.users["octo"].insert(0, _small_gists(1)[0])
        )
        assert _ids(connect(github).list_gists("octo", Deadline(10.0))) == before


def test_page_that_appears_behind_the_last_one_is_walked(connect: Connect) -> None:
    with LoopbackGitHub({"octo": _small_gists(200)}) as github:
        github.script(
            "api",
            lambda target: _page(2) in target,
            before=lambda: github.users["octo"].extend(
                LoopbackGist([LoopbackFile("late.py", b"late")]) for _ in range(50)
            ),
        )
        ids = _ids(connect(github).list_gists("octo", Deadline(10.0)))
        assert len(ids) == len(set(ids)) == 250
        assert any(_page(3) in request.target for request in github.requests)


def test_listing_that_shrinks_during_the_walk_ends(connect: Connect) -> None:
    with LoopbackGitHub({"octo": _small_gists(350)}) as github:
        kept = github.users["octo"][:150]

        def shrink() -> None:
            github.users["octo"][:] = kept

        github.script("api", lambda target: "&page" in target, before=shrink)
        ids = _ids(connect(github).list_gists("octo", Deadline(10.0)))
    assert ids == [gist.id for gist in kept]


def test_user_who_vanishes_during_the_walk_is_no_end_of_the_listing(connect: Connect) -> None:
    with LoopbackGitHub({"octo": _small_gists(250)}) as github:
        github.script("api", lambda target: _page(3) in target, faults.status(404), times=None)
        listing = connect(github).list_gists("octo", Deadline(10.0))
        assert len(list(islice(listing, 200))) == 200
        with pytest.raises(ContentGone):
            next(listing)


def test_page_that_fails_once_is_asked_for_again(connect: Connect) -> None:
    with LoopbackGitHub({"octo": _small_gists(350)}) as github:
        github.script("api", lambda target: _page(2) in target, faults.server_error(), times=2)
        assert len(_ids(connect(github).list_gists("octo", Deadline(10.0)))) == 350


def test_page_that_leads_to_itself_ends_in_an_error(connect: Connect) -> None:
    with LoopbackGitHub({"octo": _small_gists(150)}) as github:
        github.script("api", lambda _: True, faults.link_header(), times=None)
        listing = connect(github).list_gists("octo", Deadline(10.0))
        assert len(list(islice(listing, 100))) == 100
        with pytest.raises(SourceUnavailable, match="circle"):
            next(listing)
        assert len(github.requests) == 1


def test_pages_that_lead_in_a_circle_end_in_an_error(connect: Connect) -> None:
    """Here the second page comes once more, under another address, before the third one is recognised."""
    with LoopbackGitHub({"octo": _small_gists(350)}) as github:
        back = f'<{github.api_url}/users/octo/gists?per_page=100&page=2>; rel="next"'
        github.script("api", lambda target: _page(4) in target, faults.link_header(back))
        with pytest.raises(SourceUnavailable, match="circle"):
            list(connect(github).list_gists("octo", Deadline(10.0)))
        assert len(github.requests) == 5


def test_pages_without_end_end_in_an_error(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has another address, so that only their number tells."""
    monkeypatch.setattr("gistsearch.adapters.github.listing.MOST_PAGES", 20)
    with LoopbackGitHub({"octo": _small_gists(1)}) as github:
        base = f"{github.api_url}/users/octo/gists?page="
        endless = faults.link_header(f'<{base}2>; rel="next", <{base}999999>; rel="last"')
        github.script("api", lambda _: True, endless, times=None)
        listing = connect(github).list_gists("octo", Deadline(10.0))
        assert next(listing).id
        with pytest.raises(SourceUnavailable, match="circle"):
            next(listing)
        assert len(github.requests) == 20


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/gists?page=2",
        "//evil.example/?page=2",
        "{api}@evil.example/?page=2",
        "{api}.evil.example/",
    ],
)
def test_link_out_of_the_origin_is_not_followed(connect: Connect, address: str) -> None:
    """What came before it is listed."""
    with LoopbackGitHub({"octo": _small_gists(150)}) as github:
        link = f'<{address.format(api=github.api_url)}>; rel="next"'
        github.script("api", lambda _: True, faults.link_header(link), times=None)
        listing = connect(github).list_gists("octo", Deadline(10.0))
        assert len(list(islice(listing, 100))) == 100
        with pytest.raises(ForbiddenOrigin):
            next(listing)


@pytest.mark.parametrize("line", [b"nonsense", b" X: folded", b"Lin k: x", b"X\x00: x"])
def test_listing_whose_headers_make_no_sense_is_not_taken_for_complete(connect: Connect, line: bytes) -> None:
    """The link to its other pages stands behind the line."""

    async def garbled(exchange: Exchange) -> None:
        await exchange.send(exchange.head().replace(b"\r\n", b"\r\n" + line + b"\r\n", 1) + exchange.body())

    with LoopbackGitHub({"octo": _small_gists(150)}) as github:
        github.script("api", lambda _: True, garbled, times=None)
        with pytest.raises(SourceUnavailable, match="proper"):
            list(connect(github).list_gists("octo", Deadline(10.0)))
        assert len(github.requests) == 3


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_renamed_user_is_followed_within_the_origin(connect: Connect, status: int) -> None:
    with LoopbackGitHub({"octo": _small_gists(3)}) as github:
        moved = faults.redirect("/users/octo/gists?per_page=100", status)
        github.script("api", lambda target: "/old/" in target, moved, times=None)
        assert len(_ids(connect(github).list_gists("old", Deadline(10.0)))) == 3


def test_page_larger_than_any_can_be_is_refused(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gistsearch.adapters.github.listing.MOST_PAGE_BYTES", 1_000)
    with LoopbackGitHub({"octo": _small_gists(2)}) as github, pytest.raises(SourceUnavailable, match="larger"):
        list(connect(github).list_gists("octo", Deadline(10.0)))


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 422, 451])
def test_refusal_is_not_asked_for_again(connect: Connect, status: int) -> None:
    with LoopbackGitHub({"octo": []}) as github:
        github.script("api", lambda _: True, faults.status(status), times=None)
        with pytest.raises((SourceUnavailable, AccessForbidden, UnknownUser)):
            list(connect(github).list_gists("octo", Deadline(10.0)))
        assert len(github.requests) == 1


def test_connection_is_used_again(connect: Connect) -> None:
    with LoopbackGitHub({"octo": _small_gists(1)}) as github:
        source = connect(github)
        for _ in range(5):
            list(source.list_gists("octo", Deadline(10.0)))
        with pytest.raises(UnknownUser):
            list(source.list_gists("nobody", Deadline(10.0)))
        assert github.most_connections["api"] == 1
