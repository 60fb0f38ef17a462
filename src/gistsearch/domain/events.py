"""What a search reports: matches, what was skipped and why, and how much was covered."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from attrs import frozen

from gistsearch.domain.matching.lines import ContextLine as ContextLine
from gistsearch.domain.matching.lines import LineMatch as LineMatch
from gistsearch.ports.deadline import DeadlineExceeded
from gistsearch.ports.engine import EngineFailed
from gistsearch.ports.gists import Gist, GistFile, SourceError
from gistsearch.ports.journal import Outcome


class SkipReason(StrEnum):
    """Why something was not searched. These identifiers are stable."""

    DOWNLOAD_FAILED = "download-failed"
    INTEGRITY_MISMATCH = "integrity-mismatch"
    FORBIDDEN_ORIGIN = "forbidden-origin"
    LOGIN_REQUIRED = "login-required"
    RATE_LIMITED = "rate-limited"
    FORBIDDEN = "forbidden"
    GONE = "gone"
    MALFORMED_RECORD = "malformed-record"
    DEADLINE = "deadline"
    SHUTDOWN = "shutdown"
    FILE_LIST_TRUNCATED = "file-list-truncated"
    TOO_LARGE = "too-large"


@frozen
class FileMatch:
    """Matching lines of one file. A file with very many of them is reported in several parts, in order."""

    username: str
    position: int
    """The gist's position in the user's listing, from 0."""
    gist: Gist
    file: GistFile
    lines: tuple[LineMatch, ...]
    """This part's lines, if the query asks for lines. Of a binary file there are none, unless the query asks for
    `text`, or the first NUL byte comes after the first 131,072 bytes: then those before its line.
    """
    line_count: int
    """How many matching lines were seen in this part, reported or not."""
    binary: bool
    """Whether a NUL byte has been seen so far."""
    part: int = 0
    last: bool = True
    """Whether this is the file's last part: it was searched to its end, or as far as the query asks."""
    match_count: int = 0
    """How many matches were seen in this part, with `Detail.MATCHES` and `Detail.MATCH_COUNTS`; else 0."""


@frozen
class Skipped:
    """Something that was not searched, or not to its end."""

    username: str
    gist: Gist | None
    """None if the listing itself could not be read."""
    file: GistFile | None
    """None if the whole gist is concerned."""
    reason: SkipReason
    detail: str


@frozen
class ListingFailed:
    """Nothing of a user's gists could be listed."""

    username: str
    error: SourceError | DeadlineExceeded


class WarningType(StrEnum):
    """What a warning is about. These identifiers are stable."""

    LANGUAGE_NOT_FOUND = "language-not-found"
    """No file has a language that the query selects."""
    STORE = "store"
    """The store could not be used as intended."""
    OFFLINE = "offline"
    """The source was not asked: what is stored is searched, as of the time that the detail says."""


@frozen
class SearchWarning:
    """Something that users should know although nothing is missing from the result."""

    type: WarningType
    detail: str


@frozen
class Progress:
    """How far the search has come."""

    gists_known: int
    gists_done: int
    files_known: int
    files_done: int
    bytes: int
    """Content searched so far, in bytes."""
    listed: bool
    """Whether the listings of all users are complete."""
    users_done: int | None = None
    users_known: int | None = None
    """Users who have been searched, and all of them, in a run over many users; None in a search, or if unknown."""


@frozen
class Coverage:
    """How much of what the query asks for was searched."""

    complete: bool
    """Whether nothing is missing."""
    gists: int
    files: int
    """Files that the query selects."""
    searched: int
    skipped: int
    """How many things were skipped: files, records, and parts of listings."""
    not_needed: int
    """Files that were not searched because their gist had already matched."""
    bytes: int
    """Content searched, in bytes."""
    downloaded_bytes: int
    """Content received from the source, in bytes."""
    from_store: int
    """Files whose content came from the store."""
    matched_lines: int
    duration_s: float


@frozen
class SearchEnded:
    """The last event of every search."""

    coverage: Coverage
    stopped_by: SkipReason | None = None
    """`DEADLINE` or `SHUTDOWN` if that ended the search before it was complete."""
    latest_update: datetime | None = None
    """When the gist that was updated last was, of all that were listed; None if none was."""


SearchEvent = FileMatch | Skipped | ListingFailed | SearchWarning | Progress | SearchEnded


@frozen
class UserEnded:
    """The last event about one user, in a run over many users."""

    username: str
    outcome: Outcome
    coverage: Coverage | None
    """None if the search was lost, or was never begun."""
    error: EngineFailed | None = None
    """Why the search was lost, if it was."""


@frozen
class RunResumed:
    """The first event of a run that goes on where another one ended."""

    users_done: int
    """Users who need not be searched again."""
    has_matched: bool
    """Whether something of them was reported."""


@frozen
class RunPaused:
    """A run over many users waits until the source may be asked again."""

    until: datetime
    """With a time zone."""


RunEvent = SearchEvent | UserEnded | RunResumed | RunPaused
