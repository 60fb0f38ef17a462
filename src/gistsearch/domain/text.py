"""Bytes as they come, cut into windows of UTF-8 text that can be searched one by one.

How the bytes were cut into chunks on the way never changes what is found: blocks of whole lines may be cut anywhere
between lines, and where windows overlap, their places depend on the text alone.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator

from attrs import frozen

WINDOW_BYTES = 1 << 20
"""The longest line, and without line mode the longest text, that is searched as a whole."""
MIN_WINDOW_BYTES = 1 << 14
"""Below it the overlap would no longer hold an excerpt and what surrounds it."""
LEAST_BLOCK_BYTES = 1 << 17
"""Smaller chunks are gathered until they make up a block of this size: large enough for the engine's full speed, small
enough for the processor's cache."""
MOST_BLOCK_BYTES = 1 << 20
"""Larger chunks are cut."""
LEAD_BYTES = 2_048
"""How much text before a window is kept in sight: an excerpt's 500 characters, at up to four bytes each."""

_UTF16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


@frozen
class Window:
    """A stretch of text in which to look for matches, with its true neighbours on both sides."""

    data: bytes
    offset: int
    """Where `data` begins in the text, in bytes."""
    start: int
    """The first position in `data` at which a match may start: earlier ones belong to earlier windows."""
    stop: int
    """The first position at which a match belongs to the next window. `len(data) + 1` where the text ends here without
    a line feed (or where lines do not count), so that an empty match at its very end is in."""
    end: int
    """Where every match has to end."""
    opens_line: bool
    """Whether `data` begins at the beginning of a line."""
    closes_line: bool
    """Whether the last line in `data` is there to its end."""


def overlap_bytes(window_bytes: int) -> int:
    """Return the length up to which a match is found wherever it lies."""
    return window_bytes // 4


def line_windows(chunks: Iterable[bytes], window_bytes: int = WINDOW_BYTES) -> Iterator[Window]:
    """Cut text into windows of whole lines; only a line longer than a window goes into overlapping ones.

    Args:
        chunks: the content, in any cuts.
        window_bytes: the longest line that is kept whole.
    """
    return _LineWindows(window_bytes).of(_blocks(_as_utf8(chunks), min(MOST_BLOCK_BYTES, window_bytes)))


def text_windows(chunks: Iterable[bytes], window_bytes: int = WINDOW_BYTES) -> Iterator[Window]:
    """Cut text into overlapping windows, regardless of lines; a text that fits one window is there as a whole.

    Args:
        chunks: the content, in any cuts.
        window_bytes: the size of a window.
    """
    stretch = _Stretch(0, window_bytes)
    for block in _blocks(_as_utf8(chunks), min(MOST_BLOCK_BYTES, window_bytes)):
        yield from stretch.feed(block)
    yield stretch.last(terminated=False)


class _LineWindows:
    """Whole lines as long as lines are short, a stretch of overlapping windows where one is not.

    Blocks are handed on as they are, without a copy; only the line that runs across a seam is put together.
    """

    def __init__(self, window_bytes: int) -> None:
        self._window_bytes = window_bytes
        self._line = b""  # the beginning of a line whose end has not come: no line feed in it, no longer than a window
        self._offset = 0  # of that line
        self._stretch: _Stretch | None = None  # the overlong line within which we are, if any

    def of(self, blocks: Iterable[bytes]) -> Iterator[Window]:
        for block in blocks:  # Each is no longer than a window, so that a line within one is not, either.
            first = block.find(b"\n") + 1
            if self._line or self._stretch:
                yield from self._across_the_seam(block, first)
                if first:
                    yield from self._whole_lines(block, first)
            else:
                yield from self._whole_lines(block, 0)
        if self._stretch is not None:
            yield self._end_stretch(self._stretch, terminated=False)
        elif self._line:
            yield _whole(self._line, self._offset, terminated=False)

    def _across_the_seam(self, block: bytes, first: int) -> Iterator[Window]:
        """Go on with the line that is under way: by what the block has of it, up to `first` or all."""
        rest = block[:first] if first else block
        if self._stretch is None:
            line = self._line + rest
            self._line = b""
            if len(line) - bool(first) <= self._window_bytes:
                if not first:
                    self._line = line
                    return
                yield _whole(line, self._offset, terminated=True)
                self._offset += len(line)
                return
            self._stretch, rest = _Stretch(self._offset, self._window_bytes), line
        yield from self._stretch.feed(rest)
        if first:
            yield self._end_stretch(self._stretch, terminated=True)

    def _end_stretch(self, stretch: _Stretch, *, terminated: bool) -> Window:
        window = stretch.last(terminated=terminated)
        self._offset, self._stretch = window.offset + len(window.data), None
        return window

    def _whole_lines(self, block: bytes, start: int) -> Iterator[Window]:
        """Hand on the lines from `start` on, of which the first begins there; keep the beginning of the last."""
        cut = block.rfind(b"\n") + 1
        if cut > start:
            yield Window(block, self._offset - start, start, cut, cut, opens_line=start == 0, closes_line=True)
            self._offset += cut - start
        self._line = block[max(cut, start) :]


def _whole(line: bytes, offset: int, *, terminated: bool) -> Window:
    end = len(line)
    return Window(line, offset, 0, end if terminated else end + 1, end, opens_line=True, closes_line=True)


class _Stretch:
    """Text without a known end, cut into windows that overlap.

    Each window is responsible for the matches that start in all of it but the overlap at its end; they have at least
    the overlap's length of room. The next window begins there, and sees `LEAD_BYTES` of what came before.
    """

    def __init__(self, offset: int, window_bytes: int) -> None:
        self._window_bytes = window_bytes
        self._step = window_bytes - overlap_bytes(window_bytes)
        self._pieces: list[bytes] = []
        self._held = 0  # bytes in pieces
        self._offset = offset  # of the first piece
        self._start = 0  # where the next window begins to be responsible, in the pieces joined
        self._opens_line = True  # whether the first piece does: it is there from the beginning of the stretch

    def feed(self, piece: bytes) -> Iterator[Window]:
        self._pieces.append(piece)
        self._held += len(piece)
        while self._held > self._start + self._window_bytes:  # One byte more, as the neighbour at the end.
            yield self._next()

    def last(self, *, terminated: bool) -> Window:
        """Return the window that reaches to the end of what was fed.

        Args:
            terminated: whether a line feed ends the stretch, so that what comes behind it is no part of it.
        """
        data = b"".join(self._pieces)
        stop = len(data) if terminated else len(data) + 1
        return self._window(data, stop, len(data), closes_line=True)

    def _next(self) -> Window:
        held = b"".join(self._pieces)
        stop, end = self._start + self._step, self._start + self._window_bytes
        stop = held.rfind(b"\n", self._start, stop) + 1 or stop  # Between lines, where it can be, none is cut in two.
        # What more has come by now stays out of sight, as it depends on how the bytes were cut.
        window = self._window(held[: end + 1], stop, end, closes_line=False)
        kept_from = max(0, stop - LEAD_BYTES)
        self._pieces, self._held = [held[kept_from:]], self._held - kept_from
        self._offset, self._start = self._offset + kept_from, stop - kept_from
        self._opens_line = self._opens_line and kept_from == 0
        return window

    def _window(self, data: bytes, stop: int, end: int, *, closes_line: bool) -> Window:
        return Window(data, self._offset, self._start, stop, end, self._opens_line, closes_line)


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


def _blocks(chunks: Iterable[bytes], most: int) -> Iterator[bytes]:
    """Regroup chunks into blocks of at most `most` bytes, and not many smaller ones. A chunk of a good size is one."""
    least = min(LEAST_BLOCK_BYTES, most // 2)
    pending: list[bytes] = []
    held = 0
    for chunk in chunks:
        if not pending and least <= len(chunk) <= most:
            yield chunk
            continue
        for at in range(0, len(chunk), most // 2):
            pending.append(chunk[at : at + most // 2])
            held += len(pending[-1])
            if held >= least:
                yield b"".join(pending)
                pending, held = [], 0
    if held:
        yield b"".join(pending)
