"""The page on which people search from a browser: its files, and the headers under which a browser runs them."""

from __future__ import annotations

import hashlib
from pathlib import Path

from attrs import frozen
from flask import Response, request

from gistsearch.adapters.web.refusals import Refused
from gistsearch.wire import Problem
from gistsearch.wire.problem_types import NOT_FOUND

_FOLDER = Path(__file__).parent / "page"
_MAIN = "index.html"
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
"""The page's own files run and nothing else; text can never become markup (https://www.w3.org/TR/trusted-types/)."""


@frozen
class _PageFile:
    content: bytes
    media_type: str
    etag: str

    @classmethod
    def read(cls, path: Path) -> _PageFile:
        content = path.read_bytes()
        return cls(content, _TYPES[path.suffix], hashlib.sha256(content).hexdigest()[:32])

    def respond(self) -> Response:
        """Return the file, or that the browser has it: it keeps files, and asks each time whether they have changed."""
        headers = {"Content-Security-Policy": _POLICY, "Cache-Control": "no-cache"}
        response = Response(self.content, mimetype=self.media_type, headers=headers)
        response.set_etag(self.etag, weak=True)  # The same for the compressed form.
        response.make_conditional(request)
        return response


class SearchPage:
    """Answers requests for the page and its files."""

    def __init__(self) -> None:
        self._files = {path.name: _PageFile.read(path) for path in _FOLDER.iterdir()}

    def show(self) -> Response:
        """Return the page."""
        return self._files[_MAIN].respond()

    def show_file(self, name: str) -> Response:
        """Return a script, a style sheet or an image of the page.

        Raises:
            Refused: there is no such file.
        """
        if name not in self._files or name == _MAIN:
            raise Refused(Problem(NOT_FOUND, "The page has no file of this name."))
        return self._files[name].respond()
