"""Fixtures for the GitHub adapter: one that is quick to give up, and closed at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import Any

import pytest

from gistsearch.adapters.github import GitHubGists
from tests.loopback_github import LoopbackGitHub

Connect = Callable[..., GitHubGists]
"""Takes a loopback GitHub, and arguments of `GitHubGists` by name."""


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Return what connects the adapter to a loopback GitHub."""
    with ExitStack() as stack:

        def connected(github: LoopbackGitHub, **arguments: Any) -> GitHubGists:
            quick: dict[str, Any] = {
                "api_url": github.api_url,
                "raw_origins": [github.raw_origin],
                "read_timeout_s": 0.25,
                "first_pause_s": 0.01,
            }
            return stack.enter_context(closing(GitHubGists(**(quick | arguments))))

        yield connected
