"""Text cut into windows that can be searched one by one.

How the text arrives in chunks never changes what is found: blocks of whole lines may be cut anywhere between lines, and
where windows overlap, their places depend on the text alone.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Generator, Iterator
from typing import Protocol

from attrs import frozen

WINDOW_BYTES = 1 << 20
"""The longest line, and without line mode the longest text, that is searched as a whole."""
MIN_WINDOW_BYTES = 1 << 14
"""Below this, the overlap would not contain an excerpt and the text around it."""
LARGE_CHUNK_BYTES = 1 << 17
"""Smaller chunks are gathered until they reach this size: large enough for the engine's full speed, small enough for
the processor's cache. Larger ones are searched in place."""
LOOKBEHIND_BYTES = 2_048
"""How much text before a window stays in sight: the 500 characters of an excerpt, at up to four bytes each."""


@frozen(slots=False)  # With a `__dict__`, a frozen value is made in half the time.
class Window:
    """A stretch of text in which to look for matches, with its true neighbours on both sides."""

    data: bytes
    """The stretch and the text around it; possibly all of a large chunk."""
    offset: int
    """The position of `data` in the text, in bytes."""
    start: int
    """The first position in `data` at which a match may start: earlier ones belong to earlier windows."""
    stop: int
    """The first position at which a match belongs to the next window. `len(data) + 1` if the text ends here within a
    line, so that an empty match at its very end is included."""
    end: int
    """The position before which every match has to end."""
    opens_line: bool
    """Whether `data` begins at the beginning of a line."""
    closes_line: bool
    """Whether the last line that begins before `stop` is complete."""

    @property
    def begins_line(self) -> bool:
        """Whether a line begins at `start`."""
        return self.data[self.start - 1] == 0x0A if self.start else self.opens_line


class Windows(Protocol):
    """Cuts one text into windows."""

    @abstractmethod
    def feed(self, chunk: bytes) -> Iterator[Window]:
        """Yield the windows that the next chunk completes. Exhaust the iterator before the next call."""
        raise NotImplementedError

    @abstractmethod
    def end(self) -> Iterator[Window]:
        """Yield the windows that are left, at the end of the text."""
        raise NotImplementedError


def overlap_bytes(window_bytes: int) -> int:
    """Return the length up to which a match is always found, wherever it lies."""
    return window_bytes // 4


class LineWindows(Windows):
    """Windows of whole lines. Only a line that is longer than a window is cut, into overlapping windows.

    Small chunks are joined with the line that was incomplete; of two large ones, only the line across their seam is.
    """

    def __init__(
        self, window_bytes: int = WINDOW_BYTES, suitable_bytes: Callable[[], int] = lambda: WINDOW_BYTES
    ) -> None:
        """
        Args:
            window_bytes: the longest line that is kept whole.
            suitable_bytes: returns the size up to which a window of several lines is welcome now.
        """
        self._window_bytes = window_bytes
        self._suitable_bytes = suitable_bytes
        self._large_bytes = min(LARGE_CHUNK_BYTES, window_bytes // 2)
        self._uncut: list[bytes] = []  # an incomplete line, no longer than a window, and small chunks
        self._small_bytes = 0  # the size of those small chunks
        self._cut_to = 0  # the position in the text up to which it has been cut
        self._overlong: OverlappingWindows | None = None  # of the overlong line that is incomplete

    def feed(self, chunk: bytes) -> Iterator[Window]:
        if len(chunk) < self._large_bytes:
            self._uncut.append(chunk)
            self._small_bytes += len(chunk)
            if self._small_bytes >= self._large_bytes:
                yield from self._cut(self._joined(), 0)
            return
        first = 0
        if self._uncut:
            first = chunk.find(b"\n", 0, self._window_bytes + 1) + 1 or self._window_bytes + 1
            self._uncut.append(chunk[:first])
            yield from self._cut(self._joined(), 0)
        yield from self._cut(chunk, first)

    def end(self) -> Iterator[Window]:
        if self._overlong or sum(map(len, self._uncut)) > min(self._window_bytes, self._suitable_bytes()):
            yield from self._cut(self._joined(), 0)
        if self._overlong:
            yield from self._overlong.end()
        elif rest := self._joined():
            yield Window(rest, self._cut_to, 0, _last_stop(rest), len(rest), opens_line=True, closes_line=True)

    def _cut(self, block: bytes, start: int) -> Iterator[Window]:
        """Cut a block from `start` on; keep an incomplete line that may fit into one window."""
        offset = self._cut_to - start
        while start < len(block):
            end = self._end_of_lines(block, start)
            if self._overlong or (not end and start + self._window_bytes < len(block)):
                start = yield from self._cut_overlong(block, offset, start)
            elif end:
                yield Window(block, offset, start, end, end, start == 0, True)
                start = end
            else:
                self._uncut.append(block[start:])
                break
        self._cut_to = offset + start

    def _end_of_lines(self, block: bytes, start: int) -> int:
        """Return where a window of whole lines may end, 0 if not even one line fits into it or is complete."""
        longest = start + self._window_bytes + 1
        suitable = min(start + self._suitable_bytes() + 1, longest)
        return (block.rfind(b"\n", start, suitable) + 1) or (block.find(b"\n", suitable, longest) + 1)

    def _cut_overlong(self, block: bytes, offset: int, start: int) -> Generator[Window, None, int]:
        """Cut the part of an overlong line that the block contains; return where it ends."""
        self._overlong = self._overlong or OverlappingWindows(self._window_bytes, offset + start)
        is_complete = block.find(b"\n", start) + 1
        end = is_complete or len(block)
        yield from self._overlong.feed(block, start, end)
        if is_complete:
            yield from self._overlong.end()
            self._overlong = None
        return end

    def _joined(self) -> bytes:
        block, self._uncut, self._small_bytes = b"".join(self._uncut), [], 0
        return block


class OverlappingWindows(Windows):
    """Windows that overlap, regardless of lines. A text that fits one window is searched as a whole.

    Each window is responsible for the matches that start in it, except for those in the overlap at its end; a match has
    at least the length of the overlap for itself. The next window begins there, and sees `LOOKBEHIND_BYTES` of what
    came before.
    """

    def __init__(self, window_bytes: int = WINDOW_BYTES, offset: int = 0) -> None:
        """
        Args:
            window_bytes: the size of a window.
            offset: the position in the text at which the windows begin.
        """
        self._window_bytes = window_bytes
        self._step = window_bytes - overlap_bytes(window_bytes)
        self._held = bytearray()
        self._offset = offset  # of what is held
        self._start = 0  # where in it the responsibility of the next window begins
        self._opens_line = True  # whether what is held begins at the first window's beginning

    def feed(self, chunk: bytes, start: int = 0, end: int | None = None) -> Iterator[Window]:
        """Yield the windows that `chunk[start:end]` completes."""
        view = memoryview(chunk)
        end = len(chunk) if end is None else end
        while start < end:
            # A window and one byte after it. More must not be in sight: how much there is depends on the chunks.
            full = self._start + self._window_bytes + 1
            piece = view[start : min(end, start + full - len(self._held))]
            self._held += piece
            start += len(piece)
            if len(self._held) == full:
                yield self._next()

    def end(self) -> Iterator[Window]:
        yield self._window(_last_stop(self._held), len(self._held), closes_line=True)

    def _next(self) -> Window:
        stop = self._start + self._step
        stop = self._held.rfind(b"\n", self._start, stop) + 1 or stop  # between lines if possible
        window = self._window(stop, len(self._held) - 1, closes_line=False)
        kept_from = max(0, stop - LOOKBEHIND_BYTES)
        del self._held[:kept_from]
        self._offset, self._start = self._offset + kept_from, stop - kept_from
        self._opens_line = self._opens_line and kept_from == 0
        return window

    def _window(self, stop: int, end: int, *, closes_line: bool) -> Window:
        data = bytes(self._held)
        return Window(data, self._offset, self._start, stop, end, self._opens_line, closes_line)


def _last_stop(data: bytes | bytearray) -> int:
    """Return the `stop` of a window that ends with the data: after the last line feed there is no line."""
    return len(data) + 1 if data and not data.endswith(b"\n") else len(data)
