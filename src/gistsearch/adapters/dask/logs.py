"""Keeps Dask's log within what this process logs otherwise."""

from __future__ import annotations

import logging

import distributed  # which sets its levels when it is imported


def limit_logs(least: int) -> None:
    """Have Dask log nothing below a level, or below that of the root logger; everything if that is `DEBUG`.

    Its records then go where all others go.
    """
    root = logging.getLogger().level
    level = root if root <= logging.DEBUG else max(least, root)
    for name in (distributed.__name__, f"{distributed.__name__}.client", "tornado", "tornado.application"):
        logging.getLogger(name).setLevel(level)
