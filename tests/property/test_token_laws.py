"""Laws of requests with several tokens, over a host that counts as GitHub does."""

from __future__ import annotations

from collections import Counter

import pytest
from attrs import define
from hypothesis import given
from hypothesis import strategies as st

from gistsearch.adapters.github.failures import CredentialsRefused
from gistsearch.adapters.github.rate_limit_state import RateLimitState
from gistsearch.adapters.github.rate_limits import Limited
from gistsearch.adapters.github.tokens import Quota, Token
from gistsearch.ports.deadline import Deadline
from gistsearch.ports.gists import AccessForbidden, SourceRateLimited

LIMIT, PERIOD_S = 6, 100.0


@define(eq=False)
class Account:
    """What the host knows of a token."""

    remaining: int = LIMIT
    resets_at_s: float = PERIOD_S
    is_revoked: bool = False


class Host:
    """A host with a limit for each token, and what was sent to it."""

    def __init__(self, remaining: list[int]) -> None:
        self.now_s = 1.0
        self.accounts = {f"token{number}": Account(left) for number, left in enumerate(remaining)}
        self.answered: Counter[str] = Counter()
        self.limited: Counter[str] = Counter()
        self.warnings: list[str] = []
        self.state = RateLimitState(
            "host", 4, 1.0, 0.0, list(self.accounts), warn=self.warnings.append, clock=lambda: self.now_s
        )

    def request(self) -> None:
        """Send a request as the client does: with another token if one is refused."""
        refusals: dict[Token, CredentialsRefused] = {}
        while True:
            token = self.state.enter(Deadline(), 0.0, refusals)
            assert token
            name = token.headers["Authorization"].removeprefix("Bearer ")
            answered = self._answer(name, token)
            self.state.leave(token)
            if answered:
                self.state.succeeded(token)
                return
            if self.accounts[name].is_revoked:
                refusals[token] = CredentialsRefused(f"{name} is revoked")
                self.state.set_aside(token, refusals[token])

    def _answer(self, name: str, token: Token) -> bool:
        account = self.accounts[name]
        if account.is_revoked:
            return False
        while self.now_s >= account.resets_at_s:
            account.remaining, account.resets_at_s = LIMIT, account.resets_at_s + PERIOD_S
        resets_in_s = account.resets_at_s - self.now_s
        if not account.remaining:
            self.limited[name] += 1
            self.state.refused(Limited(hourly=True, pause_s=resets_in_s), token)
            return False
        account.remaining -= 1
        self.answered[name] += 1
        self.state.answered(token, Quota(account.remaining, LIMIT, int(account.resets_at_s), resets_in_s))
        return True

    @property
    def left(self) -> int:
        """How many requests all tokens have left together."""
        return sum(account.remaining for account in self.accounts.values() if not account.is_revoked)


budgets = st.lists(st.integers(0, LIMIT), min_size=1, max_size=4)


@given(budgets)
def test_every_request_that_is_left_can_be_used(remaining: list[int]) -> None:
    """And no more: then the earliest reset is reported. No token is refused for its limit more than once."""
    host = Host(remaining)
    for _ in range(host.left):
        host.request()
    with pytest.raises(SourceRateLimited) as limited:
        host.request()
    assert limited.value.retry_after_s == PERIOD_S - host.now_s
    assert host.left == 0
    assert all(count == 1 for count in host.limited.values())
    before = host.limited.copy()
    with pytest.raises(SourceRateLimited):
        host.request()
    assert host.limited == before


steps = st.one_of(
    st.none(),  # a request
    st.sampled_from([1.0, PERIOD_S / 4, PERIOD_S]),  # seconds that pass
    st.integers(0, 3),  # the number of a token that is revoked
)


@given(budgets, st.lists(steps, min_size=1, max_size=40))
def test_requests_fail_only_if_no_token_is_good(remaining: list[int], steps: list[float | int | None]) -> None:
    """Whatever is revoked and whenever limits are reset; each token that is refused is reported once."""
    host = Host(remaining)
    for step in steps:
        if step is None:
            _request(host)
        elif isinstance(step, float):
            host.now_s += step
        else:
            list(host.accounts.values())[step % len(remaining)].is_revoked = True
    assert len(host.warnings) == len(set(host.warnings))


def _request(host: Host) -> None:
    ready = [account for account in host.accounts.values() if account.remaining or host.now_s >= account.resets_at_s]
    good = [account for account in ready if not account.is_revoked]
    try:
        host.request()
    except (SourceRateLimited, AccessForbidden):
        assert good == []
    else:
        assert good != []


@given(st.lists(st.integers(1, LIMIT), min_size=2, max_size=4), st.integers(1, 8))
def test_most_left_is_used_first(remaining: list[int], requests: int) -> None:
    """Once each token has said what it has left, no other one with more is passed over."""
    host = Host(remaining)
    for _ in remaining:
        host.request()
    for _ in range(min(requests, host.left)):
        before = {name: account.remaining for name, account in host.accounts.items()}
        host.request()
        (used,) = [name for name, account in host.accounts.items() if account.remaining < before[name]]
        assert before[used] == max(before.values())
