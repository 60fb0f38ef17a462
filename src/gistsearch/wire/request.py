"""A search request: its fields as published, what they may hold, and the query that they ask."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, cast

from attrs import fields_dict, frozen
from cattrs import ClassValidationError, Converter, ForbiddenExtraKeysError
from cattrs.gen import make_dict_structure_fn, override

from gistsearch.domain.query import (
    MAX_CONTEXT_LINES,
    MAX_FILTER_LENGTH,
    MAX_FILTERS,
    MAX_PATTERN_LENGTH,
    MAX_USERNAME_LENGTH,
    SearchQuery,
)
from gistsearch.ports.matching import MatchOptions
from gistsearch.wire.checks import (
    Check,
    FieldError,
    InvalidRequest,
    choice,
    flag,
    positive_number,
    sequence,
    text,
    whole_number,
)
from gistsearch.wire.notation import pointer

MAX_LINES_PER_FILE = 1_000

_MIN_TIMEOUT_S = 0.001  # the shortest that a query knows


@frozen(kw_only=True)
class SearchRequest:
    """A search as it is asked for over HTTP; names, types and defaults are those of the published contract."""

    username: str
    pattern: str
    ignore_case: bool = False
    fixed_strings: bool = False
    word: bool = False
    multiline: bool = False
    files: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    detail: Literal["gists", "lines"] = "gists"
    context: int = 0
    max_lines_per_file: int = 20
    timeout_s: float

    def query(self) -> SearchQuery:
        """Return what is to be searched; with `detail` "gists" just enough to tell whether a gist matches."""
        lines = self.detail == "lines"
        return SearchQuery(
            usernames=(self.username,),
            pattern=self.pattern,
            options=MatchOptions(self.ignore_case, self.fixed_strings, self.word, self.multiline),
            files=self.files,
            languages=self.languages,
            kept_lines=self.max_lines_per_file if lines else 0,
            stop_after_lines=self.max_lines_per_file + 1 if lines else 1,  # The one beyond tells that there are more.
            one_file_per_gist=not lines,
            context_before=self.context if lines else 0,
            context_after=self.context if lines else 0,
            timeout_s=max(self.timeout_s, _MIN_TIMEOUT_S),
        )


class RequestReader:
    """Makes checked requests of JSON values."""

    def __init__(self, max_timeout_s: float) -> None:
        """
        Args:
            max_timeout_s: the longest that a search may take; also how long, where the request does not say.
        """
        self._defaults: dict[str, object] = {"timeout_s": max_timeout_s}
        hooks: dict[str, Any] = {
            name: override(struct_hook=_hook(check)) for name, check in _checks(max_timeout_s).items()
        }
        self._structure = make_dict_structure_fn(
            SearchRequest, Converter(), _cattrs_forbid_extra_keys=True, _cattrs_detailed_validation=True, **hooks
        )

    def read(self, values: Mapping[str, object]) -> SearchRequest:
        """Check a request. Types are strict: `"true"` is no boolean, `true` no number, and `null` never a value.

        Raises:
            InvalidRequest: with everything that is wrong.
        """
        try:
            return self._structure({**self._defaults, **values}, SearchRequest)
        except ClassValidationError as error:
            raise InvalidRequest(_field_errors(error, values)) from None


def _checks(max_timeout_s: float) -> dict[str, Check[object]]:
    return {
        "username": text(MAX_USERNAME_LENGTH, lambda name: _query_rule("usernames", (name,))),
        "pattern": text(MAX_PATTERN_LENGTH, lambda pattern: _query_rule("pattern", pattern)),
        "ignore_case": flag,
        "fixed_strings": flag,
        "word": flag,
        "multiline": flag,
        "files": sequence(text(MAX_FILTER_LENGTH, lambda glob: _query_rule("files", (glob,))), MAX_FILTERS),
        "languages": sequence(text(MAX_FILTER_LENGTH, lambda name: _query_rule("languages", (name,))), MAX_FILTERS),
        "detail": choice("gists", "lines"),
        "context": whole_number(0, MAX_CONTEXT_LINES),
        "max_lines_per_file": whole_number(1, MAX_LINES_PER_FILE),
        "timeout_s": positive_number(max_timeout_s),
    }


def _query_rule(field: str, value: object) -> None:
    """Apply what the query itself says of a field (which characters it may hold), so that it is said only there."""
    attribute = fields_dict(SearchQuery)[field]
    validate = cast("Callable[[Any, Any, object], None]", attribute.validator)
    validate(None, attribute, value)


def _hook(check: Check[object]) -> Callable[[Any, Any], object]:
    return lambda value, _: check(value)


def _field_errors(error: ClassValidationError, values: Mapping[str, object]) -> list[FieldError]:
    """Translate what cattrs found, in the order of the contract, unknown fields last in the order they were given."""
    errors: list[FieldError] = []
    known, others = error.group_exceptions()
    for cause, note in known:
        if isinstance(cause, InvalidRequest):
            errors += cause.below(note.name)
        elif note.name not in values:
            errors.append(FieldError(pointer(note.name), "is required"))
        else:
            raise cause
    for cause in others:
        if isinstance(cause, ForbiddenExtraKeysError):
            unknown = (name for name in values if name in cause.extra_fields)
            errors += [FieldError(pointer(name), "is not a field of a search") for name in unknown]
    return errors
