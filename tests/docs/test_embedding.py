"""The examples of docs/embedding.md do what they show: written down as files, installed, proved, run."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path

import pytest
from attrs import field, frozen

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "embedding.md").read_text()

FILES = dict(re.findall(r"`(\w+\.py)`:\n\n```python\n(.*?\n)```\n", DOCUMENT, re.DOTALL))
TABLES = re.findall(r"```toml\n(.*?)```\n", DOCUMENT, re.DOTALL)
CONSOLES = re.findall(r"```console\n(.*?)```\n", DOCUMENT, re.DOTALL)

SHOWN_HOME = "file:///home/octo"
GISTS = {
    "2026-01-02 code/a.py": "# TODO\nprint()\n",
    "2026-02-03 plans/plans.md": "# Plans\n\n- TODO: water the plants\n",
    ".2026-03-04 secret/secret.txt": "TODO: plants\n",
}


@frozen
class Shell:
    """As much of a shell as the examples need, in a folder in which their package is installed."""

    home: Path
    environment: dict[str, str] = field(factory=dict[str, str])

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        program, *arguments = shlex.split(command)
        assert program in ("python", "pytest", "gistsearch")
        module = [] if program == "python" else ["-m", program]
        return subprocess.run(
            [sys.executable, *module, *arguments],
            cwd=self.home,
            env={**_clean_environment(), "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{self.home}", **self.environment},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the files of the document, some gists, and an installed package with its entry points."""
    home = tmp_path_factory.mktemp("home").resolve()
    for name, text in FILES.items():
        (home / name).write_text(text)
    for name, text in GISTS.items():
        path = home / "gists" / "octo" / name
        path.parent.mkdir(parents=True)
        path.write_text(text)
    _install(home)
    return home


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
def test_example_prints_what_it_shows(home: Path, exported: dict[str, str], command: str, shown: str) -> None:
    """The lines are those shown. A failed listing may come sooner or later than a match."""
    ran = Shell(home, exported).run(command)
    assert ran.stderr == ""
    printed = ran.stdout.replace(home.as_uri(), SHOWN_HOME).splitlines()
    assert sorted(printed) == sorted(shown.splitlines())
    assert printed


@pytest.mark.parametrize("command", [command for _, command, _ in _examples("pytest")])
def test_example_is_proved_by_the_published_suite(home: Path, command: str) -> None:
    """The document's own adapters pass, out of any project, with gistsearch as an installed package."""
    ran = Shell(home).run(command)
    assert ran.returncode == 0, ran.stdout
    assert re.search(r"\d\d passed", ran.stdout)


def test_entry_points_are_what_finds_the_examples(tmp_path: Path) -> None:
    """Without the package installed there is no such backend, and the message says which there are."""
    ran = Shell(tmp_path).run("gistsearch search --backend folder TODO octo")
    assert ran.returncode == 2
    assert "there is no 'folder', only github, memory" in ran.stderr


def test_all_examples_are_run() -> None:
    """No block of code is left out."""
    assert len(FILES) == DOCUMENT.count("```python\n")
    assert [sum(1 for _ in _examples(program)) for program in ("python", "gistsearch", "pytest")] == [1, 2, 2]
