"""Which files a query selects."""

from __future__ import annotations

import pytest

from gistsearch.domain.query import SearchQuery
from gistsearch.domain.selection import Selection
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
    selection = Selection(SearchQuery(usernames="octo", pattern="x", files=globs))
    assert [name for name in NAMES if selection.selects(GistFile(name, None, 1, "u", None))] == selected


def test_languages_are_known_by_any_of_their_names() -> None:
    """In any case; a file without a language has none of them."""
    selection = Selection(SearchQuery(usernames="octo", pattern="x", languages=["py", "C++"]))
    languages = ["Python", "c++", "C", None]
    assert [language for language in languages if selection.selects(GistFile("f", language, 1, "u", None))] == [
        "Python",
        "c++",
    ]


def test_a_language_that_only_the_source_knows_is_compared_by_its_name() -> None:
    """Another source may have names of its own."""
    selection = Selection(SearchQuery("octo", "x", languages=["Qwertz"]))
    assert selection.selects(GistFile("f", "qwertz", 1, "u", None))
    assert not selection.selects(GistFile("f", "Python", 1, "u", None))


def test_languages_that_no_file_has_are_known_afterwards() -> None:
    selection = Selection(SearchQuery("octo", "x", languages=["py", "rust", "c"], files=["*.py"]))
    for name, language in (("a.py", "Python"), ("b.c", "C"), ("c", None)):
        selection.selects(GistFile(name, language, 1, "u", None))
    assert selection.languages_not_found() == ("rust",)
