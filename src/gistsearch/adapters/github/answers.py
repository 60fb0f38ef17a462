"""One answer: its head, its body as it arrives, and its connection's way back."""

from __future__ import annotations

from collections.abc import Iterator
from http.client import HTTPException, IncompleteRead
from types import TracebackType

from urllib3.exceptions import HTTPError
from urllib3.response import HTTPResponse

from gistsearch.adapters.github.connections import Connection, Connections
from gistsearch.adapters.github.heads import Head
from gistsearch.adapters.github.retries import Transient
from gistsearch.adapters.github.sockets import CHUNK_BYTES
from gistsearch.ports.gists import DeadlineExceeded, SourceUnavailable

DRAIN_BYTES = 1 << 16
"""A body of which no more is left is read to its end, so that its connection can be used again: a new one costs two
round trips at least and some milliseconds of cryptography, while so many bytes are mostly on their way already."""
DRAIN_S = 0.1
"""How long that may take: about a round trip."""

WIRE_ERRORS = (HTTPError, HTTPException, OSError)
"""What urllib3, http.client and the socket raise when a connection fails or the other side talks nonsense."""


class CutShort(Transient):
    """Indicates that a body ended before the end that was announced."""


class Answer:
    """An answer whose head has come. Iterate for the body, as it was sent (not decoded); close it in any case."""

    def __init__(self, head: Head, body: HTTPResponse, connection: Connection, connections: Connections) -> None:
        self._body = body
        self._connection: Connection | None = connection
        self._connections = connections
        self._origin = connection.origin
        self.status = head.status
        self.headers = head.fields
        """By names in lower case."""
        self.is_encoded = head.is_encoded
        """Whether the body is compressed or the like, although that was not asked for."""

    @property
    def announced_bytes(self) -> int | None:
        """How many bytes of the body are still to come, or None where the head didn't tell."""
        return self._body.length_remaining

    def __iter__(self) -> Iterator[bytes]:
        """Yield what comes, in pieces of at most 64 KiB. The connection is free again when the last piece is yielded.

        Raises:
            CutShort: the body ended early.
            Transient: the connection broke, or nothing came for too long.
            DeadlineExceeded: as soon as the deadline is over.
        """
        while self._connection is not None:
            if chunk := self._read(self._connection):
                yield chunk

    def read(self, most_bytes: int) -> bytes:
        """Return the body, or its beginning of at most so many bytes. Raises as iterating does."""
        body = bytearray()
        for chunk in self:
            body += chunk
            if len(body) >= most_bytes:
                break
        return bytes(body[:most_bytes])

    def hurry(self) -> None:
        """Grant only a moment to what may still come."""
        if self._connection is not None:
            self._connection.end_reads_in(DRAIN_S)

    def close(self) -> None:
        """Free the connection. What is left of the body is skipped if it is little and comes at once."""
        if self._connection is not None and (self._body.length_remaining or 0) <= DRAIN_BYTES:
            self._drain(self._connection)
        self._discard()

    def __enter__(self) -> Answer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _read(self, connection: Connection) -> bytes:
        try:
            chunk = self._body.read1(CHUNK_BYTES, decode_content=False)
        except WIRE_ERRORS as error:
            self._discard()
            if isinstance(error.__cause__, IncompleteRead):
                raise CutShort(SourceUnavailable(f"{self._origin} sent an incomplete answer")) from error
            raise Transient(SourceUnavailable(f"the connection to {self._origin} broke")) from error
        except BaseException:
            self._discard()
            raise
        if self._body.closed:
            self._connection = None
            self._connections.give_back(connection)
        return chunk

    def _drain(self, connection: Connection) -> None:
        connection.end_reads_in(DRAIN_S)
        budget = DRAIN_BYTES
        try:
            while self._connection is not None and budget > 0:
                budget -= len(self._read(connection))
        except (Transient, DeadlineExceeded):
            pass  # The body is not wanted any more, and its connection is discarded.

    def _discard(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            self._body.close()
            self._connections.discard(connection)
