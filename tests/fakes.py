"""A source that follows a script, and an executor without threads."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Executor, Future
from datetime import UTC, datetime
from typing import Any, ParamSpec, TypeVar

from attrs import Factory, define

from gistsearch.ports.deadline import Deadline
from gistsearch.ports.gists import (
    Gist,
    GistFile,
    GistSource,
    ListingPage,
    SourceError,
    UnknownUser,
)

P = ParamSpec("P")
T = TypeVar("T")

Content = bytes | Sequence[bytes | Exception] | Callable[[Deadline], Iterator[bytes]]
"""A file's content: whole, in chunks (an error among them is raised in its place), or made as it is read."""


class InlineExecutor(Executor):
    """Runs each call when it is submitted, so that everything happens in one order."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future: Future[T] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


def gist(name: str, *filenames: str, language: str | None = "Python", size: int = 1_000, **more: Any) -> Gist:
    files = tuple(GistFile(file, language, size, f"memory:{name}/{file}", None) for file in filenames)
    return Gist(name, f"https://gist.example/{name}", None, datetime(2026, 1, 1, tzinfo=UTC), files, **more)


@define
class ScriptedSource(GistSource):
    """Lists the gists it was given, one on each page. A listing may also contain whole pages, and an error to raise."""

    gists: dict[str, list[Gist | ListingPage | SourceError]]
    contents: dict[str, Content] = Factory(dict[str, Content])
    opened: list[str] = Factory(list[str])
    closed: list[str] = Factory(list[str])

    def list_pages(
        self, username: str, deadline: Deadline, known: Sequence[ListingPage] = ()
    ) -> Generator[ListingPage, None, None]:
        if username not in self.gists:
            raise UnknownUser(f"no user {username}")
        for item in self.gists[username]:
            deadline.check()
            if isinstance(item, SourceError):
                raise item
            yield ListingPage((item,)) if isinstance(item, Gist) else item

    def open_file(self, file: GistFile, deadline: Deadline) -> Generator[bytes, None, None]:
        self.opened.append(file.raw_url)
        try:
            content = self.contents.get(file.filename, b"")
            if isinstance(content, bytes):
                yield content
            elif callable(content):
                yield from content(deadline)
            else:
                yield from _chunks_of(content)
        finally:
            self.closed.append(file.raw_url)


def _chunks_of(chunks: Sequence[bytes | Exception]) -> Iterator[bytes]:
    for chunk in chunks:
        if isinstance(chunk, Exception):
            raise chunk
        yield chunk
