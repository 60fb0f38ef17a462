"""Which gists a query selects, and which of their files."""

from __future__ import annotations

from gistsearch.domain.globs import glob_matcher
from gistsearch.domain.languages import UnknownLanguage, resolve_language
from gistsearch.domain.query import SearchQuery
from gistsearch.ports.gists import Gist, GistFile


class Selection:
    """What a query selects: gists by time, files by name and language."""

    def __init__(self, query: SearchQuery) -> None:
        """
        Args:
            query: as with ripgrep's `-g`, the last glob that fits a name decides, and a name that fits none is selected
                unless there are globs that include. A language that nobody knows may still be the source's own.
        """
        self._since = query.since
        self._globs = [(glob_matcher(glob.removeprefix("!")), not glob.startswith("!")) for glob in query.files]
        self._by_default = not any(includes for _, includes in self._globs)
        self._languages = {name: _names(name) for name in query.languages}
        self._selected_languages = frozenset[str]().union(*self._languages.values())
        self._seen: set[str] = set()

    @property
    def selects_all(self) -> bool:
        """Whether the query selects every file."""
        return not self._globs and not self._languages and self._since is None

    def selects_gist(self, gist: Gist) -> bool:
        """Return whether any of a gist's files may be searched."""
        return self._since is None or gist.updated_at >= self._since

    def selects(self, file: GistFile) -> bool:
        """Return whether a file is to be searched."""
        language = (file.language or "").casefold()
        self._seen.add(language)
        if self._languages and language not in self._selected_languages:
            return False
        return next((includes for fits, includes in reversed(self._globs) if fits(file.filename)), self._by_default)

    def languages_not_found(self) -> tuple[str, ...]:
        """Return the query's languages that no file has had so far, in the query's order."""
        return tuple(name for name, names in self._languages.items() if not names & self._seen)


def _names(language: str) -> frozenset[str]:
    try:
        return frozenset(name.casefold() for name in resolve_language(language))
    except UnknownLanguage:
        return frozenset([language.casefold()])
