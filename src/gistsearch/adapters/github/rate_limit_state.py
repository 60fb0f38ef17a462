"""How fast a host may be asked, and with which token, after what it has said about its limits.

Sources: GitHub REST, "Rate limits for the REST API" and "Best practices for using the REST API".
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from gistsearch.adapters.github.failures import CredentialsRefused
from gistsearch.adapters.github.rate_limits import Limited
from gistsearch.adapters.github.tokens import Pause, Quota, Token, best, usable
from gistsearch.ports.deadline import Deadline
from gistsearch.ports.gists import SourceRateLimited

Refusals = Mapping[Token, CredentialsRefused]
"""With which tokens a request was refused."""

_log = logging.getLogger(__name__)


class RateLimitState:
    """How fast one host may be asked, and with which token, for all threads of the process.

    After the host has refused a request because of a limit on bursts, all requests pause, whatever their token: as long
    as the host asks, or else a while that doubles with each refusal in a row. After that, half as many as before may be
    under way at once, and one more each time that so many have succeeded (additive increase, multiplicative decrease).

    Hourly limits belong to tokens. Each request is sent with the one that has most left of its own; a token whose limit
    is used up is left alone until it is reset.
    """

    def __init__(
        self,
        host: str,
        at_once: int,
        first_pause_s: float,
        max_wait_s: float,
        tokens: Sequence[str] = (),
        remedy: str = "",
        warn: Callable[[str], object] = _log.warning,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """
        Args:
            host: its name, for messages.
            at_once: how many requests may be under way at once, at most.
            first_pause_s: the first pause if the host does not say how long it should be.
            max_wait_s: the longest pause that is waited out; a longer one is reported at once.
            tokens: none if requests are sent without one.
            remedy: what lifts the hourly limit, as the end of a sentence.
            warn: takes a message for each token that is set aside.
            clock: returns monotonic seconds.
        """
        self._host = host
        self.at_once = at_once
        self._max_wait_s = max_wait_s
        self.tokens = [
            Token(token, f"token {number} of {len(tokens)}", first_pause_s) for number, token in enumerate(tokens, 1)
        ] or [Token(None, "requests without a token", first_pause_s)]
        self._remedy = remedy
        self._warn = warn
        self._clock = clock
        self._changed = threading.Condition()
        self._allowed = float(at_once)
        self._under_way = 0
        self._pause = Pause(first_pause_s)

    def enter(self, deadline: Deadline, patience_s: float, refusals: Refusals = MappingProxyType({})) -> Token | None:
        """Wait until a request may be sent, and return with which token; then `leave` after it.

        Args:
            deadline: of the request.
            patience_s: seconds after which None is returned.
            refusals: of this request.

        Raises:
            SourceRateLimited: at once, if that would take longer than `max_wait_s` or the deadline allows.
            AccessForbidden: there is no other token to try; that is one of the refusals.
            DeadlineExceeded: the deadline has passed.
        """
        gives_up_at = self._clock() + patience_s
        with self._changed:
            while True:
                deadline.check()
                tokens, now_s = usable(self.tokens, refusals), self._clock()
                if not tokens:
                    raise min(refusals.values(), key=lambda refusal: refusal.status == 401)  # 401 is about the token.
                pause_s = max(self._pause.left_s(now_s), self._used_up_s(tokens))
                if pause_s > self._max_wait_s or pause_s >= deadline.remaining_s():
                    raise self.error(tokens)
                token = best(tokens, now_s)
                if token and not pause_s and self._under_way < max(1, int(self._allowed)):
                    self._under_way += 1
                    token.under_way += 1
                    return token
                if (wait_s := gives_up_at - now_s) <= 0.0:
                    return None
                self._changed.wait(min(wait_s, pause_s or wait_s))

    def leave(self, token: Token) -> None:
        """Take note that a request is over."""
        with self._changed:
            self._under_way -= 1
            token.under_way -= 1
            self._changed.notify()

    def answered(self, token: Token, quota: Quota) -> Quota:
        """Take note of what an answer says about a token's limit.

        Returns:
            What is left of the limits of all tokens, as far as it is known, with the reset of this one.
        """
        with self._changed:
            now_s = self._clock()
            if token.note(quota, now_s):
                self._log_used_up(token, now_s)
            others = [other for other in self.tokens if other is not token and other.refused_at_s is None]
            known = [(other.remaining(now_s), other.quota.limit) for other in others if other.quota]
            remaining = quota.remaining + sum(int(left) for left, _ in known)
            return quota._replace(remaining=remaining, limit=quota.limit + sum(limit for _, limit in known))

    def succeeded(self, token: Token) -> None:
        """Take note of an answer that is not a refusal."""
        with self._changed:
            self._pause.refusals = token.pause.refusals = 0
            token.refused_at_s = None
            self._allowed = min(self._allowed + 1.0 / self._allowed, self.at_once)

    def refused(self, limited: Limited, token: Token) -> None:
        """Take note of a refusal that has just come."""
        with self._changed:
            now_s = self._clock()
            if not limited.hourly:
                if self._pause.refused(limited.pause_s, now_s):
                    self._allowed = max(1.0, self._allowed / 2)
                    self._log_pause(now_s)
            elif token.pause.refused(limited.pause_s, now_s):
                self._log_used_up(token, now_s)

    def pause(self, seconds: float) -> bool:
        """Have all requests wait, unless that is longer than `max_wait_s`. Returns whether they do."""
        if seconds > self._max_wait_s:
            return False
        with self._changed:
            self._pause.extend(seconds, self._clock())
            self._log_pause(self._clock())
        return True

    def set_aside(self, token: Token, reason: object) -> None:
        """Use a token no more, unless there is no other one. That is reported once for each token."""
        with self._changed:
            token.refused_at_s = self._clock()
            is_known, token.is_reported = token.is_reported, True
        if not is_known and len(self.tokens) > 1:
            self._warn(f"{token.name} is refused and set aside: {reason}")

    def error(self, tokens: Sequence[Token] = ()) -> SourceRateLimited:
        """Return what to raise while the host refuses requests with some tokens, by default with all."""
        now_s = self._clock()
        burst_s, used_up_s = self._pause.left_s(now_s), self._used_up_s(tokens or self.tokens)
        pause_s = max(burst_s, used_up_s)
        wait = f"{pause_s:.0f} s" if pause_s < 120.0 else f"{pause_s / 60.0:.0f} min"
        message = f"{self._host} limits the rate of requests and refuses them for another {wait}"
        if used_up_s > burst_s:
            every = f" with each of {len(tokens)} tokens" if len(tokens) > 1 else ""
            message = f"the hourly limit of {self._host} is used up{every} for another {wait}{self._remedy}"
        return SourceRateLimited(message, pause_s, datetime.now(UTC) + timedelta(seconds=pause_s))

    def _used_up_s(self, tokens: Sequence[Token]) -> float:
        """Return the seconds until the limit of one of the tokens is reset; 0 if one has something left."""
        now_s = self._clock()
        return min(token.pause.left_s(now_s) for token in tokens)

    def _log_pause(self, now_s: float) -> None:
        left_s = self._pause.left_s(now_s)
        _log.warning("%s: no requests for %.0f s, then at most %d at once", self._host, left_s, int(self._allowed))

    def _log_used_up(self, token: Token, now_s: float) -> None:
        left_s = token.pause.left_s(now_s)
        _log.warning("%s: the hourly limit of %s is used up for %.0f s", self._host, token.name, left_s)
