"""The command line, on click."""

from __future__ import annotations

from gistsearch.adapters.cli.commands import OpenSearch, Serve, run

__all__ = ["OpenSearch", "Serve", "run"]
