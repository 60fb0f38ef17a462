"""Which problem answers which exception."""

from __future__ import annotations

import logging

from flask import Response
from werkzeug.exceptions import (
    HTTPException,
    MethodNotAllowed,
    NotAcceptable,
    NotFound,
    RequestEntityTooLarge,
    RequestTimeout,
)

from gistsearch.adapters.web.departures import ClientLeft
from gistsearch.adapters.web.media_types import MEDIA_TYPES
from gistsearch.adapters.web.refusals import Refused, problem_response
from gistsearch.adapters.web.request_parsing import MAX_BODY_BYTES
from gistsearch.ports.deadline import DeadlineExceeded
from gistsearch.ports.gists import UnknownUser
from gistsearch.ports.matching import InvalidPattern
from gistsearch.wire import InvalidRequest, NothingListed, Problem, problem_of
from gistsearch.wire.problem_types import (
    MALFORMED_REQUEST,
    METHOD_NOT_ALLOWED,
    NOT_ACCEPTABLE,
    NOT_FOUND,
    PAYLOAD_TOO_LARGE,
    REQUEST_TIMEOUT,
)

CLIENT_LEFT_STATUS = 499
"""What the log and the metrics say of a request whose client has left, as those of other servers do. Nobody gets it."""

_log = logging.getLogger(__name__)


def answer_failure(error: Exception) -> Response:
    """Return the answer to a request that raised an exception."""
    match error:
        case Refused():
            return problem_response(error.problem, error.headers)
        case MethodNotAllowed():
            allowed = ", ".join(sorted(error.valid_methods or ()))
            problem = Problem(METHOD_NOT_ALLOWED, f"This path allows {allowed}.")
            return problem_response(problem, {"Allow": allowed})
        case RequestTimeout():
            problem = Problem(REQUEST_TIMEOUT, "The body of the request did not arrive in time.")
            return problem_response(problem, {"Connection": "close"})
        case HTTPException():
            return problem_response(_http_problem(error))
        case ClientLeft():
            return Response(status=CLIENT_LEFT_STATUS)
        case NothingListed(main_error=main_error):
            if not isinstance(main_error, (DeadlineExceeded, UnknownUser)):
                _log.warning("nothing could be listed: %s: %s", type(main_error).__name__, main_error)
            return problem_response(error.problem())
        case InvalidRequest() | InvalidPattern():
            pass
        case _:
            _log.error("a request failed", exc_info=error)
    return problem_response(problem_of(error))


def _http_problem(error: HTTPException) -> Problem:
    match error:
        case NotFound():
            return Problem(NOT_FOUND, "There is nothing at this path.")
        case NotAcceptable():
            return Problem(NOT_ACCEPTABLE, f"This service answers with {', '.join(MEDIA_TYPES)}.")
        case RequestEntityTooLarge():
            return Problem(PAYLOAD_TOO_LARGE, f"A request body must not exceed {MAX_BODY_BYTES:,} bytes.")
        case _:
            return Problem(MALFORMED_REQUEST, "The request is not valid HTTP.")
