"""The installed package: its public names, what importing it loads, and what the wheel contains."""

from __future__ import annotations

import ast
import importlib
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import gistsearch

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "gistsearch"


def _loaded_after(code: str) -> set[str]:
    """Return the modules that a new interpreter has loaded after some code."""
    code += "\nimport json, sys; print(json.dumps(list(sys.modules)))"
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    ran = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60, check=True
    )
    return set(json.loads(ran.stdout))


def _typed_names() -> dict[str, str]:
    """Return the names that the package imports for type checkers, with their modules."""
    module = ast.parse((SOURCE / "__init__.py").read_text())
    (block,) = (node for node in module.body if isinstance(node, ast.If))
    imports = [node for node in block.body if isinstance(node, ast.ImportFrom)]
    return {alias.name: node.module or "" for node in imports for alias in node.names}


def test_public_names_are_those_that_type_checkers_see() -> None:
    """`__all__` contains each of them once."""
    assert sorted(gistsearch.__all__) == sorted(_typed_names())


@pytest.mark.parametrize("name", gistsearch.__all__)
def test_a_public_name_is_what_type_checkers_see(name: str) -> None:
    """It is the very object of the module from which they import it, and `dir` shows it."""
    assert getattr(gistsearch, name) is getattr(importlib.import_module(_typed_names()[name]), name)
    assert name in dir(gistsearch)


def test_events_are_public() -> None:
    """Every event of a search can be imported from the package."""
    from gistsearch.domain.events import SearchEvent

    assert {event.__name__ for event in SearchEvent.__args__} <= set(gistsearch.__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    """As for any module."""
    with pytest.raises(AttributeError, match="has no attribute 'Nonsense'"):
        _ = gistsearch.Nonsense  # pyright: ignore[reportAttributeAccessIssue]


def test_importing_the_package_loads_nothing_else() -> None:
    """Neither a third-party package nor a module of its own."""
    loaded = _loaded_after("import gistsearch; dir(gistsearch)")
    assert {name for name in loaded if name.startswith("gistsearch.")} == set()
    assert loaded.isdisjoint({"attrs", "attr", "flask", "urllib3", "re2"})


def test_importing_the_core_loads_only_attrs() -> None:
    """A program that embeds the core with its own adapters loads none of ours."""
    code = "from gistsearch import FileMatch, SearchGists, SearchQuery; import gistsearch.ports.gists"
    loaded = _loaded_after(code)
    assert "gistsearch.domain.search" in loaded
    assert {name for name in loaded if name.startswith(("gistsearch.adapters", "gistsearch.wire"))} == set()
    assert loaded.isdisjoint({"flask", "urllib3", "re2", "click", "cattrs", "granian"})


@pytest.fixture(scope="module")
def wheel_files(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Build the wheel as installers do (PEP 517), and return the names of its files."""
    folder = tmp_path_factory.mktemp("wheel")
    code = f"from flit_core.buildapi import build_wheel; print(build_wheel({str(folder)!r}))"
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    with zipfile.ZipFile(folder / ran.stdout.strip()) as wheel:
        return set(wheel.namelist())


def test_the_wheel_says_that_the_package_is_typed(wheel_files: set[str]) -> None:
    """Type checkers ignore the annotations of a package without this file (PEP 561)."""
    assert "gistsearch/py.typed" in wheel_files


def test_the_wheel_contains_every_file_of_the_package(wheel_files: set[str]) -> None:
    """Code, templates and the suites' corpus."""
    source = {
        f"gistsearch/{path.relative_to(SOURCE).as_posix()}"
        for path in SOURCE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {name for name in wheel_files if name.startswith("gistsearch/")} == source
