"""One line on the terminal that shows how far a search has come."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TextIO

from gistsearch.adapters.cli.renderers import Renderer
from gistsearch.adapters.cli.terminal import columns
from gistsearch.domain.events import Progress, RunEvent

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.live import Live

_FIRST_DRAWN_AFTER_S = 0.2
"""A search that is quicker shows no progress."""
_MARGIN = 3
"""Columns left free at the end of the line: room for the `^C` that a terminal echoes there."""
_MAX_BAR_COLUMNS = 40
_BAR_STEP_COLUMNS = 8
"""The bar's width is a multiple of this, so that it does not change with each digit of the text."""


class ProgressLine(Renderer):
    """Draws the line over itself at each progress event. It is taken away before anything else is printed."""

    def __init__(self, out: TextIO, *, colour: bool = True) -> None:
        """
        Args:
            out: a terminal that understands escape sequences.
            colour: whether the line is coloured.
        """
        self._out = out
        self._colour = colour
        self._began_s = time.monotonic()
        self._live: Live | None = None
        self._progress = Progress(0, 0, 0, 0, 0, listed=False)

    def handle(self, event: RunEvent) -> None:
        if isinstance(event, Progress) and time.monotonic() - self._began_s >= _FIRST_DRAWN_AFTER_S:
            self._progress = event
            self._draw()

    def clear(self) -> None:
        """Take the line away until the next progress event."""
        if self._live:
            self._live.stop()
            self._live = None

    def _draw(self) -> None:
        if self._live:
            self._live.refresh()
            return
        from rich.console import Console
        from rich.live import Live

        self._live = Live(
            console=Console(file=self._out, no_color=not self._colour, highlight=False, width=columns() - _MARGIN),
            get_renderable=self._renderable,
            auto_refresh=False,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._live.start(refresh=True)

    def _renderable(self) -> RenderableType:
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        progress = self._progress
        text = Text(progress_text(progress, time.monotonic() - self._began_s), no_wrap=True, overflow="ellipsis")
        room = min(columns() - _MARGIN - text.cell_len - 1, _MAX_BAR_COLUMNS)
        width = room // _BAR_STEP_COLUMNS * _BAR_STEP_COLUMNS
        if width <= 0:
            return text
        done, known = progress.files_done, progress.files_known
        if progress.users_done is not None:
            done, known = progress.users_done, progress.users_known or 0
        is_known = known > 0
        bar = ProgressBar(
            total=known if is_known else None,
            completed=done,
            width=width,
            pulse=not is_known,
            style="bright_black",
            complete_style="green",
            finished_style="green",
            pulse_style="green",
        )
        line = Table.grid(padding=(0, 1))
        line.add_row(bar, text)
        return line


def progress_text(progress: Progress, elapsed_s: float) -> str:
    """Return the line's text: the most important part first, as a narrow terminal cuts the end."""
    from rich.filesize import decimal

    more = "" if progress.listed else "+"
    minutes, seconds = divmod(int(elapsed_s), 60)
    return " · ".join(
        [
            *_users(progress),
            f"{progress.files_done:,}/{progress.files_known:,}{more} {_noun('file', progress.files_known)}",
            f"{progress.gists_done:,}/{progress.gists_known:,}{more} {_noun('gist', progress.gists_known)}",
            decimal(progress.bytes),
            f"{decimal(int(progress.bytes / max(elapsed_s, 0.001)))}/s",
            f"{minutes}:{seconds:02}",
        ]
    )


def _users(progress: Progress) -> list[str]:
    if progress.users_done is None:
        return []
    of = "" if progress.users_known is None else f"/{progress.users_known:,}"
    return [f"{progress.users_done:,}{of} {_noun('user', progress.users_known or progress.users_done)}"]


def _noun(noun: str, count: int) -> str:
    return noun if count == 1 else f"{noun}s"
