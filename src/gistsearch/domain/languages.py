"""What people call languages: GitHub's names, in any case, its aliases, and ripgrep's short names."""

from __future__ import annotations

import difflib
import functools

from gistsearch.domain.language_names import RIPGREP_TYPES, aliases_by_name


class UnknownLanguage(ValueError):
    """Indicates that neither GitHub nor ripgrep knows a language. The message suggests similar names."""


def resolve_language(name: str) -> tuple[str, ...]:
    """Return the languages that a name means, as GitHub calls them; ripgrep's `h` means several.

    Raises:
        UnknownLanguage: nothing has this name.
    """
    if languages := _languages().get(name.casefold()):
        return languages
    similar = difflib.get_close_matches(name.casefold(), _languages(), cutoff=0.7)
    known = dict.fromkeys(_languages()[other][0] for other in similar)
    hint = f"; did you mean {' or '.join(known)}?" if known else ""
    raise UnknownLanguage(f"{name!r} is not the name of a language{hint}")


def type_list() -> dict[str, tuple[str, ...]]:
    """Return every name that `resolve_language` knows, in lower case, with the languages that it means."""
    return dict(sorted(_languages().items()))


@functools.cache
def _languages() -> dict[str, tuple[str, ...]]:
    languages: dict[str, tuple[str, ...]] = {}
    by_name = aliases_by_name()
    for name, aliases in by_name.items():
        languages |= dict.fromkeys((alias.casefold() for alias in aliases), (name,))
    languages |= {name.casefold(): (name,) for name in by_name}
    return languages | RIPGREP_TYPES
