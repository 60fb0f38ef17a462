"""Multiplexing sources with one flaw each, under the published laws: `test_suites_fail.py` sees them fail."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator

import pytest
from attrs import evolve

from gistsearch.ports.gists import Deadline, GistSource, MultiplexingSource, OpenedFile, SourceError, W
from gistsearch.testing import Alter, MultiplexingSourceSuite, Plant, Upset, Users
from gistsearch.testing.opening import OpeningLaws
from tests.conformance import flawed_sources

SMALL_BYTES = 1 << 16


class Flawless(flawed_sources.Flawless, MultiplexingSource):
    """Has small files at hand, and leaves large and spoilt ones to their chunks."""

    def open_files(
        self, take: Callable[[], W | None], at_once: int, deadline: Deadline
    ) -> Generator[OpenedFile[W], None, None]:
        under_way: deque[W] = deque()
        while True:
            deadline.check()
            while len(under_way) < at_once and (wanted := take()) is not None:
                under_way.append(wanted)
            if not under_way:
                return
            yield self.opened(under_way.popleft(), deadline)

    def opened(self, wanted: W, deadline: Deadline) -> OpenedFile[W]:
        chunks = self.open_file(wanted.file, deadline)
        if wanted.file.size_bytes > SMALL_BYTES:
            return OpenedFile(wanted, chunks, at_hand=False)
        try:
            return OpenedFile(wanted, _of(b"".join(chunks)), at_hand=True)
        except SourceError:
            return OpenedFile(wanted, self.open_file(wanted.file, deadline), at_hand=False)


class LosesLargeFiles(Flawless):
    def open_files(
        self, take: Callable[[], W | None], at_once: int, deadline: Deadline
    ) -> Generator[OpenedFile[W], None, None]:
        for opened in super().open_files(take, at_once, deadline):
            if opened.at_hand:
                yield opened


class TellsEqualFilesOnce(Flawless):
    def open_files(
        self, take: Callable[[], W | None], at_once: int, deadline: Deadline
    ) -> Generator[OpenedFile[W], None, None]:
        told: set[str] = set()
        for opened in super().open_files(take, at_once, deadline):
            if opened.wanted.file.raw_url not in told:
                told.add(opened.wanted.file.raw_url)
                yield opened


class TakesAllAtOnce(Flawless):
    def open_files(
        self, take: Callable[[], W | None], at_once: int, deadline: Deadline
    ) -> Generator[OpenedFile[W], None, None]:
        return super().open_files(take, 1_000, deadline)


class ForgetsWhatItTookLast(Flawless):
    """Ends as soon as there is nothing to take for now."""

    def open_files(
        self, take: Callable[[], W | None], at_once: int, deadline: Deadline
    ) -> Generator[OpenedFile[W], None, None]:
        deadline.check()
        under_way: list[W] = []
        while (wanted := take()) is not None:
            under_way.append(wanted)
            if len(under_way) == at_once:
                for each in under_way:
                    yield self.opened(each, deadline)
                under_way = []


class CallsItAtHandTooEarly(Flawless):
    def opened(self, wanted: W, deadline: Deadline) -> OpenedFile[W]:
        return OpenedFile(wanted, self.open_file(wanted.file, deadline), at_hand=True)


class HasNothingAtHand(Flawless):
    def opened(self, wanted: W, deadline: Deadline) -> OpenedFile[W]:
        return evolve(super().opened(wanted, deadline), at_hand=False)


class RaisesItself(Flawless):
    def opened(self, wanted: W, deadline: Deadline) -> OpenedFile[W]:
        content = b"".join(self.open_file(wanted.file, deadline))
        return OpenedFile(wanted, _of(content), at_hand=True)


class KnowsNoDeadline(Flawless):
    def open_files(
        self, take: Callable[[], W | None], at_once: int, deadline: Deadline
    ) -> Generator[OpenedFile[W], None, None]:
        return super().open_files(take, at_once, Deadline())


class LeavesWhatIsUnderWayOpen(Flawless):
    def opened(self, wanted: W, deadline: Deadline) -> OpenedFile[W]:
        os.open(os.devnull, os.O_RDONLY)
        return super().opened(wanted, deadline)


def _of(content: bytes) -> Generator[bytes, None, None]:
    yield content


def _suite(flawed: type[Flawless]) -> type[OpeningLaws]:
    class Suite(MultiplexingSourceSuite):
        patience_s = 10.0 if flawed is Flawless else 1.0

        @pytest.fixture
        def planted(self) -> list[Flawless]:
            return []

        @pytest.fixture
        def plant(self, planted: list[Flawless]) -> Plant:
            def plant(users: Users) -> GistSource:
                planted.append(flawed(users))
                return planted[0]

            return plant

        @pytest.fixture
        def alter(self, planted: list[Flawless]) -> Alter:
            return lambda _, filename, content: planted[0].altered.update({filename: content})

        @pytest.fixture
        def silence(self, planted: list[Flawless]) -> Upset:
            return lambda: setattr(planted[0], "silent", True)

        @pytest.fixture
        def sever(self, planted: list[Flawless]) -> Upset:
            return lambda: setattr(planted[0], "severed", True)

    return Suite


FLAWED = (Flawless, *Flawless.__subclasses__())
globals().update({f"Test{flawed.__name__}": _suite(flawed) for flawed in FLAWED})
