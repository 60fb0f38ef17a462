"""The events of a search as JSON objects: the one form that streams, plain answers and `--json` are made from.

Each object has a `type`. A stream is a `begin`, any number of the others, and an `end`; a stream without `end` was cut
off. Clients should ignore members and types that they do not know: new ones may be added.

- `begin`: `usernames` (null in a run over lists of users), `patterns`, `detail`.
- `match`: `username`; the gist's `position` in the user's listing (from 0), `id`, `url`, `description`, `updated_at`;
  `file`, one of its files.
- `skipped`: `username`, `gist` (its URL, or null), `filename` (or null), `reason` (a stable identifier), `detail`.
- `warning`: `kind` (a stable identifier), `detail`.
- `progress`: `gists_known`, `gists_done`, `files_known`, `files_done`, `bytes` (searched so far), `listed` (whether all
  listings are complete). Sent at least every two seconds while nothing else is sent. A run over lists of users adds
  `users_done` and `users_known` (null while the lists are read).
- `error`: `username` (or null), `problem` (a problem object as RFC 9457 defines it). Nothing of this user was searched,
  or, without a user, the search failed.
- `user`: `username`, `outcome` (`complete`, `partial`, `failed`, `unknown-user`), `coverage` (null if the search was
  lost or never begun), `detail` (why it was lost, or null). The last object about a user, in a run over lists of users.
- `resumed`: `users_done`, `matched` (whether something of them was reported). The run goes on where another one ended.
- `paused`: `until`. The run waits until the source may be asked again.
- `end`: `complete` (whether nothing is missing), `reason` (`deadline` or `shutdown` if that stopped the search, else
  null), `coverage` (null if the search failed).

A `file` has `filename`, `language`, `size` (bytes, or null), `raw_url`, `binary`, `line_count` (how many matching lines
were seen), `more_lines` (whether some of them are not in `lines`), `part` and `last` (a file with very many matching
lines is reported in several parts, numbered from 0), and `lines`. A line has `number` (from 1), `text` (at most 500
characters), `spans` (half-open pairs of positions in `text`, in Unicode code points), `truncated` (whether `text` is an
excerpt of the line or, in a search for single matches, of the match), `offset` (bytes of the line, in UTF-8, before
`text`), and `before` and `after`: the lines around it, each with its `text` and `truncated` (whether the line goes on
after `text`).
"""

from __future__ import annotations

from typing import assert_never

from gistsearch.domain.events import (
    ContextLine,
    Coverage,
    FileMatch,
    LineMatch,
    ListingFailed,
    Progress,
    RunEvent,
    RunPaused,
    RunResumed,
    SearchEnded,
    SearchWarning,
    Skipped,
    UserEnded,
)
from gistsearch.domain.query import SearchQuery
from gistsearch.ports.gists import Gist
from gistsearch.wire.encoding import Json, timestamp
from gistsearch.wire.problems import Problem, problem_of


def begin(query: SearchQuery) -> Json:
    """Return the first object of a stream."""
    return {
        "type": "begin",
        "usernames": query.usernames,
        "patterns": query.patterns,
        "detail": query.detail.value,
    }


def event_object(event: RunEvent) -> Json:
    """Return the object of an event."""
    match event:
        case FileMatch():
            return {
                "type": "match",
                "username": event.username,
                "position": event.position,
                **gist_object(event.gist),
                "file": {**file_object(event), "part": event.part, "last": event.last, "lines": _lines(event)},
            }
        case Skipped():
            return {"type": "skipped", "username": event.username, **skipped_object(event)}
        case SearchWarning():
            return {"type": "warning", "kind": event.type.value, "detail": event.detail}
        case Progress():
            return _progress(event)
        case ListingFailed():
            return error_object(problem_of(event.error), event.username)
        case SearchEnded():
            return end_object(event)
        case UserEnded():
            return _user(event)
        case RunResumed():
            return {"type": "resumed", "users_done": event.users_done, "matched": event.has_matched}
        case RunPaused():
            return {"type": "paused", "until": timestamp(event.until)}
        case _:
            assert_never(event)


def error_object(problem: Problem, username: str | None = None) -> Json:
    """Return the object of a failure.

    Args:
        problem: what failed.
        username: whose gists are missing because of it; None if the whole search failed.
    """
    return {"type": "error", "username": username, "problem": problem.as_json()}


def end_object(ended: SearchEnded | None) -> Json:
    """Return the last object of a stream.

    Args:
        ended: None if the search failed, so that nothing is known about its coverage.
    """
    return {
        "type": "end",
        "complete": ended is not None and ended.coverage.complete,
        "reason": ended and ended.stopped_by and ended.stopped_by.value,
        "coverage": ended and coverage_object(ended.coverage),
    }


def gist_object(gist: Gist) -> Json:
    """Return what objects about a gist say of it."""
    return {
        "id": gist.id,
        "url": gist.url,
        "description": gist.description,
        "updated_at": timestamp(gist.updated_at),
    }


def file_object(match: FileMatch) -> Json:
    """Return what objects about a file say of it, without its lines."""
    return {
        "filename": match.file.filename,
        "language": match.file.language,
        "size": match.file.size_bytes,
        "raw_url": match.file.raw_url,
        "binary": match.binary,
        "line_count": match.line_count,
        "more_lines": match.line_count > len(match.lines),
    }


def line_object(line: LineMatch) -> Json:
    """Return a matching line."""
    return {
        "number": line.number,
        "text": line.text,
        "spans": line.spans,
        "truncated": line.truncated,
        "offset": line.offset_bytes,
        "before": [_context_line(context) for context in line.before],
        "after": [_context_line(context) for context in line.after],
    }


def skipped_object(skipped: Skipped) -> Json:
    """Return what is said of something that was skipped."""
    return {
        "gist": skipped.gist and skipped.gist.url,
        "filename": skipped.file and skipped.file.filename,
        "reason": skipped.reason.value,
        "detail": skipped.detail,
    }


def coverage_object(coverage: Coverage) -> Json:
    """Return how much was searched."""
    return {
        "complete": coverage.complete,
        "gists": coverage.gists,
        "files": coverage.files,
        "searched": coverage.searched,
        "skipped": coverage.skipped,
        "bytes": coverage.bytes,
        "downloaded_bytes": coverage.downloaded_bytes,
        "from_store": coverage.from_store,
        "duration_s": round(coverage.duration_s, 3),
    }


def _lines(match: FileMatch) -> list[Json]:
    return [line_object(line) for line in match.lines]


def _context_line(line: ContextLine) -> Json:
    return {"text": line.text, "truncated": line.truncated}


def _user(user: UserEnded) -> Json:
    return {
        "type": "user",
        "username": user.username,
        "outcome": user.outcome.value,
        "coverage": user.coverage and coverage_object(user.coverage),
        "detail": user.error and str(user.error),
    }


def _progress(progress: Progress) -> Json:
    users: Json = {}
    if progress.users_done is not None:
        users = {"users_done": progress.users_done, "users_known": progress.users_known}
    return {
        "type": "progress",
        "gists_known": progress.gists_known,
        "gists_done": progress.gists_done,
        "files_known": progress.files_known,
        "files_done": progress.files_done,
        "bytes": progress.bytes,
        "listed": progress.listed,
        **users,
    }
