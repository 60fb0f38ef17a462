"""Fetches many small files at once in one thread, which waits for all their connections together.

It knows the plain success alone: one answer of the listed length, soon, with the content that was promised. Everything
else is left to the way that each file can go by itself, which goes on with the exchange as far as it has come.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator, Iterator
from functools import partial
from http import HTTPStatus
from http.client import HTTPException
from selectors import EVENT_READ, DefaultSelector, SelectorKey
from typing import Generic, TypeVar

from attrs import frozen

from gistsearch.adapters.github.client import Client, Request
from gistsearch.adapters.github.connections import Connections, Exchange
from gistsearch.adapters.github.content import Content, Promise
from gistsearch.adapters.github.heads import Head, whole_head
from gistsearch.adapters.github.retries import Transient
from gistsearch.adapters.github.sockets import CHUNK_BYTES, SLICE_S, InterruptibleSocket, Steps
from gistsearch.ports.gists import (
    Deadline,
    ForbiddenOrigin,
    GistFile,
    IntegrityMismatch,
    OpenedFile,
    W,
)

SMALL_BYTES = CHUNK_BYTES
"""A file up to this size comes with one or two reads."""
PATIENCE_S = 1.0
"""What is not there by then is left to somebody who has nothing else to wait for."""
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
            read_timeout_s: how long the other side may be silent; it is not waited for longer here, either.
        """
        self._client = client
        self._connections = connections
        self._content = content
        self._patience_s = min(PATIENCE_S, read_timeout_s)

    def open_files(
        self, take: Callable[[], W | None], at_once: int, deadline: Deadline
    ) -> Generator[OpenedFile[W], None, None]:
        def fetch(wanted: W) -> Steps[OpenedFile[W]]:
            return self._fetch(wanted, deadline)

        return _Opening(self._connections, fetch, take, at_once, deadline, self._patience_s).run()

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
        exchange = Exchange(connection, self._connections)
        try:
            answer = yield from _whole_answer(exchange, request)
        except (OSError, HTTPException):  # Whoever goes on will come upon it, too.
            answer = None
        except BaseException:
            exchange.close()
            raise
        return self._read(wanted, exchange, answer, deadline)

    def _request(self, file: GistFile) -> Request | None:
        try:
            return self._client.request(file.raw_url) if file.size_bytes <= SMALL_BYTES else None
        except ForbiddenOrigin:
            return None

    def _read(
        self, wanted: W, exchange: Exchange, answer: tuple[Head, bytes] | None, deadline: Deadline
    ) -> OpenedFile[W]:
        if answer is None:
            return self._left(wanted, deadline, begun=exchange)
        head, body = answer
        self._client.take_note(exchange.connection.origin, head, body)
        if head.status != 200 or head.is_encoded or len(body) != wanted.file.size_bytes:
            return self._left(wanted, deadline, begun=exchange)
        self._connections.give_back(exchange.connection)
        try:
            Promise(wanted.file).check(body)
        except IntegrityMismatch as mismatch:
            return self._left(wanted, deadline, failed=Transient(mismatch))
        return OpenedFile(wanted, _whole(body), at_hand=True)

    def _left(
        self, wanted: W, deadline: Deadline, *, begun: Exchange | None = None, failed: Transient | None = None
    ) -> OpenedFile[W]:
        """Leave a file to the way that it can go by itself."""
        chunks = self._content.stream(wanted.file, deadline, begun=begun, failed=failed)
        if begun is not None:
            chunks = _holding(begun, chunks)
            next(chunks)  # From here on closing it frees the connection.
        return OpenedFile(wanted, chunks, at_hand=False)


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
            for file in self._opened:
                file.chunks.close()

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


def _whole_answer(exchange: Exchange, request: Request) -> Steps[tuple[Head, bytes] | None]:
    """Send a request, and return the answer and its body when both are there; None for one that is longer, or odd.

    Raises:
        HTTPException, OSError: there is no answer, or none that can be understood.
    """
    connection = exchange.connection
    connection.send_now(request.text)
    begun: tuple[Head, int] | None = None
    while True:
        yield connection.wire, EVENT_READ
        while (piece := connection.wire.receive_now()) is not None:
            exchange.received += piece
            begun = begun or whole_head(exchange.received)
            if not piece or (begun and not _is_short(begun[0])):
                return None
            if begun and len(exchange.received) >= begun[1] + (begun[0].announced_bytes or 0):
                head, start = begun
                end = start + (head.announced_bytes or 0)
                connection.stays_open = not head.closes and end == len(exchange.received)
                return head, exchange.received[start:end]


def _is_short(head: Head) -> bool:
    return head.status >= HTTPStatus.OK and head.announced_bytes is not None and head.announced_bytes <= SMALL_BYTES


def _whole(content: bytes) -> Generator[bytes, None, None]:
    yield content


def _holding(exchange: Exchange, chunks: Generator[bytes, None, None]) -> Generator[bytes, None, None]:
    """Go on with an exchange behind a first, empty step, or free it where nobody wants that."""
    try:
        yield b""
    except GeneratorExit:
        exchange.close()
        raise
    yield from chunks


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
