"""Fetches a file's content: verified while it streams, and resumed where it broke off."""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Generator, Mapping
from concurrent.futures import wait

from gistsearch.adapters.github.client import TURN_S, Client
from gistsearch.adapters.github.json_bodies import inline_content
from gistsearch.adapters.github.origins import Address, Origin, gist_and_blob_id_of
from gistsearch.adapters.github.retries import RetryableError
from gistsearch.adapters.github.slots import Slots
from gistsearch.adapters.github.transport import Exchange
from gistsearch.ports.blobs import BlobHasher, blob_id_of
from gistsearch.ports.deadline import Deadline
from gistsearch.ports.gists import (
    AccessForbidden,
    ContentGone,
    GistFile,
    IntegrityMismatch,
    LoginRequired,
    SourceError,
    SourceUnavailable,
)

CHUNK_BYTES = 1 << 16
"""How much is read at once: most files as a whole, so that they are verified before anything of them is yielded."""
MAX_GIST_BYTES = 64 << 20
"""The largest JSON of a gist that is read."""

_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,18})-")
_REFUSALS: Mapping[int, type[SourceError]] = {
    **dict.fromkeys((401, 403, 451), AccessForbidden),
    **dict.fromkeys((404, 410), ContentGone),
    416: IntegrityMismatch,  # The content ends before the byte that was asked for.
}

_log = logging.getLogger(__name__)


def raw_refusal(origin: Origin, status: int, _: bytes) -> SourceError:
    """Return the error for a refusal of a raw host, which says nothing but the status."""
    return _REFUSALS.get(status, SourceUnavailable)(f"{origin} answered with status {status}")


class ContentVerifier:
    """Compares content with what the listing says about it."""

    def __init__(self, file: GistFile) -> None:
        self._size_bytes = math.inf if file.size_bytes is None else file.size_bytes
        self._blob_id = file.blob_id
        self._hasher = BlobHasher(file.size_bytes or 0)
        self.received_bytes = 0
        self.is_complete = False

    @property
    def missing_bytes(self) -> float:
        """How many bytes are still to come; infinite if the listing gives no size."""
        return self._size_bytes - self.received_bytes

    def add(self, chunk: bytes, further: bytes) -> None:
        """Take the next bytes, at most those that are missing. They do not count as received if this raises.

        Args:
            chunk: the bytes; none if the answer has ended.
            further: what came after the last byte that was expected.

        Raises:
            IntegrityMismatch: the content is not the one that was listed.
            RetryableError: there is less content than was listed, finally an `IntegrityMismatch`.
        """
        self._hasher.update(chunk)
        if not chunk and 0 < self.missing_bytes < math.inf:
            message = f"only {self.received_bytes} bytes came of the {self._size_bytes} in the listing"
            raise RetryableError(IntegrityMismatch(message))
        if further:
            raise IntegrityMismatch(f"there is more content than the {self._size_bytes} bytes in the listing")
        if len(chunk) == self.missing_bytes and self._blob_id not in (None, self._hasher.blob_id()):
            raise IntegrityMismatch("the content does not hash to the blob id in the listing")
        self.received_bytes += len(chunk)
        self.is_complete = not chunk or not self.missing_bytes


class InlineContent:
    """Fetches content by the API, which has it inside the JSON of its gist."""

    def __init__(self, client: Client, api_url: str) -> None:
        """
        Args:
            client: for the API's origin, with a token.
            api_url: the API's base address, without a slash at its end.
        """
        self._client = client
        self._api_url = api_url

    def fetch(self, file: GistFile, deadline: Deadline) -> bytes:
        """Return a file's content. Raises as `Client.open` does, and `LoginRequired` if the API does not have it."""
        gist_id, _ = gist_and_blob_id_of(file.raw_url)
        if gist_id is not None:
            body = self._client.fetch(f"{self._api_url}/gists/{gist_id}", deadline, MAX_GIST_BYTES).body
            content = inline_content(body, file.filename)
            if content is not None and len(content) == file.size_bytes and file.blob_id in (None, blob_id_of(content)):
                return content
        raise LoginRequired("the API does not have the content unchanged, and the raw host wants a login")


class Content:
    """Fetches content from the raw host, or from the API if the raw host wants a login."""

    def __init__(self, raw: Client, inline: InlineContent | None, slots: Slots, first_pause_s: float) -> None:
        """
        Args:
            raw: for the raw origins.
            inline: for content that the raw host does not give without a login, if there is a token.
            slots: for files that are open.
            first_pause_s: see `Attempts`.
        """
        self._raw = raw
        self._inline = inline
        self._slots = slots
        self._first_pause_s = first_pause_s
        self._private: set[Origin] = set()

    def stream(self, file: GistFile, deadline: Deadline) -> Generator[bytes, None, None]:
        """Yield a file's content, as `GistSource.open_file` says.

        The last byte is only yielded once all content is verified. While the file waits for its turn, the chunks are
        empty, so that the thread can turn to something else.
        """
        slot = self._slots.request()
        try:
            while not (slot.done() or wait((slot,), TURN_S).done):
                deadline.check()
                yield b""
            yield from self._attempts(file, deadline)
        finally:
            self._slots.release(slot)

    def _attempts(self, file: GistFile, deadline: Deadline) -> Generator[bytes, None, None]:
        address = self._raw.address(file.raw_url)
        name = str(address).partition("?")[0]  # The query may contain a token.
        verifier = ContentVerifier(file)
        attempts = self._raw.attempts(name, deadline, self._first_pause_s)
        while True:
            try:
                if self._inline and address.origin in self._private:
                    yield self._inline.fetch(file, deadline)
                else:
                    yield from self._download(address, verifier, deadline)
                return
            except RetryableError as failure:
                attempts.failed(failure)
            except IntegrityMismatch as mismatch:
                _log.warning("%s: %s", name, mismatch)
                if verifier.received_bytes:  # They were yielded, and can't be taken back.
                    raise
                attempts.failed(RetryableError(mismatch))
                verifier = ContentVerifier(file)
            except LoginRequired:
                if self._inline is None or address.origin in self._private:
                    raise
                _log.info("%s wants a login: content comes from the API from now on", address.origin)
                self._private.add(address.origin)

    def _download(
        self, address: Address, verifier: ContentVerifier, deadline: Deadline
    ) -> Generator[bytes, None, None]:
        start = verifier.received_bytes
        while (token := self._raw.limits.enter(deadline, TURN_S)) is None:
            yield b""
        try:
            exchange = self._raw.open(address, deadline, {"Range": f"bytes={start}-"} if start else {}, token)
        finally:
            self._raw.limits.leave(token)
        with exchange:
            _skip_to(verifier, exchange)
            while not verifier.is_complete:
                chunk = exchange.read(int(min(CHUNK_BYTES, verifier.missing_bytes)))
                verifier.add(chunk, exchange.limit_drain() if len(chunk) == verifier.missing_bytes else b"")
                if verifier.is_complete:  # Give the connection back before the consumer is busy with the chunk.
                    exchange.close()
                yield chunk


def _skip_to(verifier: ContentVerifier, exchange: Exchange) -> None:
    """Check that an answer continues the content, and skip what was received before.

    Raises:
        RetryableError: it does not.
    """
    if exchange.is_encoded:
        raise RetryableError(IntegrityMismatch("the content came compressed, which was not asked for"))
    skip = verifier.received_bytes
    if exchange.response.status == 206:
        start = _CONTENT_RANGE.match(exchange.response.headers.get("content-range", ""))
        if start is None or int(start[1]) != skip:
            raise RetryableError(SourceUnavailable("another part of the content came than was asked for"))
        skip = 0
    announced_bytes, expected_bytes = exchange.response.length_remaining, skip + verifier.missing_bytes
    if announced_bytes is not None and announced_bytes < expected_bytes < math.inf:
        raise RetryableError(IntegrityMismatch("there is less content than the listing says"))
    while skip > 0:
        skip -= len(exchange.read(min(CHUNK_BYTES, skip))) or skip
