"""Reads search requests, from a JSON body or from query parameters."""

from __future__ import annotations

import json
from typing import Any, NoReturn, cast, get_type_hints
from urllib.parse import parse_qsl

from flask import Request
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType

from gistsearch.adapters.web.problems import MALFORMED_REQUEST, Problem
from gistsearch.wire import FieldError, InvalidRequest, RequestReader, SearchRequest, pointer

MAX_BODY_BYTES = 64 * 1024

_MAX_DIGITS = 100
_FLAGS = {"true": True, "1": True, "false": False, "0": False}


def read_request(request: Request, reader: RequestReader) -> SearchRequest:
    """Return what a request asks for.

    Raises:
        UnsupportedMediaType, RequestEntityTooLarge, Problem: there is no reading it.
        InvalidRequest: a field is missing, unknown, repeated or out of range, or stands beside the body.
    """
    if request.method == "POST":
        misplaced = [name for name, _ in _parameters(request)]
        if misplaced:
            raise InvalidRequest(FieldError(pointer(name), "belongs into the body of a POST") for name in misplaced)
        return reader.read(_body(request))
    return _read_parameters(_parameters(request), reader)


def _body(request: Request) -> dict[str, Any]:
    if request.mimetype != "application/json":
        raise UnsupportedMediaType
    data = request.get_data(cache=False)
    if len(data) > MAX_BODY_BYTES:  # One of unknown length ends at Flask's limit without a word.
        raise RequestEntityTooLarge
    try:
        body = _parse(data.decode())
    except UnicodeDecodeError as error:
        raise Problem(MALFORMED_REQUEST, "The body is not UTF-8.") from error
    except RecursionError as error:
        raise Problem(MALFORMED_REQUEST, "The body is nested too deeply.") from error
    except ValueError as error:
        raise Problem(MALFORMED_REQUEST, f"The body is not JSON: {error}.") from error
    if not isinstance(body, dict):
        raise Problem(MALFORMED_REQUEST, "The body is JSON, but not an object.")
    return cast("dict[str, Any]", body)


def _parse(text: str) -> Any:
    """Parse JSON by the letter of RFC 8259, and refuse an object that has a name twice.

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
    """Return the number; one that is far too large for anything may be inexact, as Python reads no endless integers."""
    return int(digits) if len(digits) < _MAX_DIGITS else float(digits)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _parameters(request: Request) -> list[tuple[str, str]]:
    # Not `request.args`, which takes bytes that are not UTF-8 for something else than was sent.
    try:
        return parse_qsl(request.query_string.decode(), keep_blank_values=True, errors="strict")
    except UnicodeDecodeError as error:
        raise Problem(MALFORMED_REQUEST, "The query parameters are not UTF-8.") from error


def _read_parameters(parameters: list[tuple[str, str]], reader: RequestReader) -> SearchRequest:
    """Read parameters as if they were a JSON object; a list is given by repeating its parameter."""
    types = get_type_hints(SearchRequest)
    values: dict[str, Any] = {}
    errors: list[FieldError] = []
    for name, text in parameters:
        if types.get(name) == tuple[str, ...]:
            values.setdefault(name, []).append(text)
        elif name not in values:
            values[name] = _value(text, types.get(name))
        else:
            errors.append(FieldError(pointer(name), "must not be given twice"))
    try:
        asked = reader.read(values)
    except InvalidRequest as error:
        raise InvalidRequest([*error.errors, *errors]) from None
    if errors:
        raise InvalidRequest(errors)
    return asked


def _value(text: str, kind: object) -> object:
    """Return the value that a text stands for; the text itself where it stands for none, which the reader refuses."""
    if kind is bool:
        return _FLAGS.get(text, text)
    if kind is int or kind is float:
        try:
            return _parse(text)
        except (ValueError, RecursionError):
            return text
    return text
