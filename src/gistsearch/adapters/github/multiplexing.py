"""Fetches many small files at once in one thread, which waits for all their connections together.

A file that comes whole and right at the first try is at hand. With every other one its first try has failed, and it is
left to the way that each file can go by itself; it holds no connection then, so that nobody waits for whoever takes it.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator, Iterator
from functools import partial
from http import HTTPStatus
from http.client import RemoteDisconnected
from selectors import EVENT_READ, DefaultSelector, SelectorKey
from typing import Generic, TypeVar

from attrs import frozen

from gistsearch.adapters.github.answers import WIRE_ERRORS
from gistsearch.adapters.github.client import REDIRECTS, Client, Request, improper
from gistsearch.adapters.github.connections import Connection, Connections
from gistsearch.adapters.github.content import Content, Promise
from gistsearch.adapters.github.heads import BadHead, Head, whole_head
from gistsearch.adapters.github.origins import Origin
from gistsearch.adapters.github.retries import Transient
from gistsearch.adapters.github.sockets import CHUNK_BYTES, SLICE_S, InterruptibleSocket, Steps
from gistsearch.ports.gists import (
    Deadline,
    ForbiddenOrigin,
    GistFile,
    IntegrityMismatch,
    OpenedFile,
    SourceError,
    W,
)

SMALL_BYTES = CHUNK_BYTES
"""A file up to this size comes with one or two reads."""
GLANCE_S = 0.005
"""So often it is asked for more files, and looked for room, where more could be under way."""
NO_ROOM_S = 0.25
"""So long it waits for a connection where others have them all."""

_T = TypeVar("_T")
_Call = Callable[[], tuple[InterruptibleSocket, int]]


class Multiplexer:
    """Opens small files, as `MultiplexingSource.open_files` says."""

    def __init__(self, client: Client, connections: Connections, content: Content, *, read_timeout_s: float) -> None:
        """
        Args:
            client: for the raw origins.
            connections: its connections.
            content: fetches what does not come at once.
            read_timeout_s: how long a connection and its answer may take together.
        """
        self._client = client
        self._connections = connections
        self._content = content
        self._read_timeout_s = read_timeout_s
        self._unfit: set[Origin] = set()  # whose answers are framed otherwise than by their length

    def open_files(
        self, take: Callable[[], W | None], at_once: int, deadline: Deadline
    ) -> Generator[OpenedFile[W], None, None]:
        def fetch(wanted: W) -> Steps[OpenedFile[W]]:
            return self._fetch(wanted, deadline)

        return _Opening(self._connections, fetch, take, at_once, deadline, self._read_timeout_s).run()

    def _fetch(self, wanted: W, deadline: Deadline) -> Steps[OpenedFile[W]]:
        """Fetch a file, over a connection for which there is room."""
        request = self._request(wanted.file)
        if request is None:
            self._connections.release()
            return self._left(wanted, deadline)
        try:
            connection = yield from self._connections.taking(request.origin)
        except OSError:  # The host may have other addresses.
            return self._left(wanted, deadline)
        try:
            answer = yield from _whole_answer(connection, request)
        except WIRE_ERRORS:
            self._connections.discard(connection)
            return self._left(wanted, deadline, improper(request.origin))
        except BaseException:
            self._connections.discard(connection)
            raise
        if answer is None:
            self._connections.discard(connection)
            self._unfit.add(request.origin)
            return self._left(wanted, deadline)
        self._connections.give_back(connection)
        return self._read(wanted, request.origin, *answer, deadline)

    def _request(self, file: GistFile) -> Request | None:
        """Return what is to be sent; None where a file does not come at once with others."""
        if file.size_bytes > SMALL_BYTES:
            return None
        try:
            request = self._client.request(file.raw_url)
        except ForbiddenOrigin:
            return None
        return None if request is None or request.origin in self._unfit else request

    def _read(self, wanted: W, origin: Origin, head: Head, body: bytes, deadline: Deadline) -> OpenedFile[W]:
        if head.status in REDIRECTS:
            return self._left(wanted, deadline)
        if head.status != HTTPStatus.OK:
            try:
                failure = self._client.refusal(origin, head.status, head.fields, body, deadline)
            except SourceError as error:
                failure = error
            return self._left(wanted, deadline, failure)
        self._client.welcome(origin)
        promise = Promise(wanted.file)
        try:
            if head.is_encoded:
                raise IntegrityMismatch("the content came compressed, which was not asked for")
            promise.check(body)
            promise.check_end()
        except IntegrityMismatch as mismatch:
            return self._left(wanted, deadline, Transient(mismatch))
        except Transient as failure:
            return self._left(wanted, deadline, failure)
        return OpenedFile(wanted, _whole(body), at_hand=True)

    def _left(self, wanted: W, deadline: Deadline, failed: SourceError | Transient | None = None) -> OpenedFile[W]:
        """Leave a file to the way that it can go by itself."""
        return OpenedFile(wanted, self._content.stream(wanted.file, deadline, failed=failed), at_hand=False)


def _whole_answer(connection: Connection, request: Request) -> Steps[tuple[Head, bytes] | None]:
    """Send a request, and return the answer and its body when both are there; None for content of untold length.

    Raises:
        HTTPException, OSError: there is no answer, or none that can be understood, or one that is too long.
    """
    connection.send_now(request.text)
    received = b""
    begun: tuple[Head, int] | None = None
    while True:
        yield connection.wire, EVENT_READ
        while (piece := connection.wire.receive_now()) is not None:
            received += piece
            begun = begun or whole_head(received)
            while begun and begun[0].is_interim:
                received = received[begun[1] :]
                begun = whole_head(received)
            if begun:
                head, start = begun
                if head.announced_bytes is None and head.status == HTTPStatus.OK:
                    return None
                if head.announced_bytes is None:  # A refusal: what its head says is enough.
                    connection.stays_open = False
                    return head, b""
                end = start + head.announced_bytes
                if head.announced_bytes <= SMALL_BYTES and len(received) >= end:
                    connection.stays_open = not head.closes and end == len(received)
                    return head, received[start:end]
                if head.announced_bytes > SMALL_BYTES:
                    raise BadHead("the answer is longer than what was asked for")
            if not piece:
                raise RemoteDisconnected("the connection was closed instead of an answer")


def _whole(content: bytes) -> Generator[bytes, None, None]:
    yield content


class _Opening(Generic[W]):
    """One call: the files that are under way, and those that have come and were not yielded."""

    def __init__(
        self,
        connections: Connections,
        fetch: Callable[[W], Steps[OpenedFile[W]]],
        take: Callable[[], W | None],
        at_once: int,
        deadline: Deadline,
        patience_s: float,
    ) -> None:
        self._connections = connections
        self._fetch = fetch
        self._take = take
        self._at_once = at_once
        self._deadline = deadline
        self._patience_s = patience_s
        self._opened: deque[OpenedFile[W]] = deque()

    def run(self) -> Generator[OpenedFile[W], None, None]:
        self._under_way: UnderWay[OpenedFile[W]] = UnderWay(self._patience_s)
        gives_up_at = time.monotonic() + NO_ROOM_S
        try:
            while True:
                self._deadline.check()
                has_room = self._begin()
                if self._opened:
                    yield self._opened.popleft()  # Further files are on their way meanwhile.
                elif self._under_way or (not has_room and time.monotonic() < gives_up_at):
                    self._proceed()
                else:
                    return
                if self._under_way:
                    gives_up_at = time.monotonic() + NO_ROOM_S
        finally:
            self._under_way.close()

    def _begin(self) -> bool:
        """Begin with as many files as may be under way; return whether there was room for all that are wanted."""
        while max(len(self._under_way), len(self._opened)) < self._at_once:
            if not self._connections.reserve_now():
                return False
            wanted = None
            try:
                wanted = self._take()
            finally:
                if wanted is None:
                    self._connections.release()
            if wanted is None:
                break
            self._opened.extend(self._under_way.add(self._fetch(wanted)))
        return True

    def _proceed(self) -> None:
        """Wait for a moment, and take in what has come."""
        pause_s = SLICE_S if len(self._under_way) >= self._at_once else GLANCE_S
        for file in self._under_way.proceed(min(pause_s, self._deadline.remaining_s())):
            self._opened.append(file)
            self._begin()  # Now, not when all are through: it takes a round trip.


@frozen
class _Waiting(Generic[_T]):
    steps: Steps[_T]
    until: float


class UnderWay(Generic[_T]):
    """Work that waits for sockets, each piece of it taken up again as soon as its own is ready."""

    def __init__(self, patience_s: float) -> None:
        """
        Args:
            patience_s: how long each may take.
        """
        self._patience_s = patience_s
        self._selector = DefaultSelector()
        self._late_looked_at = time.monotonic()

    def __len__(self) -> int:
        return len(self._selector.get_map())

    def add(self, steps: Steps[_T]) -> list[_T]:
        """Begin with something; return its result if it has one at once."""
        return self._advance(steps.__next__, _Waiting(steps, time.monotonic() + self._patience_s))

    def proceed(self, timeout_s: float) -> Iterator[_T]:
        """Wait until something can go on, and yield the results that there are then.

        What has waited for too long gets a `TimeoutError`. More may be added between two results.
        """
        for key, _ in self._selector.select(timeout_s):
            yield from self._resume(key, key.data.steps.__next__)
        now = time.monotonic()
        if now >= self._late_looked_at + GLANCE_S:
            self._late_looked_at = now
            for key in [key for key in self._selector.get_map().values() if key.data.until <= now]:
                yield from self._resume(key, partial(key.data.steps.throw, TimeoutError()))

    def close(self) -> None:
        """End everything."""
        for key in self._selector.get_map().values():
            key.data.steps.close()
        self._selector.close()

    def _resume(self, key: SelectorKey, call: _Call) -> list[_T]:
        self._selector.unregister(key.fileobj)
        return self._advance(call, key.data)

    def _advance(self, call: _Call, waiting: _Waiting[_T]) -> list[_T]:
        try:
            wire, event = call()
        except StopIteration as over:
            return [over.value]
        self._selector.register(wire, event, waiting)
        return []
