"""Asks GitHub, once: sends a request, follows redirects, tells what the answer means."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from urllib.parse import urljoin

from attrs import frozen

from gistsearch.adapters.github.answers import WIRE_ERRORS, Answer
from gistsearch.adapters.github.connections import Connections
from gistsearch.adapters.github.limits import LimitMemory, limit_of
from gistsearch.adapters.github.origins import Address, AllowedOrigins, Origin
from gistsearch.adapters.github.retries import Transient
from gistsearch.ports.gists import (
    AccessForbidden,
    ContentGone,
    Deadline,
    ForbiddenOrigin,
    IntegrityMismatch,
    SourceError,
    SourceUnavailable,
)

MOST_REDIRECTS = 5
ERROR_BODY_BYTES = 1 << 16
"""How much of an error's body is looked at."""

REDIRECTS = frozenset({301, 302, 307, 308})  # For GET they all mean the same.
_REFUSALS: Mapping[int, Callable[[str], SourceError]] = {
    401: AccessForbidden,
    403: AccessForbidden,
    404: ContentGone,
    410: ContentGone,
    416: IntegrityMismatch,  # There is no such byte: the content is shorter than the listing says.
    451: AccessForbidden,
}


@frozen
class Request:
    """What is to be sent, and where."""

    origin: Origin
    text: bytes


class Client:
    """Asks some origins, each with the same headers, and stays within them."""

    def __init__(
        self,
        origins: Iterable[Origin],
        headers: Mapping[str, str],
        connections: Connections,
        *,
        read_timeout_s: float,
        max_wait_s: float,
    ) -> None:
        """
        Args:
            origins: those that may be asked.
            headers: sent with each request, to these origins alone.
            connections: to them.
            read_timeout_s: how long the head of an answer may take, and each read of its body.
            max_wait_s: the longest pause for a rate limit.
        """
        origins = tuple(origins)
        self._origins = AllowedOrigins(origins)
        self._fields = {origin: _written({"Host": origin.netloc, **headers}) for origin in origins}
        self._limits = {origin: LimitMemory(str(origin), max_wait_s) for origin in origins}
        self._connections = connections
        self._read_timeout_s = read_timeout_s

    def ask(self, url: str, deadline: Deadline, *, start: int = 0) -> Answer:
        """Ask for what is at an address, and return the answer if it is one.

        Args:
            url: untrusted.
            deadline: heeded by the answer's body, too.
            start: from which byte on it is wanted; the answer has status 206 where it begins there, else 200.

        Raises:
            Transient: another try may get it.
            ForbiddenOrigin: the address lies outside the origins, or redirects to another one than its own.
            SourceRateLimited, AccessForbidden, ContentGone, IntegrityMismatch (it has no such byte), SourceUnavailable:
                another try is of no use.
            DeadlineExceeded: the deadline passed.
        """
        address = self._origins.address(url)
        for _ in range(MOST_REDIRECTS + 1):
            answer = self._answer(address, deadline, start)
            if answer.status == 200 or (answer.status == 206 and start):
                self._limits[address.origin].forget()
                return answer
            with answer:
                location = answer.headers.get("location") if answer.status in REDIRECTS else None
                body = b"" if location else _beginning(answer)
            if location is None:
                raise self.refusal(address.origin, answer.status, answer.headers, body, deadline)
            address = self._redirected(address, location)
        raise SourceUnavailable(f"{address.origin} redirects in a circle")

    def request(self, url: str) -> Request | None:
        """Return the request for what is at an address, for others to send; None while that had to wait.

        Raises:
            ForbiddenOrigin: the address lies outside the origins.
        """
        address = self._origins.address(url)
        return None if self._limits[address.origin].lasts else Request(address.origin, self._written(address, 0))

    def welcome(self, origin: Origin) -> None:
        """Take note of an answer that others got and that is no refusal."""
        self._limits[origin].forget()

    def refusal(
        self, origin: Origin, status: int, headers: Mapping[str, str], body: bytes, deadline: Deadline
    ) -> SourceError | Transient:
        """Return what to raise for an answer that is not what was asked for, and remember a rate limit.

        Raises:
            SourceRateLimited, DeadlineExceeded: at once, where a rate limit lasts for too long.
        """
        if limited := limit_of(status, headers, body):
            limits = self._limits[origin]
            limits.remember(limited)
            limits.pause_s(deadline)
            return Transient(limits.error())
        told = f"{origin} answered with status {status}"
        if 400 <= status < 500:
            return _REFUSALS.get(status, SourceUnavailable)(told)
        return Transient(SourceUnavailable(told))

    def _answer(self, address: Address, deadline: Deadline, start: int) -> Answer:
        self._limits[address.origin].wait(deadline)
        deadline.check()
        try:
            connection = self._connections.take(address.origin, deadline)
        except OSError as error:
            raise Transient(SourceUnavailable(f"{address.origin} cannot be reached")) from error
        try:
            head, body = connection.exchange(self._written(address, start), deadline, self._read_timeout_s)
        except WIRE_ERRORS as error:
            self._connections.discard(connection)
            raise improper(address.origin) from error
        except BaseException:
            self._connections.discard(connection)
            raise
        return Answer(head, body, connection, self._connections)

    def _written(self, address: Address, start: int) -> bytes:
        part = _written({"Range": f"bytes={start}-"}) if start else b""
        return b"GET %s HTTP/1.1\r\n%s%s\r\n" % (address.target.encode(), self._fields[address.origin], part)

    def _redirected(self, address: Address, location: str) -> Address:
        try:
            redirected = self._origins.address(urljoin(str(address), location))
        except ValueError as error:
            raise ForbiddenOrigin(f"{address.origin} redirects to what is no address") from error
        if redirected.origin is not address.origin:  # The listing names the origin of a file, nobody else.
            raise ForbiddenOrigin(f"{address.origin} redirects to another origin")
        return redirected


def improper(origin: Origin) -> Transient:
    """Return the failure of an answer that is none."""
    return Transient(SourceUnavailable(f"{origin} gave no proper answer"))


def _written(headers: Mapping[str, str]) -> bytes:
    """Write headers as they are sent. No name or value of ours holds a line's end: settings were checked for it."""
    return "".join([f"{name}: {value}\r\n" for name, value in headers.items()]).encode()


def _beginning(answer: Answer) -> bytes:
    if answer.status not in (403, 429):  # Only there does the body tell what the status doesn't.
        return b""
    try:
        return answer.read(ERROR_BODY_BYTES)
    except Transient:
        return b""
