"""A soak: the server runs for long, under mixed searches and with a GitHub that often fails, and loses nothing."""

from __future__ import annotations

import os
import random
import re
import signal
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

import pytest
import urllib3
from attrs import Factory, define, frozen

from gistsearch.adapters.web.server import SPARE_THREADS
from gistsearch.container import SEARCHES_AT_FULL_SPEED
from tests.acceptance.conftest import environment_for
from tests.acceptance.process_figures import MIB, Figures, figures_of
from tests.acceptance.serving import PATIENCE_S, Server, serving
from tests.acceptance.soak_clients import Answer, Client, what_is_wrong
from tests.acceptance.soak_github import SoakGitHub

MINUTES = float(os.environ.get("GISTSEARCH_TEST_SOAK_MINUTES", "0"))
"""How long clients search."""
IS_LONG = MINUTES >= 10
"""Whether memory has time to settle."""
SHIFTS = 6 if IS_LONG else 2
"""After each, the clients pause, and everything that was in use is free again."""
WARM_UP_SHIFTS = 2
"""In which caches fill, and allocators find the size that they need."""
CLIENTS = 6

CONCURRENCY, MAX_SEARCHES = 8, 32
UPSTREAM_CONNECTIONS = CONCURRENCY + 12
STORE_FILES = 8
"""Four connections that the store keeps open, with a journal each."""
MOST_DRIFT = 0.05
"""Growth of memory after the warm-up, as a fraction."""
MORE_THREADS = 8
"""By which pools may have grown since the warm-up, because more was in progress at once."""

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"),
    pytest.mark.skipif(not MINUTES, reason="takes long: set GISTSEARCH_TEST_SOAK_MINUTES"),
]


@frozen
class _Shift:
    """What was measured in a shift."""

    busy_bytes: int
    """The median of the memory while clients searched."""
    quiet: Figures
    """After it."""
    temporary: frozenset[str]
    """Files."""


@define
class _Soak:
    """A server under test, and what was found out about it."""

    server: Server
    world: SoakGitHub
    temporary: Path
    idle: Figures
    shifts: list[_Shift] = Factory(list[_Shift])
    answers: Counter[str] = Factory(Counter[str])

    def work(self, duration_s: float, seed: int) -> None:
        """Have clients search while faults come and go; then wait until everything is free again.

        Raises:
            WrongAnswer: see there.
        """
        ends_at = time.monotonic() + duration_s
        rng = random.Random(seed)
        clients = [Client(self.server, self.world, random.Random(rng.random())) for _ in range(CLIENTS)]
        with _changing(self.world, duration_s / 6), ThreadPoolExecutor(CLIENTS) as threads:
            running = [threads.submit(_act_until, ends_at, client) for client in clients]
            sizes = [self._figures().memory_bytes]
            while not all(each.done() for each in running):
                time.sleep(min(1.0, duration_s / 5))
                sizes.append(self._figures().memory_bytes)
        for each, client in zip(running, clients, strict=True):
            each.result()
            self.answers += client.done
            client.http.clear()
        self.shifts.append(_Shift(int(median(sizes)), self._quiet(), self._temporary_files()))
        _report(
            f"{time.strftime('%H:%M:%S')} busy {sizes[len(sizes) // 2] / MIB:.1f} MiB; quiet: {self.shifts[-1].quiet}"
        )

    def _figures(self) -> Figures:
        ports = [urlsplit(url).port or 0 for url in (self.world.github.api_url, self.world.github.raw_origin)]
        return figures_of(self.server.process.pid, ports)

    def _quiet(self) -> Figures:
        """Measure when nothing is in progress and no client is connected any more."""
        due_s = time.monotonic() + PATIENCE_S
        while _searches_in_progress(self.server) or self._is_in_use(figures := self._figures()):
            if time.monotonic() > due_s:
                figures = self._figures()
                pytest.fail(f"still in use: {figures}, {Counter(figures.others) - Counter(self.idle.others)}")
            time.sleep(0.5)
        return figures

    def _is_in_use(self, figures: Figures) -> bool:
        """Return whether there is anything that only a search, or a client, needs."""
        upstream = self.idle.upstream + UPSTREAM_CONNECTIONS
        return figures.others != self.idle.others or figures.upstream > upstream or figures.store > STORE_FILES

    def _temporary_files(self) -> frozenset[str]:
        return frozenset(path.name for path in self.temporary.iterdir())


def test_nothing_is_lost_in_the_long_run(tmp_path: Path) -> None:
    """No answer, thread, socket, descriptor or temporary file; and memory does not grow after the warm-up."""
    with _soaking(tmp_path) as soak:
        for shift in range(SHIFTS):
            soak.work(MINUTES * 60 / SHIFTS, seed=shift)
        soak.server.signal(signal.SIGTERM)
        assert soak.server.wait() == 0
    _report(f"answers: {dict(soak.answers)}\nfaults: {dict(soak.world.faults.done)}")
    assert not list(soak.temporary.iterdir())
    errors = [line for line in soak.server.errors.decode().splitlines() if " ERROR " in line or line[0] == " "]
    assert not errors
    pools = CONCURRENCY * SEARCHES_AT_FULL_SPEED + MAX_SEARCHES + SPARE_THREADS
    for shift in soak.shifts:
        assert shift.temporary == soak.shifts[0].temporary
        assert shift.quiet.threads <= soak.idle.threads + pools
    if IS_LONG:
        first, *_, last = soak.shifts[WARM_UP_SHIFTS:]
        assert last.busy_bytes <= first.busy_bytes * (1 + MOST_DRIFT)
        assert last.quiet.memory_bytes <= first.quiet.memory_bytes * (1 + MOST_DRIFT)
        assert last.quiet.threads <= first.quiet.threads + MORE_THREADS


ALL, SOME, OTHER = frozenset("ab"), frozenset("a"), frozenset("abc")
GONE = frozenset({"gone"})


@pytest.mark.parametrize(
    ("status", "answer", "calm", "edited", "is_right"),
    [
        (200, Answer(ALL, True, frozenset()), True, False, True),
        (200, Answer(SOME, True, frozenset()), False, False, False),
        (200, Answer(OTHER, True, frozenset()), False, False, False),
        (200, Answer(OTHER, False, GONE), False, False, False),
        (200, Answer(SOME, False, GONE), False, False, True),
        (200, Answer(SOME, False, frozenset()), False, False, False),
        (200, Answer(SOME, False, GONE), True, False, False),
        (200, Answer(SOME, False, GONE), True, True, True),
        (200, Answer(SOME, False, frozenset({"deadline"})), True, True, False),
        (502, None, False, False, True),
        (502, None, True, False, False),
        (500, None, False, False, False),
    ],
)
def test_an_answer_that_is_not_honest_is_noticed(
    status: int, answer: Answer | None, calm: bool, edited: bool, is_right: bool
) -> None:
    """So that the soak can fail."""
    assert (what_is_wrong(status, answer, ALL, calm, edited) is None) == is_right


def test_what_a_process_holds_is_noticed(tmp_path: Path) -> None:
    """Threads, connections to ports that were named, files of a store, and everything else."""
    with socket.create_server(("127.0.0.1", 0)) as listener, ExitStack() as stack:
        ports = [listener.getsockname()[1]]
        before = figures_of(os.getpid(), ports)
        stack.enter_context(socket.create_connection(listener.getsockname()))
        stack.enter_context(socket.socket())  # It leads nowhere, as if it had been reset.
        stack.enter_context((tmp_path / "v1-0.db").open("w"))
        stack.enter_context((tmp_path / "other").open("w"))
        stopped = threading.Event()
        stack.callback(stopped.set)
        threading.Thread(target=stopped.wait).start()
        after = figures_of(os.getpid(), ports)
    assert (after.upstream, after.store) == (before.upstream + 2, before.store + 1)
    assert after.threads == before.threads + 1
    assert Counter(after.others) - Counter(before.others) == Counter([str(tmp_path / "other")])


@contextmanager
def _soaking(place: Path) -> Generator[_Soak, None, None]:
    temporary = place / "tmp"
    temporary.mkdir()
    world = SoakGitHub.make(random.Random(0))
    with world.github as github:
        environment = environment_for(
            github,
            TMPDIR=str(temporary),
            MALLOC_ARENA_MAX="2",  # as in the image
            GISTSEARCH_STORE=str(place / "store"),
            GISTSEARCH_STORE_MAX_BYTES=str(4 * MIB),  # less than there is, so that something is always dropped
            GISTSEARCH_STORE_MEMORY_BYTES=str(4 * MIB),
            GISTSEARCH_CONCURRENCY=str(CONCURRENCY),
            GISTSEARCH_MAX_SEARCHES=str(MAX_SEARCHES),
            GISTSEARCH_MAX_SEARCHES_PER_CLIENT=str(MAX_SEARCHES),
            GISTSEARCH_RATE_LIMIT="off",
            GISTSEARCH_READ_TIMEOUT_S="4",
        )
        with serving(environment=environment) as server:
            time.sleep(1)  # Its own probe, by which it knows that it listens, is gone.
            yield _Soak(server, world, temporary, figures_of(server.process.pid, ()))


@contextmanager
def _changing(world: SoakGitHub, period_s: float) -> Generator[None, None, None]:
    """Switch faults on and off, and edit gists, for the duration of the context."""
    stopped = threading.Event()

    def change() -> None:
        due_s = time.monotonic() + period_s
        while not stopped.wait(0.5):
            world.edit_one()
            if time.monotonic() >= due_s:
                world.faults.turn(not world.faults.on)
                due_s += period_s
        world.faults.turn(False)

    thread = threading.Thread(target=change)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()


def _act_until(ends_at: float, client: Client) -> None:
    while time.monotonic() < ends_at:
        client.act()


def _searches_in_progress(server: Server) -> float:
    # A connection that is kept open would be one more thing in use.
    answer = urllib3.request("GET", server.url + "/metrics", headers={"Connection": "close"}, retries=False)
    page = answer.data.decode()
    found = re.search(r"^gistsearch_searches_in_progress (\S+)$", page, re.MULTILINE)
    assert found
    return float(found[1])


def _report(line: str) -> None:
    sys.stderr.write(f"{line}\n")
