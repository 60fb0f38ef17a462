"""The HTTP entry point, on Flask."""

from __future__ import annotations

from gistsearch.adapters.web.app import WebApp, create_app
from gistsearch.adapters.web.metrics import Metrics
from gistsearch.adapters.web.options import WebOptions

__all__ = ["Metrics", "WebApp", "WebOptions", "create_app"]
