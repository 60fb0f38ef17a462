"""Fixtures for the GitHub adapter: one that is quick to give up, and closed at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing
from typing import Any

import pytest
from attrs import frozen

from gistsearch.adapters.github import GitHubGists
from gistsearch.ports.gists import Deadline, GistFile, OpenedFile
from tests.loopback_github import LoopbackGitHub

Connect = Callable[..., GitHubGists]
"""Takes a loopback GitHub, and arguments of `GitHubGists` by name."""


@frozen(eq=False)
class Asked:
    """Asks for a file."""

    file: GistFile


def open_together(
    source: GitHubGists, files: Iterable[GistFile], deadline: Deadline, at_once: int = 8
) -> Iterator[OpenedFile[Asked]]:
    """Open files, and yield those that come at hand as they come, the others at the end."""
    asked = [Asked(file) for file in files][::-1]
    left: list[OpenedFile[Asked]] = []
    for opened in source.open_files(lambda: asked.pop() if asked else None, at_once, deadline):
        if opened.at_hand:
            yield opened
        else:
            left.append(opened)
    assert asked == []
    yield from left


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
