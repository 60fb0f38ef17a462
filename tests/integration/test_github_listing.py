"""The GitHub adapter's listing: all pages, with what is missing named, and no end without a reason."""

from __future__ import annotations

import time
from itertools import islice

import pytest

from gistsearch.adapters.github import GitHubGists
from gistsearch.ports.deadline import Deadline
from gistsearch.ports.gists import (
    AccessForbidden,
    ListingPage,
    SourceRateLimited,
    SourceUnavailable,
    UnknownUser,
)
from tests.integration.conftest import Connect, listed
from tests.loopback_github import Exchange, LoopbackFile, LoopbackGist, LoopbackGitHub, faults, real_gists


def _small_gists(count: int) -> list[LoopbackGist]:
    return [LoopbackGist([LoopbackFile(f"{number}.py", b"print(%d)\n" % number)]) for number in range(count)]


def _ids(source: GitHubGists, username: str = "octo") -> list[str]:
    return [gist.id for gist in listed(source, username)]


def _page(number: int) -> str:
    return f"&page={number}"


def test_gists_come_with_everything_that_the_listing_says(connect: Connect) -> None:
    """Names, sizes, languages and addresses are GitHub's own."""
    with LoopbackGitHub({"octo": real_gists(20, files_per_gist=3)}) as github:
        gists = listed(connect(github))
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
def test_listing_costs_one_request_per_hundred_gists(connect: Connect, count: int, requests: int) -> None:
    """No page is asked for twice, and none that is not there."""
    with LoopbackGitHub({"octo": _small_gists(count)}) as github:
        pages = list(connect(github).list_pages("octo", Deadline(10.0)))
        ids = [gist.id for page in pages for gist in page.gists]
        assert ids == [gist.id for gist in github.users["octo"]]
        assert len(github.requests) == len(pages) == requests
        assert github.requests[0].target == "/users/octo/gists?per_page=100"


def test_requests_carry_the_headers_that_github_wants(connect: Connect) -> None:
    """Without a token, there is no `Authorization`."""
    with LoopbackGitHub({"octo": []}) as github:
        listed(connect(github, user_agent="gistsearch/1.2 (a test)"))
        fields = github.requests[0].fields
    assert fields["user-agent"] == "gistsearch/1.2 (a test)"
    assert fields["accept"] == "application/vnd.github+json"
    assert fields["x-github-api-version"] == "2022-11-28"
    assert "authorization" not in fields


def test_pages_are_asked_for_at_once_over_a_handful_of_connections(connect: Connect) -> None:
    """Twelve, so that the pages of 1,000 gists take one round trip."""
    with LoopbackGitHub({"octo": _small_gists(2_500)}, latency_s=0.1) as github:
        assert len(listed(connect(github))) == 2_500
        assert github.most_connections["api"] == 12


def test_a_page_comes_before_the_next_one_is_there(connect: Connect) -> None:
    """Here the second one never comes."""
    with LoopbackGitHub({"octo": _small_gists(150)}) as github:
        github.script("api", lambda target: _page(2) in target, faults.accepted_then_silent(), times=None)
        listing = connect(github, read_timeout_s=30.0).list_pages("octo", deadline := Deadline(30.0))
        assert len(next(listing).gists) == 100
        deadline.cancel()
        listing.close()


def test_next_page_is_asked_for_before_this_one_is_consumed(connect: Connect) -> None:
    """Also if only `next` is known."""
    with LoopbackGitHub({"octo": _small_gists(150)}) as github:
        following = f'<{github.api_url}/users/octo/gists?per_page=100&page=2>; rel="next"'
        github.script("api", lambda target: "&page" not in target, faults.link_header(following))
        listing = connect(github).list_pages("octo", Deadline(10.0))
        next(listing)
        until = time.monotonic() + 5.0
        while len(github.requests) < 2 and time.monotonic() < until:
            time.sleep(0.01)
        assert [_page(2) in request.target for request in github.requests] == [False, True]
        assert len(next(listing).gists) == 50


def test_closing_the_listing_asks_for_no_more_pages(connect: Connect) -> None:
    """Only those that were under way are answered."""
    with LoopbackGitHub({"octo": _small_gists(5_000)}, latency_s=0.1) as github:
        listing = connect(github).list_pages("octo", Deadline(10.0))
        next(listing)
        listing.close()
        time.sleep(0.5)
        assert len(github.requests) <= 1 + 12


@pytest.mark.parametrize("name", ["octo", "OCTO"])
def test_user_is_found_in_any_case(connect: Connect, name: str) -> None:
    """GitHub's names have no case."""
    with LoopbackGitHub({"octo": _small_gists(1)}) as github:
        assert len(listed(connect(github), name)) == 1


@pytest.mark.parametrize("name", ["nobody", "a_b[bot]", "first.last", "übung", "-", "a&b=c", "a;b", "a" * 100])
def test_unknown_user_is_reported(connect: Connect, name: str) -> None:
    """GitHub decides which names exist; each is encoded as one piece of the path."""
    with LoopbackGitHub({"octo": []}) as github:
        with pytest.raises(UnknownUser):
            listed(connect(github), name)
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
def test_name_that_could_mean_another_path_is_unknown_and_is_never_sent(connect: Connect, name: str) -> None:
    """Some server could decode it once too often."""
    with LoopbackGitHub({"octo": []}) as github:
        with pytest.raises(UnknownUser):
            listed(connect(github), name)
        assert github.requests == []


def test_not_found_in_other_words_than_githubs_is_a_wrong_address(connect: Connect) -> None:
    """Such as that of an Enterprise Server without `/api/v3`; the message says so."""

    async def page_not_found(exchange: Exchange) -> None:
        await exchange.send(b"HTTP/1.1 404 Not Found\r\nContent-Length: 15\r\n\r\n<h1>Lost?</h1>\n")

    with LoopbackGitHub({"octo": []}) as github:
        github.script("api", lambda _: True, page_not_found, times=None)
        with pytest.raises(SourceUnavailable, match=r"/api/v3 \(GISTSEARCH_GITHUB_API_URL\)"):
            listed(connect(github))
        assert len(github.requests) == 1


def test_secret_gists_never_appear(connect: Connect) -> None:
    """GitHub lists them if its owner's token asks."""
    gists = [LoopbackGist([LoopbackFile("a.py", b"a")], public=number % 2 == 0) for number in range(10)]
    with LoopbackGitHub({"octo": gists}) as github:
        ids = _ids(connect(github, token="t0ken"))
        assert github.requests[0].fields["authorization"] == "Bearer t0ken"
    assert ids == [gist.id for gist in gists if gist.public]


def test_truncated_list_of_files_is_marked(connect: Connect) -> None:
    """GitHub lists the first 300."""
    files = [LoopbackFile(f"{number}.py", b"a") for number in range(301)]
    with LoopbackGitHub({"octo": [LoopbackGist(files)]}) as github:
        (gist,) = listed(connect(github))
    assert (len(gist.files), gist.files_truncated) == (300, True)


def test_enterprise_server_has_its_api_below_a_path(connect: Connect) -> None:
    """The path of the setting comes first."""
    with LoopbackGitHub({}) as github:
        with pytest.raises(UnknownUser):
            listed(connect(github, api_url=f"{github.api_url}/api/v3/"))
        assert github.requests[0].target == "/api/v3/users/octo/gists?per_page=100"


def test_page_that_appears_after_the_last_one_is_walked(connect: Connect) -> None:
    """The last page links to it."""
    with LoopbackGitHub({"octo": _small_gists(200)}) as github:
        github.script(
            "api",
            lambda target: _page(2) in target,
            before=lambda: github.users["octo"].extend(
                LoopbackGist([LoopbackFile("late.py", b"late")]) for _ in range(50)
            ),
        )
        ids = _ids(connect(github))
        assert len(ids) == len(set(ids)) == 250
        assert any(_page(3) in request.target for request in github.requests)


def test_listing_that_shrinks_during_the_walk_ends(connect: Connect) -> None:
    """Its pages that are empty by now are not yielded."""
    with LoopbackGitHub({"octo": _small_gists(350)}) as github:
        kept = github.users["octo"][:150]

        def shrink() -> None:
            github.users["octo"][:] = kept

        github.script("api", lambda target: "&page" in target, before=shrink)
        ids = _ids(connect(github))
    assert ids == [gist.id for gist in kept]


def test_empty_page_does_not_end_a_listing_that_goes_on(connect: Connect) -> None:
    """The first page has said how far it goes."""
    with LoopbackGitHub({"octo": _small_gists(350)}) as github:
        github.script("api", lambda target: _page(2) in target, faults.other_shape_json([]))
        assert len(listed(connect(github))) == 250


def test_user_who_vanishes_during_the_walk_does_not_end_the_listing_quietly(connect: Connect) -> None:
    """The pages that are gone are named."""
    with LoopbackGitHub({"octo": _small_gists(250)}) as github:
        github.script("api", lambda target: _page(3) in target, faults.status(404), times=None)
        *pages, last = connect(github).list_pages("octo", Deadline(10.0))
        assert [len(page.gists) for page in pages] == [100, 100]
        assert [record.subject for record in last.unreadable] == ["gists 201–300"]


def test_page_that_fails_once_is_asked_for_again(connect: Connect) -> None:
    """As it was, so that it can be asked for by its validator later on."""
    with LoopbackGitHub({"octo": _small_gists(350)}) as github:
        github.script("api", lambda target: _page(2) in target, faults.server_error())
        pages = list(connect(github).list_pages("octo", Deadline(10.0)))
        assert [len(page.gists) for page in pages] == [100, 100, 100, 50]
        assert all(page.validator for page in pages)


def test_page_that_leads_to_itself_ends_in_an_error(connect: Connect) -> None:
    """What came before it counts."""
    with LoopbackGitHub({"octo": _small_gists(150)}) as github:
        github.script("api", lambda _: True, faults.link_header(), times=None)
        listing = connect(github).list_pages("octo", Deadline(10.0))
        assert len(next(listing).gists) == 100
        with pytest.raises(SourceUnavailable, match="circle"):
            next(listing)
        assert len(github.requests) == 1


def test_pages_that_lead_in_a_circle_end_in_an_error(connect: Connect) -> None:
    """The fourth one names the second as the next."""
    with LoopbackGitHub({"octo": _small_gists(350)}) as github:
        back = f'<{github.api_url}/users/octo/gists?per_page=100&page=2>; rel="next"'
        github.script("api", lambda target: _page(4) in target, faults.link_header(back))
        with pytest.raises(SourceUnavailable, match="circle"):
            listed(connect(github))
        assert len(github.requests) == 4


def test_pages_without_end_end_in_an_error(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only their number gives them away."""
    monkeypatch.setattr("gistsearch.adapters.github.pages.MAX_PAGES", 20)
    with LoopbackGitHub({"octo": _small_gists(1)}) as github:
        base = f"{github.api_url}/users/octo/gists?page="
        endless = faults.link_header(f'<{base}999998>; rel="next", <{base}999999>; rel="last"')
        github.script("api", lambda _: True, endless, times=None)
        listing = connect(github).list_pages("octo", Deadline(10.0))
        assert next(listing).gists
        with pytest.raises(SourceUnavailable, match="circle"):
            list(listing)
        assert len(github.requests) == 20


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/gists?page=2",
        "http://internal.example:8080/api/v3/user/1/gists?per_page=100&page=2",
        "//evil.example/?page=2",
        "{api}@evil.example/?page=2",
        "{api}.evil.example/?page=2",
    ],
)
def test_link_to_another_host_is_used_for_its_page_number_alone(connect: Connect, address: str) -> None:
    """A reverse proxy may stand before GitHub; nothing is sent to the host that the link names."""
    with LoopbackGitHub({"octo": _small_gists(150)}) as github:
        link = f'<{address.format(api=github.api_url)}>; rel="next"'
        github.script("api", lambda target: "&page" not in target, faults.link_header(link), times=None)
        assert len(listed(connect(github, token="t0ken"))) == 150
        assert [request.target for request in github.requests] == [
            "/users/octo/gists?per_page=100",
            "/users/octo/gists?per_page=100&page=2",
        ]


@pytest.mark.parametrize("line", [b"nonsense", b" X: folded", b"Lin k: x", b"X\x00: x"])
def test_listing_whose_headers_make_no_sense_is_not_taken_for_complete(connect: Connect, line: bytes) -> None:
    """The link to its other pages comes after the line, where the standard library reads no more."""

    async def garbled(exchange: Exchange) -> None:
        await exchange.send(exchange.head().replace(b"\r\n", b"\r\n" + line + b"\r\n", 1) + exchange.body())

    with LoopbackGitHub({"octo": _small_gists(150)}) as github:
        github.script("api", lambda _: True, garbled, times=None)
        with pytest.raises(SourceUnavailable, match="proper"):
            listed(connect(github))


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_renamed_user_is_followed_within_the_origin(connect: Connect, status: int) -> None:
    """As GitHub's best practices ask."""
    with LoopbackGitHub({"octo": _small_gists(3)}) as github:
        moved = faults.redirect("/users/octo/gists?per_page=100", status)
        github.script("api", lambda target: "/old/" in target, moved, times=None)
        assert len(listed(connect(github), "old")) == 3


def test_page_larger_than_any_can_be_is_refused(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    """In any size."""
    monkeypatch.setattr("gistsearch.adapters.github.pages.MAX_PAGE_BYTES", 1_000)
    with LoopbackGitHub({"octo": _small_gists(2)}) as github, pytest.raises(SourceUnavailable, match="larger"):
        listed(connect(github))


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 422, 451])
def test_refusal_is_not_asked_for_again(connect: Connect, status: int) -> None:
    """It would be the same."""
    with LoopbackGitHub({"octo": []}) as github:
        github.script("api", lambda _: True, faults.status(status), times=None)
        with pytest.raises((SourceUnavailable, AccessForbidden, UnknownUser)):
            listed(connect(github))
        assert len(github.requests) == 1


@pytest.mark.parametrize(
    ("status", "words", "told"),
    [
        (
            401,
            "Bad credentials",
            r"status 401: Bad credentials \(check the token in GISTSEARCH_GITHUB_TOKEN or GISTSEARCH_GITHUB_TOKENS\)",
        ),
        (
            403,
            "Although you appear to have the correct authorization, your IP is not allowed",
            r": Although .* allowed",
        ),
        (403, "\x1b[31mred\r\n\x9b\u202e", r"\\x1b\[31mred\\r\\n\\x9b\\u202e$"),
        (403, "x" * 10_000, r"403: x{200}…$"),
        (451, "Repository unavailable due to DMCA takedown.", "DMCA takedown"),
    ],
)
def test_refusals_are_passed_on_in_githubs_words(connect: Connect, status: int, words: str, told: str) -> None:
    """Bounded, and with control characters escaped."""
    with LoopbackGitHub({"octo": []}) as github:
        github.script("api", lambda _: True, faults.status(status, {"message": words}), times=None)
        with pytest.raises(AccessForbidden, match=told):
            listed(connect(github))


@pytest.mark.parametrize(("token", "remedy"), [(None, True), ("t0ken", False)])
def test_hourly_limit_says_how_long_it_lasts_and_what_lifts_it(
    connect: Connect, token: str | None, remedy: bool
) -> None:
    """A token, if there is none."""
    with LoopbackGitHub({"octo": []}) as github:
        reset = int(time.time()) + 1_800
        github.script("api", lambda _: True, faults.rate_limited(remaining=0, reset=reset), times=None)
        with pytest.raises(SourceRateLimited, match=r"hourly limit .* for another 30 min") as limited:
            listed(connect(github, token=token))
        assert ("GISTSEARCH_GITHUB_TOKEN" in str(limited.value)) == remedy
        assert limited.value.reset_at.timestamp() == pytest.approx(reset, abs=5)


@pytest.mark.parametrize("retry_after", [1, None])
def test_unavailable_service_is_asked_again_when_it_says(connect: Connect, retry_after: int | None) -> None:
    """A pause within `max_wait_s` is waited out."""

    async def unavailable(exchange: Exchange) -> None:
        asked = b"" if retry_after is None else b"Retry-After: %d\r\n" % retry_after
        await exchange.send(b"HTTP/1.1 503 Service Unavailable\r\n%bContent-Length: 0\r\n\r\n" % asked)

    with LoopbackGitHub({"octo": _small_gists(1)}) as github:
        github.script("api", lambda _: True, unavailable)
        began = time.monotonic()
        assert len(listed(connect(github))) == 1
        assert time.monotonic() - began >= (retry_after or 0)


def test_unavailable_service_that_asks_for_too_long_a_pause_is_not_asked_again(connect: Connect) -> None:
    """A pause beyond `max_wait_s` is reported at once."""

    async def unavailable(exchange: Exchange) -> None:
        await exchange.send(b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 60\r\nContent-Length: 0\r\n\r\n")

    with LoopbackGitHub({"octo": []}) as github:
        github.script("api", lambda _: True, unavailable, times=None)
        with pytest.raises(SourceUnavailable, match="503"):
            listed(connect(github))


def test_connection_is_used_again(connect: Connect) -> None:
    """After refusals, too."""
    with LoopbackGitHub({"octo": _small_gists(1)}) as github:
        source = connect(github)
        for _ in range(5):
            listed(source)
        with pytest.raises(UnknownUser):
            listed(source, "nobody")
        assert github.connections_made["api"] == 1


# Pages that are known


def _walk(source: GitHubGists, known: list[ListingPage]) -> list[ListingPage]:
    return list(source.list_pages("octo", Deadline(10.0), known))


def test_unchanged_pages_are_the_very_objects_that_were_known(connect: Connect) -> None:
    """GitHub answers 304, without a body."""
    with LoopbackGitHub({"octo": _small_gists(250)}) as github:
        source = connect(github)
        known = _walk(source, [])
        again = _walk(source, known)
        assert [page is before for page, before in zip(again, known, strict=True)] == [True, True, True]
        assert len(github.requests) == 6
        assert all("if-none-match" in request.fields for request in github.requests[3:])


def test_known_pages_are_all_asked_for_at_once(connect: Connect) -> None:
    """So they take one round trip; an unknown listing shows its length in its first page only."""
    with LoopbackGitHub({"octo": _small_gists(950)}, latency_s=0.3) as github:
        source = connect(github)
        known = _walk(source, [])
        assert github.most_connections["api"] == 9
        assert len(_walk(source, known)) == 10
        assert github.most_connections["api"] == 10


def test_changed_pages_are_listed_anew(connect: Connect) -> None:
    """A new gist shifts the others, over the end of the last page that was known."""
    with LoopbackGitHub({"octo": _small_gists(200)}) as github:
        source = connect(github)
        known = _walk(source, [])
        github.users["octo"].insert(0, _small_gists(1)[0])
        again = _walk(source, known)
        assert [gist.id for page in again for gist in page.gists] == [gist.id for gist in github.users["octo"]]
        assert not any(page is before for page in again for before in known)


def test_gist_that_appears_after_unchanged_pages_is_seen(connect: Connect) -> None:
    """An old secret gist was made public: the page before it, a full one, has not changed."""
    with LoopbackGitHub({"octo": _small_gists(100)}) as github:
        source = connect(github)
        known = _walk(source, [])
        late = _small_gists(1)[0]
        github.users["octo"].append(late)
        first, second = _walk(source, known)
        assert first is known[0]
        assert [gist.id for gist in second.gists] == [late.id]


def test_pages_that_are_gone_are_not_listed(connect: Connect) -> None:
    """The listing ends where it now ends."""
    with LoopbackGitHub({"octo": _small_gists(350)}) as github:
        source = connect(github)
        known = _walk(source, [])
        del github.users["octo"][150:]
        again = _walk(source, known)
        assert again[0] is known[0]
        assert [len(page.gists) for page in again] == [100, 50]


def test_page_without_a_validator_is_listed_anew(connect: Connect) -> None:
    """It was put together of smaller ones, or its answer had no ETag."""
    with LoopbackGitHub({"octo": _small_gists(150)}) as github:
        source = connect(github)
        known = [ListingPage(page.gists) for page in _walk(source, [])]
        assert [len(page.gists) for page in _walk(source, known)] == [100, 50]
        assert not any("if-none-match" in request.fields for request in github.requests)


def test_304_that_was_not_asked_for_is_not_an_answer(connect: Connect) -> None:
    """It would mean a page that is not known."""
    with LoopbackGitHub({"octo": []}) as github:
        github.script("api", lambda _: True, faults.status(304), times=None)
        with pytest.raises(SourceUnavailable, match="304"):
            listed(connect(github))


def test_listing_is_walked_as_it_is_taken(connect: Connect) -> None:
    """Pages that are not taken are not asked for without bound."""
    with LoopbackGitHub({"octo": _small_gists(5_000)}) as github:
        listing = connect(github).list_pages("octo", Deadline(10.0))
        assert len(list(islice(listing, 3))) == 3
        time.sleep(0.3)
        assert len(github.requests) <= 3 + 12
        listing.close()
