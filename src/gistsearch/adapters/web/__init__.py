"""The HTTP face, on Flask."""

from __future__ import annotations

from gistsearch.adapters.web.app import create_app

__all__ = ["create_app"]
