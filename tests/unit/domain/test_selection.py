"""Which files a query selects."""

from __future__ import annotations

import pytest

from gistsearch.domain.query import SearchQuery
from gistsearch.domain.selection import file_filter
from gistsearch.ports.gists import GistFile

NAMES = ["a.py", "b.md", ".hidden", "Makefile", "A.PY"]


@pytest.mark.parametrize(
    ("globs", "selected"),
    [
        ([], NAMES),
        (["*.py"], ["a.py"]),
        (["*.py", "*.md"], ["a.py", "b.md"]),
        (["!*.py"], ["b.md", ".hidden", "Makefile", "A.PY"]),
        (["*", "!*.md"], ["a.py", ".hidden", "Makefile", "A.PY"]),
        (["!*.md", "*"], NAMES),
        (["[ab].*"], ["a.py", "b.md"]),
        (["?akefile"], ["Makefile"]),
    ],
)
def test_the_last_glob_that_fits_decides(globs: list[str], selected: list[str]) -> None:
    """Globs include or, with `!`, exclude by name, case counted."""
    selects = file_filter(SearchQuery(usernames="octo", pattern="x", files=globs))
    assert [name for name in NAMES if selects(GistFile(name, None, 1, "u", None))] == selected


def test_languages_are_those_of_the_source_in_any_case() -> None:
    """A file of an unknown language is of none that was asked for."""
    selects = file_filter(SearchQuery(usernames="octo", pattern="x", languages=["python", "C++"]))
    languages = ["Python", "c++", "C", None]
    assert [language for language in languages if selects(GistFile("f", language, 1, "u", None))] == ["Python", "c++"]
