"""Fixtures of the entry points."""

from __future__ import annotations

import pytest

from tests.faces.cli_fixtures import SOURCE, CommandLine


@pytest.fixture
def gistsearch(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """The command line over a few gists."""
    for name in ("NO_COLOR", "CLICOLOR_FORCE", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    return CommandLine(capsys, SOURCE)
