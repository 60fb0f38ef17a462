"""Prints a search as JSON, an object a line (`--json`): the stream of the HTTP interface."""

from __future__ import annotations

from typing import TextIO

from gistsearch.adapters.cli.renderers import Renderer
from gistsearch.adapters.cli.terminal import Style, escape_json_controls
from gistsearch.domain.events import RunEvent
from gistsearch.wire.encoding import Json, encode
from gistsearch.wire.events import event_object


class JsonLines(Renderer):
    """Prints an object for the beginning of the search and one for each event."""

    def __init__(self, out: TextIO, style: Style, beginning: Json) -> None:
        self._out = out
        self._style = style
        self._write(beginning)

    def handle(self, event: RunEvent) -> None:
        self._write(event_object(event))

    def _write(self, value: object) -> None:
        text = encode(value).decode()
        self._out.write(f"{escape_json_controls(text) if self._style.safe else text}\n")
