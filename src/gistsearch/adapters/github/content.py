"""Fetches a file's content: verified while it streams, and resumed where it broke."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Generator, Iterator

from gistsearch.adapters.github.answers import Answer, CutShort
from gistsearch.adapters.github.client import Client
from gistsearch.adapters.github.retries import RetryPolicy, Transient
from gistsearch.ports.gists import Deadline, GistFile, IntegrityMismatch, SourceError, SourceUnavailable

_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,18})-")


class Content:
    """Fetches content from the raw origins."""

    def __init__(self, client: Client, retries: RetryPolicy) -> None:
        self._client = client
        self._retries = retries

    def stream(
        self, file: GistFile, deadline: Deadline, *, failed: SourceError | Transient | None = None
    ) -> Generator[bytes, None, None]:
        """Yield a file's content, as `GistSource.open_file` says.

        The byte that completes the listed size is yielded only if all of them hash to the blob id, and none behind it.

        Args:
            file: as the listing gave it.
            deadline: ends all waiting.
            failed: how the first try ended, if it has failed already.
        """
        promise = Promise(file)
        tries = self._retries.start(deadline)
        if isinstance(failed, SourceError):
            raise failed
        if failed is not None:
            tries.failed(failed)
        while True:
            try:
                with self._client.ask(file.raw_url, deadline, start=promise.received_bytes) as answer:
                    for chunk in _body(answer, promise):
                        promise.check(chunk)
                        yield chunk
                        if promise.is_kept:
                            answer.hurry()
                promise.check_end()
                return
            except Transient as failure:
                if promise.is_kept:  # What broke was the end of the answer, not the content.
                    return
                tries.failed(failure)
            except IntegrityMismatch as mismatch:
                if promise.received_bytes:  # They were handed on, and can't be taken back.
                    raise
                tries.failed(Transient(mismatch))
                promise = Promise(file)


class Promise:
    """What the listing says of a file's content, and how much of it has come."""

    def __init__(self, file: GistFile) -> None:
        self._size_bytes = file.size_bytes
        self._blob_id = file.blob_id
        self._hash = hashlib.sha1(b"blob %d\0" % file.size_bytes, usedforsecurity=False)
        self.received_bytes = 0
        self.is_kept = False

    @property
    def missing_bytes(self) -> int:
        """How many are still to come."""
        return self._size_bytes - self.received_bytes

    def check(self, chunk: bytes) -> None:
        """Take the next bytes.

        Raises:
            IntegrityMismatch: they are too many, or complete the size but not the hash; they don't count as received.
        """
        if len(chunk) > self.missing_bytes:
            raise IntegrityMismatch(f"there is more content than the {self._size_bytes} bytes that the listing says")
        self._hash.update(chunk)
        if len(chunk) == self.missing_bytes:
            self._check_hash()
        self.received_bytes += len(chunk)

    def check_end(self) -> None:
        """Take note that there are no more bytes.

        Raises:
            IntegrityMismatch: they do not hash to the blob id.
            Transient: they are too few, with an `IntegrityMismatch` as verdict.
        """
        if self.missing_bytes:
            told = f"{self.received_bytes} bytes came of the {self._size_bytes} that the listing says"
            raise Transient(IntegrityMismatch(told))
        if not self.is_kept:
            self._check_hash()

    def _check_hash(self) -> None:
        if self._blob_id is not None and self._hash.hexdigest() != self._blob_id:
            raise IntegrityMismatch("the content does not hash to the blob id that the listing says")
        self.is_kept = True


def _body(answer: Answer, promise: Promise) -> Iterator[bytes]:
    """Yield the bytes of an answer that were not received before. One that ends early just ends: its size is known."""
    if answer.is_encoded:
        raise Transient(IntegrityMismatch("the content came compressed, which was not asked for"))
    if answer.status == 206 and _first_byte(answer) != promise.received_bytes:
        raise Transient(SourceUnavailable("another part of the content came than was asked for"))
    skip = promise.received_bytes if answer.status == 200 else 0
    if answer.announced_bytes is not None and answer.announced_bytes < skip + promise.missing_bytes:
        raise Transient(IntegrityMismatch("there is less content than the listing says"))
    try:
        for chunk in answer:
            if skip < len(chunk):
                yield chunk[skip:] if skip else chunk
            skip = max(0, skip - len(chunk))
    except CutShort:
        return


def _first_byte(answer: Answer) -> int | None:
    match = _CONTENT_RANGE.match(answer.headers.get("content-range", ""))
    return int(match[1]) if match else None
