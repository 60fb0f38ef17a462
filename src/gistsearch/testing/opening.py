"""What a source owes that opens many files at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from itertools import islice

import pytest
from attrs import frozen

from gistsearch.ports.gists import (
    Deadline,
    DeadlineExceeded,
    GistFile,
    GistSource,
    MultiplexingSource,
    OpenedFile,
)
from gistsearch.testing.endings import LONG, cancelled, is_left_open, over
from gistsearch.testing.patience import within
from gistsearch.testing.planting import FILE_ERRORS, Alter, Plant, PlantedGist, Planting, Upset

AT_ONCE = 4
SMALL = {f"{number}.txt": b"%d\n" % number * number for number in range(30)}
"""Of them one is empty."""


@frozen(eq=False)
class Request:
    """Asks for a file."""

    file: GistFile


class Requests:
    """Requests, given one after the other."""

    def __init__(self, files: list[GistFile]) -> None:
        self.waiting = [Request(file) for file in files]
        self.taken: list[Request] = []

    def take(self) -> Request | None:
        if not self.waiting:
            return None
        self.taken.append(self.waiting.pop(0))
        return self.taken[-1]


class OpeningLaws(Planting):
    """The laws of `MultiplexingSource.open_files`."""

    def test_every_file_is_opened_once_and_has_its_content(self, plant: Plant) -> None:
        """Whether small, large or empty, each file comes once, by the very object that asked for it."""
        contents = {**SMALL, "long": LONG, "longer": LONG * 2}
        source, files = self._source(plant, contents)
        requests = Requests(files)
        read = [(wanted, content) for wanted, content in self._contents(source, requests)]
        assert sorted(map(id, requests.taken)) == sorted(id(wanted) for wanted, _ in read)
        assert {wanted.file.filename: content for wanted, content in read} == contents

    def test_equal_files_are_told_apart(self, plant: Plant) -> None:
        """Who asks twice for a file gets it twice."""
        source, files = self._source(plant, {"a.txt": b"a"})
        requests = Requests(files * 6)
        read = self._contents(source, requests)
        assert sorted(map(id, requests.taken)) == sorted(id(wanted) for wanted, _ in read)
        assert [content for _, content in read] == [b"a"] * 6

    def test_no_more_are_under_way_than_may_be(self, plant: Plant) -> None:
        """Not all files are taken at once; what came while another one was yielded may wait besides."""
        source, files = self._source(plant, SMALL)
        requests, most, yielded = Requests(files), 0, 0

        def take() -> Request | None:
            nonlocal most
            request = requests.take()
            most = max(most, len(requests.taken) - yielded)
            return request

        for opened in source.open_files(take, AT_ONCE, self.deadline()):
            yielded += 1
            opened.chunks.close()
        assert yielded == len(SMALL)
        assert most <= 2 * AT_ONCE

    def test_more_files_may_come_meanwhile(self, plant: Plant) -> None:
        """Who has no file for now is asked again, at the latest when files are opened anew."""
        source, files = self._source(plant, SMALL)
        requests, asked = Requests(files), 0

        def take_in_turns() -> Request | None:
            nonlocal asked
            asked += 1
            return requests.take() if asked % 2 else None

        read = self._contents(source, requests, take_in_turns)
        assert {wanted.file.filename: content for wanted, content in read} == SMALL

    def test_what_is_at_hand_waits_for_nothing(self, plant: Plant, sever: Upset) -> None:
        """Its content is there even where nothing more can be had; and most small files are at hand."""
        source, files = self._source(plant, SMALL)
        opened = list(source.open_files(Requests(files).take, AT_ONCE, self.deadline()))
        at_hand = [file for file in opened if file.at_hand]
        sever()
        for file in at_hand:
            assert b"".join(file.chunks) == SMALL[file.wanted.file.filename]
        for file in opened:
            file.chunks.close()
        assert len(at_hand) > len(SMALL) // 2

    def test_a_file_that_cannot_be_had_keeps_no_other_from_coming(self, plant: Plant, alter: Alter) -> None:
        """What is wrong with it is raised by its own chunks."""
        source, files = self._source(plant, {"a.txt": b"a" * 10})
        alter("octo", "a.txt", b"b" * 10)
        (opened,) = source.open_files(Requests(files).take, AT_ONCE, self.deadline())
        with pytest.raises(FILE_ERRORS):
            list(opened.chunks)

    @pytest.mark.parametrize("ended", [over, cancelled])
    def test_nothing_is_opened_behind_the_deadline(self, plant: Plant, ended: Callable[[], Deadline]) -> None:
        """Where the time is up before the first step, the first step raises, and takes nothing."""
        source, files = self._source(plant, SMALL)
        requests = Requests(files)
        opening = source.open_files(requests.take, AT_ONCE, ended())
        with pytest.raises(DeadlineExceeded):
            next(opening)
        assert requests.taken == []

    def test_opening_that_hangs_ends_when_it_is_cancelled(self, plant: Plant, silence: Upset) -> None:
        """Cancelling from another thread wakes whoever waits; what was left before ends likewise."""
        source, files = self._source(plant, SMALL)
        silence()
        deadline = Deadline()
        timer = threading.Timer(0.2, deadline.cancel)
        timer.start()
        with pytest.raises(DeadlineExceeded):
            within(self.patience_s, partial(self._contents, source, Requests(files), deadline=deadline))
        timer.join()

    def test_closing_frees_what_is_under_way(self, plant: Plant) -> None:
        """Files that were taken and left leave nothing open, and nothing that others would have to wait for."""
        source, files = self._source(plant, {**SMALL, "long": LONG})

        def leave() -> None:
            for steps in range(32):
                opening = source.open_files(Requests(files).take, AT_ONCE, self.deadline())
                for opened in islice(opening, steps % 8):
                    opened.chunks.close()
                opening.close()

        assert not is_left_open(leave, self.patience_s, 32)
        read = within(self.patience_s, lambda: self._contents(source, Requests(files)))
        assert {wanted.file.filename: content for wanted, content in read} == {**SMALL, "long": LONG}

    def _source(self, plant: Plant, contents: dict[str, bytes]) -> tuple[MultiplexingSource, list[GistFile]]:
        source: GistSource = plant({"octo": [PlantedGist(contents)]})
        assert isinstance(source, MultiplexingSource)
        return source, [file for gist in self.listed(source, "octo") for file in gist.files]

    def _contents(
        self,
        source: MultiplexingSource,
        requests: Requests,
        take: Callable[[], Request | None] | None = None,
        deadline: Deadline | None = None,
    ) -> list[tuple[Request, bytes]]:
        """Open all files, as often as it takes; read what is at hand at once, and the others in between."""
        deadline = deadline or self.deadline()
        read: list[tuple[Request, bytes]] = []
        while requests.waiting:
            left: list[OpenedFile[Request]] = []
            for opened in source.open_files(take or requests.take, AT_ONCE, deadline):
                if opened.at_hand:
                    read.append((opened.wanted, b"".join(opened.chunks)))
                else:
                    left.append(opened)
            read += [(opened.wanted, b"".join(opened.chunks)) for opened in left]
        return read
