"""Answers as gist.githubusercontent.com gives them: the content of files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import quote, unquote

from attrs import frozen

from tests.loopback_github.answers import Answer, Headers, accepts_gzip, gzipped, not_modified, ranged
from tests.loopback_github.content import LoopbackFile, LoopbackGist
from tests.loopback_github.request import Recorded

Users = Mapping[str, Sequence[LoopbackGist]]

_BINARY_PROBE_BYTES = 8_000
_LITERAL = "'()"


def raw_path(user: str, gist: LoopbackGist, file: LoopbackFile) -> str:
    """Return where the content of a file lies on the raw host: spaces as `%20`, `'()` literally."""
    return f"/{user}/{gist.id}/raw/{file.blob_id}/{quote(file.name, safe=_LITERAL)}"


@frozen(eq=False)
class _Place:
    """Where a file was found, so that it need not be looked for again while it is still there."""

    user: str
    index: int
    gist: LoopbackGist
    answer: Answer
    file: LoopbackFile

    def still_holds(self, users: Users) -> bool:
        gists = users.get(self.user, ())
        return self.index < len(gists) and gists[self.index] is self.gist


class RawAnswers:
    """Finds content and answers with it. A blob that is in no file any more is not found."""

    def __init__(self, users: Users) -> None:
        """
        Args:
            users: their names and gists; may change between requests.
        """
        self._users = users
        self._places: dict[str, _Place] = {}

    def answer(self, request: Recorded) -> Answer:
        """Answer a request. No user agent and no token is needed here, and nothing is counted."""
        place = self._places.get(request.target)
        if place is None or not place.still_holds(self._users):
            place = self._find(request.target.partition("?")[0])
            if place is None:
                return Answer(404, [("Content-Type", "text/plain; charset=utf-8")], b"404: Not Found")
            self._places[request.target] = place
        return _negotiated(place, request.fields)

    def _find(self, path: str) -> _Place | None:
        pieces = path.split("/")
        if len(pieces) != 6 or pieces[0] or pieces[3] != "raw":
            return None
        user, gist_id, blob_id, name = (unquote(pieces[at]) for at in (1, 2, 4, 5))
        for known, gists in self._users.items():
            if known.lower() == user.lower():
                for index, gist in enumerate(gists):
                    if gist.id == gist_id:
                        for file in gist.files:
                            if file.name == name and file.blob_id == blob_id:
                                return _Place(known, index, gist, Answer(200, _headers(file), file.content), file)
        return None


def _headers(file: LoopbackFile) -> Headers:
    content = file.content
    binary = isinstance(content, bytes) and b"\0" in content[:_BINARY_PROBE_BYTES]
    return [
        ("Cache-Control", "max-age=300"),
        ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox"),
        ("Content-Type", "application/octet-stream" if binary else "text/plain; charset=utf-8"),
        ("ETag", f'"{file.blob_id}"'),
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "deny"),
        ("Accept-Ranges", "bytes"),
        ("Via", "1.1 varnish"),
        ("X-Cache", "MISS"),
        ("Vary", "Authorization,Accept-Encoding"),
        ("Access-Control-Allow-Origin", "*"),
        ("Cross-Origin-Resource-Policy", "cross-origin"),
        ("Source-Age", "0"),
    ]


def _negotiated(place: _Place, fields: Mapping[str, str]) -> Answer:
    answer = place.answer
    if accepts_gzip(fields.get("accept-encoding", "")) and (compressed := place.file.gzipped) is not None:
        answer = gzipped(answer, compressed)
    if if_none_match := fields.get("if-none-match"):
        answer = not_modified(answer, if_none_match)
    if answer.status == 200 and (wanted := fields.get("range")) and _same_version(fields, place.file):
        answer = ranged(answer, wanted)
    return answer


def _same_version(fields: Mapping[str, str], file: LoopbackFile) -> bool:
    return fields.get("if-range", f'"{file.blob_id}"') == f'"{file.blob_id}"'
