"""Fixtures for the GitHub adapter: one that tries again quickly, and is closed at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import Any

import pytest

from gistsearch.adapters.github import GitHubGists
from gistsearch.ports.deadline import Deadline
from gistsearch.ports.gists import Gist, Unreadable
from tests.loopback_github import LoopbackGitHub

Connect = Callable[..., GitHubGists]
"""Takes a loopback GitHub, and arguments of `GitHubGists` by name."""


def listed(source: GitHubGists, username: str = "octo", seconds: float = 10.0) -> list[Gist]:
    """Return the gists of all pages."""
    return [gist for page in source.list_pages(username, Deadline(seconds)) for gist in page.gists]


def unreadable(source: GitHubGists, username: str = "octo", seconds: float = 10.0) -> list[Unreadable]:
    """Return what could not be read of all pages."""
    return [record for page in source.list_pages(username, Deadline(seconds)) for record in page.unreadable]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Return a function that connects the adapter to a loopback GitHub."""
    with ExitStack() as stack:

        def connected(github: LoopbackGitHub, **arguments: Any) -> GitHubGists:
            quick: dict[str, Any] = {
                "api_url": github.api_url,
                "raw_origins": [github.raw_origin],
                "read_timeout_s": 5.0,
                "first_pause_s": 0.01,
            }
            return stack.enter_context(closing(GitHubGists(**(quick | arguments))))

        yield connected
