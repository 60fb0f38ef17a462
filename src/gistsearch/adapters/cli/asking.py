"""Turns the words of the command line into a query."""

from __future__ import annotations

import re
from enum import Enum
from typing import Any

from attrs import frozen

from gistsearch.domain.query import SearchQuery
from gistsearch.ports.matching import MatchOptions


class Shown(Enum):
    """What is printed of a match."""

    LINES = "lines"
    COUNTS = "counts"
    URLS = "urls"
    NOTHING = "nothing"


@frozen
class Asked:
    """The options of `gistsearch search`, by their names there."""

    pattern: str
    users: tuple[str, ...]
    shown: Shown
    ignore_case: bool
    smart_case: bool
    word_regexp: bool
    fixed_strings: bool
    multiline: bool
    before_context: int
    after_context: int
    max_count: int | None
    globs: tuple[str, ...]
    types: tuple[str, ...]

    def query(self, timeout_s: float, *, all_spans: bool) -> SearchQuery:
        """Make the query.

        Args:
            timeout_s: how long the search may take.
            all_spans: whether every match of a line is to be seen.

        Raises:
            TypeError, ValueError: something in it is out of range.
        """
        return SearchQuery(
            usernames=self.users,
            pattern=self.pattern,
            options=MatchOptions(
                ignore_case=self.ignore_case or (self.smart_case and not self._has_capitals()),
                fixed_strings=self.fixed_strings,
                word=self.word_regexp,
                multiline=self.multiline,
            ),
            files=self.globs,
            languages=self.types,
            all_spans=all_spans,
            timeout_s=timeout_s,
            **self._wanted(),
        )

    def _wanted(self) -> dict[str, Any]:
        match self.shown:
            case Shown.LINES:
                return {
                    "kept_lines": self.max_count,
                    "stop_after_lines": self.max_count,
                    "context_before": self.before_context,
                    "context_after": self.after_context,
                }
            case Shown.COUNTS:
                return {"kept_lines": 0, "stop_after_lines": self.max_count}
            case Shown.URLS | Shown.NOTHING:
                return {"kept_lines": 0, "stop_after_lines": 1, "one_file_per_gist": True}

    def _has_capitals(self) -> bool:
        r"""As ripgrep, look at literal characters alone: the capital of `\W` is none."""
        literal = self.pattern if self.fixed_strings else re.sub(r"(?s)\\.", "", self.pattern)
        return any(character.isupper() for character in literal)
