"""The published suites as a package: what they import, what they contain, and the form of their corpus."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import grimp
import pytest

from gistsearch.ports.gists import UnknownUser
from gistsearch.testing import RE2_CASES, MatcherSuite, read_cases
from gistsearch.testing.fixtures import must_raise


def test_suites_need_only_ports_and_pytest() -> None:
    """To test an implementation of a port, no other part of gistsearch is needed."""
    graph = grimp.build_graph("gistsearch", include_external_packages=True, cache_dir=None)
    suites = {"gistsearch.testing", *graph.find_descendants("gistsearch.testing")}
    imported = {name for suite in suites for name in graph.find_modules_directly_imported_by(suite)}
    outside = imported - suites - set(sys.stdlib_module_names)
    assert {name for name in outside if not name.startswith("gistsearch.ports.")} == {"attrs", "pytest"}


def test_suites_cost_the_product_nothing() -> None:
    """Neither the library nor the command loads pytest or the suites."""
    code = "import sys, gistsearch.__main__, gistsearch.container, gistsearch.adapters.web, gistsearch.adapters.cli; "
    code += "print({'pytest', 'gistsearch.testing'} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert ran.stdout == "set()\n"


def test_every_file_of_the_corpus_is_used() -> None:
    """No case lies in the package without being run."""
    folder = Path(sys.modules["gistsearch.testing"].__file__ or "").parent / "corpus"
    held = [case for file in folder.iterdir() for case in read_cases(file)]
    assert len(held) == len({case.name for case in held}) == len(MatcherSuite.cases) + len(RE2_CASES)


@pytest.mark.parametrize(
    "told",
    [
        'name = "a"\npattern = "a"',  # neither spans nor refused
        'name = "a"\npattern = "a"\nspans = []\nspan = []',
        'name = "a"\npattern = "a"\nspans = [[1]]',
        'name = "a"\npattern = "a"\nspans = []\nignore_case = "yes"',
        'name = "a"\npattern = "a"\nspans = []\nhaystack = [256]',
        'name = "a"\npattern = "a"\nspans = []\nhaystack = [{ text = "a" }]',
        'name = ""\npattern = "a"\nspans = []',
        'pattern = "a"\nspans = []',
        'name = "a"\npattern = "a"\nrefused = true\nalso = [[]]',
        'name = "a"\npattern = "a"\nspans = []\n[[cases]]',
    ],
)
def test_corpus_that_says_nonsense_is_refused(tmp_path: Path, told: str) -> None:
    """A slip of the pen in a case fails, instead of testing less."""
    file = tmp_path / "own.toml"
    file.write_text(f"[[case]]\n{told}\n")
    with pytest.raises((TypeError, ValueError)):
        read_cases(file)


def test_a_failure_does_not_repeat_a_very_long_name() -> None:
    """An error may quote the name that the suite gave, which has thousands of characters."""
    with pytest.raises(pytest.fail.Exception) as failed, must_raise(UnknownUser, when="listing a user"):
        raise ValueError("octo" * 5_000)
    assert len(str(failed.value)) < 500
    assert failed.value.__suppress_context__
