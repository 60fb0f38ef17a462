"""The contracts in `.importlinter` hold; and each breaks when it should, for a contract that cannot break is none."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from configparser import ConfigParser, SectionProxy
from pathlib import Path

import grimp
import pytest
from attrs import frozen

ROOT = Path(__file__).parents[2]


def _contracts() -> dict[str, SectionProxy]:
    parser = ConfigParser()
    parser.read_string((ROOT / ".importlinter").read_text())
    prefix = "importlinter:contract:"
    return {name.removeprefix(prefix): parser[name] for name in parser.sections() if name.startswith(prefix)}


CONTRACTS = _contracts()
HOMES = [name for name in CONTRACTS if name.startswith("home-of-")]
EVERYBODYS = {"attr", "attrs", "_typeshed"}  # The last is there for type checkers alone.


@frozen
class Breach:
    """Imports that a contract forbids, and what the linter has to say of them."""

    contract: str
    file: str
    """In the package; it is made where it does not exist."""
    imports: tuple[str, ...]
    complaints: tuple[str, ...]


def _breach(contract: str, file: str, imported: str, complaint: str) -> Breach:
    return Breach(contract, file, (imported,), (complaint,))


def _breaches() -> Iterator[Breach]:
    yield _breach("layers", "ports/gists.py", "gistsearch.domain.query", "gistsearch.ports is not allowed to import")
    yield _breach("layers", "domain/query.py", "gistsearch.wire", "gistsearch.domain is not allowed to import")
    yield _breach("layers", "domain/query.py", "gistsearch.testing", "gistsearch.domain is not allowed to import")
    yield _breach(
        "layers", "testing/gists.py", "gistsearch.domain.query", "gistsearch.testing is not allowed to import"
    )
    yield _breach("layers", "wire/answer.py", "gistsearch.adapters.web", "gistsearch.wire is not allowed to import")
    yield _breach("layers", "settings.py", "gistsearch.adapters.web", "gistsearch.settings is not allowed to import")
    yield _breach(
        "layers", "container/__init__.py", "gistsearch.__main__", "gistsearch.container is not allowed to import"
    )
    yield Breach("layers", "newcomer.py", (), ("- gistsearch.newcomer",))
    yield _breach("no-cycles", "domain/matching/windows.py", "gistsearch.domain.search", "gistsearch.domain")
    yield _breach("no-cycles", "adapters/re2/syntax.py", "gistsearch.adapters.re2.matcher", "gistsearch.adapters.re2")
    matching = "gistsearch.domain.matching is not allowed to import"
    for name in ("concurrent", "queue", "threading"):
        yield _breach("matching-without-threads", "domain/matching/hits.py", name, f"{matching} {name}:")
    yield _breach(
        "matching-without-gists",
        "domain/matching/lines.py",
        "gistsearch.ports.gists",
        f"{matching} gistsearch.ports.gists:",
    )
    yield _breach("re2-alone", "adapters/re2/matcher.py", "re", "gistsearch.adapters.re2 is not allowed to import re:")
    yield _breach(
        "independent-adapters",
        "adapters/memory.py",
        "gistsearch.adapters.re2",
        "gistsearch.adapters.memory is not allowed to import gistsearch.adapters.re2:",
    )
    yield _protected("container-imports-adapters", "__main__.py", "gistsearch.adapters.web")
    yield _protected("container-imports-adapters", "__init__.py", "gistsearch.adapters.web")
    yield _protected("main-imports-container", "adapters/cli/__init__.py", "gistsearch.container")
    yield _protected("entry-points-import-domain", "adapters/github/links.py", "gistsearch.domain")
    yield _protected("entry-points-import-domain", "settings.py", "gistsearch.domain")
    yield _protected("entry-points-import-wire", "container/__init__.py", "gistsearch.wire")
    yield _protected("suites-for-others", "container/__init__.py", "gistsearch.testing")
    for home in HOMES:
        yield _protected(home, "domain/query.py", *CONTRACTS[home]["protected_modules"].split())
    forbidden = tuple(CONTRACTS["pure-core"]["forbidden_modules"].split())
    for half in CONTRACTS["pure-core"]["source_modules"].split():
        file = f"{half.partition('.')[2]}/newcomer.py"
        yield Breach(
            "pure-core", file, forbidden, tuple(f"{half} is not allowed to import {name}:" for name in forbidden)
        )


def _protected(contract: str, file: str, *imported: str) -> Breach:
    return Breach(contract, file, imported, tuple(f"Illegal imports of protected package {name}" for name in imported))


BREACHES = list(_breaches())


def test_contracts_hold() -> None:
    linted = lint(ROOT)
    assert linted.returncode == 0, linted.stdout


@pytest.mark.parametrize("breach", BREACHES, ids=lambda breach: f"{breach.contract}:{breach.file}")
def test_contract_breaks(breach: Breach, tmp_path: Path) -> None:
    """A violation in a copy of the package makes the linter fail, and name the contract and what breaks it."""
    package = tmp_path / "src" / "gistsearch"
    shutil.copytree(ROOT / "src" / "gistsearch", package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / ".importlinter", tmp_path)
    with (package / breach.file).open("a") as file:
        file.writelines(f"\nimport {name}" for name in breach.imports)
    linted = lint(tmp_path, breach.contract)
    assert linted.returncode == 1
    assert f"{CONTRACTS[breach.contract]['name']} BROKEN" in linted.stdout
    assert [complaint for complaint in breach.complaints if complaint not in linted.stdout] == []


def test_every_contract_is_broken_by_some_breach() -> None:
    assert {breach.contract for breach in BREACHES} == set(CONTRACTS)


def test_every_dependency_has_a_home() -> None:
    """Which of our packages may import an outside package is said for all of them but attrs, which is everybody's."""
    guarded = {name for home in HOMES for name in CONTRACTS[home]["protected_modules"].split()}
    assert _outside_packages(_graph(), "gistsearch") - guarded <= EVERYBODYS


def test_core_stands_on_the_standard_library_and_attrs() -> None:
    graph = _graph()
    assert _outside_packages(graph, "gistsearch.domain") | _outside_packages(graph, "gistsearch.ports") <= EVERYBODYS


def lint(tree: Path, *contracts: str) -> subprocess.CompletedProcess[str]:
    """Run the linter over the package in `tree/src`."""
    command = "from importlinter.cli import lint_imports_command as run; run()"
    options = [f"--contract={contract}" for contract in contracts]
    return subprocess.run(
        [sys.executable, "-c", command, "--no-cache", "--no-logo", *options],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree / "src"), "COLUMNS": "500"},
        capture_output=True,
        text=True,
        check=False,
    )


def _graph() -> grimp.ImportGraph:
    return grimp.build_graph("gistsearch", include_external_packages=True, cache_dir=None)


def _outside_packages(graph: grimp.ImportGraph, package: str) -> set[str]:
    """Name what a package imports that is neither ours nor Python's."""
    importers = {package, *graph.find_descendants(package)}
    imported = {name for importer in importers for name in graph.find_modules_directly_imported_by(importer)}
    return {name for name in imported if not name.startswith("gistsearch")} - sys.stdlib_module_names
