"""Bytes as they come, cut into windows of UTF-8 text that can be searched one by one.

How the bytes were cut into chunks on the way never changes what is found: blocks of whole lines may be cut anywhere
between lines, and where windows overlap, their places depend on the text alone.
"""

from __future__ import annotations

import codecs
from collections.abc import Generator, Iterable, Iterator

from attrs import frozen

WINDOW_BYTES = 1 << 20
"""The longest line, and without line mode the longest text, that is searched as a whole."""
MIN_WINDOW_BYTES = 1 << 14
"""Below it the overlap would no longer hold an excerpt and what surrounds it."""
LARGE_CHUNK_BYTES = 1 << 17
"""Smaller chunks are gathered until they make up so much: large enough for the engine's full speed, small enough for
the processor's cache. Larger ones are searched where they are."""
LEAD_BYTES = 2_048
"""How much text before a window is kept in sight: an excerpt's 500 characters, at up to four bytes each."""

_UTF16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


@frozen(slots=False)  # With a `__dict__` a frozen value is made in half the time.
class Window:
    """A stretch of text in which to look for matches, with its true neighbours on both sides."""

    data: bytes
    """The stretch and what surrounds it, be it the whole of a large chunk."""
    offset: int
    """Where `data` begins in the text, in bytes."""
    start: int
    """The first position in `data` at which a match may start: earlier ones belong to earlier windows."""
    stop: int
    """The first position at which a match belongs to the next window. `len(data) + 1` where the text ends here within a
    line, so that an empty match at its very end is in."""
    end: int
    """Where every match has to end."""
    opens_line: bool
    """Whether `data` begins at the beginning of a line."""
    closes_line: bool
    """Whether the last line that begins before `stop` is there to its end."""


def overlap_bytes(window_bytes: int) -> int:
    """Return the length up to which a match is found wherever it lies."""
    return window_bytes // 4


def line_windows(chunks: Iterable[bytes], window_bytes: int = WINDOW_BYTES) -> Iterator[Window]:
    """Cut text into windows of whole lines; only a line longer than a window goes into overlapping ones.

    Args:
        chunks: the content, in any cuts. A large chunk is not copied: windows lie in it.
        window_bytes: the longest line that is kept whole.
    """
    return _LineWindows(window_bytes).of(_as_utf8(chunks))


def text_windows(chunks: Iterable[bytes], window_bytes: int = WINDOW_BYTES) -> Iterator[Window]:
    """Cut text into overlapping windows, regardless of lines; a text that fits one window is there as a whole.

    Args:
        chunks: the content, in any cuts.
        window_bytes: the size of a window.
    """
    stretch = _Stretch(0, window_bytes)
    for chunk in _as_utf8(chunks):
        yield from stretch.feed(chunk, 0, len(chunk))
    yield stretch.last()


class _LineWindows:
    """Whole lines as long as lines are short, a stretch of overlapping windows where one is not.

    Small chunks are put together with the line that was under way; of two large ones, the line across their seam alone.
    """

    def __init__(self, window_bytes: int) -> None:
        self._window_bytes = window_bytes
        self._large_bytes = min(LARGE_CHUNK_BYTES, window_bytes // 2)
        self._uncut: list[bytes] = []  # a line whose end has not come, no longer than a window, and small chunks
        self._stretch: _Stretch | None = None  # the overlong line within which we are, if any

    def of(self, chunks: Iterable[bytes]) -> Iterator[Window]:
        cut_to = 0  # in the text
        for block, start in self._blocks(chunks):
            offset = cut_to - start
            while start < len(block):
                end = block.rfind(b"\n", start, start + self._window_bytes + 1) + 1
                if self._stretch or (not end and start + self._window_bytes < len(block)):
                    start = yield from self._overlong(block, offset, start)
                elif end:
                    yield Window(block, offset, start, end, end, start == 0, True)
                    start = end
                else:
                    self._uncut.append(block[start:])
                    break
            cut_to = offset + start
        if self._stretch:
            yield self._stretch.last()
        elif rest := self._joined():
            yield Window(rest, cut_to, 0, _last_stop(rest), len(rest), opens_line=True, closes_line=True)

    def _overlong(self, block: bytes, offset: int, start: int) -> Generator[Window, None, int]:
        """Go through what the block has of an overlong line from `start` on; return where that ends."""
        self._stretch = self._stretch or _Stretch(offset + start, self._window_bytes)
        terminated = block.find(b"\n", start) + 1
        end = terminated or len(block)
        yield from self._stretch.feed(block, start, end)
        if terminated:
            yield self._stretch.last()
            self._stretch = None
        return end

    def _blocks(self, chunks: Iterable[bytes]) -> Iterator[tuple[bytes, int]]:
        """Yield the text in pieces, each with where it is to be cut from; what fits into a last window is left.

        What the last block left, small chunks, and the first line of a large one, are put together: a line begins where
        they do. The large chunk itself follows as it is.
        """
        gathered = 0
        for chunk in chunks:
            if len(chunk) < self._large_bytes:
                self._uncut.append(chunk)
                gathered += len(chunk)
                if gathered < self._large_bytes:
                    continue
                yield self._joined(), 0
            else:
                first = 0
                if self._uncut:
                    first = chunk.find(b"\n", 0, self._window_bytes + 1) + 1 or self._window_bytes + 1
                    self._uncut.append(chunk[:first])
                    yield self._joined(), 0
                yield chunk, first
            gathered = 0
        if self._stretch or sum(map(len, self._uncut)) > self._window_bytes:
            yield self._joined(), 0

    def _joined(self) -> bytes:
        block, self._uncut = b"".join(self._uncut), []
        return block


class _Stretch:
    """Text without a known end, cut into windows that overlap.

    Each window is responsible for the matches that start in all of it but the overlap at its end; they have at least
    the overlap's length of room. The next window begins there, and sees `LEAD_BYTES` of what came before.
    """

    def __init__(self, offset: int, window_bytes: int) -> None:
        self._window_bytes = window_bytes
        self._step = window_bytes - overlap_bytes(window_bytes)
        self._held = bytearray()
        self._offset = offset  # of what is held
        self._start = 0  # where in it the next window begins to be responsible
        self._opens_line = True  # whether what is held is there from the beginning of the stretch

    def feed(self, data: bytes, start: int, end: int) -> Iterator[Window]:
        """Go on with `data[start:end]`."""
        view = memoryview(data)
        while start < end:
            # A window and the neighbour at its end. More stays out of sight: how much there is depends on the chunks.
            full = self._start + self._window_bytes + 1
            piece = view[start : min(end, start + full - len(self._held))]
            self._held += piece
            start += len(piece)
            if len(self._held) == full:
                yield self._next()

    def last(self) -> Window:
        """Return the window that reaches to the end of what was fed: of the text, or of an overlong line."""
        return self._window(_last_stop(self._held), len(self._held), closes_line=True)

    def _next(self) -> Window:
        stop = self._start + self._step
        stop = (
            self._held.rfind(b"\n", self._start, stop) + 1 or stop
        )  # Between lines, where it can be, none is cut in two.
        window = self._window(stop, len(self._held) - 1, closes_line=False)
        kept_from = max(0, stop - LEAD_BYTES)
        del self._held[:kept_from]
        self._offset, self._start = self._offset + kept_from, stop - kept_from
        self._opens_line = self._opens_line and kept_from == 0
        return window

    def _window(self, stop: int, end: int, *, closes_line: bool) -> Window:
        data = bytes(self._held)
        return Window(data, self._offset, self._start, stop, end, self._opens_line, closes_line)


def _last_stop(data: bytes | bytearray) -> int:
    """Return the `stop` of a window that reaches to the end of the data: behind the last line there is nothing."""
    return len(data) + 1 if data and not data.endswith(b"\n") else len(data)


def _as_utf8(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Skip a UTF-8 byte order mark; transcode what begins with a UTF-16 one."""
    head = b""
    source = iter(chunks)
    for chunk in source:
        head += chunk
        if len(head) >= len(codecs.BOM_UTF8):
            break
    if encoding := _UTF16.get(head[:2]):
        yield from _transcoded(head[2:], source, encoding)
    else:
        yield head.removeprefix(codecs.BOM_UTF8)
        yield from source


def _transcoded(head: bytes, chunks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    yield decoder.decode(head).encode()
    for chunk in chunks:
        yield decoder.decode(chunk).encode()
    yield decoder.decode(b"", final=True).encode()
