"""Matches are ripgrep's, wherever both understand a pattern in the same way."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from gistsearch.ports.matching import InvalidPattern, MatchOptions, Span
from tests.ripgrep import RG, needs_ripgrep
from tests.searching import query_for, search

_ATOMS = ["a", "b", "A", "é", "€", ".", "[ab]", "[^a]", "[#-]", " ", "_", "#", "-", "^", "(?i:a)", r"\pL", "(a|ab)"]
_TIMES = ["", "", "*", "+", "?", "{2}", "{1,3}", "*?", "+?"]
_PIECES = ["a", "b", "ab", "A", "_", " ", "#", "-", "é", "€", "1", ":"]

runs = st.lists(st.builds(str.__add__, st.sampled_from(_ATOMS), st.sampled_from(_TIMES)), min_size=1, max_size=4)
branches = st.builds(str.__add__, runs.map("".join), st.sampled_from(["", "", "$"]))
pattern_lists = st.lists(branches, min_size=1, max_size=3)
texts = st.lists(st.lists(st.sampled_from(_PIECES), max_size=8).map("".join), min_size=1, max_size=30).map("\n".join)

Lines = list[tuple[int, list[Span]]]
"""Line numbers with the matches that are not empty, as byte positions."""


@needs_ripgrep
@given(
    patterns=pattern_lists,
    text=texts,
    options=st.builds(MatchOptions, word=st.booleans(), smart_case=st.booleans()),
    invert=st.booleans(),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_lines_and_matches_are_those_of_ripgrep(
    patterns: list[str], text: str, options: MatchOptions, invert: bool, tmp_path: Path
) -> None:
    """With `-e`, `-w`, `-S` and `-v`."""
    try:
        lines = search(query_for(patterns, options, invert=invert), [text.encode()]).lines
    except InvalidPattern:
        assume(False)
        raise
    ours = [
        (line.number, [(len(line.text[:s].encode()), len(line.text[:e].encode())) for s, e in line.spans if s < e])
        for line in lines
    ]
    flags = [flag for flag, is_set in (("-w", options.word), ("-S", options.smart_case), ("-v", invert)) if is_set]
    file = tmp_path / "file"
    file.write_bytes(text.encode())
    assert ours == _ripgrep([*flags, *(f"--regexp={pattern}" for pattern in patterns)], file)


def _ripgrep(flags: list[str], file: Path) -> Lines:
    if RG is None:
        pytest.skip("ripgrep 14 is not installed")
    ran = subprocess.run([RG, "--no-config", "--json", *flags, str(file)], capture_output=True, check=False, timeout=60)
    events = [json.loads(line) for line in ran.stdout.splitlines()]
    return [
        (
            event["data"]["line_number"],
            [(match["start"], match["end"]) for match in event["data"]["submatches"] if match["start"] < match["end"]],
        )
        for event in events
        if event["type"] == "match"
    ]
