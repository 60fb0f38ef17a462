"""The names of languages."""

from __future__ import annotations

import re

import pytest

from gistsearch.domain.languages import UnknownLanguage, resolve_language, type_list


@pytest.mark.parametrize(
    ("name", "languages"),
    [
        ("Python", ("Python",)),
        ("PYTHON", ("Python",)),
        ("py", ("Python",)),
        ("js", ("JavaScript",)),
        ("cpp", ("C++",)),
        ("c++", ("C++",)),
        ("sh", ("Shell",)),
        ("md", ("Markdown",)),
        ("rust", ("Rust",)),
        ("ts", ("TypeScript", "TSX")),
        ("h", ("C", "C++", "Objective-C")),
        ("vim", ("Vim script",)),
    ],
)
def test_githubs_names_its_aliases_and_ripgreps_names_are_known(name: str, languages: tuple[str, ...]) -> None:
    assert resolve_language(name) == languages


@pytest.mark.parametrize(
    ("name", "suggestions"),
    [("jav", "Java"), ("pythn", "Python or Cython"), ("javascrpt", "JavaScript or JavaScript+ERB or VBScript")],
)
def test_an_unknown_name_is_refused_with_suggestions(name: str, suggestions: str) -> None:
    message = f"'{name}' is not the name of a language; did you mean {suggestions}?"
    with pytest.raises(UnknownLanguage, match=f"^{re.escape(message)}$"):
        resolve_language(name)


def test_a_name_that_resembles_nothing_is_refused() -> None:
    with pytest.raises(UnknownLanguage, match=r"is not the name of a language$"):
        resolve_language("zqzqzqzq")


def test_every_listed_name_is_known_and_every_language_has_itself() -> None:
    """Each language that a short name means is one of GitHub's."""
    listed = type_list()
    for name, languages in listed.items():
        assert resolve_language(name) == languages
        for language in languages:
            assert language in resolve_language(language)
