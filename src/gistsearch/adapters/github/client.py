"""One request to GitHub: sent, redirected within its origin, and its failures told apart."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from urllib.parse import urljoin, urlsplit

from attrs import frozen

from gistsearch.adapters.github.failures import CredentialsRefused
from gistsearch.adapters.github.observers import HostObserver
from gistsearch.adapters.github.origins import Address, AllowedOrigins, Origin
from gistsearch.adapters.github.rate_limit_state import RateLimitState
from gistsearch.adapters.github.rate_limits import limit_of, quota_of, retry_after_s
from gistsearch.adapters.github.retries import TRIES, Attempts, RetryableError
from gistsearch.adapters.github.tokens import Token
from gistsearch.adapters.github.transport import Connections, Exchange, Network
from gistsearch.ports.deadline import Deadline
from gistsearch.ports.gists import ForbiddenOrigin, LoginRequired, SourceError, SourceUnavailable

MAX_REDIRECTS = 5
ERROR_BODY_BYTES = 1 << 16
"""How much of an error's body is looked at."""
TURN_S = 0.1
"""How long a thread waits for its turn before it looks for something else to do."""

_REDIRECTS = frozenset({301, 302, 303, 307, 308})  # For GET they all mean the same.
_LOGIN = re.compile(r"/login(?:/|$)")

Refusal = Callable[[Origin, int, bytes], SourceError]
"""Returns the error for a status from 400 to 499: given the origin, the status, and the beginning of the body."""


@frozen
class Answer:
    """A whole answer."""

    status: int
    headers: Mapping[str, str]
    """With names in any case."""
    body: bytes


class Client:
    """Sends requests to some origins, with the same headers each but for the token, and stays within these origins."""

    def __init__(
        self,
        origins: Collection[Origin],
        headers: Mapping[str, str],
        network: Network,
        limits: RateLimitState,
        refusal: Refusal,
        observer: HostObserver,
    ) -> None:
        """
        Args:
            origins: those that may be asked.
            headers: sent with each request, to these origins alone.
            network: how they are reached.
            limits: of all of them together.
            refusal: tells the answers apart that are not worth another try.
            observer: of the traffic with them.
        """
        self._origins = AllowedOrigins(origins)
        self._headers = headers
        self._connections = Connections(origins, network, limits.at_once, observer)
        self._refusal = refusal
        self._observer = observer
        self.limits = limits

    def close(self) -> None:
        """Close all connections: the idle ones now, the others when their answers have been read."""
        self._connections.close()

    def address(self, url: str) -> Address:
        """Read an untrusted address. Raises `ForbiddenOrigin` if it is outside the origins."""
        return self._origins.address(url)

    def attempts(self, what: str, deadline: Deadline, first_pause_s: float, tries: int = TRIES) -> Attempts:
        """Return the tries of a piece of work that this client does. Arguments are those of `Attempts`."""
        return Attempts(what, deadline, first_pause_s, tries, on_retry=self._observer.retried)

    def fetch(self, url: str, deadline: Deadline, max_bytes: int, headers: Mapping[str, str] | None = None) -> Answer:
        """Wait until a request may be sent, and return the whole answer. Raises as `address` and `open` do.

        A request that is refused as those of a bad token are is tried with the others. A token is set aside if it is
        certainly the reason (401), or if another one is accepted.
        """
        refusals: dict[Token, CredentialsRefused] = {}
        while True:
            while (token := self.limits.enter(deadline, TURN_S, refusals)) is None:
                pass
            try:
                answer = self._fetch(url, deadline, max_bytes, headers or {}, token)
            except CredentialsRefused as refusal:
                refusals[token] = refusal
                if refusal.status == 401:
                    self.limits.set_aside(token, refusal)
                continue
            for refused, refusal in refusals.items():
                self.limits.set_aside(refused, refusal)
            return answer

    def open(self, address: Address, deadline: Deadline, headers: Mapping[str, str], token: Token) -> Exchange:
        """Send a request, and return the exchange if it succeeds.

        Args:
            address: from `address`.
            deadline: also ends the reading of the answer.
            headers: further ones. Only with `Range` is 206 a success, only with `If-None-Match` 304.
            token: from `limits.enter`.

        Raises:
            RetryableError: another try may succeed.
            ForbiddenOrigin: the address redirects to another origin than its own.
            LoginRequired: it redirects to a login page.
            SourceError: another try is useless: `refusal`'s errors, `HostUnreachable`, `SourceUnavailable`.
            DeadlineExceeded: the deadline has passed.
        """
        successes = {200, 206 if "Range" in headers else 200, 304 if "If-None-Match" in headers else 200}
        headers = {**self._headers, **token.headers, **headers}
        for _ in range(MAX_REDIRECTS + 1):
            exchange = self._send(address, headers, deadline, token)
            status = exchange.response.status
            if status in successes:
                self.limits.succeeded(token)
                return exchange
            with exchange:
                location = exchange.response.headers.get("location") if status in _REDIRECTS else None
                if location is None:
                    raise self._failure(exchange, status, token)
            address = self._redirected(address, location)
        raise SourceUnavailable(f"{address.origin} redirects in a circle")

    def _fetch(self, url: str, deadline: Deadline, max_bytes: int, headers: Mapping[str, str], token: Token) -> Answer:
        try:
            with self.open(self.address(url), deadline, headers, token) as exchange:
                body = exchange.read(max_bytes + 1)
        finally:
            self.limits.leave(token)
        if exchange.is_encoded:
            raise RetryableError(SourceUnavailable("the answer came compressed, which was not asked for"))
        if len(body) > max_bytes:
            raise RetryableError(SourceUnavailable(f"the answer is larger than {max_bytes:,} bytes"))
        return Answer(exchange.response.status, exchange.response.headers, body)

    def _send(self, address: Address, headers: Mapping[str, str], deadline: Deadline, token: Token) -> Exchange:
        try:
            exchange = self._connections.send(address, headers, deadline)
        except (RetryableError, SourceError):
            self._observer.failed()
            raise
        status, quota = exchange.response.status, quota_of(exchange.response.headers)
        self._observer.answered(status)
        if quota and status != 401:  # There it is the quota of the IP address.
            self._observer.quota(*self.limits.answered(token, quota)[:3])
        return exchange

    def _failure(self, exchange: Exchange, status: int, token: Token) -> SourceError | RetryableError:
        body = exchange.read_error(ERROR_BODY_BYTES)
        if limited := limit_of(status, exchange.response.headers, body):
            self.limits.refused(limited, token)
            return RetryableError(self.limits.error(), counts=False)
        if 400 <= status < 500:
            return self._refusal(exchange.origin, status, body)
        error = SourceUnavailable(f"{exchange.origin} answered with status {status}")
        pause_s = retry_after_s(exchange.response.headers) if status == 503 else None
        return error if pause_s and not self.limits.pause(pause_s) else RetryableError(error)

    def _redirected(self, address: Address, location: str) -> Address:
        try:
            url = urljoin(str(address), location)
            if _LOGIN.search(urlsplit(url).path):
                raise LoginRequired(f"{address.origin} asks to log in")
            redirected = self._origins.address(url)
        except ValueError as error:
            raise ForbiddenOrigin(f"{address.origin} redirects to something that is not an address") from error
        if redirected.origin is not address.origin:  # Only the listing names the origin of a file.
            raise ForbiddenOrigin(f"{address.origin} redirects to another origin")
        return redirected
