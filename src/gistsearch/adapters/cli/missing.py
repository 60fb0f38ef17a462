"""Says what could not be searched, why, and what to do about it: one line for each reason."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from attrs import Factory, define, frozen

from gistsearch.adapters.cli.renderers import Renderer
from gistsearch.adapters.cli.statistics import plural
from gistsearch.adapters.cli.terminal import print_error
from gistsearch.domain.events import (
    ListingFailed,
    Progress,
    SearchEvent,
    SearchWarning,
    Skipped,
    SkipReason,
    WarningType,
)
from gistsearch.ports.deadline import DeadlineExceeded
from gistsearch.ports.gists import LoginRequired, SourceError, SourceRateLimited

_TOKEN = "GISTSEARCH_GITHUB_TOKEN"
_NAMED_USERS = 3


class _Part(StrEnum):
    """What kind of thing was skipped."""

    FILE = "file"
    GIST = "gist"
    LISTING = "listing"


@frozen
class SearchContext:
    """What messages refer to."""

    timeout_s: float
    lacks_token: bool
    """Whether GitHub is searched without a token."""
    offline: bool = False
    """Whether only the store is searched."""
    verbose: bool = False
    """Whether everything that was skipped is listed."""


@define
class _Group:
    """Things that were skipped for the same reason."""

    first: Skipped
    count: int = 0
    details: set[str] = Factory(set[str])
    """Some of them: enough to tell whether there are several."""


class MissingReport(Renderer):
    """Gathers what is missing, and prints it at the end."""

    def __init__(self, context: SearchContext) -> None:
        self._context = context
        self._groups: dict[tuple[SkipReason, _Part], _Group] = {}
        self._failed: dict[str, tuple[SourceError | DeadlineExceeded, list[str]]] = {}
        self._files_known = 0

    def handle(self, event: SearchEvent) -> None:
        match event:
            case Skipped():
                self._add(event)
            case ListingFailed(username, error):
                self._failed.setdefault(str(error), (error, []))[1].append(username)
            case SearchWarning(WarningType.OFFLINE, detail):
                print_error(f"offline: {detail}")
            case SearchWarning():
                print_error(f"warning: {event.detail}")
            case Progress():
                self._files_known = event.files_known
            case _:
                pass

    def report(self) -> None:
        """Print what is missing so far."""
        for error, usernames in self._failed.values():
            print_error(self._failure(error, usernames))
        for (reason, part), group in self._groups.items():
            line = self._single(group.first) if group.count == 1 else self._several(reason, part, group)
            print_error("; ".join(filter(None, [line, self._advice(reason, part)])))

    def _add(self, skipped: Skipped) -> None:
        if self._context.verbose:
            print_error(self._single(skipped))
        group = self._groups.setdefault((skipped.reason, _part(skipped)), _Group(skipped))
        group.count += 1
        if len(group.details) <= 1:
            group.details.add(skipped.detail)

    def _single(self, skipped: Skipped) -> str:
        not_searched = "not searched" if skipped.file else "not fully searched"
        return f"{_name(skipped)} {not_searched}: {self._cause(skipped)}"

    def _several(self, reason: SkipReason, part: _Part, group: _Group) -> str:
        match part:
            case _Part.FILE:
                subject = f"{group.count:,} of {max(self._files_known, group.count):,} files not searched"
            case _Part.GIST:
                subject = f"{group.count:,} gists not fully searched"
            case _Part.LISTING:
                subject = f"{group.count:,} parts of listings not searched"
        such_as = "such as: " if len(group.details) > 1 and reason is not SkipReason.DEADLINE else ""
        listed = "" if self._context.verbose else " (--verbose lists them)"
        return f"{subject}{listed}: {such_as}{self._cause(group.first)}"

    def _cause(self, skipped: Skipped) -> str:
        if skipped.reason is SkipReason.DEADLINE and skipped.file:
            return f"timed out after {self._context.timeout_s:g} s"
        return skipped.detail

    def _advice(self, reason: SkipReason, part: _Part) -> str:
        if self._context.offline and reason is not SkipReason.DEADLINE:
            return "search without --offline"
        match reason:
            case SkipReason.DEADLINE:
                return "raise --timeout"
            case SkipReason.DOWNLOAD_FAILED | SkipReason.INTEGRITY_MISMATCH | SkipReason.GONE:
                return "search again"
            case SkipReason.FORBIDDEN_ORIGIN:
                return "if you trust it, name it in GISTSEARCH_GITHUB_RAW_ORIGINS"
            case SkipReason.RATE_LIMITED:
                return "search again later" + (self._token_advice() if part is _Part.LISTING else "")
            case SkipReason.LOGIN_REQUIRED:
                return f"set {_TOKEN}" if self._context.lacks_token else f"check what {_TOKEN} may read"
            case SkipReason.FILE_LIST_TRUNCATED:
                return "clone the gist to search the others"
            case SkipReason.SHUTDOWN | SkipReason.FORBIDDEN | SkipReason.MALFORMED_RECORD:
                return ""

    def _failure(self, error: SourceError | DeadlineExceeded, usernames: list[str]) -> str:
        named = ", ".join(usernames[:_NAMED_USERS])
        if len(usernames) > _NAMED_USERS:
            named += f" and {plural(len(usernames) - _NAMED_USERS, 'more user')}"
        match error:
            case DeadlineExceeded():
                return f"{named}: timed out after {self._context.timeout_s:g} s; raise --timeout"
            case SourceRateLimited():
                token = "" if _TOKEN in str(error) else self._token_advice()
                return f"{named}: {error}; search again {_when(error.reset_at)}{token}"
            case LoginRequired() if self._context.lacks_token:
                return f"{named}: {error}; set {_TOKEN}"
            case _:
                return f"{named}: {error}"

    def _token_advice(self) -> str:
        return f"; {_TOKEN} raises the limit from 60 requests an hour to 5,000" if self._context.lacks_token else ""


def _part(skipped: Skipped) -> _Part:
    return _Part.FILE if skipped.file else _Part.GIST if skipped.gist else _Part.LISTING


def _name(skipped: Skipped) -> str:
    parts = [skipped.username, skipped.gist and skipped.gist.id, skipped.file and skipped.file.filename]
    return "/".join(part for part in parts if part)


def _when(moment: datetime) -> str:
    """Return a moment in local time, as short as it can be understood."""
    local = moment.astimezone()
    now = datetime.now().astimezone()
    minutes = max(1, round((local - now).total_seconds() / 60))
    date = "" if local.date() == now.date() else f"{local:%Y-%m-%d} "
    return f"after {date}{local:%H:%M} ({minutes:,} min)"
