"""Reads search requests from a JSON body or from query parameters."""

from __future__ import annotations

import json
from typing import Any, NoReturn, cast
from urllib.parse import parse_qsl

from flask import Request
from werkzeug.exceptions import RequestEntityTooLarge

from gistsearch.adapters.web.media_types import JSON
from gistsearch.adapters.web.refusals import Refused
from gistsearch.wire import FieldError, InvalidRequest, Problem, RequestReader, SearchRequest, pointer
from gistsearch.wire.checks import Check, Flag, Items, PositiveNumber, WholeNumber
from gistsearch.wire.problem_types import MALFORMED_REQUEST, UNSUPPORTED_MEDIA_TYPE

MAX_BODY_BYTES = 64 * 1024

_MAX_DIGITS = 100
_FLAGS = {"true": True, "1": True, "false": False, "0": False}
"""What parameters that are booleans may say, in any letter case: clients in Python send `True`."""
_UTF_8 = frozenset({"utf-8", "utf8"})


def read_post(request: Request, reader: RequestReader) -> SearchRequest:
    """Return the search that a POST asks for.

    Raises:
        RequestEntityTooLarge, RequestTimeout, Refused: the body cannot be read.
        InvalidRequest: a field is missing, unknown or out of range, or in the URL.
    """
    misplaced = [name for name, _ in _parameters(request)]
    if misplaced:
        raise InvalidRequest(FieldError(pointer(name), "belongs in the body of a POST") for name in misplaced)
    return reader.read(_body(request))


def read_get(request: Request, reader: RequestReader) -> SearchRequest:
    """Return the search that a GET asks for. A list is given by repeating its parameter.

    Raises:
        Refused: the parameters cannot be read.
        InvalidRequest: a field is missing, unknown, repeated or out of range.
    """
    values: dict[str, Any] = {}
    errors: list[FieldError] = []
    for name, text in _parameters(request):
        check = reader.fields[name].check if name in reader.fields else None
        if isinstance(check, Items):
            values.setdefault(name, []).append(text)
        elif name not in values:
            values[name] = _value(text, check)
        else:
            errors.append(FieldError(pointer(name), "must not be given twice"))
    try:
        asked = reader.read(values)
    except InvalidRequest as error:
        raise InvalidRequest([*error.errors, *errors]) from None
    if errors:
        raise InvalidRequest(errors)
    return asked


def _body(request: Request) -> dict[str, Any]:
    _check_form(request)
    data = request.get_data(cache=False)
    if len(data) > MAX_BODY_BYTES:  # A body of unknown length ends at Flask's limit without an error.
        raise RequestEntityTooLarge
    try:
        body = _parse(data.decode())
    except UnicodeDecodeError as error:
        raise _malformed("The body is not UTF-8.") from error
    except RecursionError as error:
        raise _malformed("The body is nested too deeply.") from error
    except ValueError as error:
        raise _malformed(f"The body is not JSON: {error}.") from error
    if not isinstance(body, dict):
        raise _malformed("The body is JSON, but not an object.")
    return cast("dict[str, Any]", body)


def _check_form(request: Request) -> None:
    """Return if the headers say that the body is JSON in UTF-8 as it is. What they say is never ignored.

    Raises:
        Refused: they say something else (RFC 9110, 15.5.16); the answer's headers say what is accepted.
    """
    charset = request.mimetype_params.get("charset", "utf-8")
    coding = request.headers.get("Content-Encoding", "")
    if request.mimetype != JSON:
        raise _unsupported("The body must be application/json.", {"Accept": JSON})
    if charset.lower() not in _UTF_8:
        raise _unsupported("The body must be in UTF-8, which is the only charset of JSON.", {"Accept": JSON})
    if coding.strip().lower() not in ("", "identity"):
        raise _unsupported("The body must not be compressed or encoded.", {"Accept-Encoding": "identity"})


def _unsupported(detail: str, accepted: dict[str, str]) -> Refused:
    return Refused(Problem(UNSUPPORTED_MEDIA_TYPE, detail), accepted)


def _malformed(detail: str) -> Refused:
    return Refused(Problem(MALFORMED_REQUEST, detail))


def _parse(text: str) -> Any:
    """Parse JSON strictly by RFC 8259, and refuse an object with the same name twice.

    Raises:
        ValueError: it is not JSON.
        RecursionError: it is nested too deeply.
    """
    return json.loads(text, object_pairs_hook=_object, parse_int=_integer, parse_constant=_refuse_constant)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("an object has the same name twice")
    return members


def _integer(digits: str) -> int | float:
    """Return the number. One that is out of every range may be inexact: Python refuses to parse very long integers."""
    return int(digits) if len(digits) < _MAX_DIGITS else float(digits)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _parameters(request: Request) -> list[tuple[str, str]]:
    # Not `request.args`, which replaces bytes that are not UTF-8.
    try:
        return parse_qsl(request.query_string.decode(), keep_blank_values=True, errors="strict")
    except UnicodeDecodeError as error:
        raise _malformed("The query parameters are not UTF-8.") from error


def _value(text: str, check: Check[object] | None) -> object:
    """Return the JSON value that a parameter stands for, or the text itself, which the check then refuses."""
    if isinstance(check, Flag):
        return _FLAGS.get(text.lower(), text)
    if isinstance(check, (WholeNumber, PositiveNumber)):
        try:
            return _parse(text)
        except (ValueError, RecursionError):
            return text
    return text
