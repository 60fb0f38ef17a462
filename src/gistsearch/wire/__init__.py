"""The published JSON form of search requests and answers: one place for every face that speaks JSON."""

from __future__ import annotations

from gistsearch.wire.answer import SearchAnswer
from gistsearch.wire.checks import FieldError, InvalidRequest
from gistsearch.wire.notation import encode, pointer, timestamp
from gistsearch.wire.request import RequestReader, SearchRequest

__all__ = [
    "FieldError",
    "InvalidRequest",
    "RequestReader",
    "SearchAnswer",
    "SearchRequest",
    "encode",
    "pointer",
    "timestamp",
]
