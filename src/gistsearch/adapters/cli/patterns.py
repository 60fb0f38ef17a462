"""Where patterns come from: the first word, `-e`, or the lines of files (`-f`)."""

from __future__ import annotations

import codecs
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from gistsearch.adapters.cli.option_types import read_pattern
from gistsearch.domain.query import MAX_PATTERN_LENGTH, MAX_PATTERNS

_MAX_FILE_BYTES = MAX_PATTERNS * (4 * MAX_PATTERN_LENGTH + 2)
"""What the longest patterns take in UTF-8, with their line ends."""


def split_words(
    words: Sequence[str], regexps: Sequence[str], pattern_files: Sequence[str], *, needs_user: bool
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the patterns, each once, and the words that name users.

    Args:
        words: those that are neither flags nor their values.
        regexps: patterns.
        pattern_files: names of files with patterns.
        needs_user: whether one of the words has to be a user.

    Raises:
        UsageError: there is no pattern or no user, or a pattern cannot be used.
    """
    patterns = [*regexps, *(pattern for file in pattern_files for pattern in _file_patterns(file))]
    users = list(words)
    if not (regexps or pattern_files) and users:
        patterns = [_positional(users.pop(0))]
    if (needs_user and not users) or not (patterns or pattern_files):
        raise click.UsageError(
            "give a PATTERN and at least one USER, as in: gistsearch search 'import requests' octocat"
        )
    if not patterns:
        raise click.UsageError(f"{', '.join(pattern_files)}: no pattern, so nothing could match")
    if len(patterns) > MAX_PATTERNS:
        raise click.UsageError(
            f"{len(patterns):,} patterns are too many: at most {MAX_PATTERNS:,} are searched at once"
        )
    return tuple(dict.fromkeys(patterns)), tuple(users)


def _positional(word: str) -> str:
    try:
        return read_pattern(word)
    except ValueError as error:
        raise click.UsageError(f"PATTERN {error}") from None


def _file_patterns(name: str) -> Iterator[str]:
    try:
        content = _content(name)
    except OSError as error:
        raise click.UsageError(f"-f {name}: {error.strerror or error}") from error
    if len(content) > _MAX_FILE_BYTES:
        raise click.UsageError(f"-f {name}: too large for {MAX_PATTERNS:,} patterns")
    content = content.removeprefix(codecs.BOM_UTF8)
    lines = content.removesuffix(b"\n").split(b"\n") if content else []
    for number, line in enumerate(lines, 1):
        try:
            yield read_pattern(line.removesuffix(b"\r").decode())
        except UnicodeDecodeError:
            raise click.UsageError(f"-f {name}, line {number:,}: is not UTF-8") from None
        except ValueError as error:
            raise click.UsageError(f"-f {name}, line {number:,}: the pattern {error}") from None


def _content(name: str) -> bytes:
    """Return the file's content, or enough of it to see that it is too large."""
    if name == "-":
        return sys.stdin.buffer.read(_MAX_FILE_BYTES + 1)
    with Path(name).open("rb") as file:
        return file.read(_MAX_FILE_BYTES + 1)
