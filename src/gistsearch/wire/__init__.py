"""The published JSON form of searches: one home for every entry point that speaks JSON."""

from __future__ import annotations

from gistsearch.wire.checks import FieldError, InvalidRequest
from gistsearch.wire.encoding import Json, encode, pointer, timestamp
from gistsearch.wire.events import begin, end_object, error_object, event_object
from gistsearch.wire.failures import NothingListed
from gistsearch.wire.line_limit import LineLimit
from gistsearch.wire.problem_types import PROBLEM_TYPES, ProblemType
from gistsearch.wire.problems import Problem, problem_of
from gistsearch.wire.request import RequestReader, SearchRequest
from gistsearch.wire.response import SearchAnswer

__all__ = [
    "PROBLEM_TYPES",
    "FieldError",
    "InvalidRequest",
    "Json",
    "LineLimit",
    "NothingListed",
    "Problem",
    "ProblemType",
    "RequestReader",
    "SearchAnswer",
    "SearchRequest",
    "begin",
    "encode",
    "end_object",
    "error_object",
    "event_object",
    "pointer",
    "problem_of",
    "timestamp",
]
