"""Says what could not be searched, why, and what to do about it: one line for each reason."""

from __future__ import annotations

from collections import deque
from datetime import datetime
from enum import StrEnum

from attrs import Factory, define, frozen

from gistsearch.adapters.cli.renderers import Renderer
from gistsearch.adapters.cli.statistics import plural
from gistsearch.adapters.cli.terminal import print_error
from gistsearch.domain.events import (
    ListingFailed,
    Progress,
    RunEvent,
    RunPaused,
    RunResumed,
    SearchWarning,
    Skipped,
    SkipReason,
    UserEnded,
    WarningType,
)
from gistsearch.ports.deadline import DeadlineExceeded
from gistsearch.ports.gists import LoginRequired, SourceRateLimited, UnknownUser

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
    many_users: bool = False
    """Whether lists of users are searched."""
    warnings: deque[str] = Factory(deque[str])
    """What is printed as well, as soon as the progress line is out of the way."""
    purpose: str = "searched"
    """What is done to files, as a participle."""


@define
class _Failures:
    """Users who were not searched for the same reason."""

    error: Exception
    usernames: list[str] = Factory(list[str])
    """The first of them."""
    count: int = 0


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
        self._failures: dict[str, _Failures] = {}
        self._files_known = 0

    def handle(self, event: RunEvent) -> None:
        if not isinstance(event, Progress):  # There may be a progress line when one comes.
            self._print_warnings()
        match event:
            case Skipped():
                self._add(event)
            case ListingFailed(username, error):
                self._add_failure(username, error)
            case UserEnded(username=username, error=error) if error is not None:
                self._add_failure(username, error)
            case RunPaused(until):
                report_pause(until)
            case RunResumed(users_done):
                print_error(f"{plural(users_done, 'user')} of the journal searched before")
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
        self._print_warnings()
        for failures in self._failures.values():
            print_error(self._failure(failures))
        for (reason, part), group in self._groups.items():
            line = self._single(group.first) if group.count == 1 else self._several(reason, part, group)
            print_error("; ".join(filter(None, [line, self._advice(reason, part)])))

    def _add_failure(self, username: str, error: Exception) -> None:
        if self._context.verbose:
            print_error(f"{username} not searched: {error}")
        elif self._context.many_users and isinstance(error, UnknownUser):
            print_error(self._failure(_Failures(error, [username], 1)))  # Each has a message of its own.
            return
        failures = self._failures.setdefault(str(error), _Failures(error.with_traceback(None)))
        failures.count += 1
        if failures.count <= _NAMED_USERS:
            failures.usernames.append(username)

    def _print_warnings(self) -> None:
        while self._context.warnings:
            print_error(f"warning: {self._context.warnings.popleft()}")

    def _add(self, skipped: Skipped) -> None:
        if self._context.verbose:
            print_error(self._single(skipped))
        group = self._groups.setdefault((skipped.reason, _part(skipped)), _Group(skipped))
        group.count += 1
        if len(group.details) <= 1:
            group.details.add(skipped.detail)

    def _single(self, skipped: Skipped) -> str:
        extent = "not" if skipped.file else "not fully"
        return f"{_name(skipped)} {extent} {self._context.purpose}: {self._cause(skipped)}"

    def _several(self, reason: SkipReason, part: _Part, group: _Group) -> str:
        purpose = self._context.purpose
        match part:
            case _Part.FILE:
                subject = f"{group.count:,} of {max(self._files_known, group.count):,} files not {purpose}"
            case _Part.GIST:
                subject = f"{group.count:,} gists not fully {purpose}"
            case _Part.LISTING:
                subject = f"{group.count:,} parts of listings not {purpose}"
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
            case SkipReason.TOO_LARGE:
                return "raise GISTSEARCH_STORE_MAX_FILE_BYTES"
            case SkipReason.SHUTDOWN | SkipReason.FORBIDDEN | SkipReason.MALFORMED_RECORD:
                return ""

    def _failure(self, failures: _Failures) -> str:
        error, named = failures.error, ", ".join(failures.usernames)
        if failures.count > _NAMED_USERS:
            named += f" and {plural(failures.count - _NAMED_USERS, 'more user')}"
        match error:
            case DeadlineExceeded():
                return f"{named}: timed out after {self._context.timeout_s:g} s; raise --timeout"
            case SourceRateLimited():
                token = "" if _TOKEN in str(error) else self._token_advice()
                return f"{named}: {error}; {self._when_to_repeat(error.reset_at)}{token}"
            case LoginRequired() if self._context.lacks_token:
                return f"{named}: {error}; set {_TOKEN}"
            case _:
                return f"{named}: {error}"

    def _when_to_repeat(self, moment: datetime) -> str:
        if not self._context.many_users:
            return f"search again {_when(moment)}"
        return f"search again {_when(moment)}, with --journal to search only these users, or let the search --wait"

    def _token_advice(self) -> str:
        return f"; {_TOKEN} raises the limit from 60 requests an hour to 5,000" if self._context.lacks_token else ""


def report_pause(until: datetime) -> None:
    """Say that a run waits, and until when."""
    print_error(f"GitHub's limit is used up; going on {_when(until)}")


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
