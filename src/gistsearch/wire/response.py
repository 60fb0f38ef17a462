"""The plain answer to a search, built from its events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from attrs import Factory, define, evolve

from gistsearch.domain.events import (
    FileMatch,
    LineMatch,
    ListingFailed,
    Progress,
    SearchEnded,
    SearchEvent,
    SearchWarning,
    Skipped,
)
from gistsearch.ports.gists import Gist
from gistsearch.wire.encoding import Json
from gistsearch.wire.events import coverage_object, file_object, gist_object, line_object, skipped_object
from gistsearch.wire.line_limit import LineLimit
from gistsearch.wire.problems import problem_of
from gistsearch.wire.request import SearchRequest

MAX_TEXT_CHARACTERS = 4_000_000
"""The lines and context lines in one answer. Further lines are left out, and `more_lines` says so."""
MAX_SKIPPED = 100
"""The entries of `skipped` in one answer; `skipped_by_reason` counts all."""

_LINE_OVERHEAD = 100


class SearchAnswer:
    """Collects the events of one search, and puts them into the published form.

    Its memory is bounded by the number of matching gists and the limits above.
    """

    def __init__(self, request: SearchRequest) -> None:
        self._request = request
        self._limit = LineLimit(request.max_lines_per_file)
        self._user_order = {username: number for number, username in enumerate(request.all_usernames)}
        self._gists: dict[tuple[int, int], _MatchedGist] = {}  # by user and position
        self._skipped: list[Json] = []
        self._skipped_by_reason: Counter[str] = Counter()
        self._warnings: list[Json] = []
        self._failures: list[ListingFailed] = []
        self._ended: SearchEnded | None = None
        self._characters_left = MAX_TEXT_CHARACTERS

    @property
    def failures(self) -> tuple[ListingFailed, ...]:
        """The users of whom nothing could be listed, in the order of the request."""
        return tuple(sorted(self._failures, key=lambda failure: self._user_order[failure.username]))

    def add(self, event: SearchEvent) -> None:
        """Take the next event."""
        match event:
            case FileMatch():
                event = self._limit.apply(event)
                key = self._user_order[event.username], event.position
                self._gists.setdefault(key, _MatchedGist(event.username, event.gist)).add(self._shorten(event))
            case Skipped():
                self._skipped_by_reason[event.reason.value] += 1
                if len(self._skipped) < MAX_SKIPPED:
                    self._skipped.append(skipped_object(event))
            case SearchWarning():
                self._warnings.append({"type": event.type.value, "detail": event.detail})
            case ListingFailed():
                self._failures.append(event)
            case SearchEnded():
                self._ended = event
            case Progress():
                pass

    def as_json(self) -> Json:
        """Return the answer; keys and lists are in the order of the contract.

        It is partial until a last event has said that nothing is missing.
        """
        complete = self._ended is not None and self._ended.coverage.complete
        gists = [self._gists[key] for key in sorted(self._gists)]
        answer: Json = {
            "status": "success" if complete else "partial",
            **self._request.names,
            "pattern": self._request.pattern,
            "matches": list(dict.fromkeys(matched.gist.url for matched in gists)),
        }
        if not complete:
            answer["skipped"] = self._skipped
            answer["skipped_by_reason"] = dict(sorted(self._skipped_by_reason.items()))
        if self._failures:
            answer["errors"] = [
                {"username": failure.username, "problem": problem_of(failure.error).as_json()}
                for failure in self.failures
            ]
        if self._warnings:
            answer["warnings"] = self._warnings
        if self._request.has_results:
            answer["results"] = [self._result(matched) for matched in gists]
        if self._ended and (self._request.has_results or not complete):
            answer["coverage"] = coverage_object(self._ended.coverage)
        return answer

    def _result(self, matched: _MatchedGist) -> Json:
        user: Json = {"username": matched.username} if self._request.usernames else {}
        return {**user, **gist_object(matched.gist), "files": [self._file(match) for match in matched.matches()]}

    def _file(self, match: FileMatch) -> Json:
        """Return what is said of a file. Unless binary files count as text, no line of one is shown, not even those
        before its first NUL byte.
        """
        if match.binary and not self._request.text:
            match = evolve(match, lines=())
        told = file_object(match)
        return {**told, "lines": [line_object(line) for line in match.lines]} if self._request.has_lines else told

    def _shorten(self, match: FileMatch) -> FileMatch:
        """Leave out the lines for which no characters are left."""
        for number, line in enumerate(match.lines):
            context = sum(len(near.text) for near in (*line.before, *line.after))
            self._characters_left -= len(line.text) + context + _LINE_OVERHEAD
            if self._characters_left < 0:
                return evolve(match, lines=match.lines[:number])
        return match


@define(eq=False)
class _MatchedFile:
    latest: FileMatch
    lines: list[LineMatch] = Factory(list[LineMatch])
    line_count: int = 0

    def add(self, part: FileMatch) -> None:
        self.latest = part
        self.lines += part.lines
        self.line_count += part.line_count

    def whole(self) -> FileMatch:
        """Return all parts as one."""
        return evolve(self.latest, lines=tuple(self.lines), line_count=self.line_count)


@define(eq=False)
class _MatchedGist:
    username: str
    gist: Gist
    files: dict[str, _MatchedFile] = Factory(dict[str, _MatchedFile])

    def add(self, part: FileMatch) -> None:
        self.files.setdefault(part.file.filename, _MatchedFile(part)).add(part)

    def matches(self) -> Iterator[FileMatch]:
        """Yield the files that match, in the order of the gist."""
        return (self.files[file.filename].whole() for file in self.gist.files if file.filename in self.files)
