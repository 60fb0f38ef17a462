"""What the command line says of everything that could not be searched."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from gistsearch.adapters.cli.missing import MissingReport, SearchContext
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
from gistsearch.ports.gists import (
    AccessForbidden,
    LoginRequired,
    SourceError,
    SourceRateLimited,
    SourceUnavailable,
    UnknownUser,
)
from tests.fakes import gist

Report = Callable[..., list[str]]

CONTEXT = SearchContext(0.5, lacks_token=True)


@pytest.fixture
def reported(capsys: pytest.CaptureFixture[str]) -> Report:
    """Return the lines that are printed for some events."""

    def report(*events: SearchEvent, context: SearchContext = CONTEXT) -> list[str]:
        missing = MissingReport(context)
        for event in events:
            missing.handle(event)
        missing.report()
        return capsys.readouterr().err.splitlines()

    return report


def skipped(reason: SkipReason, detail: str, filename: str | None = "f") -> Skipped:
    listed = gist("g", filename or "f")
    return Skipped("octo", listed, listed.files[0] if filename else None, reason, detail)


def test_many_files_with_one_reason_are_one_line(reported: Report) -> None:
    """With their number, the reason, and what to do."""
    files = [skipped(SkipReason.DEADLINE, "stopped", f"f{number}") for number in range(708)]
    assert reported(*files, Progress(900, 1, 900, 900, 0, listed=True)) == [
        "gistsearch: 708 of 900 files not searched (--verbose lists them): timed out after 0.5 s; raise --timeout"
    ]


def test_each_reason_has_its_line(reported: Report) -> None:
    """In the order in which they came up."""
    lines = reported(
        skipped(SkipReason.DOWNLOAD_FAILED, "status 503"),
        skipped(SkipReason.DOWNLOAD_FAILED, "status 503"),
        skipped(SkipReason.GONE, "it is gone"),
        skipped(SkipReason.DOWNLOAD_FAILED, "no route"),
        Progress(3, 3, 9, 9, 0, listed=True),
    )
    assert lines == [
        "gistsearch: 3 of 9 files not searched (--verbose lists them): such as: status 503; search again",
        "gistsearch: octo/g/f not searched: it is gone; search again",
    ]


def test_all_are_listed_if_asked_for(reported: Report) -> None:
    """Each as soon as it is known, and the sum at the end."""
    files = [skipped(SkipReason.GONE, "it is gone", name) for name in ("a", "b\x1b[2J")]
    assert reported(*files, context=SearchContext(60, lacks_token=False, verbose=True)) == [
        "gistsearch: octo/g/a not searched: it is gone",
        "gistsearch: octo/g/b\\x1b[2J not searched: it is gone",
        "gistsearch: 2 of 2 files not searched: it is gone; search again",
    ]


@pytest.mark.parametrize("reason", list(SkipReason))
def test_every_reason_can_be_said(reason: SkipReason, reported: Report) -> None:
    """In one line each, for a file, a gist and a part of a listing."""
    listing = Skipped("octo", None, None, reason, "gists 101–150: status 502")
    events = [skipped(reason, "why"), skipped(reason, "why", None), listing]
    lines = reported(*events, *events)
    assert len(lines) == 3
    assert re.match(r"gistsearch: 2 of 2 files not searched \(--verbose lists them\): \w", lines[0])
    assert lines[1].startswith("gistsearch: 2 gists not fully searched (--verbose lists them): why")
    assert lines[2].startswith("gistsearch: 2 parts of listings not searched (--verbose lists them): gists 101–150: st")
    assert reported(listing)[0].startswith("gistsearch: octo not fully searched: gists 101–150: status 502")


def test_rate_limit_says_until_when_and_what_lifts_it(reported: Report) -> None:
    """In local time; a token is only named if there is none."""
    reset_at = datetime.now(UTC) + timedelta(days=2, minutes=30)
    failed = ListingFailed("octo", SourceRateLimited("the rate limit is used up", 1.0, reset_at))
    local = reset_at.astimezone()
    (line,) = reported(failed)
    assert line == (
        f"gistsearch: octo: the rate limit is used up; search again after {local:%Y-%m-%d %H:%M} (2,910 min);"
        " GISTSEARCH_GITHUB_TOKEN raises the limit from 60 requests an hour to 5,000"
    )
    assert "TOKEN" not in reported(failed, context=SearchContext(60, lacks_token=False))[0]


def test_token_is_no_help_against_limits_on_content(reported: Report) -> None:
    """It is never sent to where content comes from."""
    listing = Skipped("octo", None, None, SkipReason.RATE_LIMITED, "gists 101–200: the rate limit is used up")
    lines = reported(skipped(SkipReason.RATE_LIMITED, "too many requests"), listing)
    assert lines[0].endswith("too many requests; search again later")
    assert lines[1].endswith(
        "search again later; GISTSEARCH_GITHUB_TOKEN raises the limit from 60 requests an hour to 5,000"
    )


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (UnknownUser("there is no user 'octo'"), "octo: there is no user 'octo'"),
        (DeadlineExceeded("stopped"), "octo: timed out after 0.5 s; raise --timeout"),
        (SourceUnavailable("refused"), "octo: refused"),
        (AccessForbidden("blocked"), "octo: blocked"),
        (LoginRequired("a login is needed"), "octo: a login is needed; set GISTSEARCH_GITHUB_TOKEN"),
    ],
)
def test_failed_listing_says_what_to_do(error: SourceError | DeadlineExceeded, line: str, reported: Report) -> None:
    """Where the command line knows more than the source."""
    assert reported(ListingFailed("octo", error)) == [f"gistsearch: {line}"]


def test_advice_of_the_source_is_not_repeated(reported: Report) -> None:
    """Whoever names the token first is enough."""
    reset_at = datetime.now(UTC) + timedelta(minutes=30)
    error = SourceRateLimited("used up; a token raises it (GISTSEARCH_GITHUB_TOKEN)", 1.0, reset_at)
    (line,) = reported(ListingFailed("octo", error))
    assert line.count("GISTSEARCH_GITHUB_TOKEN") == 1


def test_users_with_the_same_error_share_a_line(reported: Report) -> None:
    """Three of them are named."""
    failed = [ListingFailed(f"user{number}", SourceUnavailable("refused")) for number in range(1_005)]
    assert reported(*failed) == ["gistsearch: user0, user1, user2 and 1,002 more users: refused"]
    assert reported(*failed[:4]) == ["gistsearch: user0, user1, user2 and 1 more user: refused"]


def test_warning_is_printed(reported: Report) -> None:
    """It changes nothing else."""
    warning = SearchWarning(WarningType.LANGUAGE_NOT_FOUND, "no file is in the language 'Ada'")
    assert reported(warning) == ["gistsearch: warning: no file is in the language 'Ada'"]


def test_warnings_of_other_threads_are_printed_once(reported: Report) -> None:
    """Between other lines or at the end, but not where the progress line is."""
    warnings = deque(["token 1 of 2 is refused"])
    context = SearchContext(0.5, lacks_token=False, warnings=warnings)
    progress = Progress(1, 0, 1, 0, 0, listed=True)
    MissingReport(context).handle(progress)
    assert len(warnings) == 1
    failed = ListingFailed("octo", SourceUnavailable("it is down"))
    lines = reported(progress, failed, progress, failed, context=context)
    assert lines == ["gistsearch: warning: token 1 of 2 is refused", "gistsearch: octo, octo: it is down"]
