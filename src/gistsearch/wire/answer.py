"""The answer to a search in one piece, gathered from its events."""

from __future__ import annotations

from attrs import Factory, define, evolve

from gistsearch.domain.results import (
    Coverage,
    FileMatch,
    LineMatch,
    ListingFailed,
    Progress,
    SearchEnded,
    SearchEvent,
    Skipped,
)
from gistsearch.ports.gists import Gist, GistFile
from gistsearch.wire.notation import timestamp
from gistsearch.wire.request import SearchRequest

Json = dict[str, object]

MOST_TEXT = 4_000_000
"""So many characters of lines and their context an answer holds at most; further lines are left out, and `more_lines`
says so."""
_LINE_OVERHEAD = 100


class SearchAnswer:
    """Takes the events of one search and puts them into the published form."""

    def __init__(self, request: SearchRequest) -> None:
        self._request = request
        self._gists: dict[int, _MatchedGist] = {}
        self._skipped: list[Json] = []
        self._coverage: Coverage | None = None
        self._room = MOST_TEXT

    def add(self, event: SearchEvent) -> None:
        """Take the next event.

        Raises:
            SourceError: nothing could be listed, so that there is no answer.
        """
        match event:
            case FileMatch():
                self._gists.setdefault(event.position, _MatchedGist(event.gist)).add(self._cut(event))
            case Skipped():
                self._skipped.append(_skipped(event))
            case SearchEnded():
                self._coverage = event.coverage
            case ListingFailed():
                raise event.error
            case Progress():
                pass

    def as_json(self) -> Json:
        """Return the answer, once the last event was added; keys and lists are in the order of the contract.

        Without a last event that says that nothing is missing, it is partial.
        """
        complete = self._coverage is not None and self._coverage.complete
        gists = [self._gists[position] for position in sorted(self._gists)]
        answer: Json = {
            "status": "success" if complete else "partial",
            "username": self._request.username,
            "pattern": self._request.pattern,
            "matches": list(dict.fromkeys(matched.gist.url for matched in gists)),
        }
        if not complete:
            answer["skipped"] = self._skipped
        if self._request.detail == "lines":
            answer["results"] = [matched.as_json() for matched in gists]
            answer["coverage"] = self._coverage and _coverage(self._coverage)
        return answer

    def _cut(self, match: FileMatch) -> FileMatch:
        """Leave out the lines for which there is no more room."""
        for number, line in enumerate(match.lines):
            self._room -= len(line.text) + sum(map(len, line.before)) + sum(map(len, line.after)) + _LINE_OVERHEAD
            if self._room < 0:
                return evolve(match, lines=match.lines[:number])
        return match


@define(eq=False)
class _MatchedFile:
    file: GistFile
    lines: list[LineMatch] = Factory(list[LineMatch])
    line_count: int = 0
    binary: bool = False

    def add(self, part: FileMatch) -> None:
        self.lines += part.lines
        self.line_count += part.line_count
        self.binary |= part.binary

    def as_json(self) -> Json:
        """Return the file's matches. Of a binary file no lines are shown, not even those before the first NUL byte;
        `more_lines` then says that there are some.
        """
        lines = [] if self.binary else self.lines
        return {
            "filename": self.file.filename,
            "language": self.file.language,
            "size": self.file.size_bytes,
            "raw_url": self.file.raw_url,
            "binary": self.binary,
            "more_lines": self.line_count > len(lines),
            "lines": [_line(line) for line in lines],
        }


@define(eq=False)
class _MatchedGist:
    gist: Gist
    files: dict[str, _MatchedFile] = Factory(dict[str, _MatchedFile])

    def add(self, part: FileMatch) -> None:
        self.files.setdefault(part.file.filename, _MatchedFile(part.file)).add(part)

    def as_json(self) -> Json:
        in_order = [self.files[file.filename] for file in self.gist.files if file.filename in self.files]
        return {
            "id": self.gist.id,
            "url": self.gist.url,
            "description": self.gist.description,
            "updated_at": timestamp(self.gist.updated_at),
            "files": [matched.as_json() for matched in in_order],
        }


def _line(line: LineMatch) -> Json:
    return {
        "number": line.number,
        "text": line.text,
        "spans": line.spans,
        "truncated": line.truncated,
        "before": line.before,
        "after": line.after,
    }


def _skipped(skipped: Skipped) -> Json:
    return {
        "gist": skipped.gist and skipped.gist.url,
        "filename": skipped.file and skipped.file.filename,
        "reason": skipped.reason.value,
        "detail": skipped.detail,
    }


def _coverage(coverage: Coverage) -> Json:
    return {
        "complete": coverage.complete,
        "gists": coverage.gists,
        "files": coverage.files,
        "searched": coverage.searched,
        "skipped": coverage.skipped,
        "bytes": coverage.bytes,
        "duration_s": round(coverage.duration_s, 3),
    }
