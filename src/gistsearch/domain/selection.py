"""Which files of a gist a query selects."""

from __future__ import annotations

from collections.abc import Callable

from gistsearch.domain.globs import glob_matcher
from gistsearch.domain.query import SearchQuery
from gistsearch.ports.gists import GistFile


def file_filter(query: SearchQuery) -> Callable[[GistFile], bool]:
    """Return what tells whether a file is to be searched: its name by the globs, its language by the languages.

    As with ripgrep's `-g`, the last glob that fits a name decides; a name that fits none is in unless there are globs
    that include.
    """
    globs = [(glob_matcher(glob.removeprefix("!")), not glob.startswith("!")) for glob in query.files]
    named_by_default = not any(includes for _, includes in globs)
    languages = {language.casefold() for language in query.languages}

    def selects(file: GistFile) -> bool:
        named = next((wanted for fits, wanted in reversed(globs) if fits(file.filename)), named_by_default)
        return named and (not languages or (file.language or "").casefold() in languages)

    return selects
