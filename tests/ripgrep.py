"""The real ripgrep, for tests that compare with it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest


def _ripgrep_14() -> str | None:
    """Return the command, preferably of this environment. Version 13 panics on some patterns, and misses words."""
    command = shutil.which("rg", path=str(Path(sys.executable).parent)) or shutil.which("rg")
    if command is None:
        return None
    ran = subprocess.run([command, "--version"], capture_output=True, check=True, text=True, timeout=60)
    return command if int(ran.stdout.split()[1].partition(".")[0]) >= 14 else None


RG = _ripgrep_14()
needs_ripgrep = pytest.mark.skipif(RG is None, reason="ripgrep 14 is not installed")
