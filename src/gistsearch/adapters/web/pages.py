"""Pages for people: what each kind of problem means."""

from __future__ import annotations

from flask import Response, render_template

from gistsearch.adapters.web.problems import NOT_FOUND, PROBLEM_TYPES, Problem


def show_problem(name: str) -> Response:
    """Return the page that a problem's `type` points at.

    Raises:
        Problem: there is no such kind of problem.
    """
    if name not in PROBLEM_TYPES:
        raise Problem(NOT_FOUND, "There is no problem of this name.")
    return Response(render_template("problem.html", problem=PROBLEM_TYPES[name]), mimetype="text/html")
