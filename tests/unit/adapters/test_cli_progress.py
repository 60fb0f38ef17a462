"""The line that shows how far a search has come."""

from __future__ import annotations

import re

import pytest

from gistsearch.adapters.cli.progress import ProgressLine, progress_text
from gistsearch.domain.events import Progress
from tests.unit.adapters.test_cli_terminal import Terminal

HALF = Progress(3, 1, 1_000, 500, 2_000_000, listed=False)


@pytest.mark.parametrize(
    ("progress", "elapsed_s", "text"),
    [
        (HALF, 4.0, "500/1,000+ files · 1/3+ gists · 2.0 MB · 500.0 kB/s · 0:04"),
        (Progress(1, 1, 1, 1, 1, listed=True), 61.0, "1/1 file · 1/1 gist · 1 byte · 0 bytes/s · 1:01"),
        (Progress(0, 0, 0, 0, 0, listed=False), 0.0, "0/0+ files · 0/0+ gists · 0 bytes · 0 bytes/s · 0:00"),
    ],
)
def test_text_counts_files_gists_bytes_rate_and_time(progress: Progress, elapsed_s: float, text: str) -> None:
    """A `+` says that more may be listed."""
    assert progress_text(progress, elapsed_s) == text


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """A terminal; progress is drawn at once."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("gistsearch.adapters.cli.progress._FIRST_DRAWN_AFTER_S", 0.0)
    return Terminal()


@pytest.mark.parametrize("columns", [10, 20, 40, 80, 160])
def test_line_fits_the_terminal(columns: int, terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """What wraps could not be taken away. The bar is left out where there is no room for it."""
    monkeypatch.setenv("COLUMNS", str(columns))
    ProgressLine(terminal, colour=False).handle(HALF)
    (line,) = re.sub(r"\x1b\[\??[0-9;]*[A-Za-z]", "", terminal.getvalue()).splitlines()
    assert len(line) < columns
    assert ("━" in line) == (columns >= 80)
    assert "500/" in line


def test_line_is_taken_away_and_drawn_again(terminal: Terminal) -> None:
    """Cleared twice, it is gone once, and the cursor is visible again."""
    line = ProgressLine(terminal)
    line.handle(HALF)
    line.handle(HALF)
    line.clear()
    line.clear()
    assert terminal.getvalue().endswith("\x1b[?25h\r\x1b[1A\x1b[2K")
    before = len(terminal.getvalue())
    line.handle(HALF)
    assert "500/1,000+ files" in terminal.getvalue()[before:]


def test_quick_search_shows_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first drawing waits; until then nothing is written at all."""
    out = Terminal()
    monkeypatch.setattr("gistsearch.adapters.cli.progress._FIRST_DRAWN_AFTER_S", 1_000.0)
    line = ProgressLine(out)
    line.handle(HALF)
    line.clear()
    assert out.getvalue() == ""
