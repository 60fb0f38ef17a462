"""The command line, on click."""

from __future__ import annotations

from gistsearch.adapters.cli.commands import Serve, run
from gistsearch.adapters.cli.worker_command import Work

__all__ = ["Serve", "Work", "run"]
