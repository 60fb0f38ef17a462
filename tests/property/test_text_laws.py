"""The laws of windows: every byte is seen, once."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gistsearch.domain.text import LARGE_CHUNK_BYTES, LEAD_BYTES, Window, line_windows, text_windows
from tests.property import strategies

sizes = st.integers(8, 96)


def responsible(windows: list[Window]) -> bytes:
    """Join the stretches in which the windows accept the start of a match."""
    return b"".join(window.data[window.start : window.stop] for window in windows)


@given(st.data(), strategies.odd_texts, sizes, st.booleans())
def test_responsibilities_joined_are_the_text(data: st.DataObject, text: bytes, size: int, by_line: bool) -> None:
    """Every byte is seen: the blocks joined are the text."""
    text = b"t" + text  # no byte order mark
    cut = data.draw(strategies.cut(text))
    windows = list((line_windows if by_line else text_windows)(cut, size))
    assert responsible(windows) == text
    for window in windows:
        assert text[window.offset :].startswith(window.data)


@given(st.data(), strategies.odd_texts, sizes, st.booleans())
def test_windows_are_bounded(data: st.DataObject, text: bytes, size: int, by_line: bool) -> None:
    """No window grows with the text, and none holds more than a few windows' bytes, unless that came as one chunk."""
    text = b"t" + text * 20
    chunks = data.draw(strategies.cut(text))
    for window in (line_windows if by_line else text_windows)(chunks, size):
        assert window.end - window.start <= size + 1  # A line feed may be more.
        assert any(window.data is chunk for chunk in chunks) or len(window.data) <= 3 * size + LEAD_BYTES


@given(st.data(), strategies.texts.filter(bool))
def test_a_text_that_fits_the_window_is_one(data: st.DataObject, text: bytes) -> None:
    """A small file is searched in one call, whatever its chunks."""
    for windows in (line_windows, text_windows):
        (window,) = windows(data.draw(strategies.cut(text)))
        assert window.data == text


@pytest.mark.parametrize("end", [b"", b"\n"])
def test_large_chunks_are_searched_where_they_are(end: bytes) -> None:
    """Only the line across a seam is put together."""
    chunks = [b"one\n" * LARGE_CHUNK_BYTES + b"tw", b"o\n" + b"three\n" * LARGE_CHUNK_BYTES + b"four" + end]
    windows = list(line_windows(chunks))
    assert responsible(windows) == b"".join(chunks)
    copied = [window.data for window in windows if not any(window.data is chunk for chunk in chunks)]
    assert copied == [b"two\n"] + ([] if end else [b"four"])


@given(strategies.odd_texts, sizes, st.booleans())
def test_neighbours_are_true(text: bytes, size: int, by_line: bool) -> None:
    """A window's data ends within the text only where a neighbour is in sight or a line ends."""
    text = b"t" + text
    for window in (line_windows if by_line else text_windows)([text], size):
        at_the_end = window.offset + len(window.data) == len(text)
        assert window.offset + window.start == 0 or window.start > 0 or text[window.offset - 1] == 0x0A
        assert at_the_end or window.end < len(window.data) or window.data.endswith(b"\n")


@given(st.data(), st.text(alphabet="aé€😀\n\r \0", max_size=50), st.sampled_from(["utf-16-le", "utf-16-be"]))
def test_utf16_is_transcoded_on_the_fly(data: st.DataObject, text: str, encoding: str) -> None:
    """A UTF-16 BOM has the file transcoded, wherever its bytes were cut."""
    mark = codecs.BOM_UTF16_LE if encoding == "utf-16-le" else codecs.BOM_UTF16_BE
    cut = data.draw(strategies.cut(mark + text.encode(encoding)))
    assert responsible(list(line_windows(cut))) == text.encode()


@given(st.data(), strategies.texts)
def test_a_byte_order_mark_is_skipped(data: st.DataObject, text: bytes) -> None:
    """A UTF-8 BOM is skipped, wherever its bytes were cut; a second one is text."""
    cut = data.draw(strategies.cut(codecs.BOM_UTF8 + codecs.BOM_UTF8 + text))
    assert responsible(list(line_windows(cut))) == codecs.BOM_UTF8 + text
