"""The command line, on click."""

from __future__ import annotations

from gistsearch.adapters.cli.commands import Serve, run

__all__ = ["Serve", "run"]
