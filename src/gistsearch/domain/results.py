"""What a search tells: what was found, what was skipped and why, and how much was covered."""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen

from gistsearch.ports.gists import Gist, GistFile, SourceError
from gistsearch.ports.matching import Span

EXCERPT_CHARACTERS = 500
"""The longest text that is handed on of one line."""


class SkipReason(StrEnum):
    """Why something was not searched; stable identifiers."""

    DOWNLOAD_FAILED = "download-failed"
    INTEGRITY_MISMATCH = "integrity-mismatch"
    FORBIDDEN_ORIGIN = "forbidden-origin"
    RATE_LIMITED = "rate-limited"
    FORBIDDEN = "forbidden"
    GONE = "gone"
    DEADLINE = "deadline"
    FILE_LIST_TRUNCATED = "file-list-truncated"


@frozen(
    slots=False
)  # They are made by the hundred thousand: with a `__dict__` a frozen value is made in half the time.
class LineMatch:
    """One line that contains the pattern."""

    number: int
    """From 1."""
    text: str
    """The line without its end, or where `truncated` a piece of it around the first match; at most 500 characters."""
    spans: tuple[Span, ...]
    """Where the matches lie, in characters of `text`: half-open, ordered, disjoint."""
    truncated: bool = False
    before: tuple[str, ...] = ()
    """The lines before, nearest last, each cut to 500 characters."""
    after: tuple[str, ...] = ()
    """The lines after, nearest first, each cut to 500 characters."""


@frozen
class FileMatch:
    """Matching lines of one file. A file with very many of them comes in several parts, in order."""

    username: str
    position: int
    """Which of the user's gists it is, in the order of the listing, from 0."""
    gist: Gist
    file: GistFile
    lines: tuple[LineMatch, ...]
    """As many of this part as were asked for; none of a binary file."""
    line_count: int
    """How many matching lines were seen in this part, kept or not."""
    binary: bool
    """Whether a NUL byte was seen so far."""
    part: int = 0
    last: bool = True
    """Whether this is the file's last part: the file was searched to its end, or as far as was asked."""


@frozen
class Skipped:
    """Something that was not searched, or not to its end."""

    username: str
    gist: Gist | None
    """None where the rest of the listing itself could not be read."""
    file: GistFile | None
    """None where the gist as a whole is concerned."""
    reason: SkipReason
    detail: str


@frozen
class ListingFailed:
    """Nothing of a user's gists could be listed."""

    username: str
    error: SourceError


@frozen
class Progress:
    """How far the search has come."""

    gists_known: int
    gists_done: int
    files_known: int
    files_done: int
    bytes: int
    listed: bool
    """Whether all users' gists are known by now."""


@frozen
class Coverage:
    """How much of what was asked was searched."""

    complete: bool
    """Whether nothing was missed."""
    gists: int
    files: int
    """Files that the query selects."""
    searched: int
    skipped: int
    """How many times something was skipped: files, and rests of lists."""
    unneeded: int
    """Files left aside because their gist was known to match."""
    bytes: int
    """Content read, in bytes."""
    duration_s: float


@frozen
class SearchEnded:
    """The last event of every search."""

    coverage: Coverage


SearchEvent = FileMatch | Skipped | ListingFailed | Progress | SearchEnded
