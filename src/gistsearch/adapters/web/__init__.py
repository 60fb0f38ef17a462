"""The HTTP entry point, on Flask."""

from __future__ import annotations

from gistsearch.adapters.web.app import WebApp, create_app
from gistsearch.adapters.web.options import WebOptions

__all__ = ["WebApp", "WebOptions", "create_app"]
