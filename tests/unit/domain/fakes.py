"""A source that does as it is told, and an executor without threads."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Executor, Future
from datetime import UTC, datetime
from typing import Any, ParamSpec, TypeVar

from attrs import Factory, define

from gistsearch.ports.gists import (
    Deadline,
    Gist,
    GistFile,
    GistSource,
    MultiplexingSource,
    OpenedFile,
    SourceError,
    UnknownUser,
    W,
)

P = ParamSpec("P")
T = TypeVar("T")

Content = bytes | Sequence[bytes | Exception] | Callable[[Deadline], Iterator[bytes]]
"""A file's content: whole, in chunks (an error among them is raised in its place), or made as it is read."""


class InlineExecutor(Executor):
    """Runs each call as it is submitted, so that everything happens in one order."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future: Future[T] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


def gist(name: str, *filenames: str, language: str | None = "Python", size: int = 1_000, **more: Any) -> Gist:
    files = tuple(GistFile(file, language, size, f"memory:{name}/{file}", None) for file in filenames)
    return Gist(name, f"https://gist.example/{name}", None, datetime(2026, 1, 1, tzinfo=UTC), files, **more)


@define
class ScriptedSource(GistSource):
    """Lists what it was given; an error in a listing is raised in its place."""

    gists: dict[str, list[Gist | SourceError]]
    contents: dict[str, Content] = Factory(dict[str, Content])
    opened: list[str] = Factory(list[str])
    closed: list[str] = Factory(list[str])

    def list_gists(self, username: str, deadline: Deadline) -> Iterator[Gist]:
        if username not in self.gists:
            raise UnknownUser(f"no user {username}")
        for item in self.gists[username]:
            deadline.check()
            if isinstance(item, SourceError):
                raise item
            yield item

    def open_file(self, file: GistFile, deadline: Deadline) -> Generator[bytes, None, None]:
        self.opened.append(file.raw_url)
        try:
            content = self.contents.get(file.filename, b"")
            if isinstance(content, bytes):
                yield content
            elif callable(content):
                yield from content(deadline)
            else:
                yield from _told(content)
        finally:
            self.closed.append(file.raw_url)


@define
class MultiplexingScriptedSource(ScriptedSource, MultiplexingSource):
    """Has each file at hand as soon as it is taken, but those that it was told not to have."""

    late: frozenset[str] = frozenset()
    """Names of files that are not at hand."""
    taken: list[str] = Factory(list[str])
    """Names of files, in order."""

    def open_files(
        self, take: Callable[[], W | None], at_once: int, deadline: Deadline
    ) -> Generator[OpenedFile[W], None, None]:
        under_way: deque[W] = deque()
        while True:
            deadline.check()
            while len(under_way) < at_once and (wanted := take()) is not None:
                self.taken.append(wanted.file.filename)
                under_way.append(wanted)
            if not under_way:
                return
            wanted = under_way.popleft()
            chunks = self.open_file(wanted.file, deadline)
            yield OpenedFile(wanted, chunks, at_hand=wanted.file.filename not in self.late)


def _told(chunks: Sequence[bytes | Exception]) -> Iterator[bytes]:
    for chunk in chunks:
        if isinstance(chunk, Exception):
            raise chunk
        yield chunk
