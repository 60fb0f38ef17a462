"""How the work of a source ends before its time, and how threads share it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from typing import TypeVar

import pytest

from gistsearch.ports.gists import Deadline, DeadlineExceeded
from gistsearch.testing.patience import Worker, at_once, within
from gistsearch.testing.planting import Plant, PlantedGist, Planting, Upset, one_file

_T = TypeVar("_T")

LONG = bytes(range(256)) * (1 << 14)
"""4 MiB."""
OPEN_FILES = Path("/dev/fd")


def over() -> Deadline:
    return Deadline(0.0)


def cancelled() -> Deadline:
    deadline = Deadline()
    deadline.cancel()
    return deadline


class EndingLaws(Planting):
    """The laws of deadlines, of closing and of threads, for both methods of `GistSource`."""

    @pytest.mark.parametrize("ended", [over, cancelled])
    def test_nothing_is_listed_behind_the_deadline(self, plant: Plant, ended: Callable[[], Deadline]) -> None:
        """Where the time is up before the first step, the first step raises, not the call."""
        source = plant({"octo": [PlantedGist({"a.txt": b""})]})
        listing = source.list_gists("octo", ended())
        with pytest.raises(DeadlineExceeded):
            next(listing)

    @pytest.mark.parametrize("content", [b"", b"x", LONG], ids=["empty", "short", "long"])
    @pytest.mark.parametrize("ended", [over, cancelled])
    def test_nothing_is_read_behind_the_deadline(
        self, plant: Plant, content: bytes, ended: Callable[[], Deadline]
    ) -> None:
        """Where the time is up before the first step, the first step raises, even for an empty file."""
        source = plant(one_file(content))
        reading = source.open_file(self.only_file(source), ended())
        with pytest.raises(DeadlineExceeded):
            next(reading)

    def test_reading_ends_with_the_deadline(self, plant: Plant) -> None:
        """The deadline is looked at between chunks: a file is not read to its end because it was begun in time."""
        source = plant(one_file(LONG))
        deadline = self.deadline()
        reading = source.open_file(self.only_file(source), deadline)
        first = next(reading)
        deadline.cancel()
        if len(first) == len(LONG):
            pytest.skip("this source's chunks are too large to stop between them")
        with pytest.raises(DeadlineExceeded):
            next(reading)

    def test_listing_that_hangs_ends_with_the_deadline(self, plant: Plant, silence: Upset) -> None:
        """The deadline is honoured within a request, not only between requests."""
        source = plant({"octo": [PlantedGist({"a.txt": b""})]})
        silence()
        with pytest.raises(DeadlineExceeded):
            within(self.patience_s, partial(_exhaust, source.list_gists("octo", Deadline(0.2))))

    def test_reading_that_hangs_ends_with_the_deadline(self, plant: Plant, silence: Upset) -> None:
        """The deadline is honoured within a request, not only between requests."""
        source = plant(one_file(LONG))
        file = self.only_file(source)
        silence()
        with pytest.raises(DeadlineExceeded):
            within(self.patience_s, partial(_exhaust, source.open_file(file, Deadline(0.2))))

    def test_listing_that_hangs_ends_when_it_is_cancelled(self, plant: Plant, silence: Upset) -> None:
        """Cancelling from another thread wakes whoever waits."""
        source = plant({"octo": [PlantedGist({"a.txt": b""})]})
        silence()
        self._hangs_until_cancelled(partial(source.list_gists, "octo"))

    def test_reading_that_hangs_ends_when_it_is_cancelled(self, plant: Plant, silence: Upset) -> None:
        """Cancelling from another thread wakes whoever waits."""
        source = plant(one_file(LONG))
        file = self.only_file(source)
        silence()
        self._hangs_until_cancelled(partial(source.open_file, file))

    def test_listing_that_falls_silent_does_not_just_end(self, plant: Plant, silence: Upset) -> None:
        """A walk whose rest does not come by the deadline raises; it may give what it had already."""
        gists = [PlantedGist({f"{number}.txt": b""}) for number in range(self.many)]
        listing = plant({"octo": gists}).list_gists("octo", deadline := self.deadline())
        got = [next(listing)]
        silence()
        timer = threading.Timer(0.2, deadline.cancel)
        timer.start()
        try:
            got += within(self.patience_s, lambda: list(listing))
        except DeadlineExceeded:
            return
        finally:
            timer.join()
        assert len(got) == self.many

    def test_closing_ends_a_file(self, plant: Plant) -> None:
        """A generator can be closed before its first step, midway and at its end, and again; it yields no more then."""
        source = plant(one_file(LONG))
        file = self.only_file(source)
        for steps in (0, 1, None):
            reading = source.open_file(file, self.deadline())
            _exhaust(islice(reading, steps))
            reading.close()
            reading.close()
            assert list(reading) == []
        assert self.content(source, file) == LONG

    def test_closing_frees_what_a_file_holds(self, plant: Plant) -> None:
        """Files that were begun and closed leave nothing open, and nothing that the next one would have to wait for."""
        source = plant(one_file(LONG))
        file = self.only_file(source)
        count = 64

        def leave() -> None:
            left = [source.open_file(file, self.deadline()) for _ in range(count)]
            for reading in left:
                within(self.patience_s, partial(next, reading))
                reading.close()

        assert not is_left_open(leave, self.patience_s, count)
        assert within(self.patience_s, lambda: self.content(source, file)) == LONG

    def test_threads_share_a_source(self, plant: Plant) -> None:
        """Both methods may be called from several threads at once."""
        users = {f"user{number}": [PlantedGist({"f": b"%d" % number * 100_000})] * 3 for number in range(4)}
        source = plant(users)

        def contents_of(username: str) -> list[bytes]:
            return [self.content(source, file) for gist in self.listed(source, username) for file in gist.files]

        calls = [partial(contents_of, username) for username in users] * 2
        read = at_once(self.patience_s, list[Callable[[], list[bytes]]](calls))
        assert read == [[content for gist in gists for content in gist.files.values()] for gists in users.values()] * 2

    def test_threads_take_turns_with_a_listing(self, plant: Plant) -> None:
        """Each step may come from another thread, and the last one from a third."""
        source = plant({"octo": [PlantedGist({f"{number}": b""}) for number in range(5)]})
        listing = source.list_gists("octo", self.deadline())
        assert [gist.files[0].filename for gist in _in_turns(listing, self.patience_s)] == list("01234")

    def test_threads_take_turns_with_a_file(self, plant: Plant) -> None:
        """Each step may come from another thread, and so may the closing."""
        source = plant(one_file(LONG))
        file = self.only_file(source)
        assert b"".join(_in_turns(source.open_file(file, self.deadline()), self.patience_s)) == LONG
        begun = source.open_file(file, self.deadline())
        next(begun)
        within(self.patience_s, begun.close)
        assert list(begun) == []

    def _hangs_until_cancelled(self, begin: Callable[[Deadline], Iterator[object]]) -> None:
        deadline = Deadline()
        timer = threading.Timer(0.2, deadline.cancel)
        timer.start()
        with pytest.raises(DeadlineExceeded):
            within(self.patience_s, partial(_exhaust, begin(deadline)))
        timer.join()


def _exhaust(items: Iterator[object]) -> None:
    for _ in items:
        pass


def _in_turns(items: Iterator[_T], patience_s: float) -> Iterator[_T]:
    """Take the items in two threads by turns."""
    with Worker() as one, Worker() as other:
        for worker in cycle((one, other)):
            item = worker.within(patience_s, partial(next, items, None))
            if item is None:
                return
            yield item


def is_left_open(leave: Callable[[], None], patience_s: float, count: int) -> bool:
    """Say whether half as many files or connections stay open as something opens and leaves."""
    before = _open_files()
    leave()
    return not _settles(lambda: _open_files() - before < count // 2, patience_s)


def _open_files() -> int:
    """Count the files and connections that this process has open; 0 where the system does not tell."""
    return len(list(OPEN_FILES.iterdir())) if OPEN_FILES.is_dir() else 0


def _settles(is_so: Callable[[], bool], patience_s: float) -> bool:
    """Say whether something becomes so; another side may take a moment to close its end of a connection."""
    ends_at = time.monotonic() + patience_s
    while not (so := is_so()) and time.monotonic() < ends_at:
        time.sleep(0.02)
    return so
