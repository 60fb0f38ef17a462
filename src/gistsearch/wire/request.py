"""A search request: its fields as published, what each may be, and the query that they stand for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, cast, get_type_hints

from attrs import NOTHING, evolve, fields, frozen

from gistsearch.domain.globs import check_glob
from gistsearch.domain.languages import resolve_language
from gistsearch.domain.query import (
    MAX_CONTEXT_LINES,
    MAX_FILTER_LENGTH,
    MAX_FILTERS,
    MAX_PATTERN_LENGTH,
    MAX_TIMEOUT_S,
    MAX_USERNAME_LENGTH,
    Detail,
    SearchQuery,
)
from gistsearch.ports.gists import user_key
from gistsearch.ports.matching import MatchOptions
from gistsearch.wire.checks import (
    Check,
    Choice,
    FieldError,
    Flag,
    InvalidRequest,
    Items,
    PositiveNumber,
    Text,
    WholeNumber,
    invalid,
)
from gistsearch.wire.encoding import Json, pointer

MAX_USERS = 50
MAX_LINES_PER_FILE = 1_000

_MIN_TIMEOUT_S = 0.001  # the shortest that a query allows


_USERNAME = Text(MAX_USERNAME_LENGTH)


@frozen(kw_only=True)
class SearchRequest:
    """A search as it is asked for over HTTP: the names, types, bounds and defaults of the published contract.

    Each field's type says what its values may be (a `Check`) and what they mean.
    """

    username: Annotated[str | None, _USERNAME, "The user whose public gists are searched."] = None
    usernames: Annotated[
        tuple[str, ...],
        Items(_USERNAME, MAX_USERS, min_items=1),
        "Several users, in place of `username`.",
    ] = ()
    pattern: Annotated[str, Text(MAX_PATTERN_LENGTH), "An RE2 expression, which may match anywhere in a line."]
    ignore_case: Annotated[bool, Flag(), "Ignore case."] = False
    fixed_strings: Annotated[bool, Flag(), "Treat the pattern as plain text."] = False
    word: Annotated[bool, Flag(), "Match whole words only."] = False
    multiline: Annotated[bool, Flag(), "Let matches span lines."] = False
    text: Annotated[bool, Flag(), "Report the lines of files with NUL bytes, too."] = False
    files: Annotated[
        tuple[str, ...],
        Items(Text(MAX_FILTER_LENGTH, check_glob), MAX_FILTERS),
        "Search only files whose names match one of these globs; a leading `!` excludes.",
    ] = ()
    languages: Annotated[
        tuple[str, ...],
        Items(Text(MAX_FILTER_LENGTH, resolve_language), MAX_FILTERS),
        "Search only files in these languages, by GitHub's names in any case, or ripgrep's short ones.",
    ] = ()
    detail: Annotated[
        str,
        Choice((Detail.GISTS.value, Detail.COUNTS.value, Detail.LINES.value)),
        "What to report: which gists match, how many lines of which files, or the lines themselves.",
    ] = Detail.GISTS.value
    context: Annotated[
        int, WholeNumber(0, MAX_CONTEXT_LINES), 'Lines to report before and after each match, with `detail: "lines"`.'
    ] = 0
    max_lines_per_file: Annotated[
        int,
        WholeNumber(1, MAX_LINES_PER_FILE),
        'Matching lines to report of each file, with `detail: "lines"`. `more_lines` says whether there are more.',
    ] = 20
    timeout_s: Annotated[
        float, PositiveNumber(MAX_TIMEOUT_S), "Seconds after which the search ends with what it has found."
    ]

    @property
    def all_usernames(self) -> tuple[str, ...]:
        """The users, each once, in the first spelling: GitHub's names do not know case."""
        spellings: dict[str, str] = {}
        for name in self.usernames or (cast("str", self.username),):
            spellings.setdefault(user_key(name), name)
        return tuple(spellings.values())

    @property
    def names(self) -> Json:
        """The users as they were given: `username` or `usernames`."""
        return {"usernames": self.usernames} if self.usernames else {"username": self.username}

    @property
    def has_results(self) -> bool:
        """Whether files are reported, not only gists."""
        return self.detail != Detail.GISTS

    @property
    def has_lines(self) -> bool:
        """Whether lines are reported."""
        return self.detail == Detail.LINES

    def query(self) -> SearchQuery:
        """Return what to search for."""
        return SearchQuery(
            usernames=self.all_usernames,
            pattern=self.pattern,
            options=MatchOptions(self.ignore_case, self.fixed_strings, self.word, self.multiline),
            files=self.files,
            languages=self.languages,
            detail=Detail(self.detail),
            max_lines=self.max_lines_per_file + 1 if self.has_lines else None,  # One more tells that there are more.
            context_before=self.context,
            context_after=self.context,
            text=self.text,
            timeout_s=max(self.timeout_s, _MIN_TIMEOUT_S),
        )


@frozen
class RequestField:
    """One field of a search request."""

    name: str
    check: Check[object]
    description: str
    default: object
    """`attrs.NOTHING` if the field is required."""

    def value_in(self, values: Mapping[str, object]) -> object:
        """Return the field's checked value, or its default.

        Raises:
            InvalidRequest: it is missing or not allowed.
        """
        if self.name in values:
            return self.check.check(values[self.name])
        if self.default is NOTHING:
            raise invalid("is required")
        return self.default


class RequestReader:
    """Makes checked requests of JSON values."""

    def __init__(self, max_timeout_s: float, max_users: int = MAX_USERS) -> None:
        """
        Args:
            max_timeout_s: the longest that a search may take, and the default.
            max_users: the most users that one search may have, if they are fewer than usual.
        """
        self.fields = {field.name: field for field in _request_fields()}
        """The fields of a request by name, in the order of the contract."""
        self.fields["timeout_s"] = evolve(
            self.fields["timeout_s"], check=PositiveNumber(max_timeout_s), default=max_timeout_s
        )
        users = Items(_USERNAME, min(max_users, MAX_USERS), min_items=1)
        self.fields["usernames"] = evolve(self.fields["usernames"], check=users)

    def read(self, values: Mapping[str, object]) -> SearchRequest:
        """Check a request. Types are strict: `"true"` is not a boolean, `true` not a number, and `null` never a value.

        Raises:
            InvalidRequest: something is wrong. The error lists all of it in the order of the contract, unknown fields
                last.
        """
        checked: dict[str, Any] = {}
        errors = list(_errors_of_users(values))
        for name, field in self.fields.items():
            try:
                checked[name] = field.value_in(values)
            except InvalidRequest as error:
                errors += error.prefixed(name)
        errors += self._errors_of_lines(checked)
        errors += [
            FieldError(pointer(name), "is not a field of a search") for name in values if name not in self.fields
        ]
        if errors:
            raise InvalidRequest(errors)
        return SearchRequest(**checked)

    def _errors_of_lines(self, checked: Mapping[str, object]) -> Iterator[FieldError]:
        """Yield the errors of fields that ask for something about lines although no lines are reported."""
        if checked.get("detail") == Detail.LINES:
            return
        for name in ("context", "max_lines_per_file"):
            if checked.get(name) not in (None, self.fields[name].default):
                yield FieldError(pointer(name), 'needs "detail": "lines"')


def _request_fields() -> Iterator[RequestField]:
    hints = get_type_hints(SearchRequest, include_extras=True)
    for attribute in fields(SearchRequest):
        check, description = hints[attribute.name].__metadata__
        yield RequestField(attribute.name, check, description, attribute.default)


def _errors_of_users(values: Mapping[str, object]) -> Iterator[FieldError]:
    if not values.keys() & {"username", "usernames"}:
        yield FieldError(pointer("username"), "is required")
    if {"username", "usernames"} <= values.keys():
        yield FieldError(pointer("usernames"), "cannot be given together with `username`")
