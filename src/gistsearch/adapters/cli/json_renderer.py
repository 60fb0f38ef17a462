"""Prints a search as JSON, an object a line (`--json`): the stream of the HTTP interface."""

from __future__ import annotations

from typing import TextIO

from gistsearch.adapters.cli.renderers import Renderer
from gistsearch.adapters.cli.terminal import Style, escape_json_controls
from gistsearch.domain.events import SearchEvent
from gistsearch.domain.query import SearchQuery
from gistsearch.wire.encoding import encode
from gistsearch.wire.events import begin, event_object


class JsonLines(Renderer):
    """Prints an object for the beginning of the search and one for each event."""

    def __init__(self, out: TextIO, style: Style, query: SearchQuery) -> None:
        self._out = out
        self._style = style
        self._write(begin(query))

    def handle(self, event: SearchEvent) -> None:
        self._write(event_object(event))

    def _write(self, value: object) -> None:
        text = encode(value).decode()
        self._out.write(f"{escape_json_controls(text) if self._style.safe else text}\n")
