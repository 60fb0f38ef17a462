"""Runs the command line in this process, over gists in memory."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from attrs import frozen

from gistsearch.adapters.cli import run
from gistsearch.adapters.cli.searching import SearchSetup
from gistsearch.adapters.memory import InMemoryGists, MemoryGist
from gistsearch.adapters.re2 import Re2Compiler
from gistsearch.domain.search import SearchGists
from gistsearch.ports.gists import ContentGone, GistSource
from tests.fakes import InlineExecutor

ORIGIN = "https://gist.github.com/"
SOURCE = InMemoryGists(
    {
        "octo": [
            MemoryGist(
                {"a.py": b"one\nneedle two\nthree\nfour\nfive needle needle\nsix\n", "b.md": b"no\n"},
                "The first",
                id="1",
                languages={"a.py": "Python", "b.md": "Markdown"},
            ),
            MemoryGist({"c.txt": b"Needle\n", "d.txt": b"a needle\n"}, id="2"),
            MemoryGist({"bin": b"needle\0\n"}, id="3"),
        ],
        "hostile": [MemoryGist({"e\x1b]0;x\x07.txt": b"needle \x1b[2J\x9b1m \xe2\x80\xae end\n"}, "d\x1b[5m", id="9")],
        "rows": [MemoryGist({"f": b"1 n\n2 n\n3\n4 n\n5\n6\n7\n8 n\n"}, id="7"), MemoryGist({"g": b"n\n"}, id="8")],
        "broken": [MemoryGist({"good": b"needle\n", "gone": ContentGone("it is gone")}, id="5")],
        "long": [MemoryGist({"l": b"x" * 2_000 + b"needle" + b"y" * 2_000 + b"needle"}, id="6")],
    }
)


@frozen
class Ran:
    """How a command ended, and what it printed."""

    status: int
    out: str
    err: str

    @property
    def lines(self) -> Sequence[str]:
        """Standard output, line by line, without the origin of addresses."""
        return self.out.replace(ORIGIN, "").splitlines()


class CommandLine:
    """The command line over a source."""

    def __init__(self, capture: pytest.CaptureFixture[str], source: GistSource) -> None:
        self._capture = capture
        self._source = source

    def __call__(self, *words: str) -> Ran:
        status = run(words, "1.2.3", self._open_search, _serve)
        out, err = self._capture.readouterr()
        return Ran(status, out, err)

    def _open_search(self, *, backend: str | None) -> SearchSetup:
        assert backend is None
        return SearchSetup(SearchGists(self._source, Re2Compiler(), InlineExecutor()), 60.0)


def _serve(*, host: str | None, port: int | None, workers: int | None) -> None:
    print(f"serves on {host}:{port} with {workers} workers")
