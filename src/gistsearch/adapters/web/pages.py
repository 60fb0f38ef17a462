"""Pages for people: the description of the service, and what each type of problem means."""

from __future__ import annotations

from pathlib import Path

from flask import Response, render_template
from markupsafe import Markup, escape

from gistsearch.adapters.web.refusals import Refused
from gistsearch.wire import PROBLEM_TYPES, Json, Problem
from gistsearch.wire.problem_types import NOT_FOUND

_STYLE = Path(__file__).parent / "static" / "style.css"
_POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""Nothing runs on these pages, and nothing comes from elsewhere."""


def show_docs(description: Json) -> Response:
    """Return the page that shows an OpenAPI document."""
    html = render_template(
        "docs.html", document=description, problems=PROBLEM_TYPES.values(), bounds=_bounds, prose=_prose
    )
    return _page(html)


def show_problem(name: str) -> Response:
    """Return the page that a problem's `type` points to.

    Raises:
        Refused: there is no such type of problem.
    """
    if name not in PROBLEM_TYPES:
        raise Refused(Problem(NOT_FOUND, "There is no problem of this name."))
    return _page(render_template("problem.html", problem=PROBLEM_TYPES[name], prose=_prose))


def show_style() -> Response:
    """Return the style sheet of the pages."""
    return Response(_STYLE.read_bytes(), mimetype="text/css")


def _prose(text: str) -> Markup:
    """Return text as markup: what is between backticks is code."""
    parts = [
        Markup("<code>{}</code>").format(part) if at % 2 else escape(part) for at, part in enumerate(text.split("`"))
    ]
    return Markup().join(parts)


def _bounds(schema: Json) -> str:
    """Return the bounds of a JSON Schema in words."""
    if "exclusiveMinimum" in schema:
        return f"Above {schema['exclusiveMinimum']}, up to {schema['maximum']:,}."
    for suffix, unit in (("imum", ""), ("Length", " characters"), ("Items", " items")):
        low, high = schema.get("min" + suffix, 0), schema.get("max" + suffix)
        if high is not None:
            return f"From {low:,} to {high:,}{unit}." if low or not unit else f"At most {high:,}{unit}."
    return ""


def _page(html: str) -> Response:
    return Response(html + "\n", mimetype="text/html", headers={"Content-Security-Policy": _POLICY})
