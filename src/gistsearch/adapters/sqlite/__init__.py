"""SQLite behind the store port (https://www.sqlite.org/)."""

from gistsearch.adapters.sqlite.store import SqliteStore

__all__ = ["SqliteStore"]
