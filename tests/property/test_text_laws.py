"""The laws of decoding and of windows: every byte is seen, once."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gistsearch.domain.matching.decoding import TextDecoder
from gistsearch.domain.matching.windows import (
    LARGE_CHUNK_BYTES,
    LOOKBEHIND_BYTES,
    LineWindows,
    OverlappingWindows,
    Window,
)
from tests.property import strategies

sizes = st.integers(8, 96)


def line_windows(chunks: Iterable[bytes], window_bytes: int = 1 << 20) -> Iterator[Window]:
    windows = LineWindows(window_bytes)
    for chunk in chunks:
        yield from windows.feed(chunk)
    yield from windows.end()


def text_windows(chunks: Iterable[bytes], window_bytes: int = 1 << 20) -> Iterator[Window]:
    windows = OverlappingWindows(window_bytes)
    for chunk in chunks:
        yield from windows.feed(chunk)
    yield from windows.end()


def decoded(chunks: Iterable[bytes]) -> bytes:
    decoder = TextDecoder()
    return b"".join([decoder.feed(chunk) for chunk in chunks] + [decoder.end()])


def responsible(windows: list[Window]) -> bytes:
    """Join the stretches in which the windows accept the start of a match."""
    return b"".join(window.data[window.start : window.stop] for window in windows)


@given(st.data(), strategies.odd_texts, sizes, st.booleans())
def test_every_byte_belongs_to_one_window(data: st.DataObject, text: bytes, size: int, by_line: bool) -> None:
    """The stretches for which the windows are responsible, joined, are the text."""
    cut = data.draw(strategies.cut(text))
    windows = list((line_windows if by_line else text_windows)(cut, size))
    assert responsible(windows) == text
    for window in windows:
        assert text[window.offset :].startswith(window.data)


@given(st.data(), strategies.odd_texts, sizes, st.booleans())
def test_windows_are_bounded(data: st.DataObject, text: bytes, size: int, by_line: bool) -> None:
    """No window grows with the text. None contains more than a few windows' bytes, except for a large chunk."""
    text = text * 20
    chunks = data.draw(strategies.cut(text))
    for window in (line_windows if by_line else text_windows)(chunks, size):
        assert window.end - window.start <= size + 1  # A line feed may be more.
        assert any(window.data is chunk for chunk in chunks) or len(window.data) <= 3 * size + LOOKBEHIND_BYTES


@given(st.data(), strategies.texts.filter(bool))
def test_a_text_that_fits_one_window_is_searched_whole(data: st.DataObject, text: bytes) -> None:
    """A small file is searched in one call, whatever its chunks."""
    for windows in (line_windows, text_windows):
        (window,) = windows(data.draw(strategies.cut(text)))
        assert window.data == text


@pytest.mark.parametrize("end", [b"", b"\n"])
def test_large_chunks_are_searched_in_place(end: bytes) -> None:
    """Only the line across a seam is copied."""
    chunks = [b"one\n" * LARGE_CHUNK_BYTES + b"tw", b"o\n" + b"three\n" * LARGE_CHUNK_BYTES + b"four" + end]
    windows = list(line_windows(chunks))
    assert responsible(windows) == b"".join(chunks)
    copied = [window.data for window in windows if not any(window.data is chunk for chunk in chunks)]
    assert copied == [b"two\n"] + ([] if end else [b"four"])


@given(strategies.odd_texts, sizes, st.booleans())
def test_neighbours_are_true(text: bytes, size: int, by_line: bool) -> None:
    """A window ends within the text only if the next byte is in sight or a line ends."""
    for window in (line_windows if by_line else text_windows)([text], size):
        at_the_end = window.offset + len(window.data) == len(text)
        assert window.offset + window.start == 0 or window.start > 0 or text[window.offset - 1] == 0x0A
        assert at_the_end or window.end < len(window.data) or window.data.endswith(b"\n")


@given(st.data(), st.text(alphabet="aé€😀\n\r \0", max_size=50), st.sampled_from(["utf-16-le", "utf-16-be"]))
def test_utf16_is_transcoded(data: st.DataObject, text: str, encoding: str) -> None:
    """A UTF-16 byte order mark is recognised however it is cut into chunks."""
    mark = codecs.BOM_UTF16_LE if encoding == "utf-16-le" else codecs.BOM_UTF16_BE
    chunks = data.draw(strategies.cut(mark + text.encode(encoding)))
    assert decoded(chunks) == text.encode().replace(b"\r\n", b"\n")


@given(st.data(), strategies.texts)
def test_a_byte_order_mark_is_skipped(data: st.DataObject, text: bytes) -> None:
    """Only one, however it is cut into chunks; a second one is text."""
    chunks = data.draw(strategies.cut(codecs.BOM_UTF8 + codecs.BOM_UTF8 + text))
    assert decoded(chunks) == codecs.BOM_UTF8 + text.replace(b"\r\n", b"\n")


@given(st.data(), strategies.odd_texts)
def test_a_carriage_return_before_a_line_feed_is_no_text(data: st.DataObject, text: bytes) -> None:
    """Any other carriage return is, also the last byte of a text."""
    text = b"t" + text + b"\r"
    assert decoded(data.draw(strategies.cut(text))) == text.replace(b"\r\n", b"\n")


@pytest.mark.parametrize("mark", [b"", b"\xef", b"\xef\xbb", b"\xff", b"\xfe", b"\xef\xbb\xbf", b"\xff\xfe"])
def test_a_text_of_a_byte_order_mark_or_less(mark: bytes) -> None:
    """Part of a mark is text; a mark alone is an empty file."""
    whole = mark in (b"\xef\xbb\xbf", b"\xff\xfe")
    assert decoded([mark]) == (b"" if whole else mark)
