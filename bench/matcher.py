"""Matcher: our streaming over chunks in memory, RE2 over whole blocks, ripgrep over the same bytes in a file."""

from __future__ import annotations

import os
import sysconfig
import tempfile
from collections.abc import Callable, Generator
from pathlib import Path

import re2
from attrs import frozen

from bench.measuring import in_turn, run, table, timed
from bench.world import tool
from gistsearch.adapters.re2 import Re2Compiler
from gistsearch.domain.matching.file_search import search_file
from gistsearch.domain.matching.time_slicing import TimeSlicedMatcher
from gistsearch.domain.matching.windows import WINDOW_BYTES
from gistsearch.domain.query import Detail, SearchQuery
from gistsearch.ports.deadline import Deadline
from gistsearch.ports.matching import MatchOptions

CHUNK_BYTES = 1 << 18
BLOCK_BYTES = 1 << 20


@frozen
class Pattern:
    """One row."""

    kind: str
    pattern: str
    ignore_case: bool = False


PATTERNS = [
    Pattern("literal", "ZipImportError"),
    Pattern("literal, nowhere", "zqzqzq"),
    Pattern("alternation", "KeyboardInterrupt|SystemExit|GeneratorExit"),
    Pattern("class repetition", "[A-Z]{6,}_[A-Z]+[0-9]"),
    Pattern("case-insensitive", "unicodedecodeerror", ignore_case=True),
    Pattern("words", r"\bdef\s+\w+_from_\w+"),
    Pattern("line ends", r"pass$"),
]


def matcher(size: int, pairs: int) -> str:
    """Compare the time to count matches (lines, for ripgrep and us) in source text."""
    text = source_text(size)
    chunks, blocks = _cut(text, CHUNK_BYTES), _cut(text, BLOCK_BYTES)
    rows: list[list[str]] = []
    with tempfile.TemporaryDirectory() as place:
        file = Path(place, "text")
        file.write_bytes(text)
        for row in PATTERNS:
            plain = timed(_whole_blocks(row, blocks))
            counting = in_turn(plain, timed(_ours(row, chunks, Detail.COUNTS)), pairs)
            counting_blocks = in_turn(plain, timed(_ours(row, blocks, Detail.COUNTS)), pairs)
            counting_whole = in_turn(plain, timed(_ours(row, [text], Detail.COUNTS)), pairs)
            keeping = in_turn(plain, timed(_ours(row, chunks, Detail.LINES)), pairs)
            ripgrep = in_turn(timed(_ripgrep(row, file)), timed(_ours(row, chunks, Detail.COUNTS)), pairs)
            rows.append(
                [
                    row.kind,
                    f"`{row.pattern.replace('|', chr(92) + '|')}`",
                    f"{size / counting.a / 1e9:.2f} GB/s",
                    f"{counting.ratio:.2f}",
                    f"{counting_blocks.ratio:.2f}",
                    f"{counting_whole.ratio:.2f}",
                    f"{keeping.ratio:.2f}",
                    f"{ripgrep.ratio:.2f}",
                ]
            )
    heads = [
        "kind",
        "pattern",
        "RE2 alone",
        "ours / RE2",
        "chunks of 1 MiB",
        "one chunk",
        "lines and numbers / RE2",
        "ours / ripgrep",
    ]
    return (
        f"### Matcher: {size >> 20} MiB of source text, chunks of {CHUNK_BYTES >> 10} KiB, {pairs} pairs\n\n"
        + table(heads, rows)
        + "\n\nRatios of speeds: above 1, ours is faster. All but the column of lines and numbers only count matches.\n"
        + f"\nMatching lines with spans: {_lines_per_s(pairs):,.0f} a second.\n"
    )


def _cut(text: bytes, size: int) -> list[bytes]:
    return [text[at : at + size] for at in range(0, len(text), size)]


def source_text(size: int) -> bytes:
    """Return so many bytes of the standard library's sources, repeated as needed."""
    library = Path(sysconfig.get_path("stdlib"))
    once = b"".join(path.read_bytes() for path in sorted(library.glob("*.py")))
    return (once * (1 + size // len(once)))[:size]


def _whole_blocks(row: Pattern, blocks: list[bytes]) -> Callable[[], int]:
    options = re2.Options()
    options.log_errors = False
    options.never_capture = True
    options.case_sensitive = not row.ignore_case
    program = re2.compile(f"(?m){row.pattern}", options)
    return lambda: sum(1 for block in blocks for _ in program.finditer(block))


def _ours(row: Pattern, chunks: list[bytes], detail: Detail) -> Callable[[], int]:
    query = SearchQuery("octo", row.pattern, options=MatchOptions(ignore_case=row.ignore_case), detail=detail)
    compiled = Re2Compiler().compile(query.patterns, query.options)

    def count() -> int:
        matcher = TimeSlicedMatcher(compiled, Deadline(), line_by_line=True)
        return sum(part.line_count for part in search_file(_generator(chunks), None, matcher, query, WINDOW_BYTES))

    return count


def _generator(chunks: list[bytes]) -> Generator[bytes, None, None]:
    yield from chunks


def _ripgrep(row: Pattern, file: Path) -> Callable[[], object]:
    flags = ["--count", *(["-i"] if row.ignore_case else [])]
    command = [tool("rg", "ripgrep"), *flags, "--", row.pattern, os.fspath(file)]
    return lambda: run(command, expect=(0, 1))


def _lines_per_s(pairs: int) -> float:
    text = b"".join(b"import requests  # line %d\n" % number for number in range(100_000))
    every = timed(_ours(Pattern("", "import"), _cut(text, CHUNK_BYTES), Detail.LINES))
    return 100_000 / in_turn(every, lambda: 1.0, pairs).a
