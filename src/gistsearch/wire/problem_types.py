"""The catalogue of problem types (RFC 9457), each with what its page says."""

from __future__ import annotations

from attrs import frozen


@frozen
class ProblemType:
    """A type of problem. Its name and status are part of the published contract."""

    name: str
    status: int
    title: str
    meaning: str
    """What happened, for the page that explains the type."""
    advice: str
    """What to do about it."""

    @property
    def uri(self) -> str:
        """The `type` of problems of this type: the path of the page that explains it."""
        return f"/problems/{self.name}"


MALFORMED_REQUEST = ProblemType(
    "malformed-request",
    400,
    "Malformed request",
    "The body is not a JSON object in UTF-8, or an object in it has the same name twice; or the query parameters are "
    "not UTF-8.",
    "Send one JSON object, as RFC 8259 defines it.",
)
UNAUTHORIZED = ProblemType(
    "unauthorized",
    401,
    "API key required",
    "This service requires an API key, and the request has none, or an unknown one.",
    "Send the key that the operator of the service gave you: Authorization: Bearer KEY.",
)
UNKNOWN_USER = ProblemType(
    "unknown-user",
    404,
    "Unknown user",
    "GitHub, or the source that this service searches instead, has no user of this name.",
    "Check the spelling. A user who was renamed is not found under the old name.",
)
NOT_FOUND = ProblemType(
    "not-found",
    404,
    "Not found",
    "This service has nothing at this path.",
    "Check the path; a trailing slash matters. Searches are at /api/v1/search.",
)
METHOD_NOT_ALLOWED = ProblemType(
    "method-not-allowed",
    405,
    "Method not allowed",
    "The path exists, but does not accept requests with this method.",
    "Use one of the methods that the Allow header lists.",
)
NOT_ACCEPTABLE = ProblemType(
    "not-acceptable",
    406,
    "Not acceptable",
    "The Accept header excludes every media type that this service can answer with.",
    "Accept application/json, application/x-ndjson or text/event-stream, or leave the header out.",
)
REQUEST_TIMEOUT = ProblemType(
    "request-timeout",
    408,
    "Request timeout",
    "The body of the request did not arrive in time.",
    "Send the request again, all at once.",
)
PAYLOAD_TOO_LARGE = ProblemType(
    "payload-too-large",
    413,
    "Request body too large",
    "The body is longer than any search needs.",
    "Send a shorter body.",
)
UNSUPPORTED_MEDIA_TYPE = ProblemType(
    "unsupported-media-type",
    415,
    "Unsupported media type",
    "The Content-Type header does not say application/json, or says another charset than UTF-8; or the "
    "Content-Encoding header says that the body is compressed.",
    "Send JSON in UTF-8, with Content-Type: application/json and without Content-Encoding.",
)
INVALID_REQUEST = ProblemType(
    "invalid-request",
    422,
    "Invalid request",
    "A field is missing, unknown, of the wrong type or out of range.",
    "The member `errors` lists everything that is wrong, each with a JSON pointer to the field.",
)
INVALID_PATTERN = ProblemType(
    "invalid-pattern",
    422,
    "Invalid pattern",
    "The pattern is not a valid RE2 expression, is too large, or could never match within a line.",
    "The member `detail` says what is wrong, and `part`, if it is known, which part of the pattern. RE2 has no "
    "backreferences and no look-around. To search for plain text, set `fixed_strings`.",
)
TOO_MANY_REQUESTS = ProblemType(
    "too-many-requests",
    429,
    "Too many requests",
    "The service, or this client, has reached a limit: users searched in a period of time, or searches at the same "
    "time.",
    "Try again after the number of seconds in the Retry-After header.",
)
INTERNAL_ERROR = ProblemType(
    "internal-error",
    500,
    "Internal error",
    "The service failed in a way that it should not. The cause is in its log.",
    "Try again. If the error persists, report it to the operator of the service, with the time at which it happened.",
)
UPSTREAM_FAILED = ProblemType(
    "upstream-failed",
    502,
    "Upstream failed",
    "GitHub cannot be reached, or its answers cannot be used, so that no gist could be listed.",
    "Try again later. The member `detail` says why the request failed.",
)
UPSTREAM_REFUSED = ProblemType(
    "upstream-refused",
    502,
    "Upstream refused",
    "GitHub refuses to answer this service: its token is not valid, its address is blocked, or its account is "
    "suspended.",
    "This is for the operator of the service to mend. The member `detail` contains GitHub's own message.",
)
SHUTTING_DOWN = ProblemType(
    "shutting-down",
    503,
    "Shutting down",
    "This instance of the service is about to end, and starts no more searches.",
    "Try again after the number of seconds in the Retry-After header.",
)
UPSTREAM_RATE_LIMITED = ProblemType(
    "upstream-rate-limited",
    503,
    "Upstream rate limit reached",
    "This service has made as many requests to GitHub as GitHub allows for now.",
    "Try again after the number of seconds in the Retry-After header, or at the time in the member `reset_at`.",
)
DEADLINE_EXCEEDED = ProblemType(
    "deadline-exceeded",
    504,
    "Deadline exceeded",
    "The time allowed for the search ran out before any gist was listed.",
    "Allow more time (`timeout_s`), or try again later.",
)

PROBLEM_TYPES = {
    kind.name: kind
    for kind in (
        MALFORMED_REQUEST,
        UNAUTHORIZED,
        UNKNOWN_USER,
        NOT_FOUND,
        METHOD_NOT_ALLOWED,
        NOT_ACCEPTABLE,
        REQUEST_TIMEOUT,
        PAYLOAD_TOO_LARGE,
        UNSUPPORTED_MEDIA_TYPE,
        INVALID_REQUEST,
        INVALID_PATTERN,
        TOO_MANY_REQUESTS,
        INTERNAL_ERROR,
        UPSTREAM_FAILED,
        UPSTREAM_REFUSED,
        SHUTTING_DOWN,
        UPSTREAM_RATE_LIMITED,
        DEADLINE_EXCEEDED,
    )
}
"""Every type of problem by its name."""
