"""Where in a text its lines begin, and their numbers."""

from __future__ import annotations

from gistsearch.domain.matching.windows import Window


class LinePositions:
    """Finds the line of a position. It counts each line feed once, so it has to be asked from left to right."""

    def __init__(self) -> None:
        self._number = 1  # of the line that contains the position
        self._position = 0  # in the text
        self._line_start = 0  # the position in the text at which that line begins

    def locate(self, window: Window, position: int) -> tuple[int, int]:
        """Return the number of the line that contains a position in the window's data, and how many bytes before the
        position that line begins, in sight or not.
        """
        in_text = window.offset + position
        if in_text > self._position:
            counted = self._position - window.offset
            if feeds := window.data.count(b"\n", counted, position):
                self._number += feeds
                self._line_start = window.offset + window.data.rfind(b"\n", counted, position) + 1
            self._position = in_text
        return self._number, in_text - self._line_start

    def pass_over(self, window: Window) -> None:
        """Count the part of a window that the next one may not have in sight."""
        self.locate(window, min(window.stop, len(window.data)))
