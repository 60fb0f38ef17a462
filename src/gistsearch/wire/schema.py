"""JSON Schemas (2020-12) of requests, answers, events and problems.

What a request may be is derived from the types that check it. A test holds every other schema against what the service
sends.
"""

from __future__ import annotations

from attrs import NOTHING

from gistsearch.domain.events import SkipReason, WarningType
from gistsearch.domain.matching.lines import EXCERPT_CHARACTERS
from gistsearch.domain.query import Detail
from gistsearch.wire.encoding import Json
from gistsearch.wire.problem_types import PROBLEM_TYPES
from gistsearch.wire.request import MAX_LINES_PER_FILE, RequestReader
from gistsearch.wire.response import MAX_SKIPPED

_TEXT: Json = {"type": "string"}
_OPTIONAL_TEXT: Json = {"type": ["string", "null"]}
_FLAG: Json = {"type": "boolean"}
_COUNT: Json = {"type": "integer", "minimum": 0}
_ADDRESS: Json = {"type": "string", "format": "uri"}


def schemas(reader: RequestReader) -> dict[str, Json]:
    """Return all schemas by name. They refer to one another as components of an OpenAPI document.

    Args:
        reader: knows what requests may be.
    """
    return {
        "SearchRequest": _request(reader),
        "SearchAnswer": _answer(),
        "Result": _result(),
        "File": _file(),
        "Line": _line(),
        "ContextLine": _object({"text": _TEXT, "truncated": _described(_FLAG, "Whether the line goes on.")}),
        "Skipped": _object(_skipped()),
        "UserError": _object({"username": _TEXT, "problem": ref("Problem")}),
        "Coverage": _coverage(),
        "Event": _event(),
        **_events(),
        "Problem": _problem(),
    }


def ref(name: str) -> Json:
    """Return a reference to a schema."""
    return {"$ref": f"#/components/schemas/{name}"}


def field_schema(reader: RequestReader, name: str) -> Json:
    """Return the schema of one field of a request, with its meaning and default."""
    field = reader.fields[name]
    has_default = field.default not in (NOTHING, None, ())
    return {
        **field.check.schema(),
        **({"default": field.default} if has_default else {}),
        "description": field.description,
    }


def _request(reader: RequestReader) -> Json:
    return {
        "type": "object",
        "properties": {name: field_schema(reader, name) for name in reader.fields},
        "required": [name for name, field in reader.fields.items() if field.default is NOTHING],
        "additionalProperties": False,
        "oneOf": [{"required": ["username"]}, {"required": ["usernames"]}],
        "if": {"properties": {"detail": {"const": Detail.LINES.value}}, "required": ["detail"]},
        "else": {
            "properties": {name: {"const": reader.fields[name].default} for name in ("context", "max_lines_per_file")}
        },
    }


def _answer() -> Json:
    warning = _object({"type": _enum(WarningType), "detail": _TEXT})
    return _object(
        {
            "status": _described(
                {"type": "string", "enum": ["success", "partial"]}, "`success` if everything was searched."
            ),
            "username": _described(_TEXT, "As in the request."),
            "usernames": _described(_list(_TEXT), "As in the request, in place of `username`."),
            "pattern": _TEXT,
            "matches": _described(
                {**_list(_ADDRESS), "uniqueItems": True}, "The gists that match, in the order of the listing."
            ),
            "skipped": _described(
                {**_list(ref("Skipped")), "maxItems": MAX_SKIPPED},
                "What was not searched, or the first of it.",
            ),
            "skipped_by_reason": _described(
                {"type": "object", "propertyNames": _enum(SkipReason), "additionalProperties": _COUNT},
                "How much was not searched, by reason.",
            ),
            "errors": _described(_list(ref("UserError")), "Users of whom nothing could be listed."),
            "warnings": _list(warning),
            "results": _described(_list(ref("Result")), "With `detail` other than `gists`."),
            "coverage": ref("Coverage"),
        },
        optional=(
            *("username", "usernames", "skipped", "skipped_by_reason", "errors", "warnings", "results", "coverage"),
        ),
    )


def _gist() -> Json:
    return {
        "id": _TEXT,
        "url": _ADDRESS,
        "description": _OPTIONAL_TEXT,
        "updated_at": {"type": "string", "format": "date-time"},
    }


def _result() -> Json:
    username = _described(_TEXT, "If the request has `usernames`.")
    return _object({"username": username, **_gist(), "files": _list(ref("File"))}, optional=("username",))


def _file() -> Json:
    return _object(
        {
            "filename": _TEXT,
            "language": _OPTIONAL_TEXT,
            "size": _described({"type": ["integer", "null"], "minimum": 0}, "In bytes."),
            "raw_url": _TEXT,
            "binary": _described(_FLAG, "Whether it contains a NUL byte."),
            "line_count": _described(_COUNT, "The matching lines that were seen."),
            "more_lines": _described(_FLAG, "Whether some of them are not in `lines`."),
            "part": _described(_COUNT, "In a stream: the number of this part of the file's matches, from 0."),
            "last": _described(_FLAG, "In a stream: whether this is the last part."),
            "lines": _described({**_list(ref("Line")), "maxItems": MAX_LINES_PER_FILE}, 'With `detail: "lines"`.'),
        },
        optional=("part", "last", "lines"),
    )


def _line() -> Json:
    position: Json = {**_COUNT, "maximum": EXCERPT_CHARACTERS}
    span: Json = {"type": "array", "prefixItems": [position, position], "items": False, "minItems": 2}
    return _object(
        {
            "number": {"type": "integer", "minimum": 1},
            "text": _described(
                {**_TEXT, "maxLength": EXCERPT_CHARACTERS}, "The line without its end, or an excerpt around the match."
            ),
            "spans": _described(
                _list(span),
                "The matches as half-open ranges of positions in `text`, in Unicode code points. In JavaScript, index "
                "`Array.from(text)`: a string's own positions count UTF-16 code units.",
            ),
            "truncated": _described(_FLAG, "Whether `text` is an excerpt."),
            "offset": _described(_COUNT, "Bytes of the line, in UTF-8, before `text`."),
            "before": _described(_list(ref("ContextLine")), "Nearest last."),
            "after": _described(_list(ref("ContextLine")), "Nearest first."),
        }
    )


def _skipped() -> Json:
    return {
        "gist": _described(_OPTIONAL_TEXT, "Its URL; null for a part of the listing."),
        "filename": _described(_OPTIONAL_TEXT, "Null for a whole gist."),
        "reason": _enum(SkipReason),
        "detail": _TEXT,
    }


def _coverage() -> Json:
    counts = ("gists", "files", "searched", "skipped", "bytes", "downloaded_bytes", "from_store")
    return _object(
        {
            "complete": _described(_FLAG, "Whether nothing is missing."),
            **dict.fromkeys(counts, _COUNT),
            "duration_s": {"type": "number", "minimum": 0},
        }
    )


def _events() -> dict[str, Json]:
    counts = ("gists_known", "gists_done", "files_known", "files_done", "bytes")
    coverage: Json = {"oneOf": [ref("Coverage"), {"type": "null"}]}
    return {
        "BeginEvent": _typed("begin", usernames=_list(_TEXT), patterns=_list(_TEXT), detail=_enum(Detail)),
        "MatchEvent": _typed("match", username=_TEXT, position=_COUNT, **_gist(), file=ref("File")),
        "SkippedEvent": _typed("skipped", username=_TEXT, **_skipped()),
        "WarningEvent": _typed("warning", kind=_enum(WarningType), detail=_TEXT),
        "ProgressEvent": _typed("progress", **dict.fromkeys(counts, _COUNT), listed=_FLAG),
        "ErrorEvent": _typed("error", username=_OPTIONAL_TEXT, problem=ref("Problem")),
        "EndEvent": _typed(
            "end",
            complete=_FLAG,
            reason={"enum": [SkipReason.DEADLINE.value, SkipReason.SHUTDOWN.value, None]},
            coverage=coverage,
        ),
    }


def _event() -> Json:
    return {
        "description": "One object of a stream. New types may be added.",
        "oneOf": [ref(name) for name in _events()],
    }


def _problem() -> Json:
    return _object(
        {
            "type": {"type": "string", "enum": [kind.uri for kind in PROBLEM_TYPES.values()]},
            "title": _TEXT,
            "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "detail": _TEXT,
            "instance": _described(_TEXT, "The id of the request."),
            "errors": _described(
                _list(_object({"pointer": {"type": "string", "format": "json-pointer"}, "detail": _TEXT})),
                "Everything that is wrong with the request.",
            ),
            "part": _described(_TEXT, "The part of the pattern that is wrong."),
            "reset_at": _described({"type": "string", "format": "date-time"}, "When GitHub's limit ends."),
        },
        optional=("instance", "errors", "part", "reset_at"),
    )


def _typed(name: str, **properties: object) -> Json:
    return _object({"type": {"const": name}, **properties})


def _object(properties: Json, optional: tuple[str, ...] = ()) -> Json:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required}


def _list(items: Json) -> Json:
    return {"type": "array", "items": items}


def _enum(values: type[Detail | SkipReason | WarningType]) -> Json:
    return {"type": "string", "enum": [value.value for value in values]}


def _described(schema: Json, description: str) -> Json:
    return {**schema, "description": description}
