"""Requests that end with a problem instead of an answer."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Response

from gistsearch.adapters.web.request_context import request_id
from gistsearch.wire import Problem, encode


class Refused(Exception):
    """Indicates that a request is answered with a problem."""

    def __init__(self, problem: Problem, headers: Mapping[str, str] | None = None) -> None:
        """
        Args:
            problem: what the answer says.
            headers: of the answer. They must not contain anything that a client sent.
        """
        super().__init__(problem.detail)
        self.problem = problem
        self.headers = dict(headers or {})


def problem_response(problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """Return the answer that consists of a problem."""
    retry_after = {} if problem.retry_after_s is None else {"Retry-After": str(problem.retry_after_s)}
    return Response(
        encode({**problem.as_json(), "instance": request_id()}) + b"\n",
        problem.kind.status,
        headers={**retry_after, **(headers or {})},
        mimetype="application/problem+json",
    )
