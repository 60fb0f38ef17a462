"""The examples of docs/embedding.md do what they show: written to files, installed, tested by the suites, and run."""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import subprocess
import sys
import threading
import tomllib
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from configparser import ConfigParser
from contextlib import aclosing
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from attrs import field, frozen

from gistsearch import InMemoryGists, MemoryGist, Re2Compiler, SearchGists, SearchQuery
from gistsearch.ports.deadline import Deadline
from gistsearch.ports.gists import GistFile

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "embedding.md").read_text()

FILES = dict(re.findall(r"`(\w+\.py)`:\n\n```python\n(.*?\n)```\n", DOCUMENT, re.DOTALL))
TABLES = re.findall(r"```toml\n(.*?)```\n", DOCUMENT, re.DOTALL)
CONSOLES = re.findall(r"```console\n(.*?)```\n", DOCUMENT, re.DOTALL)

SHOWN_ORIGIN = "https://snippets.example"
PATIENCE_S = 10.0


@frozen
class Shell:
    """As much of a shell as the examples need, in a folder in which their package is installed."""

    home: Path
    environment: dict[str, str] = field(factory=dict[str, str])

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        program, *arguments = shlex.split(command)
        assert program in ("python", "pytest", "gistsearch", "pyright")
        module = [] if program == "python" else ["-m", program]
        return subprocess.run(
            [sys.executable, *module, *arguments],
            cwd=self.home,
            env={
                **_clean_environment(),
                "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{self.home}",
                "PYTEST_ADDOPTS": "-W error",
                **self.environment,
            },
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the files of the document, and an installed package with its entry points."""
    home = tmp_path_factory.mktemp("home").resolve()
    for name, text in FILES.items():
        (home / name).write_text(text)
    _install(home)
    return home


@pytest.fixture(scope="module")
def origin(home: Path) -> Iterator[str]:
    """Return the address of the document's own server, with some snippets."""
    example = _module(home, "snippet_server")
    with example.SnippetServer() as server:
        code = example.Snippet({"a.py": b"# TODO\nprint()\n"})
        plans = example.Snippet({"plans.md": b"# Plans\n\n- TODO: water the plants\n"})
        secret = example.Snippet({"secret.txt": b"TODO: plants\n"}, public=False)
        server.users["ada.lovelace"] = [secret, plans, code]
        yield server.origin


def _install(home: Path) -> None:
    """Do what an installer does with the metadata of the document (entry points specification)."""
    project = tomllib.loads("\n".join(TABLES))["project"]
    entries = ConfigParser(delimiters=("=",))
    entries.read_dict(project["entry-points"])
    folder = home / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    with (folder / "entry_points.txt").open("w") as file:
        entries.write(file)


def _module(home: Path, name: str) -> ModuleType:
    """Import a file of the document."""
    spec = spec_from_file_location(name, home / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[name] = module  # where dataclasses look for it
    try:
        spec.loader.exec_module(module)
    finally:
        del sys.modules[name]
    return module


def _clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("GISTSEARCH_")}


def _examples(program: str) -> Iterator[tuple[dict[str, str], str, str]]:
    """Yield the commands of a program: what was exported before, the command, and what it prints."""
    exported: dict[str, str] = {}
    for piece in "".join(f"\n{console}" for console in CONSOLES).split("\n$ ")[1:]:
        command, _, output = piece.partition("\n")
        if command.startswith("export "):
            name, _, value = command.removeprefix("export ").partition("=")
            exported[name] = value
        elif command.startswith(program):
            yield dict(exported), command, output.rstrip("\n")


@pytest.mark.parametrize(("exported", "command", "shown"), [*_examples("python"), *_examples("gistsearch")])
def test_an_example_prints_what_it_shows(
    home: Path, origin: str, exported: dict[str, str], command: str, shown: str
) -> None:
    """The lines are those shown. Their order may differ, because files are searched at the same time."""
    exported = {name: value.replace(SHOWN_ORIGIN, origin) for name, value in exported.items()}
    ran = Shell(home, exported).run(command)
    assert ran.stderr == ""
    printed = ran.stdout.replace(origin, SHOWN_ORIGIN).splitlines()
    assert sorted(printed) == sorted(shown.splitlines())
    assert printed


@pytest.mark.parametrize("command", [command for _, command, _ in _examples("pytest")])
def test_an_example_passes_the_published_suite(home: Path, command: str) -> None:
    """The document's own adapters pass, outside of this project."""
    ran = Shell(home).run(command)
    assert ran.returncode == 0, ran.stdout
    assert re.search(r"\d\d passed", ran.stdout)


def test_examples_are_fully_typed(home: Path) -> None:
    """A strict type checker has nothing to say about code that uses the package in this way."""
    (home / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}')
    ran = Shell(home).run("pyright")
    assert ran.returncode == 0, ran.stdout


def test_backends_are_found_by_entry_point(tmp_path: Path) -> None:
    """Without the package installed there is no such backend, and the message says which there are."""
    ran = Shell(tmp_path).run("gistsearch search --backend snippets TODO ada.lovelace")
    assert ran.returncode == 2
    assert "there is no 'snippets', only github, memory" in ran.stderr


class StalledGists(InMemoryGists):
    """Lists one file that matches and one whose content never arrives."""

    def __init__(self) -> None:
        super().__init__({"octo": [MemoryGist({"found.txt": b"TODO", "stalled.txt": b"TODO"})]})
        self.is_stalled = threading.Event()
        self.is_released = threading.Event()

    def open_file(self, file: GistFile, deadline: Deadline) -> Generator[bytes, None, None]:
        if file.filename == "stalled.txt":
            interrupted = threading.Event()
            withdraw = deadline.on_over(interrupted.set)
            self.is_stalled.set()
            interrupted.wait(PATIENCE_S)
            withdraw()
            self.is_released.set()
        yield from super().open_file(file, deadline)


@pytest.fixture
def source() -> StalledGists:
    return StalledGists()


@pytest.fixture
def search(source: StalledGists) -> Iterator[SearchGists]:
    with ThreadPoolExecutor(4) as executor:
        yield SearchGists(source, Re2Compiler(), executor)


def test_cancelling_a_task_ends_its_search(home: Path, source: StalledGists, search: SearchGists) -> None:
    """The event loop stays responsive while the search waits, and a cancelled search waits for nothing."""
    events_of: Any = _module(home, "async_search").events_of

    async def consume() -> None:
        async with aclosing(events_of(search, SearchQuery("octo", "TODO"))) as events:
            async for _ in events:
                pass

    async def main() -> None:
        task = asyncio.create_task(consume())
        while not source.is_stalled.is_set():
            await asyncio.sleep(0.001)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(asyncio.wait_for(main(), PATIENCE_S))
    assert source.is_released.wait(PATIENCE_S)


def test_leaving_a_loop_ends_its_search(home: Path, source: StalledGists, search: SearchGists) -> None:
    """The first match is returned although another file has not arrived, and nothing waits for that any more."""
    first_match: Any = _module(home, "async_search").first_match
    assert asyncio.run(asyncio.wait_for(first_match(search, "octo", "TODO"), PATIENCE_S)) == "found.txt"
    if source.is_stalled.is_set():
        assert source.is_released.wait(PATIENCE_S)


def test_all_examples_are_run() -> None:
    """No block of code is left out."""
    assert len(FILES) == DOCUMENT.count("```python\n")
    assert [sum(1 for _ in _examples(program)) for program in ("python", "gistsearch", "pytest")] == [5, 2, 2]
