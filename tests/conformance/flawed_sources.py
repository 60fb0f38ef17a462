"""Gist sources with one flaw each, under the published suite: `test_suites_fail.py` runs them and sees them fail."""

from __future__ import annotations

import http.client
import os
import threading
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from posixpath import normpath
from typing import ClassVar
from urllib.parse import unquote, urlsplit

import pytest
from attrs import evolve

from gistsearch.adapters.memory import InMemoryGists, MemoryGist, MemoryRecord
from gistsearch.ports.deadline import Deadline, DeadlineExceeded
from gistsearch.ports.gists import (
    ContentGone,
    ForbiddenOrigin,
    GistFile,
    GistSource,
    IntegrityMismatch,
    ListingPage,
    MalformedRecord,
    SourceError,
    SourceRateLimited,
    SourceUnavailable,
    UnknownUser,
    Unreadable,
)
from gistsearch.testing import (
    ChangeContent,
    CorruptRecord,
    Disruption,
    GistSourceSuite,
    MakeSource,
    RedirectContent,
    ReplaceGists,
    SampleGist,
    Users,
)

Pages = Generator[ListingPage, None, None]
Chunks = Generator[bytes, None, None]


class Flawless(InMemoryGists):
    """Depends on something that can stall, fail and refuse, and handles all of that correctly."""

    def __init__(self, users: Users) -> None:
        self.is_stalled = self.is_disconnected = self.is_limited = False
        self.changed: dict[str, bytes | None] = {}
        self.redirected: dict[str, str] = {}
        self.records = {user: self.records_of(gists) for user, gists in users.items()}
        super().__init__(self.records)

    def records_of(self, gists: Sequence[SampleGist]) -> list[MemoryRecord]:
        return [MemoryGist(gist.files, gist.description, public=self.lists(gist)) for gist in gists]

    def lists(self, gist: SampleGist) -> bool:
        return gist.public

    def list_pages(self, username: str, deadline: Deadline, known: Sequence[ListingPage] = ()) -> Pages:
        self.request(deadline)
        for page in super().list_pages(username, deadline, known):
            yield page
            self.request(deadline)

    def open_file(self, file: GistFile, deadline: Deadline) -> Chunks:
        self.request(deadline)
        if file.filename in self.changed:
            raise self.error_for(self.changed[file.filename])
        if file.filename in self.redirected:
            yield from self.follow(self.redirected[file.filename])
        else:
            yield from super().open_file(file, deadline)

    def request(self, deadline: Deadline) -> None:
        """Wait for an answer of the server that this source pretends to ask."""
        if self.is_disconnected:
            raise SourceUnavailable("the connection broke")
        if self.is_limited:
            self.refuse(deadline)
        while self.is_stalled:
            deadline.sleep(0.01)

    def refuse(self, deadline: Deadline) -> None:
        raise SourceRateLimited("the limit is reached", 3_600, datetime.now(UTC) + timedelta(hours=1))

    def error_for(self, content: bytes | None) -> SourceError:
        return ContentGone("it is gone") if content is None else IntegrityMismatch("it has changed")

    def follow(self, address: str) -> Iterator[bytes]:
        raise ForbiddenOrigin(f"redirected to {address}")

    def corrupt(self, username: str, position: int) -> None:
        self.records[username][position] = Unreadable(f"gist {position + 1}", MalformedRecord("it is null"))
        self.put(username, self.records[username])


def fetched(address: str) -> bytes:
    """Return what any host has at an address, as a source must not."""
    url = urlsplit(address)
    connection = http.client.HTTPConnection(url.hostname or "", url.port or 80, timeout=5)
    try:
        connection.request("GET", url.path)
        return connection.getresponse().read()
    finally:
        connection.close()


class DropsTheLastPage(Flawless):
    def list_pages(self, username: str, deadline: Deadline, known: Sequence[ListingPage] = ()) -> Pages:
        pages = list(super().list_pages(username, deadline, known))
        yield from pages[: max(1, len(pages) - 1)]


class ListsTheOldestPageFirst(Flawless):
    def list_pages(self, username: str, deadline: Deadline, known: Sequence[ListingPage] = ()) -> Pages:
        yield from reversed(list(super().list_pages(username, deadline, known)))


class ListsSecretGists(Flawless):
    def lists(self, gist: SampleGist) -> bool:
        return True


class SharesOneCursor(Flawless):
    """All walks through a listing are one."""

    def __init__(self, users: Users) -> None:
        super().__init__(users)
        self.walks: dict[str, Pages] = {}

    def list_pages(self, username: str, deadline: Deadline, known: Sequence[ListingPage] = ()) -> Pages:
        yield from self.walks.setdefault(username, super().list_pages(username, deadline, known))
        self.walks.pop(username, None)


class KnowsNobodyWithoutGists(Flawless):
    def list_pages(self, username: str, deadline: Deadline, known: Sequence[ListingPage] = ()) -> Pages:
        for page in super().list_pages(username, deadline, known):
            if not page.gists:
                raise UnknownUser("there are no gists")
            yield page


class ReportsUnknownUsersAtOnce(Flawless):
    def list_pages(self, username: str, deadline: Deadline, known: Sequence[ListingPage] = ()) -> Pages:
        if username == "nobody":
            raise UnknownUser("too early")
        return super().list_pages(username, deadline, known)


class ReportsUnknownUsersWithoutAWord(Flawless):
    def list_pages(self, username: str, deadline: Deadline, known: Sequence[ListingPage] = ()) -> Pages:
        try:
            yield from super().list_pages(username, deadline, known)
        except UnknownUser:
            raise UnknownUser from None


class KnowsEverybody(Flawless):
    def list_pages(self, username: str, deadline: Deadline, known: Sequence[ListingPage] = ()) -> Pages:
        try:
            yield from super().list_pages(username, deadline, known)
        except UnknownUser:
            return


class TrustsNames(Flawless):
    def list_pages(self, username: str, deadline: Deadline, known: Sequence[ListingPage] = ()) -> Pages:
        return super().list_pages(normpath(unquote(username)).strip("/"), deadline, known)


class CannotEncodeNames(Flawless):
    def list_pages(self, username: str, deadline: Deadline, known: Sequence[ListingPage] = ()) -> Pages:
        return super().list_pages(username.encode().decode(), deadline, known)


class GivesLocalTimes(Flawless):
    def list_pages(self, username: str, deadline: Deadline, known: Sequence[ListingPage] = ()) -> Pages:
        for page in super().list_pages(username, deadline, known):
            gists = [evolve(gist, updated_at=gist.updated_at.replace(tzinfo=None)) for gist in page.gists]
            yield evolve(page, gists=tuple(gists))


class GuessesSizes(Flawless):
    def list_pages(self, username: str, deadline: Deadline, known: Sequence[ListingPage] = ()) -> Pages:
        for page in super().list_pages(username, deadline, known):
            gists = [
                evolve(gist, files=tuple(evolve(file, size_bytes=0) for file in gist.files)) for gist in page.gists
            ]
            yield evolve(page, gists=tuple(gists))

    def open_file(self, file: GistFile, deadline: Deadline) -> Chunks:
        return super().open_file(evolve(file, size_bytes=file.size_bytes or None), deadline)


class MakesEveryPageAnew(Flawless):
    def list_pages(self, username: str, deadline: Deadline, known: Sequence[ListingPage] = ()) -> Pages:
        return super().list_pages(username, deadline)


class TrustsKnownPages(Flawless):
    def list_pages(self, username: str, deadline: Deadline, known: Sequence[ListingPage] = ()) -> Pages:
        for number, page in enumerate(super().list_pages(username, deadline)):
            yield known[number] if number < len(known) and known[number].validator else page


class TrustsPagesWithoutValidators(Flawless):
    def list_pages(self, username: str, deadline: Deadline, known: Sequence[ListingPage] = ()) -> Pages:
        for number, page in enumerate(super().list_pages(username, deadline)):
            is_known = number < len(known) and known[number].validator in (page.validator, None)
            yield known[number] if is_known else page


class EndsAfterKnownPages(Flawless):
    def list_pages(self, username: str, deadline: Deadline, known: Sequence[ListingPage] = ()) -> Pages:
        for number, page in enumerate(super().list_pages(username, deadline, known), 1):
            yield page
            if number == len(known) and page is known[-1]:
                return


class CannotReadForeignValidators(Flawless):
    def list_pages(self, username: str, deadline: Deadline, known: Sequence[ListingPage] = ()) -> Pages:
        assert all(int(page.validator or "0", 16) >= 0 for page in known)
        yield from super().list_pages(username, deadline, known)


class DropsUnreadableRecords(Flawless):
    def list_pages(self, username: str, deadline: Deadline, known: Sequence[ListingPage] = ()) -> Pages:
        for page in super().list_pages(username, deadline, known):
            yield evolve(page, unreadable=()) if page.unreadable else page


class GivesUpAtAnUnreadableRecord(Flawless):
    def list_pages(self, username: str, deadline: Deadline, known: Sequence[ListingPage] = ()) -> Pages:
        for page in super().list_pages(username, deadline, known):
            if page.unreadable:
                raise page.unreadable[0].error
            yield page


class EndsAByteShort(Flawless):
    def open_file(self, file: GistFile, deadline: Deadline) -> Chunks:
        left = (file.size_bytes or 0) - 1
        for chunk in super().open_file(file, deadline):
            yield chunk[: max(0, left)]
            left -= len(chunk)


class TakesEverythingForText(Flawless):
    def open_file(self, file: GistFile, deadline: Deadline) -> Chunks:
        for chunk in super().open_file(file, deadline):
            yield chunk.decode(errors="replace").replace("\r\n", "\n").encode()


class FindsContentByFileName(Flawless):
    def __init__(self, users: Users) -> None:
        super().__init__(users)
        files = [file for user in users for page in super().list_pages(user, Deadline()) for file in files_of(page)]
        self.listed = set(files)
        self.by_name = {file.filename: file for file in files}

    def open_file(self, file: GistFile, deadline: Deadline) -> Chunks:
        return super().open_file(self.by_name[file.filename] if file in self.listed else file, deadline)


class ReadsOnce(Flawless):
    def open_file(self, file: GistFile, deadline: Deadline) -> Chunks:
        yield from super().open_file(file, deadline)
        self.changed[file.filename] = None


class HoldsTheWholeFile(Flawless):
    def open_file(self, file: GistFile, deadline: Deadline) -> Chunks:
        content = b"".join(super().open_file(file, deadline))
        for start in range(0, len(content), 1 << 16):
            deadline.check()
            yield content[start : start + (1 << 16)]


class VerifiesNothing(Flawless):
    """Does not compare content with the listing; content that is gone is empty."""

    def open_file(self, file: GistFile, deadline: Deadline) -> Chunks:
        self.request(deadline)
        deadline.check()
        if file.filename in self.changed:
            yield self.changed[file.filename] or b""
        else:
            yield from super().open_file(evolve(file, size_bytes=None, blob_id=None), deadline)


class FailsAtUnknownAddresses(Flawless):
    def open_file(self, file: GistFile, deadline: Deadline) -> Chunks:
        assert file.raw_url in self._contents
        yield from super().open_file(file, deadline)


class ReportsGoneContentAsUnavailable(Flawless):
    def error_for(self, content: bytes | None) -> SourceError:
        return SourceUnavailable("it is not there") if content is None else super().error_for(content)


class FetchesFromAnywhere(Flawless):
    def open_file(self, file: GistFile, deadline: Deadline) -> Chunks:
        if file.raw_url.startswith("http://"):
            yield fetched(file.raw_url)
        else:
            yield from super().open_file(file, deadline)


class FollowsRedirects(Flawless):
    def follow(self, address: str) -> Iterator[bytes]:
        yield fetched(address)


class ConnectsBeforeItRefuses(Flawless):
    def follow(self, address: str) -> Iterator[bytes]:
        fetched(address)
        return super().follow(address)


class TakesALimitForAFailure(Flawless):
    def refuse(self, deadline: Deadline) -> None:
        raise SourceUnavailable("status 429")


class GivesALocalTimeForALimit(Flawless):
    def refuse(self, deadline: Deadline) -> None:
        raise SourceRateLimited("the limit is reached", 3_600, datetime.now() + timedelta(hours=1))  # noqa: DTZ005


class MixesUpMomentsOfALimit(Flawless):
    def refuse(self, deadline: Deadline) -> None:
        raise SourceRateLimited("the limit is reached", 3_600, datetime.now(UTC))


class WaitsForTheEndOfALimit(Flawless):
    def refuse(self, deadline: Deadline) -> None:
        deadline.sleep(60)


class JustEndsWhenItFails(Flawless):
    def list_pages(self, username: str, deadline: Deadline, known: Sequence[ListingPage] = ()) -> Pages:
        try:
            yield from super().list_pages(username, deadline, known)
        except SourceUnavailable:
            return

    def open_file(self, file: GistFile, deadline: Deadline) -> Chunks:
        try:
            yield from super().open_file(file, deadline)
        except SourceUnavailable:
            return


class JustEndsAtTheDeadline(Flawless):
    def list_pages(self, username: str, deadline: Deadline, known: Sequence[ListingPage] = ()) -> Pages:
        try:
            yield from super().list_pages(username, deadline, known)
        except DeadlineExceeded:
            return

    def open_file(self, file: GistFile, deadline: Deadline) -> Chunks:
        try:
            yield from super().open_file(file, deadline)
        except DeadlineExceeded:
            return


class IgnoresTheDeadline(Flawless):
    def list_pages(self, username: str, deadline: Deadline, known: Sequence[ListingPage] = ()) -> Pages:
        return super().list_pages(username, Deadline(), known)

    def open_file(self, file: GistFile, deadline: Deadline) -> Chunks:
        return super().open_file(file, Deadline())


class ChecksTheDeadlineOnce(Flawless):
    """Before it begins, and never again."""

    def list_pages(self, username: str, deadline: Deadline, known: Sequence[ListingPage] = ()) -> Pages:
        deadline.check()
        yield from super().list_pages(username, Deadline(), known)

    def open_file(self, file: GistFile, deadline: Deadline) -> Chunks:
        deadline.check()
        yield from super().open_file(file, Deadline())


class CannotBeClosed(Flawless):
    def list_pages(self, username: str, deadline: Deadline, known: Sequence[ListingPage] = ()) -> Pages:
        pages = super().list_pages(username, deadline, known)
        return iter(pages.__next__, None)  # pyright: ignore[reportReturnType]  # the flaw

    def open_file(self, file: GistFile, deadline: Deadline) -> Chunks:
        chunks = super().open_file(file, deadline)
        return iter(chunks.__next__, None)  # pyright: ignore[reportReturnType]  # the flaw


class WaitsForPagesWhenItIsClosed(Flawless):
    def list_pages(self, username: str, deadline: Deadline, known: Sequence[ListingPage] = ()) -> Pages:
        try:
            yield from super().list_pages(username, deadline, known)
        except GeneratorExit:
            self.request(deadline)
            raise


class LeavesFilesOpen(Flawless):
    def __init__(self, users: Users) -> None:
        super().__init__(users)
        self.left = ExitStack()

    def list_pages(self, username: str, deadline: Deadline, known: Sequence[ListingPage] = ()) -> Pages:
        self.open_one()
        yield from super().list_pages(username, deadline, known)

    def open_file(self, file: GistFile, deadline: Deadline) -> Chunks:
        self.open_one()
        yield from super().open_file(file, deadline)

    def open_one(self) -> None:
        self.left.callback(os.close, os.open(os.devnull, os.O_RDONLY))


class KeepsItsConnections(Flawless):
    """Has eight, and frees one only when a listing or a file was read to its end."""

    def __init__(self, users: Users) -> None:
        super().__init__(users)
        self.connections = threading.Semaphore(8)

    def list_pages(self, username: str, deadline: Deadline, known: Sequence[ListingPage] = ()) -> Pages:
        self.connections.acquire()
        yield from super().list_pages(username, deadline, known)
        self.connections.release()

    def open_file(self, file: GistFile, deadline: Deadline) -> Chunks:
        self.connections.acquire()
        yield from super().open_file(file, deadline)
        self.connections.release()


class BelongsToOneThread(Flawless):
    """Like a connection of `sqlite3`."""

    def list_pages(self, username: str, deadline: Deadline, known: Sequence[ListingPage] = ()) -> Pages:
        owner = threading.get_ident()
        for page in super().list_pages(username, deadline, known):
            assert threading.get_ident() == owner
            yield page
        assert threading.get_ident() == owner

    def open_file(self, file: GistFile, deadline: Deadline) -> Chunks:
        owner = threading.get_ident()
        for chunk in super().open_file(file, deadline):
            assert threading.get_ident() == owner
            yield chunk


class ServesOneThreadAtATime(Flawless):
    def __init__(self, users: Users) -> None:
        super().__init__(users)
        self.user: int | None = None

    def open_file(self, file: GistFile, deadline: Deadline) -> Chunks:
        assert self.user in (None, threading.get_ident())
        self.user = threading.get_ident()
        for chunk in super().open_file(file, deadline):
            deadline.sleep(0.001)
            yield chunk
        self.user = None


def files_of(page: ListingPage) -> Iterator[GistFile]:
    return (file for gist in page.gists for file in gist.files)


class Made:
    """The source of the current test."""

    source: Flawless


class Suite(GistSourceSuite):
    flawed: ClassVar[type[Flawless]]

    @pytest.fixture
    def made(self) -> Made:
        return Made()

    @pytest.fixture
    def make_source(self, made: Made) -> MakeSource:
        def make_source(users: Users) -> GistSource:
            made.source = self.flawed(users)
            return made.source

        return make_source

    @pytest.fixture
    def change_content(self, made: Made) -> ChangeContent:
        return lambda _, filename, content: made.source.changed.update({filename: content})

    @pytest.fixture
    def replace_gists(self, made: Made) -> ReplaceGists:
        return lambda username, gists: made.source.put(username, made.source.records_of(gists))

    @pytest.fixture
    def corrupt_record(self, made: Made) -> CorruptRecord:
        return lambda username, position: made.source.corrupt(username, position)

    @pytest.fixture
    def redirect_content(self, made: Made) -> RedirectContent:
        return lambda _, filename, address: made.source.redirected.update({filename: address})

    @pytest.fixture
    def stall(self, made: Made) -> Disruption:
        return lambda: setattr(made.source, "is_stalled", True)

    @pytest.fixture
    def disconnect(self, made: Made) -> Disruption:
        return lambda: setattr(made.source, "is_disconnected", True)

    @pytest.fixture
    def limit_rate(self, made: Made) -> Disruption:
        return lambda: setattr(made.source, "is_limited", True)


FLAWED = (Flawless, *Flawless.__subclasses__())
globals().update(
    {
        f"Test{flawed.__name__}": type(
            flawed.__name__, (Suite,), {"flawed": flawed, "timeout_s": 10.0 if flawed is Flawless else 0.5}
        )
        for flawed in FLAWED
    }
)
