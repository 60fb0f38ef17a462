"""The flags of `gistsearch search` as one value, and the query that they ask."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from attrs import field, frozen
from attrs.converters import default_if_none

from gistsearch.adapters.cli.hyperlinks import LinkFormat
from gistsearch.domain.query import Detail, Order, SearchQuery
from gistsearch.ports.matching import MatchOptions

SOME_USER = "octocat"
"""Stands for users who are not known yet."""


class Case(StrEnum):
    """Which letters are the same."""

    SENSITIVE = "sensitive"
    IGNORE = "ignore"
    SMART = "smart"


class OutputMode(StrEnum):
    """What is printed of the matches."""

    LINES = "lines"
    COUNTS = "counts"
    GISTS = "gists"
    JSON = "json"


@frozen(kw_only=True)
class OutputOptions:
    """How matches are printed."""

    mode: OutputMode = field(default=OutputMode.LINES, converter=lambda mode: OutputMode(mode or OutputMode.LINES))
    quiet: bool = False
    """Whether no match is printed, whatever the mode."""
    pretty: bool = False
    """Whether there are colours and headings also in a pipe, unless another flag says otherwise."""
    colour: str | None = None
    """`always`, `never` or `auto`; None: as `pretty` says."""
    heading: bool | None = None
    """Whether lines stand under a heading for each file; None: on a terminal, and with `pretty`."""
    line_numbers: bool = True
    filenames: bool = True
    hyperlink_format: LinkFormat | None = None
    """Where line numbers link to; None: to GitHub, if the terminal is known to show links."""
    stats: bool = False
    progress: bool = True
    verbose: bool = False
    """Whether everything that could not be searched is listed."""


@frozen(kw_only=True)
class RunOptions:
    """What only concerns a run over many users."""

    user_files: tuple[str, ...] = ()
    """Files with names of users; `-` is standard input."""
    organizations: tuple[str, ...] = ()
    journal: str | None = None
    only_new: bool = False
    waits: bool = False
    engine: str | None = None

    @property
    def are_given(self) -> bool:
        """Whether the users are searched in a run, each by a search of its own."""
        return self != RunOptions()


@frozen(kw_only=True)
class SearchArguments:
    """What to search for, where, and how to print it. The names are those of the flags."""

    patterns: tuple[str, ...]
    users: tuple[str, ...]
    case: Case = field(default=Case.SENSITIVE, converter=lambda case: Case(case or Case.SENSITIVE))
    fixed_strings: bool = False
    word_regexp: bool = False
    invert_match: bool = False
    multiline: bool = False
    text: bool = False
    globs: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    only_matching: bool = False
    context: int = field(default=0, converter=default_if_none(0))
    before_context: int | None = None
    after_context: int | None = None
    """These two win over `context`."""
    max_count: int | None = None
    order: Order = field(default=Order.NONE, converter=Order)
    timeout_s: float | None = None
    since: datetime | None = None
    output: OutputOptions = OutputOptions()
    run: RunOptions = RunOptions()

    @property
    def prints_matches(self) -> bool:
        """Whether each match is printed by itself. A line that does not match has none, so that it is printed."""
        return self.only_matching and not self.invert_match

    @property
    def ends_at_first_match(self) -> bool:
        """Whether one match is all that is asked for."""
        return self.output.quiet and not self.output.stats

    def query(self, default_timeout_s: float) -> SearchQuery:
        """Return the query; for a run over many users, without names on the command line, that for some user.

        Args:
            default_timeout_s: how long the search may take if the flags do not say.

        Raises:
            TypeError, ValueError: something is out of range.
        """
        detail = self._detail()
        before, after = self._context() if detail is Detail.LINES else (0, 0)
        return SearchQuery(
            usernames=self.users or SOME_USER,
            pattern=self.patterns,
            options=MatchOptions(
                ignore_case=self.case is Case.IGNORE,
                smart_case=self.case is Case.SMART,
                fixed_strings=self.fixed_strings,
                word=self.word_regexp,
                multiline=self.multiline,
            ),
            files=self.globs,
            languages=self.types,
            detail=detail,
            order=self.order,
            max_lines=self.max_count,
            context_before=before,
            context_after=after,
            invert=self.invert_match,
            text=self.text,
            timeout_s=self.timeout_s or default_timeout_s,
            since=self.since,
        )

    def _context(self) -> tuple[int, int]:
        before = self.context if self.before_context is None else self.before_context
        after = self.context if self.after_context is None else self.after_context
        return before, after

    def _detail(self) -> Detail:
        if self.output.quiet:
            return Detail.GISTS if self.ends_at_first_match else Detail.COUNTS
        if self.output.mode is OutputMode.GISTS:
            return Detail.GISTS
        if self.prints_matches:
            return Detail.MATCH_COUNTS if self.output.mode is OutputMode.COUNTS else Detail.MATCHES
        return Detail.COUNTS if self.output.mode is OutputMode.COUNTS else Detail.LINES
