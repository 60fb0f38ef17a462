"""README's examples do what they show."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import pytest
from attrs import Factory, define, fields

from gistsearch.adapters.memory import InMemoryGists
from gistsearch.adapters.re2 import Re2Compiler
from gistsearch.adapters.web import create_app
from gistsearch.domain.search import SearchGists
from gistsearch.settings import Settings, variables_of
from tests.fakes import InlineExecutor

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()

Example = tuple[str, str]
"""A command, and what it prints."""


def _blocks(language: str) -> list[str]:
    return [piece.partition("\n```")[0] for piece in README.split(f"\n```{language}\n")[1:]]


def _examples(block: str) -> list[Example]:
    examples: list[Example] = []
    for piece in f"\n{block}".split("\n$ ")[1:]:
        command, _, output = piece.partition("\n")
        examples.append((command, output))
    return examples


EXAMPLES = [example for block in _blocks("console") for example in _examples(block)]


@define
class Shell:
    """As much of a shell as README's examples need; `curl` asks an application over the sample gists."""

    environment: dict[str, str] = Factory(
        lambda: {name: value for name, value in os.environ.items() if not name.startswith("GISTSEARCH_")}
    )
    status: int = 0

    def run(self, command: str) -> str:
        program, *arguments = shlex.split(command)
        run: Callable[[list[str]], str] = getattr(self, f"_{program}")
        return run(arguments).rstrip("\n")

    def _export(self, arguments: list[str]) -> str:
        for argument in arguments:
            name, _, value = argument.partition("=")
            self.environment[name] = value
        return ""

    def _echo(self, arguments: list[str]) -> str:
        assert arguments == ["$?"]
        return str(self.status)

    def _gistsearch(self, arguments: list[str]) -> str:
        ran = subprocess.run(
            [sys.executable, "-m", "gistsearch", *arguments],
            env={"GISTSEARCH_STORE": "off", **self.environment, "PYTHONPATH": str(ROOT / "src")},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            check=False,
        )
        self.status = ran.returncode
        return ran.stdout

    def _curl(self, arguments: list[str]) -> str:
        address = urlsplit("//" + arguments.pop())
        assert address.netloc == "localhost:9876"
        web = create_app(SearchGists(InMemoryGists.sample(), Re2Compiler(), InlineExecutor())).test_client()
        if arguments:
            option, body = arguments
            assert option == "--json"
            return web.post(address.path, data=body, content_type="application/json").text
        return web.get(address.path, query_string=address.query).text


def test_examples_print_what_they_show() -> None:
    """One after the other, in one shell. JSON may be laid out for reading, and a duration may differ."""
    shell = Shell()
    shown = [(command, _comparable(output)) for command, output in EXAMPLES]
    assert [(command, _comparable(shell.run(command))) for command, _ in EXAMPLES] == shown


def _comparable(output: str) -> object:
    if not output.startswith("{"):
        return output
    shown = json.loads(output)
    if "coverage" in shown:
        shown["coverage"]["duration_s"] = None
    shown.pop("instance", None)  # the id of one request
    return shown


@pytest.mark.parametrize(("program", "count"), [("gistsearch", 5), ("curl", 2)])
def test_there_are_examples(program: str, count: int) -> None:
    assert sum(command.startswith(program) for command, _ in EXAMPLES) >= count


def test_table_of_settings_is_true() -> None:
    """It has every setting, by one of its variables, and no other, with its default."""
    table = (ROOT / "docs" / "settings.md").read_text()
    rows = [line.split("|")[1:3] for line in table.splitlines() if line.startswith("| `")]
    shown = {
        name: default for names, defaults in rows for name, default in zip(*map(_cells, (names, defaults)), strict=True)
    }
    for field in fields(Settings):
        (name,) = shown.keys() & set(variables_of(field))
        assert shown.pop(name) == _shown(field.default)
    assert not shown


def _cells(text: str) -> list[str]:
    return text.replace("`", "").strip().split(", ")


def _shown(default: object) -> str:
    match default:
        case None:
            return "none"
        case tuple():
            return ",".join(str(part) for part in cast("tuple[object, ...]", default))
        case float():
            return f"{default:g}"
        case _:
            return str(default)


def test_commands_of_the_beginning_are_the_first_blocks() -> None:
    """Who looks for the two commands finds them as the first two shell blocks: run it, test it."""
    run, test = _blocks("sh")[:2]
    assert run.splitlines()[-1] == ".venv/bin/gistsearch search 'import requests' justdionysus --backend memory"
    assert test.splitlines()[-1] == ".venv/bin/pytest"
