"""Several tokens: each has its own limit, and a refused one is set aside."""

from __future__ import annotations

import logging
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat

import pytest

from gistsearch.adapters.github import GitHubGists
from gistsearch.ports.deadline import Deadline
from gistsearch.ports.gists import AccessForbidden, SourceRateLimited
from tests.integration.conftest import Connect, listed
from tests.loopback_github import Budget, Exchange, LoopbackFile, LoopbackGist, LoopbackGitHub, faults

A, B, C = "ghp_aaaaSecret", "ghp_bbbbSecret", "ghp_ccccSecret"


def _github(**tokens: int | Budget) -> LoopbackGitHub:
    """Return a GitHub with a user of one gist, and tokens with so many requests left."""
    budgets = {
        {"a": A, "b": B, "c": C}[name]: Budget(left) if isinstance(left, int) else left for name, left in tokens.items()
    }
    return LoopbackGitHub({"octo": [LoopbackGist([LoopbackFile("a.py", b"1\n")])]}, tokens=budgets)


def _used(github: LoopbackGitHub, listener: str = "api") -> list[str]:
    """Return the tokens of all requests so far, in order."""
    requests = [request for request in github.requests if request.listener == listener]
    return [request.fields.get("authorization", "").removeprefix("Bearer ") for request in requests]


def _revoke(github: LoopbackGitHub, token: str) -> None:
    assert github.tokens is not None
    del github.tokens[token]


def _list(source: GitHubGists, times: int) -> None:
    for _ in range(times):
        assert len(listed(source)) == 1


@pytest.mark.parametrize(("left_a", "left_b"), [(3, 7), (7, 3), (5, 5), (1, 9)])
def test_all_budgets_are_used_the_largest_first(connect: Connect, left_a: int, left_b: int) -> None:
    """As many requests succeed as the tokens have left together, and none is refused."""
    with _github(a=left_a, b=left_b) as github:
        source = connect(github, tokens=[A, B])
        _list(source, left_a + left_b)
        used = _used(github)
        assert (used.count(A), used.count(B)) == (left_a, left_b)
        left, first = {A: left_a, B: left_b}, set[str]()
        for token in used:
            if first == {A, B}:  # Before, nothing is known about one of them.
                assert left[token] == max(left.values())
            left[token] -= 1
            first.add(token)


def test_used_up_token_is_left_alone_until_its_reset(connect: Connect) -> None:
    """Then it is used again, by its own new budget."""
    with _github(a=Budget(0, limit=100, resets_at=time.time() + 1.0), b=4) as github:
        source = connect(github, tokens=[A, B], max_wait_s=0.0)
        _list(source, 3)
        assert _used(github).count(A) <= 1
        Deadline(10.0).sleep(2.1)  # The reset is in whole seconds, and counts from its end.
        _list(source, 1)
        assert _used(github)[-1] == A


def test_limit_is_reported_with_the_earliest_reset_when_all_are_used_up(connect: Connect) -> None:
    """Without another request."""
    now = time.time()
    with _github(a=Budget(1, resets_at=now + 900), b=Budget(2, resets_at=now + 300)) as github:
        source = connect(github, tokens=[A, B])
        _list(source, 3)
        for _ in range(3):
            with pytest.raises(SourceRateLimited, match="used up with each of 2 tokens for another 5 min") as limited:
                listed(source)
            assert limited.value.retry_after_s == pytest.approx(300, abs=15)
        assert len(github.requests) == 3


def test_single_token_that_is_used_up_asks_no_more(connect: Connect, caplog: pytest.LogCaptureFixture) -> None:
    """What the last answer said is enough to know; the log says it then."""
    with _github(a=1) as github, caplog.at_level(logging.WARNING):
        source = connect(github, token=A)
        _list(source, 1)
        assert "the hourly limit of token 1 of 1 is used up" in caplog.text
        with pytest.raises(SourceRateLimited, match=r"the hourly limit of http://[^ ]+ is used up for another 30 min$"):
            listed(source)
        assert len(github.requests) == 1


@pytest.mark.parametrize("left", [(50, 5), (5, 50)])
def test_token_that_is_revoked_half_way_is_set_aside_with_one_message(
    connect: Connect, caplog: pytest.LogCaptureFixture, left: tuple[int, int]
) -> None:
    """Nothing is missing; the message names the token by its place."""
    with _github(a=left[0], b=left[1]) as github:
        source = connect(github, tokens=[A, B])
        _list(source, 2)
        _revoke(github, A)
        with ThreadPoolExecutor(8) as executor, caplog.at_level(logging.WARNING):
            list(executor.map(_list, repeat(source), repeat(1, left[1] - 2)))
        (record,) = [record for record in caplog.records if "set aside" in record.message]
        assert record.levelno == logging.WARNING
        assert record.message.startswith("token 1 of 2 is refused and set aside: ")
        assert "answered with status 401: Bad credentials" in record.message
        before = len(github.requests)
        _list(source, 1)
        assert _used(github)[before:] == [B]


def test_warning_goes_where_it_is_wanted(connect: Connect, caplog: pytest.LogCaptureFixture) -> None:
    """A command prints it instead of logging it."""
    warnings: list[str] = []
    with _github(b=5) as github, caplog.at_level(logging.WARNING):
        _list(connect(github, tokens=[A, B], warn=warnings.append), 3)
    assert len(warnings) == 1
    assert "set aside" not in caplog.text


def test_refusal_of_all_tokens_is_reported_as_that_of_one(connect: Connect) -> None:
    """In GitHub's words. Later requests try one of them: it may be accepted again."""
    with _github() as github:
        warnings: list[str] = []
        source = connect(github, tokens=[A, B, C], warn=warnings.append)
        for requests in (3, 4, 5, 6):
            with pytest.raises(AccessForbidden, match="status 401: Bad credentials"):
                listed(source)
            assert len(github.requests) == requests
        assert len(warnings) == 3
        assert set(_used(github)[3:]) == {A, B, C}
        assert github.tokens is not None
        github.tokens[B] = Budget(9)
        with pytest.raises(AccessForbidden):
            listed(source)
        _list(source, 3)
        assert _used(github)[-3:] == [B, B, B]


def test_limit_of_the_others_is_reported_if_one_is_refused(connect: Connect) -> None:
    """It is what the user can wait for."""
    with _github(b=0) as github:
        source = connect(github, tokens=[A, B])
        with pytest.raises(SourceRateLimited):
            listed(source)


def test_forbidden_content_sets_no_token_aside(connect: Connect) -> None:
    """A status of 403 may be about the user: it is, if no token is accepted."""
    warnings: list[str] = []
    with _github(a=50, b=50) as github:
        github.script("api", lambda target: "blocked" in target, faults.blocked(), None)
        source = connect(github, tokens=[A, B], warn=warnings.append)
        with pytest.raises(AccessForbidden, match="status 403"):
            listed(source, "blocked")
        assert set(_used(github)) == {A, B}
        assert len(github.requests) == 2
        _list(source, 4)
        assert set(_used(github)[2:]) == {A, B}
    assert warnings == []


def test_token_that_is_forbidden_what_another_may_is_set_aside(connect: Connect) -> None:
    """Such as that of a suspended account."""
    warnings: list[str] = []
    with _github(a=50, b=50) as github:

        async def suspended(exchange: Exchange) -> None:
            if A in exchange.request.fields["authorization"]:
                await faults.status(403)(exchange)
            else:
                await exchange.send_answer()

        github.script("api", lambda _: True, suspended, None)
        _list(connect(github, tokens=[A, B], warn=warnings.append), 5)
        assert (_used(github).count(A), _used(github).count(B)) == (1, 5)
    assert len(warnings) == 1


@pytest.mark.parametrize("retry_after", [1, None])
def test_limit_on_bursts_pauses_all_tokens(connect: Connect, retry_after: int | None) -> None:
    """To go on with another one would be to evade it."""
    with _github(a=50, b=50) as github:
        source = connect(github, tokens=[A, B], max_wait_s=0.5)
        github.script("api", lambda _: True, faults.rate_limited(403, retry_after=retry_after, secondary=True))
        for _ in range(3):
            with pytest.raises(SourceRateLimited, match="limits the rate of requests"):
                listed(source)
        assert len(github.requests) == 1


def test_tokens_go_to_the_api_alone_and_show_nowhere(connect: Connect, caplog: pytest.LogCaptureFixture) -> None:
    """Neither in the log, nor in errors, nor in what is printed of the objects."""
    with _github(a=1) as github, caplog.at_level(logging.DEBUG):
        warnings: list[str] = []
        source = connect(github, tokens=[A, B, A], warn=warnings.append)
        ((file,),) = [gist.files for gist in listed(source)]
        assert b"".join(source.open_file(file, Deadline(10.0))) == b"1\n"
        with pytest.raises(SourceRateLimited) as limited:
            listed(source)
        assert set(_used(github, "raw")) == {""}
        shown = f"{caplog.text} {warnings} {limited.value!r} {source!r}"
    assert not any(token in shown for token in (A, B, "Secret"))
