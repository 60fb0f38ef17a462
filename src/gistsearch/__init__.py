"""Search every file of a GitHub user's public gists with a regular expression.

These names are all that a program needs to search. To implement a source of gists, an engine or a store, see
`gistsearch.ports`. Each name is loaded on first use, so that a program loads only what it needs.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gistsearch.adapters.file_journal import FileJournal
    from gistsearch.adapters.github import GitHubGists
    from gistsearch.adapters.local_engine import LocalEngine
    from gistsearch.adapters.memory import InMemoryGists, MemoryGist
    from gistsearch.adapters.memory_store import InMemoryStore
    from gistsearch.adapters.re2 import Re2Compiler
    from gistsearch.adapters.sqlite import SqliteStore
    from gistsearch.adapters.store_cache import CachingStore
    from gistsearch.domain.events import (
        ContextLine,
        Coverage,
        FileMatch,
        LineMatch,
        ListingFailed,
        Progress,
        RunEvent,
        RunPaused,
        RunResumed,
        SearchEnded,
        SearchEvent,
        SearchWarning,
        Skipped,
        SkipReason,
        UserEnded,
        WarningType,
    )
    from gistsearch.domain.query import Detail, Order, SearchQuery
    from gistsearch.domain.search import SearchGists
    from gistsearch.domain.search_users import SearchUsers
    from gistsearch.domain.store.policy import StorePolicy
    from gistsearch.ports.deadline import Deadline, DeadlineExceeded
    from gistsearch.ports.engine import EngineFailed
    from gistsearch.ports.gists import (
        AccessForbidden,
        Gist,
        GistFile,
        SourceError,
        SourceRateLimited,
        SourceUnavailable,
        UnknownUser,
    )
    from gistsearch.ports.journal import JournalError, Outcome
    from gistsearch.ports.matching import InvalidPattern, MatchOptions
    from gistsearch.ports.members import UnknownOrganization
    from gistsearch.ports.store import StoreDamaged, StoreError, StoreUnavailable

__version__ = "0.1.0"

__all__ = [
    "AccessForbidden",
    "CachingStore",
    "ContextLine",
    "Coverage",
    "Deadline",
    "DeadlineExceeded",
    "Detail",
    "EngineFailed",
    "FileJournal",
    "FileMatch",
    "Gist",
    "GistFile",
    "GitHubGists",
    "InMemoryGists",
    "InMemoryStore",
    "InvalidPattern",
    "JournalError",
    "LineMatch",
    "ListingFailed",
    "LocalEngine",
    "MatchOptions",
    "MemoryGist",
    "Order",
    "Outcome",
    "Progress",
    "Re2Compiler",
    "RunEvent",
    "RunPaused",
    "RunResumed",
    "SearchEnded",
    "SearchEvent",
    "SearchGists",
    "SearchQuery",
    "SearchUsers",
    "SearchWarning",
    "SkipReason",
    "Skipped",
    "SourceError",
    "SourceRateLimited",
    "SourceUnavailable",
    "SqliteStore",
    "StoreDamaged",
    "StoreError",
    "StorePolicy",
    "StoreUnavailable",
    "UnknownOrganization",
    "UnknownUser",
    "UserEnded",
    "WarningType",
]

_NAMES = {
    "adapters.file_journal": "FileJournal",
    "adapters.github": "GitHubGists",
    "adapters.local_engine": "LocalEngine",
    "adapters.memory": "InMemoryGists MemoryGist",
    "adapters.memory_store": "InMemoryStore",
    "adapters.re2": "Re2Compiler",
    "adapters.sqlite": "SqliteStore",
    "adapters.store_cache": "CachingStore",
    "domain.events": "ContextLine Coverage FileMatch LineMatch ListingFailed Progress RunEvent RunPaused RunResumed"
    " SearchEnded SearchEvent SearchWarning SkipReason Skipped UserEnded WarningType",
    "domain.query": "Detail Order SearchQuery",
    "domain.search": "SearchGists",
    "domain.search_users": "SearchUsers",
    "domain.store.policy": "StorePolicy",
    "ports.deadline": "Deadline DeadlineExceeded",
    "ports.engine": "EngineFailed",
    "ports.gists": "AccessForbidden Gist GistFile SourceError SourceRateLimited SourceUnavailable UnknownUser",
    "ports.journal": "JournalError Outcome",
    "ports.matching": "InvalidPattern MatchOptions",
    "ports.members": "UnknownOrganization",
    "ports.store": "StoreDamaged StoreError StoreUnavailable",
}
_MODULES = {name: f"gistsearch.{module}" for module, names in _NAMES.items() for name in names.split()}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_MODULES[name]), name)
    globals()[name] = value  # The next use does not come here.
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
