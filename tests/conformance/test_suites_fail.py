"""The published suites can fail: each of their tests fails for some flawed adapter."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from gistsearch.testing import GistSourceSuite, GistStoreSuite, MatcherSuite
from tests.conformance.flaws import MATCHERS, SOURCES, STORES

HERE = Path(__file__).parent

Outcomes = Mapping[tuple[str, str], set[str]]
"""The outcomes (`passed`, `failed`, `skipped`) by flaw and test. A test is named with and without its parameters."""


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Outcomes:
    return _outcomes("flawed_sources.py", SOURCES, tmp_path_factory.mktemp("suites"))


@pytest.fixture(scope="module")
def matchers(tmp_path_factory: pytest.TempPathFactory) -> Outcomes:
    return _outcomes("flawed_matchers.py", MATCHERS, tmp_path_factory.mktemp("suites"))


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Outcomes:
    return _outcomes("flawed_stores.py", STORES, tmp_path_factory.mktemp("suites"))


@pytest.mark.parametrize("flaw", SOURCES)
def test_a_flawed_source_fails(sources: Outcomes, flaw: str) -> None:
    """Every test that the flaw violates fails."""
    assert [test for test in SOURCES[flaw] if "failed" not in sources[flaw, test]] == []


@pytest.mark.parametrize("flaw", MATCHERS)
def test_a_flawed_matcher_fails(matchers: Outcomes, flaw: str) -> None:
    """Every test that the flaw violates fails."""
    assert [test for test in MATCHERS[flaw] if "failed" not in matchers[flaw, test]] == []


@pytest.mark.parametrize("flaw", STORES)
def test_a_flawed_store_fails(stores: Outcomes, flaw: str) -> None:
    """Every test that the flaw violates fails."""
    assert [test for test in STORES[flaw] if "failed" not in stores[flaw, test]] == []


def test_the_flawless_source_passes(sources: Outcomes) -> None:
    """What the flawed sources have in common passes every test, so it is the flaw that fails."""
    assert _passed_by_the_flawless(sources) == _tests(GistSourceSuite)


def test_the_flawless_matcher_passes(matchers: Outcomes) -> None:
    """What the flawed matchers have in common passes every test, so it is the flaw that fails."""
    assert _passed_by_the_flawless(matchers) == _tests(MatcherSuite)


def test_the_flawless_store_passes(stores: Outcomes) -> None:
    """What the flawed stores have in common passes every test, so it is the flaw that fails."""
    assert _passed_by_the_flawless(stores) == _tests(GistStoreSuite)


@pytest.mark.parametrize(
    ("suite", "flaws"), [(GistSourceSuite, SOURCES), (MatcherSuite, MATCHERS), (GistStoreSuite, STORES)]
)
def test_every_test_fails_for_some_flaw(suite: type, flaws: Mapping[str, list[str]]) -> None:
    """A test that nothing can fail tests nothing."""
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
