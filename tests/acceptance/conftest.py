"""The product as its users have it: the command, and the server behind a socket, against a loopback GitHub."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack

import pytest

from tests.acceptance.serving import COMMAND, Server, serving
from tests.loopback_github import LoopbackGitHub

Environment = Mapping[str, str]


_SETTINGS = re.compile(r"GISTSEARCH_.*|GH_TOKEN|GITHUB_TOKEN|(https?|no)_proxy", re.IGNORECASE)


def environment_with(**settings: str) -> dict[str, str]:
    """Return this process's environment with these settings, and no others of the product's. The store is off."""
    environment = {name: value for name, value in os.environ.items() if not _SETTINGS.fullmatch(name)}
    return {**environment, "GISTSEARCH_STORE": "off", **settings}


def environment_for(github: LoopbackGitHub, **more: str) -> dict[str, str]:
    """Return an environment that points the product at a loopback GitHub."""
    return environment_with(
        GISTSEARCH_GITHUB_API_URL=github.api_url, GISTSEARCH_GITHUB_RAW_ORIGINS=github.raw_origin, **more
    )


def gistsearch(*words: str, environment: Environment, timeout_s: float = 60.0) -> subprocess.CompletedProcess[bytes]:
    """Run the command to its end."""
    return subprocess.run([*COMMAND, *words], env=environment, capture_output=True, timeout=timeout_s, check=False)


@pytest.fixture
def serve() -> Iterator[Callable[[Environment], Server]]:
    """Start servers that end with the test. They have no limit on rates: tests ask as often as they need."""
    with ExitStack() as stack:
        yield lambda environment: stack.enter_context(
            serving(environment={**environment, "GISTSEARCH_RATE_LIMIT": "off"})
        )
