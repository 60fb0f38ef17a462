"""Problems as JSON objects (RFC 9457), and which error becomes which problem."""

from __future__ import annotations

import math
from collections.abc import Mapping

from attrs import Factory, asdict, frozen

from gistsearch.ports.deadline import DeadlineExceeded
from gistsearch.ports.gists import AccessForbidden, SourceError, SourceRateLimited, UnknownUser
from gistsearch.ports.matching import InvalidPattern
from gistsearch.wire.checks import FieldError, InvalidRequest
from gistsearch.wire.encoding import Json, pointer, timestamp
from gistsearch.wire.problem_types import (
    DEADLINE_EXCEEDED,
    INTERNAL_ERROR,
    INVALID_PATTERN,
    INVALID_REQUEST,
    UNKNOWN_USER,
    UPSTREAM_FAILED,
    UPSTREAM_RATE_LIMITED,
    UPSTREAM_REFUSED,
    ProblemType,
)


@frozen
class Problem:
    """What went wrong with one request, or with one user of a search."""

    kind: ProblemType
    detail: str
    """What happened this time, for users."""
    errors: tuple[FieldError, ...] = ()
    """What is wrong with the request, if that is the problem."""
    members: Mapping[str, object] = Factory(dict[str, object])
    """Further members of the object."""
    retry_after_s: int | None = None
    """Seconds after which the request is worth repeating; None if nothing is known about that."""

    def as_json(self) -> Json:
        """Return the problem object."""
        told: Json = {
            "type": self.kind.uri,
            "title": self.kind.title,
            "status": self.kind.status,
            "detail": self.detail,
        }
        if self.errors:
            told["errors"] = [asdict(error) for error in self.errors]
        return {**told, **self.members}


def problem_of(error: Exception) -> Problem:
    """Return the problem that an error of a search is reported as.

    An error that no search should raise becomes an internal error, without a word about its cause.
    """
    match error:
        case InvalidRequest():
            return _invalid_request(error)
        case InvalidPattern():
            return _invalid_pattern(error)
        case UnknownUser():
            return Problem(UNKNOWN_USER, str(error))
        case SourceRateLimited():
            return _rate_limited(error)
        case AccessForbidden():
            return Problem(UPSTREAM_REFUSED, str(error))
        case SourceError():
            return Problem(UPSTREAM_FAILED, str(error))
        case DeadlineExceeded():
            return Problem(DEADLINE_EXCEEDED, "The time ran out before any gist was listed.")
        case _:
            return Problem(INTERNAL_ERROR, "The service failed; nothing is wrong with the request.")


def _invalid_request(error: InvalidRequest) -> Problem:
    if len(error.errors) == 1:
        detail = f"{error.errors[0].pointer} {error.errors[0].detail}"
        detail += "" if detail.endswith("?") else "."
    else:
        detail = f"{len(error.errors)} fields are invalid; see `errors`."
    return Problem(INVALID_REQUEST, detail, error.errors)


def _invalid_pattern(error: InvalidPattern) -> Problem:
    detail = str(error)
    part = {} if error.part is None else {"part": error.part}
    return Problem(INVALID_PATTERN, detail, (FieldError(pointer("pattern"), detail),), part)


def _rate_limited(error: SourceRateLimited) -> Problem:
    return Problem(
        UPSTREAM_RATE_LIMITED,
        str(error),
        members={"reset_at": timestamp(error.reset_at)},
        retry_after_s=max(0, math.ceil(error.retry_after_s)),
    )
