"""The published suites can fail: each of their tests fails for some flawed adapter."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from gistsearch.testing import (
    GistSourceSuite,
    GistStoreSuite,
    JournalSuite,
    MatcherSuite,
    MemberSourceSuite,
    SearchEngineSuite,
)
from tests.conformance.flaws import ENGINES, JOURNALS, MATCHERS, MEMBERS, SOURCES, STORES

HERE = Path(__file__).parent

Outcomes = Mapping[tuple[str, str], set[str]]
"""The outcomes (`passed`, `failed`, `skipped`) by flaw and test. A test is named with and without its parameters."""

SUITES: Mapping[str, tuple[type, Mapping[str, list[str]]]] = {
    "sources": (GistSourceSuite, SOURCES),
    "matchers": (MatcherSuite, MATCHERS),
    "stores": (GistStoreSuite, STORES),
    "members": (MemberSourceSuite, MEMBERS),
    "engines": (SearchEngineSuite, ENGINES),
    "journals": (JournalSuite, JOURNALS),
}
"""The suites and their flawed adapters, by what follows `flawed_` in the name of the module."""


@pytest.fixture(scope="module")
def outcomes_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Outcomes]:
    """Return what runs the flawed adapters of a suite, once."""

    @cache
    def run(name: str) -> Outcomes:
        return _outcomes(f"flawed_{name}.py", SUITES[name][1], tmp_path_factory.mktemp("suites"))

    return run


@pytest.mark.parametrize(("name", "flaw"), [(name, flaw) for name, (_, flaws) in SUITES.items() for flaw in flaws])
def test_a_flawed_adapter_fails(outcomes_of: Callable[[str], Outcomes], name: str, flaw: str) -> None:
    """Every test that the flaw violates fails."""
    outcomes = outcomes_of(name)
    assert [test for test in SUITES[name][1][flaw] if "failed" not in outcomes[flaw, test]] == []


@pytest.mark.parametrize("name", SUITES)
def test_the_flawless_adapter_passes(outcomes_of: Callable[[str], Outcomes], name: str) -> None:
    """What the flawed ones have in common passes every test, so it is the flaw that fails."""
    assert _passed_by_the_flawless(outcomes_of(name)) == _tests(SUITES[name][0])


@pytest.mark.parametrize("name", SUITES)
def test_every_test_fails_for_some_flaw(name: str) -> None:
    """A test that nothing can fail tests nothing."""
    suite, flaws = SUITES[name]
    assert {test.partition("[")[0] for tests in flaws.values() for test in tests} == _tests(suite)


def _tests(suite: type) -> set[str]:
    return {name.removeprefix("test_") for name in dir(suite) if name.startswith("test_")}


def _passed_by_the_flawless(outcomes: Outcomes) -> set[str]:
    return {
        test
        for (flaw, test), outcome in outcomes.items()
        if flaw == "Flawless" and "[" not in test and outcome == {"passed"}
    }


def _outcomes(file: str, flaws: Mapping[str, list[str]], folder: Path) -> Outcomes:
    """Run the tests that each flaw violates, and all tests with the flawless adapter."""
    chosen = [f"{HERE / file}::Test{flaw}::test_{test}" for flaw, tests in flaws.items() for test in tests]
    report = folder / "report.xml"
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-n0",
            "--tb=no",
            "--assert=plain",
            f"--junitxml={report}",
            f"{HERE / file}::TestFlawless",
            *chosen,
        ],
        cwd=HERE.parents[1],
        stdout=subprocess.DEVNULL,
        timeout=300,
        check=False,
    )
    outcomes: dict[tuple[str, str], set[str]] = {}
    for case in ET.parse(report).iter("testcase"):
        flaw = case.attrib["classname"].rpartition(".Test")[2]
        test = case.attrib["name"].removeprefix("test_")
        for name in {test, test.partition("[")[0]}:
            outcomes.setdefault((flaw, name), set()).add(_outcome(case))
    return outcomes


def _outcome(case: ET.Element) -> str:
    skipped = case.find("skipped")
    if skipped is not None:  # Expected failures (exceptions of the corpus) are reported in the same way, and are right.
        return "passed" if skipped.attrib["type"] == "pytest.xfail" else "skipped"
    return "passed" if case.find("failure") is None and case.find("error") is None else "failed"
