"""The answers equal those of a brute-force search, over HTTP and over the command line."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterator

import pytest

from tests.acceptance.conftest import Environment, Server, environment_for, environment_with, gistsearch
from tests.loopback_github import LoopbackFile, LoopbackGitHub, real_gists

GISTS = 300
PATTERNS = [
    "import requests",
    "KeyboardInterrupt",
    r"class \w+Error",
    r"^def \w+\(self",
    r"\bfrom\s+\w+\s+import\b",
    r"[A-Z]{6,}_[A-Z]+",
    r"raise .*Error\(.*%",
    r"\s+$",
    r"^$",
    r"[^\x00-\x7F]",
    r"(try|except|finally):$",
    r"0[xX][0-9a-fA-F]{4,}",
    "zq no such thing",
]


@pytest.fixture(scope="module")
def github() -> Iterator[LoopbackGitHub]:
    with LoopbackGitHub({"octo": real_gists(GISTS)}) as running:
        yield running


@pytest.fixture
def environment(github: LoopbackGitHub) -> dict[str, str]:
    return environment_for(github)


def lines_of(file: LoopbackFile) -> list[str]:
    content = file.content
    assert isinstance(content, bytes)
    text = content.removeprefix(b"\xef\xbb\xbf").decode(errors="replace")
    return [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")] if text else []


def brute_force(github: LoopbackGitHub, pattern: str) -> dict[str, list[tuple[str, int]]]:
    """Find the lines by Python's `re`, whole file by whole file, newest gist first."""
    search = re.compile(pattern, re.ASCII).search
    found = {
        f"https://gist.github.com/octo/{gist.id}": [
            (file.name, number) for file in gist.files for number, line in enumerate(lines_of(file), 1) if search(line)
        ]
        for gist in github.users["octo"]
    }
    return {url: lines for url, lines in found.items() if lines}


@pytest.mark.parametrize("pattern", PATTERNS)
def test_the_command_line_finds_what_brute_force_finds(
    github: LoopbackGitHub, environment: dict[str, str], pattern: str
) -> None:
    """Every line, of every file, of every gist; and one API request for each hundred gists."""
    asked_before = len(github.requests)
    done = gistsearch("search", "-e", pattern, "octo", environment=environment)
    asked = [request for request in github.requests[asked_before:] if request.listener == "api"]
    expected = brute_force(github, pattern)
    assert done.stderr == b""
    assert done.returncode == (0 if expected else 1)
    printed = re.findall(rb"(?m)^(https://gist\.github\.com/octo/\w+):(.*?):(\d+):", done.stdout)
    assert sorted((url.decode(), name.decode(), int(number)) for url, name, number in printed) == sorted(
        (url, name, number) for url, lines in expected.items() for name, number in lines
    )
    assert len(asked) == GISTS // 100


def test_http_finds_what_brute_force_finds(
    github: LoopbackGitHub, environment: dict[str, str], serve: Callable[[Environment], Server]
) -> None:
    """The same gists in the order of the listing, with exactly four keys; the same lines where they are asked for."""
    server = serve(environment)
    for pattern in PATTERNS:
        expected = brute_force(github, pattern)
        plain = server.search(username="octo", pattern=pattern)
        assert plain.status == 200
        assert json.loads(plain.data) == {
            "status": "success",
            "username": "octo",
            "pattern": pattern,
            "matches": list(expected),
        }
        detailed = server.get(
            "/api/v1/search", username="octo", pattern=pattern, detail="lines", max_lines_per_file="1000"
        ).json()
        assert detailed["coverage"]["searched"] == GISTS
        for gist in detailed["results"]:
            told = [(file["filename"], line["number"]) for file in gist["files"] for line in file["lines"]]
            every = [place for file in gist["files"] for place in expected[gist["url"]] if place[0] == file["filename"]]
            if not any(file["more_lines"] for file in gist["files"]):
                assert told == every
            else:
                assert told == every[: len(told)]


def test_the_challenge_by_curl(serve: Callable[[Environment], Server]) -> None:
    """The call of the challenge, as it is typed, on the sample gists."""
    server = serve(environment_with(GISTSEARCH_BACKEND="memory"))
    body = '{"username": "justdionysus", "pattern": "import requests"}'
    command = ["curl", "-sS", "-H", "Content-Type: application/json", "-d", body, f"{server.url}/api/v1/search"]
    assert json.loads(subprocess.run(command, capture_output=True, check=True).stdout) == {
        "status": "success",
        "username": "justdionysus",
        "pattern": "import requests",
        "matches": ["https://gist.github.com/justdionysus/6b2972aa971dd605f524"],
    }
