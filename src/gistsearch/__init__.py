"""Search every file of a GitHub user's public gists with a regular expression.

The names here are made available when they are first asked for, so that whoever embeds the core imports no more than
that.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gistsearch.adapters.github import GitHubGists as GitHubGists
    from gistsearch.adapters.memory import InMemoryGists as InMemoryGists
    from gistsearch.adapters.re2 import Re2Compiler as Re2Compiler
    from gistsearch.domain.query import SearchQuery as SearchQuery
    from gistsearch.domain.search import SearchGists as SearchGists

__version__ = "0.1.0"

_HOMES = {
    "GitHubGists": "gistsearch.adapters.github",
    "InMemoryGists": "gistsearch.adapters.memory",
    "Re2Compiler": "gistsearch.adapters.re2",
    "SearchGists": "gistsearch.domain.search",
    "SearchQuery": "gistsearch.domain.query",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
