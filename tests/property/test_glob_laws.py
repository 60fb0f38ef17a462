"""The laws of globs."""

from __future__ import annotations

from fnmatch import fnmatchcase

from hypothesis import example, given
from hypothesis import strategies as st

from gistsearch.domain.globs import glob_matcher

globs = st.text("ab-]![*?c.", max_size=12)
names = st.text("ab-]![*?c.\n", max_size=12)


@given(globs, names)
@example("[!]", "[!]")
@example("[]a]", "]")
@example("[c-a]", "b")
def test_globs_mean_what_the_standard_librarys_do(glob: str, name: str) -> None:
    assert glob_matcher(glob)(name) == fnmatchcase(name, glob)


def test_no_glob_takes_long() -> None:
    """What makes a backtracking engine hang is answered: each star is tried again for the last alone."""
    assert not glob_matcher("*a" * 100 + "b")("a" * 255)
