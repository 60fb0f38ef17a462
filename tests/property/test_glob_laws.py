"""The laws of globs."""

from __future__ import annotations

import re
import subprocess
from fnmatch import fnmatchcase
from itertools import product
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from gistsearch.domain.globs import check_glob, glob_matcher
from tests.ripgrep import RG, needs_ripgrep

globs = st.text("ab-]![*?c.", max_size=12)
names = st.text("ab-]![*?c.\n", max_size=12)

NAMES = ["".join(name) for size in (1, 2) for name in product("ab-][*c{},^!\\", repeat=size)]


@given(globs, names)
def test_without_braces_and_escapes_globs_mean_what_the_standard_librarys_do(glob: str, name: str) -> None:
    try:
        matches = glob_matcher(glob)
    except ValueError:
        assume(False)
        raise
    assert matches(name) == fnmatchcase(name, glob)


@given(st.lists(st.text("ab", min_size=1, max_size=3), min_size=1, max_size=3), st.text("ab", max_size=3), names)
def test_braces_mean_any_of_their_alternatives(alternatives: list[str], rest: str, name: str) -> None:
    glob = "{" + ",".join(alternatives) + "}" + rest
    assert glob_matcher(glob)(name) == any(glob_matcher(one + rest)(name) for one in alternatives)


@given(st.text(max_size=10))
def test_an_escaped_name_matches_itself_alone(name: str) -> None:
    matches = glob_matcher("".join("\\" + character for character in name))
    assert matches(name)
    assert not matches(name + "x")


@pytest.mark.parametrize(
    ("glob", "matching", "others"),
    [
        ("[^ab].txt", ["y.txt"], ["a.txt", "b.txt"]),
        ("[]a]", ["]", "a"], ["b"]),
        ("[!]a]", ["b"], ["]", "a"]),
        ("[a-]", ["a", "-"], ["b"]),
        ("{a,b}.{py,md}", ["a.py", "b.md"], ["a.txt", "{a,b}.py"]),
        ("{a,{b,c}d}*", ["a", "bd", "cdx"], ["d", "b"]),
        ("x{,y}", ["xy"], ["x", "y"]),  # as for ripgrep, an empty alternative is none
        ("x{}y", ["xy"], ["x", "x{}y"]),
        (r"\{a\}", ["{a}"], ["a"]),
        (r"\!a", ["!a"], ["a"]),
        ("[{,]", ["{", ","], ["a"]),
        ("/a", ["a"], ["/a"]),
        ("**/*.py", ["a.py"], ["a.md"]),
        ("", [""], ["a"]),
    ],
)
def test_globs(glob: str, matching: list[str], others: list[str]) -> None:
    matches = glob_matcher(glob)
    assert all(matches(name) for name in matching)
    assert not any(matches(name) for name in others)


def is_comparable(glob: str) -> bool:
    """Leave out globs that exclude, and those with a full stop at the end: ripgrep does not find `a.` by `?.`."""
    return not glob.startswith("!") and not glob.rstrip("}],").endswith(".")


@needs_ripgrep
@given(glob=st.text("ab-][*?c.{},^!\\", min_size=1, max_size=7).filter(is_comparable))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_globs_select_what_ripgrep_selects(glob: str, tmp_path: Path) -> None:
    """Of files on disk, or both refuse it. Only release 15 of ripgrep refuses a `}` without a `{`, and finds names that
    end with a dot.
    """
    for name in NAMES:
        (tmp_path / name).touch()
    ran = subprocess.run(
        [RG or "", "--no-config", "--files", "--hidden", "--no-ignore", "--glob", glob],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    try:
        matches = glob_matcher(glob)
    except ValueError as error:
        refused = str(error)
    else:
        refused = ""
        assert sorted(ran.stdout.splitlines()) == sorted(filter(matches, NAMES))
    assert (ran.returncode == 2) == (refused != "") or "a '}' without" in refused


NO_BRACKET = "has a '[' without a ']'; write '\\[' for the character"
NO_BRACE = "has a '{' without a '}'; write '\\{' for the character"
NO_OPENING = "has a '}' without a '{'; write '\\}' for the character"


@pytest.mark.parametrize(
    ("glob", "message"),
    [
        *((glob, NO_BRACKET) for glob in ("[", "[a", "[]", "[!]", "![a")),
        *((glob, NO_BRACE) for glob in ("{", "{a", "{a,{b}")),
        *((glob, NO_OPENING) for glob in ("}", "a}b")),
        ("\\", "ends with a '\\' that escapes nothing; write '\\\\' for the character"),
        ("[z-a]", "has an empty range, z-a"),
    ],
)
def test_a_malformed_glob_is_refused(glob: str, message: str) -> None:
    """The message says what to write instead."""
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        check_glob(glob)


@pytest.mark.parametrize("glob", ["*a" * 100 + "b", "{a,a}" * 50 + "b", "{*,*}" * 50 + "b"])
def test_no_glob_takes_long(glob: str) -> None:
    """These take exponential time when they are matched by backtracking, or expanded."""
    assert not glob_matcher(glob)("a" * 255)
