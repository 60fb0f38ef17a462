"""What the loopback GitHub holds: gists and files, whose content lies in memory or is made while it is sent."""

from __future__ import annotations

import gzip
import hashlib
import itertools
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import cached_property

from attrs import field, frozen

SLICE_BYTES = 1 << 18
"""How much of a body is written at once."""

_made_ids = itertools.count(1)


@frozen(eq=False)
class Streamed:
    """Content that is never held: it is made anew for each request."""

    size: int
    """In bytes."""
    chunks: Callable[[], Iterator[bytes]]
    """Yields the content, in pieces of any size; called once for each reading of it."""
    given_blob_id: str | None = field(default=None, alias="blob_id")
    """Where it is None, the content is made once more, to hash it."""

    @cached_property
    def blob_id(self) -> str:
        return self.given_blob_id or _blob_id(self.size, self.chunks())


@frozen(eq=False)
class LoopbackFile:
    """A file of a gist. Its content never changes: an edited file is another one."""

    name: str
    content: bytes | Streamed
    language: str | None = "Python"

    @property
    def size(self) -> int:
        return len(self.content) if isinstance(self.content, bytes) else self.content.size

    @cached_property
    def blob_id(self) -> str:
        return _blob_id(self.size, (self.content,)) if isinstance(self.content, bytes) else self.content.blob_id

    @cached_property
    def gzipped(self) -> bytes | None:
        """The content as it goes over the wire to clients that ask for gzip; streamed content is never compressed."""
        return gzip.compress(self.content, 1, mtime=0) if isinstance(self.content, bytes) else None


def _made_id(given: str | None) -> str:
    return given or hashlib.md5(b"gist %d" % next(_made_ids)).hexdigest()


@frozen(eq=False)
class LoopbackGist:
    """A gist. It never changes: to edit one, put another (with the same `id`) in its place."""

    files: tuple[LoopbackFile, ...] = field(converter=tuple[LoopbackFile, ...])
    description: str | None = None
    id: str = field(default=None, converter=_made_id)
    public: bool = True
    created_at: datetime | None = None
    """Where it is None, a time is made that leaves the gist at its place in the list, which begins with the newest."""
    updated_at: datetime | None = None
    """None: when it was created."""


def part(content: bytes | Streamed, start: int, end: int) -> Iterator[bytes]:
    """Yield the bytes from `start` to `end` (half-open) of some content, in pieces of at most `SLICE_BYTES`."""
    pieces: Iterable[bytes] = (content,) if isinstance(content, bytes) else content.chunks()
    position = 0
    for piece in pieces:
        begin, stop = max(start - position, 0), min(end - position, len(piece))
        for at in range(begin, stop, SLICE_BYTES):
            yield piece[at : min(at + SLICE_BYTES, stop)]
        position += len(piece)
        if position >= end:
            return


def _blob_id(size: int, chunks: Iterable[bytes]) -> str:
    """Name content as git does (git-hash-object)."""
    digest = hashlib.sha1(b"blob %d\0" % size)
    for chunk in chunks:
        digest.update(chunk)
    return digest.hexdigest()
