"""The kinds of problems that the API may answer with (RFC 9457), each with what its page says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from attrs import asdict, frozen
from flask import Response

from gistsearch.wire import FieldError, encode


@frozen
class ProblemType:
    """A kind of problem; name and status are part of the published contract."""

    name: str
    status: int
    title: str
    meaning: str
    advice: str

    @property
    def uri(self) -> str:
        """The `type` of problems of this kind, and the path of the page that explains it."""
        return f"/problems/{self.name}"


class Problem(Exception):
    """Indicates that a request ends with a problem."""

    def __init__(
        self,
        kind: ProblemType,
        detail: str,
        *,
        errors: Iterable[FieldError] = (),
        members: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """
        Args:
            kind: which.
            detail: what happened this time, for users.
            errors: what is wrong with the request, where that is known.
            members: further members of the problem object.
            headers: of the answer; nothing that a user gave may be among them.
        """
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.errors = tuple(errors)
        self.members = dict(members or {})
        self.headers = dict(headers or {})

    def response(self) -> Response:
        """Return the answer."""
        body: dict[str, object] = {
            "type": self.kind.uri,
            "title": self.kind.title,
            "status": self.kind.status,
            "detail": self.detail,
        }
        if self.errors:
            body["errors"] = [asdict(error) for error in self.errors]
        return Response(
            encode(body | self.members) + b"\n",
            self.kind.status,
            headers=self.headers,
            mimetype="application/problem+json",
        )


MALFORMED_REQUEST = ProblemType(
    "malformed-request",
    400,
    "The request cannot be read",
    "The body is not JSON in UTF-8, or not an object, or an object in it has the same name twice; "
    "or the query parameters are not UTF-8.",
    "Send one JSON object, as RFC 8259 defines it.",
)
UNKNOWN_USER = ProblemType(
    "unknown-user",
    404,
    "There is no such user",
    "The place that the gists come from knows no user of this name.",
    "Check the spelling. A user who was renamed or has left is not found under the old name.",
)
NOT_FOUND = ProblemType(
    "not-found",
    404,
    "There is nothing at this address",
    "The path names nothing that this service has.",
    "Check the path; a slash at its end matters, too. Searches are at /api/v1/search.",
)
METHOD_NOT_ALLOWED = ProblemType(
    "method-not-allowed",
    405,
    "The method is not allowed here",
    "The address exists, but does not take requests of this method.",
    "Use a method that the header Allow names.",
)
NOT_ACCEPTABLE = ProblemType(
    "not-acceptable",
    406,
    "The answer has no form that the client accepts",
    "Answers come as application/json, and the header Accept excludes that.",
    "Accept application/json, or leave the header out.",
)
PAYLOAD_TOO_LARGE = ProblemType(
    "payload-too-large",
    413,
    "The request is too large",
    "The body is longer than any search needs.",
    "Send a shorter one.",
)
UNSUPPORTED_MEDIA_TYPE = ProblemType(
    "unsupported-media-type",
    415,
    "The body is of another type than JSON",
    "The header Content-Type does not say application/json.",
    "Send JSON, and say so in Content-Type.",
)
INVALID_REQUEST = ProblemType(
    "invalid-request",
    422,
    "The request asks for something that cannot be",
    "A field is missing, of the wrong type or out of range; or it is unknown, which is refused rather than ignored.",
    "The member errors lists everything that is wrong, each with a JSON pointer to the field.",
)
INVALID_PATTERN = ProblemType(
    "invalid-pattern",
    422,
    "The pattern is refused",
    "The pattern is not a regular expression of RE2's syntax, is too large, or could never match within a line.",
    "The member detail says what is wrong, and part, where it is known, which piece of the pattern. "
    "Backreferences and look-around do not exist in RE2. To search for plain text, set fixed_strings.",
)
TOO_MANY_REQUESTS = ProblemType(
    "too-many-requests",
    429,
    "There are too many requests",
    "This service answers a bounded number of searches at once, and has that many under way.",
    "Try again after as many seconds as the header Retry-After says.",
)
UPSTREAM_FAILED = ProblemType(
    "upstream-failed",
    502,
    "The gists could not be listed",
    "The place that the gists come from cannot be reached, refuses, or answers nonsense, and nothing was searched.",
    "Try again in a while.",
)
UPSTREAM_RATE_LIMITED = ProblemType(
    "upstream-rate-limited",
    503,
    "The place that the gists come from takes no more requests for now",
    "This service has used up the number of requests that it may make there.",
    "Try again after as many seconds as the header Retry-After says, or at the moment that the member reset_at names.",
)
DEADLINE_EXCEEDED = ProblemType(
    "deadline-exceeded",
    504,
    "The time was up before there was any result",
    "The time that the search was given passed before a single gist was listed.",
    "Give it more time (timeout_s), or try again later.",
)
INTERNAL_ERROR = ProblemType(
    "internal-error",
    500,
    "Something is wrong with this service",
    "The service failed in a way that it was not meant to. The cause is in its log.",
    "Try again; if it stays, tell whoever runs the service when it happened.",
)

PROBLEM_TYPES = {
    kind.name: kind
    for kind in (
        MALFORMED_REQUEST,
        UNKNOWN_USER,
        NOT_FOUND,
        METHOD_NOT_ALLOWED,
        NOT_ACCEPTABLE,
        PAYLOAD_TOO_LARGE,
        UNSUPPORTED_MEDIA_TYPE,
        INVALID_REQUEST,
        INVALID_PATTERN,
        TOO_MANY_REQUESTS,
        UPSTREAM_FAILED,
        UPSTREAM_RATE_LIMITED,
        DEADLINE_EXCEEDED,
        INTERNAL_ERROR,
    )
}
