"""Several tokens, as the command and the server use them: `GISTSEARCH_GITHUB_TOKENS`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from signal import SIGTERM

import pytest

from tests.acceptance.conftest import Environment, environment_for, gistsearch
from tests.acceptance.serving import Server
from tests.loopback_github import Budget, LoopbackFile, LoopbackGist, LoopbackGitHub

GOOD, REVOKED = "ghp_canaryGood", "ghp_canaryRevoked"
USERS = ["ada", "bob", "cyd"]


@pytest.fixture
def tokens_file(tmp_path: Path) -> str:
    path = tmp_path / "tokens"
    path.write_text(f"# The bots'\n{REVOKED}\n{GOOD}\n")
    return str(path)


def _github(**tokens: Budget) -> LoopbackGitHub:
    users = {user: [LoopbackGist([LoopbackFile("a.py", b"needle\n")])] for user in USERS}
    return LoopbackGitHub(users, tokens={f"ghp_canary{name}": budget for name, budget in tokens.items()})


@pytest.mark.parametrize("command", [("search", "-l", "needle"), ("store", "sync")])
def test_command_says_once_that_a_token_is_refused(tokens_file: str, tmp_path: Path, command: tuple[str, ...]) -> None:
    """On standard error, although it logs only errors; nothing is missing."""
    with _github(Good=Budget(100)) as github:
        environment = environment_for(github, GISTSEARCH_GITHUB_TOKENS=tokens_file) | {
            "GISTSEARCH_STORE": str(tmp_path / "store"),
        }
        done = gistsearch(*command, *USERS, environment=environment)
    (line,) = done.stderr.decode().splitlines()
    assert line.startswith("gistsearch: warning: token 1 of 2 is refused and set aside: http://127.0.0.1:")
    assert "status 401: Bad credentials" in line
    assert done.returncode == 0
    assert b"canary" not in done.stderr + done.stdout


def test_command_says_that_all_tokens_are_used_up(tokens_file: str) -> None:
    """With the earliest reset, and no advice to set a token."""
    with _github(Good=Budget(0), Revoked=Budget(0)) as github:
        environment = environment_for(github, GISTSEARCH_GITHUB_TOKENS=tokens_file)
        done = gistsearch("search", "needle", "ada", environment=environment)
    assert done.returncode == 2
    assert b"used up with each of 2 tokens for another 30 min; search again " in done.stderr
    assert b"GISTSEARCH" not in done.stderr


def test_server_uses_both_budgets_and_shows_their_sum(tokens_file: str, serve: Callable[[Environment], Server]) -> None:
    """`/metrics` has one number for all tokens; the log has one line for the one that is revoked."""
    with _github(Good=Budget(50, limit=100), Revoked=Budget(50, limit=100)) as github:
        server = serve(environment_for(github, GISTSEARCH_GITHUB_TOKENS=tokens_file))
        for _ in range(2):
            assert server.get("/api/v1/search?username=ada&pattern=needle").status == 200
        metrics = server.get("/metrics").data.decode()
        assert 'gistsearch_upstream_quota_remaining{host="api"} 98.0' in metrics
        assert 'gistsearch_upstream_quota_limit{host="api"} 200.0' in metrics
        assert github.tokens is not None
        del github.tokens[REVOKED]
        for _ in range(3):
            assert server.get("/api/v1/search?username=ada&pattern=needle").status == 200
        metrics = server.get("/metrics").data.decode()
        assert 'gistsearch_upstream_quota_limit{host="api"} 100.0' in metrics
        assert "canary" not in metrics
        server.signal(SIGTERM)
        server.wait()
    log = server.errors.decode()
    assert log.count("token 1 of 2 is refused and set aside") == 1
    assert "canary" not in log
