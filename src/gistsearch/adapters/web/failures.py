"""Which problem answers which exception."""

from __future__ import annotations

import logging
import math

from flask import Response
from werkzeug.exceptions import (
    HTTPException,
    MethodNotAllowed,
    NotAcceptable,
    NotFound,
    RequestEntityTooLarge,
    UnsupportedMediaType,
)

from gistsearch.adapters.web import problems
from gistsearch.adapters.web.problems import Problem
from gistsearch.adapters.web.requests import MAX_BODY_BYTES
from gistsearch.ports.gists import DeadlineExceeded, SourceError, SourceRateLimited, UnknownUser
from gistsearch.ports.matching import InvalidPattern
from gistsearch.wire import FieldError, InvalidRequest, pointer, timestamp

_log = logging.getLogger(__name__)


def answer_failure(error: Exception) -> Response:
    """Return the answer to a request that raised an exception, whichever."""
    return _problem(error).response()


def _problem(error: Exception) -> Problem:
    match error:
        case Problem():
            return error
        case HTTPException():
            return _http_problem(error)
        case InvalidRequest():
            return _invalid_request(error)
        case InvalidPattern():
            return _invalid_pattern(error)
        case SourceError():
            return _source_problem(error)
        case _:
            _log.error("a request failed", exc_info=error)
            return Problem(problems.INTERNAL_ERROR, "The request failed; it is not the request's fault.")


def _http_problem(error: HTTPException) -> Problem:
    match error:
        case NotFound():
            return Problem(problems.NOT_FOUND, "There is nothing at this path.")
        case MethodNotAllowed():
            allowed = ", ".join(sorted(error.valid_methods or ()))
            return Problem(problems.METHOD_NOT_ALLOWED, f"Allowed here are {allowed}.", headers={"Allow": allowed})
        case NotAcceptable():
            return Problem(problems.NOT_ACCEPTABLE, "Answers come as application/json.")
        case RequestEntityTooLarge():
            return Problem(problems.PAYLOAD_TOO_LARGE, f"A body has at most {MAX_BODY_BYTES:,} bytes.")
        case UnsupportedMediaType():
            return Problem(problems.UNSUPPORTED_MEDIA_TYPE, "The body must be application/json.")
        case _:
            return Problem(problems.MALFORMED_REQUEST, "The request is no HTTP request that can be understood.")


def _invalid_request(error: InvalidRequest) -> Problem:
    if len(error.errors) == 1:
        detail = f"{error.errors[0].pointer} {error.errors[0].detail}."
    else:
        detail = f"{len(error.errors)} things are wrong with the request; errors says which."
    return Problem(problems.INVALID_REQUEST, detail, errors=error.errors)


def _invalid_pattern(error: InvalidPattern) -> Problem:
    detail = str(error)
    return Problem(
        problems.INVALID_PATTERN,
        detail,
        errors=[FieldError(pointer("pattern"), detail)],
        members={} if error.part is None else {"part": error.part},
    )


def _source_problem(error: SourceError) -> Problem:
    match error:
        case UnknownUser():
            return Problem(problems.UNKNOWN_USER, str(error))
        case SourceRateLimited():
            return Problem(
                problems.UPSTREAM_RATE_LIMITED,
                str(error),
                members={"reset_at": timestamp(error.reset_at)},
                headers={"Retry-After": str(max(0, math.ceil(error.retry_after_s)))},
            )
        case DeadlineExceeded():
            return Problem(problems.DEADLINE_EXCEEDED, "The time was up before anything was listed.")
        case _:
            return Problem(problems.UPSTREAM_FAILED, str(error))
