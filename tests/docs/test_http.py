"""The examples of the guide to HTTP print what they show, with curl and servers as they are shipped."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.conftest import environment_with
from tests.acceptance.serving import serving

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "http.md").read_text("utf-8")

BLOCKS = re.findall(r"^```console\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)
SERVERS = re.findall(r"^```sh\n(.*?) gistsearch serve(.*?)\n```", GUIDE, re.MULTILINE | re.DOTALL)

_COMMAND = re.compile(r"^\$ (.*(?:\n>.*)*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
_CHANGING = [
    (re.compile(r'"duration_s": [0-9.]+'), '"duration_s": 0'),
    (re.compile(r'"instance": "[0-9a-f]{32}"'), '"instance": "…"'),
    (re.compile(r"(;t=|retry-after: )[0-9]+"), r"\1…"),
]
"""What differs from one run to the next."""

EXAMPLES: list[tuple[str, str]] = [example for block in BLOCKS for example in _COMMAND.findall(block)]

needs_curl = pytest.mark.skipif(not (shutil.which("bash") and shutil.which("curl")), reason="needs bash and curl")


@pytest.fixture(scope="module")
def addresses() -> Iterator[dict[str, str]]:
    """Start the servers of the guide, each on a free port; return where they listen by what the guide says."""
    with ExitStack() as stack:
        started: dict[str, str] = {}
        for variables, port in SERVERS:
            settings = dict(variable.split("=", 1) for variable in variables.split())
            server = stack.enter_context(serving(environment=environment_with(**settings)))
            started[f"localhost:{port.removeprefix(' --port ') or '9876'}"] = "{}:{}".format(*server.address)
        yield started


def _comparable(output: str) -> Any:
    """Return an output without what changes, and JSON apart from its layout."""
    for changing, constant in _CHANGING:
        output = changing.sub(constant, output)
    if not output.startswith("{"):
        return output.rstrip("\n")
    values: list[Any] = []
    decoder = json.JSONDecoder()
    while output := output.lstrip():
        value, end = decoder.raw_decode(output)
        values.append(value)
        output = output[end:]
    return values


@needs_curl
def test_examples_print_what_they_show(addresses: dict[str, str]) -> None:
    """One after the other, in one shell."""
    script = ["curl() { command curl --silent --show-error --max-time 60 \"$@\" | tr -d '\\r'; }"]
    for number, (command, _) in enumerate(EXAMPLES):
        script += [command.replace("\n> ", "\n"), f"printf '\\n# {number}\\n'"]
    text = "\n".join(script)
    for shown, address in addresses.items():
        text = text.replace(shown, address)
    ran = subprocess.run(
        ["bash", "-c", text],
        env={**os.environ, "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert ran.stderr == ""
    printed = re.split(r"\n# \d+\n", ran.stdout)[:-1]
    shown = [(command, _comparable(output)) for command, output in EXAMPLES]
    assert [(command, _comparable(output)) for (command, _), output in zip(EXAMPLES, printed, strict=True)] == shown


def test_every_example_is_run() -> None:
    """A block that the tests overlook would prove nothing."""
    assert len(EXAMPLES) > 15
    assert GUIDE.count("\n$ ") == len(EXAMPLES)
    assert len(SERVERS) == GUIDE.count("```sh\n") == 2
