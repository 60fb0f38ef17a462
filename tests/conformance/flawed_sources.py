"""Gist sources with one flaw each, under the published suite: `test_suites_fail.py` runs them and sees them fail."""

from __future__ import annotations

import os
import threading
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from posixpath import normpath
from urllib.parse import unquote

import pytest
from attrs import evolve

from gistsearch.adapters.memory import InMemoryGists, MemoryGist
from gistsearch.ports.gists import (
    ContentGone,
    Deadline,
    DeadlineExceeded,
    Gist,
    GistFile,
    GistSource,
    IntegrityMismatch,
    SourceError,
    SourceUnavailable,
    UnknownUser,
)
from gistsearch.testing import Alter, GistSourceSuite, Plant, Upset, Users

PAGE = 100


class Flawless(InMemoryGists):
    """Depends on something that can fall silent or break, and does it right."""

    def __init__(self, users: Users) -> None:
        super().__init__(
            {
                user: [MemoryGist(gist.files, gist.description, public=self.shows(gist.public)) for gist in gists]
                for user, gists in users.items()
            }
        )
        self.silent = self.severed = False
        self.altered: dict[str, bytes | None] = {}

    def shows(self, public: bool) -> bool:
        return public

    def list_gists(self, username: str, deadline: Deadline) -> Iterator[Gist]:
        self.ask(deadline)
        for number, gist in enumerate(super().list_gists(username, deadline), 1):
            yield gist
            if number % PAGE == 0:
                self.ask(deadline)

    def open_file(self, file: GistFile, deadline: Deadline) -> Generator[bytes, None, None]:
        self.ask(deadline)
        if file.filename in self.altered:
            raise self.verdict(self.altered[file.filename])
        yield from super().open_file(file, deadline)

    def ask(self, deadline: Deadline) -> None:
        """Wait for the answer of whatever it is that this source depends on."""
        if self.severed:
            raise SourceUnavailable("it broke")
        while self.silent:
            deadline.sleep(0.01)

    def verdict(self, content: bytes | None) -> SourceError:
        return ContentGone("it is gone") if content is None else IntegrityMismatch("it is another")


class DropsTheLastPage(Flawless):
    def list_gists(self, username: str, deadline: Deadline) -> Iterator[Gist]:
        gists = list(super().list_gists(username, deadline))
        yield from gists[: max(PAGE, len(gists) // PAGE * PAGE)]


class RepeatsAGistAtTheTurnOfAPage(Flawless):
    def list_gists(self, username: str, deadline: Deadline) -> Iterator[Gist]:
        for number, gist in enumerate(super().list_gists(username, deadline), 1):
            yield gist
            if number % PAGE == 0:
                yield gist


class ListsTheOldestFirst(Flawless):
    def list_gists(self, username: str, deadline: Deadline) -> Iterator[Gist]:
        yield from reversed(list(super().list_gists(username, deadline)))


class ListsSecretGists(Flawless):
    def shows(self, public: bool) -> bool:
        return True


class SharesOneCursor(Flawless):
    """All walks of a user are one."""

    def __init__(self, users: Users) -> None:
        super().__init__(users)
        self.walks: dict[str, Iterator[Gist]] = {}

    def list_gists(self, username: str, deadline: Deadline) -> Iterator[Gist]:
        walk = self.walks.setdefault(username, super().list_gists(username, deadline))
        yield from walk
        self.walks.pop(username, None)


class KnowsNobodyWithoutGists(Flawless):
    def list_gists(self, username: str, deadline: Deadline) -> Iterator[Gist]:
        empty = True
        for gist in super().list_gists(username, deadline):
            empty = False
            yield gist
        if empty:
            raise UnknownUser("there are no gists")


class TellsUnknownUsersAtOnce(Flawless):
    def list_gists(self, username: str, deadline: Deadline) -> Iterator[Gist]:
        if username == "nobody":
            raise UnknownUser("too early")
        return super().list_gists(username, deadline)


class KnowsEverybody(Flawless):
    def list_gists(self, username: str, deadline: Deadline) -> Iterator[Gist]:
        try:
            yield from super().list_gists(username, deadline)
        except UnknownUser:
            return


class TrustsNames(Flawless):
    def list_gists(self, username: str, deadline: Deadline) -> Iterator[Gist]:
        return super().list_gists(normpath(unquote(username)).strip("/"), deadline)


class StumblesOverNames(Flawless):
    def list_gists(self, username: str, deadline: Deadline) -> Iterator[Gist]:
        return super().list_gists(username.encode().decode(), deadline)


class TellsLocalTimes(Flawless):
    def list_gists(self, username: str, deadline: Deadline) -> Iterator[Gist]:
        for gist in super().list_gists(username, deadline):
            yield evolve(gist, updated_at=gist.updated_at.replace(tzinfo=None))


class MakesUpSizes(Flawless):
    def list_gists(self, username: str, deadline: Deadline) -> Iterator[Gist]:
        for gist in super().list_gists(username, deadline):
            yield evolve(gist, files=tuple(evolve(file, size_bytes=0) for file in gist.files))

    def open_file(self, file: GistFile, deadline: Deadline) -> Generator[bytes, None, None]:
        held, _ = self._contents.get(file.raw_url, (file, b""))
        return super().open_file(evolve(file, size_bytes=file.size_bytes or held.size_bytes), deadline)


class EndsAByteShort(Flawless):
    def open_file(self, file: GistFile, deadline: Deadline) -> Generator[bytes, None, None]:
        left = file.size_bytes - 1
        for chunk in super().open_file(file, deadline):
            yield chunk[: max(0, left)]
            left -= len(chunk)


class TakesAllForText(Flawless):
    def open_file(self, file: GistFile, deadline: Deadline) -> Generator[bytes, None, None]:
        for chunk in super().open_file(file, deadline):
            yield chunk.decode(errors="replace").replace("\r\n", "\n").encode()


class FindsContentByFileName(Flawless):
    def __init__(self, users: Users) -> None:
        super().__init__(users)
        self.by_name = {file.filename: file for file, _ in self._contents.values()}

    def open_file(self, file: GistFile, deadline: Deadline) -> Generator[bytes, None, None]:
        listed = (file, self._contents.get(file.raw_url, (None,))[0])
        return super().open_file(self.by_name[file.filename] if listed[0] == listed[1] else file, deadline)


class ReadsOnce(Flawless):
    def open_file(self, file: GistFile, deadline: Deadline) -> Generator[bytes, None, None]:
        yield from super().open_file(file, deadline)
        self.altered[file.filename] = None


class HoldsTheWholeFile(Flawless):
    def open_file(self, file: GistFile, deadline: Deadline) -> Generator[bytes, None, None]:
        chunks = b"".join(super().open_file(file, deadline))
        for at in range(0, len(chunks), 1 << 16):
            deadline.check()
            yield chunks[at : at + (1 << 16)]


class BelievesWhatLiesThere(Flawless):
    """Compares nothing with the listing; what vanished is empty."""

    def open_file(self, file: GistFile, deadline: Deadline) -> Generator[bytes, None, None]:
        self.ask(deadline)
        deadline.check()
        if file.filename in self.altered:
            yield self.altered[file.filename] or b""
        elif file.raw_url in self._contents:
            yield from super().open_file(self._contents[file.raw_url][0], deadline)
        else:
            raise ContentGone("there is no such content")


class FallsOverStrayAddresses(Flawless):
    def open_file(self, file: GistFile, deadline: Deadline) -> Generator[bytes, None, None]:
        held, _ = self._contents[file.raw_url]
        yield from super().open_file(evolve(file, raw_url=held.raw_url), deadline)


class JustEndsWhenItBreaks(Flawless):
    def list_gists(self, username: str, deadline: Deadline) -> Iterator[Gist]:
        try:
            yield from super().list_gists(username, deadline)
        except SourceUnavailable:
            return

    def open_file(self, file: GistFile, deadline: Deadline) -> Generator[bytes, None, None]:
        try:
            yield from super().open_file(file, deadline)
        except SourceUnavailable:
            return


class JustEndsWithItsDeadline(Flawless):
    def list_gists(self, username: str, deadline: Deadline) -> Iterator[Gist]:
        try:
            yield from super().list_gists(username, deadline)
        except DeadlineExceeded:
            return

    def open_file(self, file: GistFile, deadline: Deadline) -> Generator[bytes, None, None]:
        try:
            yield from super().open_file(file, deadline)
        except DeadlineExceeded:
            return


class KnowsNoDeadline(Flawless):
    def list_gists(self, username: str, deadline: Deadline) -> Iterator[Gist]:
        return super().list_gists(username, Deadline())

    def open_file(self, file: GistFile, deadline: Deadline) -> Generator[bytes, None, None]:
        return super().open_file(file, Deadline())


class LooksAtItsDeadlineOnce(Flawless):
    """Before it begins, and never again."""

    def list_gists(self, username: str, deadline: Deadline) -> Iterator[Gist]:
        deadline.check()
        yield from super().list_gists(username, Deadline())

    def open_file(self, file: GistFile, deadline: Deadline) -> Generator[bytes, None, None]:
        deadline.check()
        yield from super().open_file(file, Deadline())


class CannotBeClosed(Flawless):
    def open_file(self, file: GistFile, deadline: Deadline) -> Generator[bytes, None, None]:
        return iter(super().open_file(file, deadline).__next__, None)  # pyright: ignore[reportReturnType]  # the flaw


class LeavesFilesOpen(Flawless):
    def __init__(self, users: Users) -> None:
        super().__init__(users)
        self.left = ExitStack()

    def open_file(self, file: GistFile, deadline: Deadline) -> Generator[bytes, None, None]:
        descriptor = os.open(os.devnull, os.O_RDONLY)
        self.left.callback(os.close, descriptor)
        yield from super().open_file(file, deadline)


class KeepsItsConnections(Flawless):
    """Has eight, and gives one back only when a file was read to its end."""

    def __init__(self, users: Users) -> None:
        super().__init__(users)
        self.connections = threading.Semaphore(8)

    def open_file(self, file: GistFile, deadline: Deadline) -> Generator[bytes, None, None]:
        self.connections.acquire()
        yield from super().open_file(file, deadline)
        self.connections.release()


class BelongsToOneThread(Flawless):
    """As a connection of `sqlite3` does."""

    def list_gists(self, username: str, deadline: Deadline) -> Iterator[Gist]:
        owner = threading.get_ident()
        for gist in super().list_gists(username, deadline):
            assert threading.get_ident() == owner
            yield gist
        assert threading.get_ident() == owner

    def open_file(self, file: GistFile, deadline: Deadline) -> Generator[bytes, None, None]:
        owner = threading.get_ident()
        for chunk in super().open_file(file, deadline):
            assert threading.get_ident() == owner
            yield chunk


class ServesOneThreadAtATime(Flawless):
    def __init__(self, users: Users) -> None:
        super().__init__(users)
        self.user: int | None = None

    def open_file(self, file: GistFile, deadline: Deadline) -> Generator[bytes, None, None]:
        assert self.user in (None, threading.get_ident())
        self.user = threading.get_ident()
        for chunk in super().open_file(file, deadline):
            deadline.sleep(0.001)
            yield chunk
        self.user = None


class Planted:
    """The last source that was planted."""

    source: Flawless


def _suite(flawed: type[Flawless]) -> type[GistSourceSuite]:
    class Suite(GistSourceSuite):
        patience_s = 10.0 if flawed is Flawless else 0.5

        @pytest.fixture
        def planted(self) -> Planted:
            return Planted()

        @pytest.fixture
        def plant(self, planted: Planted) -> Plant:
            def plant(users: Users) -> GistSource:
                planted.source = flawed(users)
                return planted.source

            return plant

        @pytest.fixture
        def alter(self, planted: Planted) -> Alter:
            return lambda _, filename, content: planted.source.altered.update({filename: content})

        @pytest.fixture
        def silence(self, planted: Planted) -> Upset:
            return lambda: setattr(planted.source, "silent", True)

        @pytest.fixture
        def sever(self, planted: Planted) -> Upset:
            return lambda: setattr(planted.source, "severed", True)

    return Suite


FLAWED = (Flawless, *Flawless.__subclasses__())
globals().update({f"Test{flawed.__name__}": _suite(flawed) for flawed in FLAWED})
