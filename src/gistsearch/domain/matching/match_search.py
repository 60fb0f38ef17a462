"""The search for single matches: windows of text → each match by itself, in constant memory."""

from __future__ import annotations

import math
from collections.abc import Iterator

from gistsearch.domain.matching.binary import BinaryCheck
from gistsearch.domain.matching.excerpts import match_excerpt
from gistsearch.domain.matching.hits import MatchFinder
from gistsearch.domain.matching.line_search import TextSearch
from gistsearch.domain.matching.lines import LineMatch
from gistsearch.domain.matching.positions import LinePositions
from gistsearch.domain.matching.windows import Window
from gistsearch.domain.query import SearchQuery
from gistsearch.ports.matching import Matcher, Span


class MatchSearch(TextSearch):
    """Reports every match, however many a line contains and however far apart they are.

    A match over several lines is reported line by line, as ripgrep does, without those of its lines that are empty.
    """

    def __init__(self, matcher: Matcher, query: SearchQuery) -> None:
        """
        Args:
            matcher: finds matches in a buffer.
            query: says how many lines, or matches with `multiline`, are wanted. Its pattern is the matcher's.
        """
        self.binary = BinaryCheck(query)
        self.count = self.match_count = 0
        self._finder = MatchFinder(matcher)
        self._line_by_line = not query.options.multiline
        self._max_count = query.max_lines or math.inf
        self._positions = LinePositions()
        self._last_line = 0  # the number of the last line that was counted
        self._is_full = False

    @property
    def is_done(self) -> bool:
        return self._is_full

    def feed(self, window: Window) -> Iterator[LineMatch]:
        self.binary.look_at(window)
        hidden_from = self.binary.hidden_from
        for s, e in self._counted(window):
            if s >= hidden_from:
                pass
            elif window.data.find(b"\n", s, e) < 0:
                yield _line_match(window, s, e, *self._positions.locate(window, s))
            else:
                yield from self._pieces(window, s, e)
        if not self._is_full:
            self._is_full = self.count >= self._max_count and (window.closes_line or not self._line_by_line)
        if not self._is_full:
            self.binary.pass_over(window)
            self._positions.pass_over(window)

    def end(self) -> Iterator[LineMatch]:
        return iter(())

    def _counted(self, window: Window) -> Iterator[Span]:
        """Yield the matches in a window as far as they are wanted, each after it was counted."""
        nul_line, match = self.binary.nul_line, None
        for match in self._finder.matches(window):
            number, _ = self._positions.locate(window, match[0])
            if number != self._last_line or not self._line_by_line:
                if self.count >= self._max_count:
                    self._is_full = True
                    return
                self.count += 1
                self._last_line = number
            self.match_count += 1
            if match[0] >= nul_line:
                self.binary.found = True
            yield match
        if match:
            self._finder.pass_over(window, match)

    def _pieces(self, window: Window, s: int, e: int) -> Iterator[LineMatch]:
        """Yield a match over several lines, cut at their ends."""
        while s < e:
            end = window.data.find(b"\n", s, e)
            end = e if end < 0 else end
            if s < end:
                yield _line_match(window, s, end, *self._positions.locate(window, s))
            s = end + 1


def _line_match(window: Window, s: int, e: int, number: int, offset: int) -> LineMatch:
    text, marked, _, cut_after = match_excerpt(window.data, s, e, [(s, e)])
    return LineMatch(number, text, marked, offset, cut_after=cut_after)
