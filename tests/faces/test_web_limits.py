"""Limits of the web service: what is in progress, how often, by whom, and how large and slow a request may be."""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from contextlib import suppress

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from gistsearch.adapters.memory import InMemoryGists
from gistsearch.adapters.web.clients import Clients
from gistsearch.adapters.web.concurrency import ConcurrencyLimit
from gistsearch.adapters.web.rate_limits import RateLimit, until_allowed_s
from gistsearch.adapters.web.refusals import Refused
from gistsearch.ports.deadline import Deadline
from gistsearch.ports.gists import ListingPage
from tests.faces.web_fixtures import LISTED, SEARCH, answered, client, one_gist, pointers, problem
from tests.fakes import ScriptedSource


def get(web: FlaskClient, address: str = "192.0.2.1", **headers: str) -> TestResponse:
    return web.get(SEARCH, query_string=LISTED, headers=headers, environ_overrides={"REMOTE_ADDR": address})


class Nested(ScriptedSource):
    """Asks the service for another search while it lists gists."""

    def __init__(self, *addresses: str) -> None:
        super().__init__({})
        self.addresses = addresses
        self.web: FlaskClient
        self.answers: list[TestResponse] = []

    def list_pages(
        self, username: str, deadline: Deadline, known: Sequence[ListingPage] = ()
    ) -> Generator[ListingPage, None, None]:
        addresses, self.addresses = self.addresses, ()
        self.answers += [get(self.web, address) for address in addresses]
        yield ListingPage(())


@pytest.mark.parametrize(("limits", "detail"), [({"max_searches": 1}, "Too many concurrent requests.")])
def test_more_searches_than_the_limit_are_refused_at_once(limits: dict[str, int], detail: str) -> None:
    """Whoever asks; and what follows is answered again."""
    source = Nested("192.0.2.2")
    source.web = client(source, **limits)
    assert answered(get(source.web))
    (refused,) = source.answers
    assert problem(refused, 429, "too-many-requests")["detail"] == detail
    assert refused.headers["Retry-After"] == "1"
    assert answered(get(source.web, "192.0.2.2"))


def test_more_searches_of_one_client_than_its_limit_are_refused() -> None:
    """Another client is answered."""
    source = Nested("192.0.2.1", "192.0.2.2")
    source.web = client(source, max_searches_per_client=1)
    assert answered(get(source.web))
    same, other = source.answers
    assert "this client" in problem(same, 429, "too-many-requests")["detail"]
    assert answered(other)


@pytest.mark.parametrize(("users", "in_use"), [(1, 1), (3, 3), (8, 8), (50, 8)])
def test_a_search_in_progress_counts_as_the_listings_that_it_walks_at_once(users: int, in_use: int) -> None:
    """Or searches of many users would crowd out those of one."""
    for limit in (in_use, in_use + 1):
        source = Nested("192.0.2.2")
        source.web = client(source, max_searches=limit, max_searches_per_client=limit)
        names = [f"user-{number}" for number in range(users)]
        assert answered(source.web.post(SEARCH, json={"usernames": names, "pattern": "x"}))
        assert [answer.status_code for answer in source.answers] == [429 if limit == in_use else 200]


def test_a_search_that_counts_as_more_than_a_limit_is_possible_all_the_same() -> None:
    """While nothing else is in progress."""
    limit = ConcurrencyLimit(total=4, per_client=3)
    with limit.hold("a", 8):
        assert limit.in_progress == 3
        with limit.hold("b"), pytest.raises(Refused), limit.hold("c"):
            pass
    assert limit.in_progress == 0


def test_a_limit_frees_its_places() -> None:
    """Also of those that are refused, and after an error."""
    limit = ConcurrencyLimit(total=3, per_client=2)
    for _ in range(10):
        with suppress(ZeroDivisionError), limit.hold("a"), limit.hold("a"), limit.hold("b"):
            assert limit.in_progress == 3
            for client_name in ("a", "b", "c"):
                with pytest.raises(Refused), limit.hold(client_name):
                    pass
            raise ZeroDivisionError
    assert limit.in_progress == 0


def test_requests_beyond_the_rate_are_refused_with_the_time_to_wait() -> None:
    """The draft's RateLimit headers say what is left, from the first answer on."""
    web = client(one_gist(), rate_limit="3/minute")
    remaining: list[str] = []
    for _ in range(3):
        response = get(web)
        assert answered(response)
        assert response.headers["RateLimit-Policy"] == '"default";q=3;w=60'
        remaining.append(response.headers["RateLimit"].split(";")[1])
    assert remaining == ["r=2", "r=1", "r=0"]
    refused = get(web)
    problem(refused, 429, "too-many-requests")
    assert refused.headers["RateLimit"].startswith('"default";r=0;t=')
    assert 1 <= int(refused.headers["Retry-After"]) <= 60


def search_of(web: FlaskClient, *users: str) -> TestResponse:
    return web.post(SEARCH, json={"usernames": users, "pattern": "needle"})


def test_a_search_counts_as_its_users() -> None:
    """Each once. What is above the limit is refused, and not counted."""
    web = client(InMemoryGists({name: [] for name in "abcdef"}), rate_limit="6/minute")
    assert search_of(web, "a", "b", "A", "c").headers["RateLimit"].split(";")[1] == "r=3"
    refused = search_of(web, "a", "b", "c", "d")
    assert "counts as 4, and 3 are left" in problem(refused, 429, "too-many-requests")["detail"]
    assert refused.headers["RateLimit"].split(";")[1] == "r=3"
    assert answered(search_of(web, "d", "e", "f"))["status"] == "success"
    problem(search_of(web, "a"), 429, "too-many-requests")


def test_a_request_that_is_refused_counts_as_one() -> None:
    """So that nobody sends such requests in numbers."""
    web = client(one_gist(), rate_limit="3/minute")
    problem(web.post(SEARCH, data="nonsense"), 415, "unsupported-media-type")
    problem(web.post(SEARCH, json={"usernames": ["a", "b"], "pattern": ""}), 422, "invalid-request")
    problem(web.get(SEARCH, headers={"Accept": "image/png"}), 406, "not-acceptable")
    problem(web.post(SEARCH, data="nonsense"), 429, "too-many-requests")


def test_a_search_has_at_most_as_many_users_as_the_limit() -> None:
    """It could never be answered; the document says so, too."""
    web = client(InMemoryGists({name: [] for name in "abc"}), rate_limit="2/minute")
    assert pointers(problem(search_of(web, "a", "b", "c"), 422, "invalid-request")) == ["/usernames"]
    document = web.get("/openapi.json").get_json()
    assert document["components"]["schemas"]["SearchRequest"]["properties"]["usernames"]["maxItems"] == 2


@pytest.mark.parametrize(
    ("previous", "current", "elapsed_s", "cost"),
    [
        (0, 60, 0, 1),
        (0, 60, 59.9, 50),
        (0, 30, 20, 50),
        (60, 0, 0, 1),
        (60, 0, 10, 50),
        (60, 20, 30, 41),
        (60, 10, 5, 1),
        (59, 59, 30.5, 60),
        (60, 60, 59, 60),
    ],
)
def test_after_the_time_to_wait_a_search_is_allowed_and_not_much_earlier(
    previous: int, current: int, elapsed_s: float, cost: int
) -> None:
    """By the estimate of a sliding window, 60 in 60 seconds, which is done here step by step."""
    window = previous, 60 - elapsed_s, current, 120 - elapsed_s
    wait_s = until_allowed_s(window, cost, limit=60, period_s=60)

    def estimate(at_s: float) -> float:
        if at_s < 60:
            return previous * (60 - at_s) / 60 + current
        return current * max(0.0, 120 - at_s) / 60

    assert wait_s >= 0
    assert math.floor(estimate(elapsed_s + wait_s + 0.001)) + cost <= 60
    assert wait_s == 0 or math.floor(estimate(elapsed_s + wait_s - 0.001)) + cost > 60


def test_rates_are_counted_for_each_client() -> None:
    """By address; of an IPv6 address by its network, which belongs to one customer."""
    web = client(one_gist(), rate_limit="1/minute")
    assert answered(get(web, "192.0.2.1"))
    assert answered(get(web, "192.0.2.2"))
    assert answered(get(web, "2001:db8::1"))
    problem(get(web, "2001:db8::ffff"), 429, "too-many-requests")
    assert answered(get(web, "2001:db8:0:1::1"))
    problem(get(web, "::ffff:192.0.2.1"), 429, "too-many-requests")


def test_other_paths_have_no_rate() -> None:
    """Probes must not use it up."""
    web = client(one_gist(), rate_limit="1/minute")
    assert all(web.get("/ping").status_code == 200 for _ in range(5))
    assert answered(get(web))


@pytest.mark.parametrize(("rate", "storage"), [("often", "memory://"), ("1/minute", "nowhere://")])
def test_a_rate_limit_that_cannot_be_used_is_refused_at_the_start(rate: str, storage: str) -> None:
    """The container says which setting it is."""
    with pytest.raises(ValueError, match=r"."):
        RateLimit(rate, storage)


@pytest.mark.parametrize(
    ("hops", "forwarded", "is_limited"),
    [
        (0, "198.51.100.7", True),
        (1, "198.51.100.7", False),
        (1, "192.0.2.250, 198.51.100.7", False),
        (1, "198.51.100.7, 192.0.2.250", True),
        (2, "198.51.100.7, 203.0.113.1", False),
        (2, "192.0.2.250", False),
    ],
)
def test_forwarded_addresses_are_believed_of_trusted_proxies_alone(hops: int, forwarded: str, is_limited: bool) -> None:
    """Each proxy adds the address that it saw, on the right. A client can write anything to the left of those."""
    web = client(one_gist(), rate_limit="1/minute", trusted_proxies=hops)
    first = {"X-Forwarded-For": "192.0.2.250" if hops < 2 else "192.0.2.250, 203.0.113.1"}
    assert answered(web.get(SEARCH, query_string=LISTED, headers=first))
    second = web.get(SEARCH, query_string=LISTED, headers={"X-Forwarded-For": forwarded})
    assert second.status_code == (429 if is_limited else 200)


KEYS = ("key-of-alice", "key-of-bob")


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer ", "Bearer wrong", "Bearer key-of-alic", "Basic a2V5LW9mLWFsaWNl", "key-of-alice"],
)
def test_without_a_valid_key_a_search_is_refused(authorization: str) -> None:
    """If keys are set. Nothing else is looked at."""
    web = client(one_gist(), api_keys=KEYS)
    response = get(web, Authorization=authorization)
    problem(response, 401, "unauthorized")
    assert response.headers["WWW-Authenticate"].startswith("Bearer")
    problem(web.post(SEARCH, data="nonsense", headers={"Authorization": authorization}), 401, "unauthorized")


def test_with_a_valid_key_a_search_is_answered() -> None:
    """Limits are those of the key, from whichever address it comes."""
    web = client(one_gist(), api_keys=KEYS, rate_limit="1/minute")
    assert answered(get(web, Authorization="Bearer key-of-alice"))
    problem(get(web, "192.0.2.9", Authorization="bearer key-of-alice"), 429, "too-many-requests")
    assert answered(get(web, Authorization="Bearer key-of-bob"))


@pytest.mark.parametrize("path", ["/ping", "/livez", "/readyz", "/metrics", "/problems/unauthorized"])
def test_only_the_api_needs_a_key(path: str) -> None:
    """Probes have none."""
    assert client(one_gist(), api_keys=KEYS).get(path).status_code == 200


def test_what_identifies_a_client_does_not_reveal_its_key() -> None:
    """It is written to the log."""
    web = client(one_gist(), api_keys=KEYS)
    with web.application.test_request_context(headers={"Authorization": "Bearer key-of-bob"}):
        from flask import request

        identity = Clients(KEYS).identify(request)
    assert identity.startswith("key-")
    assert "bob" not in identity
