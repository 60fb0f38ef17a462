"""The published suites can fail: each law is broken by some flawed adapter, and notices it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from gistsearch.testing import GistSourceSuite, MatcherSuite, MultiplexingSourceSuite
from gistsearch.testing.opening import OpeningLaws
from tests.conformance.flaws import MATCHERS, MULTIPLEXERS, SOURCES

HERE = Path(__file__).parent

Outcomes = Mapping[tuple[str, str], set[str]]
"""Of each flaw under each law: `passed`, `failed`. A law is a test's name, with or without its parameters."""


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Outcomes:
    return _outcomes("flawed_sources.py", SOURCES, tmp_path_factory.mktemp("suites"))


@pytest.fixture(scope="module")
def multiplexers(tmp_path_factory: pytest.TempPathFactory) -> Outcomes:
    return _outcomes("flawed_multiplexers.py", MULTIPLEXERS, tmp_path_factory.mktemp("suites"))


@pytest.fixture(scope="module")
def matchers(tmp_path_factory: pytest.TempPathFactory) -> Outcomes:
    return _outcomes("flawed_matchers.py", MATCHERS, tmp_path_factory.mktemp("suites"))


@pytest.mark.parametrize("flaw", SOURCES)
def test_flawed_source_is_seen_through(sources: Outcomes, flaw: str) -> None:
    """The laws that a flaw breaks fail."""
    assert [law for law in SOURCES[flaw] if "failed" not in sources[flaw, law]] == []


@pytest.mark.parametrize("flaw", MULTIPLEXERS)
def test_flawed_multiplexer_is_seen_through(multiplexers: Outcomes, flaw: str) -> None:
    """The laws that a flaw breaks fail."""
    assert [law for law in MULTIPLEXERS[flaw] if "failed" not in multiplexers[flaw, law]] == []


@pytest.mark.parametrize("flaw", MATCHERS)
def test_flawed_matcher_is_seen_through(matchers: Outcomes, flaw: str) -> None:
    """The laws that a flaw breaks fail."""
    assert [law for law in MATCHERS[flaw] if "failed" not in matchers[flaw, law]] == []


def test_flawless_source_is_not_blamed(sources: Outcomes) -> None:
    """What the flawed sources are made of passes every law, so that it is the flaw that fails."""
    assert _kept_by_the_flawless(sources) == _laws(GistSourceSuite)


def test_flawless_multiplexer_is_not_blamed(multiplexers: Outcomes) -> None:
    """What the flawed ones are made of passes every law, so that it is the flaw that fails."""
    assert _kept_by_the_flawless(multiplexers) == _laws(MultiplexingSourceSuite)


def test_flawless_matcher_is_not_blamed(matchers: Outcomes) -> None:
    """What the flawed matchers are made of passes every law, so that it is the flaw that fails."""
    assert _kept_by_the_flawless(matchers) == _laws(MatcherSuite)


@pytest.mark.parametrize(
    ("suite", "flaws"), [(GistSourceSuite, SOURCES), (OpeningLaws, MULTIPLEXERS), (MatcherSuite, MATCHERS)]
)
def test_every_law_is_broken_by_some_flaw(suite: type, flaws: Mapping[str, list[str]]) -> None:
    """A law that nothing can break is none."""
    assert {law.partition("[")[0] for laws in flaws.values() for law in laws} == _laws(suite)


def _laws(suite: type) -> set[str]:
    return {name.removeprefix("test_") for name in dir(suite) if name.startswith("test_")}


def _kept_by_the_flawless(outcomes: Outcomes) -> set[str]:
    return {
        law for (flaw, law), told in outcomes.items() if flaw == "Flawless" and "[" not in law and told == {"passed"}
    }


def _outcomes(file: str, flaws: Mapping[str, list[str]], folder: Path) -> Outcomes:
    """Run what each flaw breaks, and the flawless one under everything."""
    chosen = [f"{HERE / file}::Test{flaw}::test_{law}" for flaw, laws in flaws.items() for law in laws]
    report = folder / "report.xml"
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "--tb=no",
            "--assert=plain",
            f"--junitxml={report}",
            f"{HERE / file}::TestFlawless",
            *chosen,
        ],
        cwd=HERE.parents[1],
        stdout=subprocess.DEVNULL,
        timeout=120,
        check=False,
    )
    outcomes: dict[tuple[str, str], set[str]] = {}
    for case in ET.parse(report).iter("testcase"):
        flaw = case.attrib["classname"].rpartition(".Test")[2]
        law = case.attrib["name"].removeprefix("test_")
        for name in {law, law.partition("[")[0]}:
            outcomes.setdefault((flaw, name), set()).add(_outcome(case))
    return outcomes


def _outcome(case: ET.Element) -> str:
    skipped = case.find("skipped")
    if skipped is not None:  # An exception of the corpus is reported so, too, and is as it should be.
        return "passed" if skipped.attrib["type"] == "pytest.xfail" else "skipped"
    return "passed" if case.find("failure") is None and case.find("error") is None else "failed"
