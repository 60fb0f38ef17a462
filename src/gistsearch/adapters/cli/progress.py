"""One line on the terminal that says how far the search has come."""

from __future__ import annotations

import os
import time
from typing import TextIO

from gistsearch.domain.results import Progress

_REDRAWN_AFTER_S = 0.1
_WIDTH = 24
_COLUMNS = 80
"""Where the terminal does not say how wide it is."""


class ProgressLine:
    """Drawn over itself, and taken away before anything else is printed."""

    def __init__(self, out: TextIO, *, shown: bool) -> None:
        """
        Args:
            out: a terminal.
            shown: whether to draw at all.
        """
        self._out = out
        self._shown = shown
        self._drawn = False
        self._drawn_at = time.monotonic()  # Not at once: a quick search needs none.

    def update(self, progress: Progress) -> None:
        """Draw the line anew, unless that was done a moment ago."""
        now = time.monotonic()
        if not self._shown or now < self._drawn_at + _REDRAWN_AFTER_S:
            return
        done = progress.files_done * _WIDTH // progress.files_known if progress.files_known else 0
        bar = "█" * done + "░" * (_WIDTH - done)
        known = f"{progress.files_known:,}" + ("" if progress.listed else "+")
        told = (
            f"{progress.files_done:,}/{known} files of {progress.gists_known:,} gists, {progress.bytes / 1e6:,.1f} MB"
        )
        self._out.write(f"\r\x1b[K{self._fitted(bar, told)}")
        self._out.flush()
        self._drawn, self._drawn_at = True, now

    def _fitted(self, bar: str, told: str) -> str:
        """Keep to one line: what wraps could not be taken away."""
        try:
            columns = os.get_terminal_size(self._out.fileno()).columns or _COLUMNS
        except OSError:
            columns = _COLUMNS
        line = f"{bar} {told}"
        return line if len(line) < columns else told[: columns - 1]

    def clear(self) -> None:
        """Take the line away."""
        if self._drawn:
            self._out.write("\r\x1b[K")
            self._out.flush()
            self._drawn = False
