"""Gists held in memory: the fake of every test, and a sample for a first try without a network."""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Self
from urllib.parse import quote

from attrs import Factory, frozen

from gistsearch.ports.gists import (
    ContentGone,
    Deadline,
    Gist,
    GistFile,
    GistSource,
    IntegrityMismatch,
    SourceError,
    UnknownUser,
)

_NEWEST = datetime(2026, 1, 1, tzinfo=UTC)

Content = bytes | SourceError
"""What a file holds, or the error that reading it ends in."""


@frozen
class MemoryGist:
    """A gist to be; what is not given is made up."""

    files: Mapping[str, Content]
    description: str | None = None
    id: str | None = None
    languages: Mapping[str, str] = Factory(dict[str, str])
    """By file name; a file of which nothing is said has none."""
    public: bool = True
    files_truncated: bool = False


class InMemoryGists(GistSource):
    """A source over gists that it was given, newest first."""

    def __init__(
        self,
        users: Mapping[str, Sequence[MemoryGist]],
        *,
        chunk_bytes: int = 1 << 16,
        origin: str = "https://gist.github.com",
    ) -> None:
        """
        Args:
            users: their gists, newest first.
            chunk_bytes: the size of the chunks in which files are read.
            origin: what the made-up addresses begin with.
        """
        self._chunk_bytes = chunk_bytes
        self._contents: dict[str, tuple[GistFile, Content]] = {}
        self._gists = {
            username.casefold(): [
                self._gist(f"{origin}/{username}", number, gist) for number, gist in enumerate(gists) if gist.public
            ]
            for username, gists in users.items()
        }

    @classmethod
    def sample(cls) -> Self:
        """Return a few gists of made-up content, to try a search on."""
        return cls(_SAMPLE)

    def list_gists(self, username: str, deadline: Deadline) -> Iterator[Gist]:
        if username.casefold() not in self._gists:
            raise UnknownUser(f"there is no user {username!r}")
        for gist in self._gists[username.casefold()]:
            deadline.check()
            yield gist

    def open_file(self, file: GistFile, deadline: Deadline) -> Generator[bytes, None, None]:
        deadline.check()
        if file.raw_url not in self._contents:
            raise ContentGone(f"nothing lies at {file.raw_url}")
        held, content = self._contents[file.raw_url]
        if isinstance(content, SourceError):
            raise content
        if (file.size_bytes, file.blob_id) != (held.size_bytes, held.blob_id):
            raise IntegrityMismatch("the content is not what the listing says")
        for at in range(0, len(content), self._chunk_bytes):
            deadline.check()
            yield content[at : at + self._chunk_bytes]

    def _gist(self, home: str, number: int, gist: MemoryGist) -> Gist:
        gist_id = gist.id or hashlib.sha256(f"{home} {number}".encode()).hexdigest()[:32]
        return Gist(
            id=gist_id,
            url=f"{home}/{gist_id}",
            description=gist.description,
            updated_at=_NEWEST - timedelta(days=number),
            files=tuple(
                self._file(f"{home}/{gist_id}", name, content, gist.languages.get(name))
                for name, content in gist.files.items()
            ),
            files_truncated=gist.files_truncated,
        )

    def _file(self, home: str, name: str, content: Content, language: str | None) -> GistFile:
        held = b"" if isinstance(content, SourceError) else content
        blob_id = hashlib.sha1(b"blob %d\0" % len(held) + held, usedforsecurity=False).hexdigest()
        raw_url = f"{home}/raw/{blob_id}/{quote(name)}"
        file = GistFile(name, language, len(held), raw_url, blob_id)
        self._contents[raw_url] = file, content
        return file


_PYTHON = b"""import sys

import requests


def main():
    for url in sys.argv[1:]:
        answer = requests.get(url, timeout=10)
        print(answer.status_code, url)


if __name__ == "__main__":
    main()
"""
_NOTES = """# Notes on regular expressions

- `(a+)+$` takes a backtracking engine for ever on `aaaaaaaaaaaaaaaaaaaaaaaaaaaa!`.
- An automaton reads each character once, whatever the pattern.
""".encode("utf-16")

_SAMPLE: dict[str, list[MemoryGist]] = {
    "justdionysus": [
        MemoryGist(
            {"shout.sh": b'#!/bin/sh\nprintf "%s\\n" "$*" | tr a-z A-Z\n'}, "Shouts", languages={"shout.sh": "Shell"}
        ),
        MemoryGist(
            {"status.py": _PYTHON},
            "Asks each address for its status",
            id="6b2972aa971dd605f524",
            languages={"status.py": "Python"},
        ),
        MemoryGist(
            {
                "fib.c": b'#include <stdio.h>\r\n\r\nint main(void) {\r\n    return puts("1 1 2 3 5") < 0;\r\n}\r\n',
                "Makefile": b"fib: fib.c\n\tcc -o $@ $<\n",
            },
            "Two files, one of them with the line ends of another system",
            languages={"fib.c": "C", "Makefile": "Makefile"},
        ),
    ],
    "octocat": [
        MemoryGist({"regex notes.md": _NOTES}, "In UTF-16", languages={"regex notes.md": "Markdown"}),
        MemoryGist({"pixel.png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01"}, "A binary file"),
        MemoryGist({"empty.txt": b""}),
    ],
}
