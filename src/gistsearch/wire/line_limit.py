"""The limit on the lines that are reported of one file, across the parts in which the file is reported."""

from __future__ import annotations

from collections import Counter

from attrs import evolve

from gistsearch.domain.events import FileMatch


class LineLimit:
    """Cuts the lines of file matches.

    A search is asked for one line more than the limit, so that a file with more lines can be told from one without.
    That line is left out here; `line_count` still counts it.
    """

    def __init__(self, max_lines: int) -> None:
        self._max_lines = max_lines
        self._line_counts: Counter[tuple[str, int, str]] = Counter()  # of files that have further parts

    def apply(self, match: FileMatch) -> FileMatch:
        """Return the next part of a file's matches without the lines beyond the limit."""
        if match.part == 0 and match.last:  # most files
            return self._cut(match, self._max_lines)
        key = match.username, match.position, match.file.filename
        lines_left = self._max_lines - self._line_counts[key]
        self._line_counts[key] += len(match.lines)
        if match.last:
            del self._line_counts[key]
        return self._cut(match, max(0, lines_left))

    def _cut(self, match: FileMatch, max_lines: int) -> FileMatch:
        return evolve(match, lines=match.lines[:max_lines]) if len(match.lines) > max_lines else match
