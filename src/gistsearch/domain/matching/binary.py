"""Which lines of files with NUL bytes may be reported."""

from __future__ import annotations

import math

from gistsearch.domain.matching.windows import Window
from gistsearch.domain.query import Detail, SearchQuery

HEAD_BYTES = 1 << 17
"""If there is a NUL byte this near the beginning of a text, none of its lines is reported. If the first one comes
later, the lines before it are: they may have been reported before it arrived."""


class BinaryCheck:
    """Looks for NUL bytes. What it finds depends on the text alone, not on how that is cut into windows."""

    def __init__(self, query: SearchQuery) -> None:
        """
        Args:
            query: says whether lines are to be reported, and whether those of binary files are.
        """
        self._is_needed = query.detail in (Detail.LINES, Detail.MATCHES)
        self._hides_lines = not query.text
        self.found = False
        """Whether there was a NUL byte in the head of the text or in what was searched. It is looked for only if lines
        are to be reported."""
        self.nul_line = math.inf
        """Where in the current window's data the line with the first NUL byte begins, or infinity."""
        self.hidden_from = math.inf
        """The position in the current window's data from which no line may be reported, or infinity."""
        self._nul = math.inf  # the position of that NUL byte

    def check_head(self, text: bytes) -> None:
        """Take the beginning of the text: at least `HEAD_BYTES`, or all of it."""
        self.found = self._is_needed and text.find(b"\0", 0, HEAD_BYTES) >= 0

    def look_at(self, window: Window) -> None:
        """Take the next window."""
        self._nul = self.nul_line = self.hidden_from = math.inf
        if not self._is_needed or (self.found and self._hides_lines):
            self.hidden_from = -1.0
        elif not self.found and (nul := window.data.find(b"\0", window.start, window.end)) >= 0:
            self._nul = nul
            self.nul_line = window.data.rfind(b"\n", 0, nul) + 1
            self.hidden_from = self.nul_line if self._hides_lines else math.inf

    def pass_over(self, window: Window) -> None:
        """Take note that the window has been searched to its end."""
        self.found = self.found or self._nul < window.stop
