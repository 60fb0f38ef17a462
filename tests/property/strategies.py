"""Texts, patterns and cuts whose awkward places meet: within matches, characters, line ends and byte order marks."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from hypothesis import strategies as st

from gistsearch.ports.matching import MatchOptions

PIECES = [b"a", b"b", b"ab", b"A", b"_", b" ", b"\n", b"\n", b"\r\n", b"\r", "é".encode(), "€".encode(), "😀".encode()]
ODD_PIECES = [b"\0", b"\xff", b"\x80", b"\xe2\x82", b"\xef\xbb\xbf"]

texts = st.lists(st.sampled_from(PIECES), max_size=60).map(b"".join)
odd_texts = st.lists(st.sampled_from(PIECES + ODD_PIECES), max_size=60).map(b"".join)
short_lines = st.lists(
    st.lists(st.sampled_from([b"a", b"b", b"A", b" ", "é".encode()]), max_size=7).map(b"".join),
    min_size=10,
    max_size=60,
).map(b"\n".join)
"""Lines of at most 14 bytes."""
byte_order_marks = st.sampled_from([b"", b"", b"\xef\xbb\xbf", b"\xef\xbb", b"\xff\xfe", b"\xfe\xff", b"\xff"])

_ATOMS = [
    "a",
    "b",
    "A",
    "é",
    "€",
    ".",
    "[ab]",
    "[^a]",
    r"\w",
    r"\s",
    r"\S",
    " ",
    "_",
    r"\b",
    r"\B",
    "^",
    r"\A",
    "(?i:a)",
]
_TIMES = ["", "", "", "*", "+", "?", "{2}", "{1,3}", "*?", "+?"]
_ENDS = ["", "", "$", r"\z"]  # An assertion behind `$` would see that the `\r` of `\r\n` has been taken.


def _patterns(pieces: st.SearchStrategy[str], ends: Sequence[str] = _ENDS) -> st.SearchStrategy[str]:
    run = st.lists(st.builds(str.__add__, pieces, st.sampled_from(_TIMES)), max_size=4).map("".join)
    branch = st.builds(str.__add__, run, st.sampled_from(ends))
    return st.lists(branch, min_size=1, max_size=3).map("|".join)


patterns = _patterns(
    st.one_of(st.sampled_from(_ATOMS), _patterns(st.sampled_from(_ATOMS), [""]).map(lambda inner: f"(?:{inner})"))
).filter(bool)
line_crossing_patterns = _patterns(st.sampled_from([*_ATOMS, r"\n", r"(?s:.)", r"\r?\n"])).filter(bool)

options = st.builds(MatchOptions, ignore_case=st.booleans(), word=st.booleans())


@st.composite
def cut(draw: st.DrawFn, text: bytes) -> list[bytes]:
    """Cut a text into chunks: one byte each, or anywhere, empty chunks among them."""
    if draw(st.booleans()):
        return [text[at : at + 1] for at in range(len(text))]
    places = sorted(draw(st.lists(st.integers(0, len(text)), max_size=12)))
    return [text[start:end] for start, end in pairwise([0, *places, len(text)])]
