"""Deadlines: the time that is left, pauses, and callbacks that interrupt blocking calls."""

from __future__ import annotations

import gc
import math
import threading
import time
import weakref
from collections.abc import Callable

import pytest

from gistsearch.ports import deadline as deadline_module
from gistsearch.ports.deadline import Deadline, DeadlineExceeded

PATIENCE_S = 10.0
"""Seconds after which something that should have happened counts as missing."""


class Clock:
    """A clock that shows what a test sets."""

    def __init__(self, now: float = 100.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class Watchers:
    """The watcher threads that were started since this was made."""

    def __init__(self) -> None:
        self._before = set(threading.enumerate())

    def count(self) -> int:
        return len(self.threads())

    def threads(self) -> list[threading.Thread]:
        started = set(threading.enumerate()) - self._before
        return [thread for thread in started if thread.name == "gistsearch-deadline"]


def becomes_true(condition: Callable[[], bool]) -> bool:
    ends_at = time.monotonic() + PATIENCE_S
    while not condition() and time.monotonic() < ends_at:
        time.sleep(0.005)
    return condition()


def _refuse_to_start(_: threading.Thread) -> None:
    raise RuntimeError("can't start new thread")


@pytest.fixture
def quick_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let watchers look at the clock often."""
    monkeypatch.setattr(deadline_module, "_WATCH_S", 0.01)


def test_a_deadline_without_seconds_passes_when_it_is_cancelled() -> None:
    """Without a number of seconds, only `cancel` makes the deadline pass."""
    deadline = Deadline()
    assert deadline.remaining_s() == math.inf
    deadline.check()
    deadline.cancel()
    assert deadline.remaining_s() == 0.0
    with pytest.raises(DeadlineExceeded):
        deadline.check()


def test_the_time_left_runs_down_to_nothing() -> None:
    """The seconds left are never negative."""
    clock = Clock()
    deadline = Deadline(5.0, clock)
    assert deadline.remaining_s() == 5.0
    clock.now += 4.0
    assert deadline.remaining_s() == 1.0
    deadline.check()
    clock.now += 1.0
    assert deadline.remaining_s() == 0.0
    clock.now += 96.0
    assert deadline.remaining_s() == 0.0
    with pytest.raises(DeadlineExceeded, match=r"^the search was stopped before it was complete$"):
        deadline.check()


@pytest.mark.parametrize("seconds", [0.0, -1.0, -math.inf, math.nan])
def test_a_deadline_without_time_has_passed(seconds: float) -> None:
    """No time, negative time and a number that is none leave nothing; none of them means no limit."""
    deadline = Deadline(seconds)
    assert deadline.remaining_s() == 0.0
    with pytest.raises(DeadlineExceeded):
        deadline.check()
    with pytest.raises(DeadlineExceeded):
        deadline.sleep(0.0)
    called: list[str] = []
    deadline.on_over(lambda: called.append("at once"))
    assert called == ["at once"]


def test_infinite_seconds_mean_no_limit() -> None:
    """`math.inf` means the same as None, and needs no watcher."""
    deadline = Deadline(math.inf)
    watchers = Watchers()
    withdraw = deadline.on_over(lambda: None)
    assert deadline.remaining_s() == math.inf
    assert watchers.count() == 0
    withdraw()


def test_cancelling_twice_is_the_same_as_once() -> None:
    """A second `cancel` calls nothing again."""
    deadline, called = Deadline(60), list[str]()
    deadline.on_over(lambda: called.append("over"))
    deadline.cancel()
    deadline.cancel()
    assert called == ["over"]


def test_a_pause_that_would_outlast_the_deadline_does_not_begin() -> None:
    """It raises at once instead of sleeping for nothing."""
    with pytest.raises(DeadlineExceeded, match=r"^the search was stopped before it was complete$"):
        Deadline(60.0).sleep(3_600)


def test_a_pause_ends_when_the_deadline_is_cancelled() -> None:
    """Another thread can wake it."""
    deadline = Deadline()
    timer = threading.Timer(0.05, deadline.cancel)
    timer.start()
    with pytest.raises(DeadlineExceeded):
        deadline.sleep(3_600)
    timer.join()


def test_a_short_pause_just_ends() -> None:
    """A pause that fits raises nothing."""
    Deadline(60).sleep(0.001)


def test_callbacks_are_called_when_the_deadline_passes() -> None:
    """A thread that nobody waits for calls each of them once."""
    deadline, called = Deadline(0.05), list[str]()
    threads: list[str] = []
    for name in ("first", "second", "third"):
        deadline.on_over(lambda name=name: called.append(name))
    deadline.on_over(lambda: threads.append(threading.current_thread().name))
    assert becomes_true(lambda: len(called) == 3 and bool(threads))
    deadline.cancel()
    assert sorted(called) == ["first", "second", "third"]
    assert threads == ["gistsearch-deadline"]


@pytest.mark.parametrize("seconds", [None, 60.0])
def test_callbacks_are_called_within_cancel(seconds: float | None) -> None:
    """When `cancel` returns, all of them were called."""
    deadline, threads = Deadline(seconds), list[threading.Thread]()
    for _ in range(3):
        deadline.on_over(lambda: threads.append(threading.current_thread()))
    deadline.cancel()
    assert threads == [threading.current_thread()] * 3


def test_a_callback_finds_that_the_deadline_has_passed() -> None:
    """So does the call that it interrupts, which can therefore distinguish the interruption from a failure."""
    deadline, left = Deadline(60), list[float]()
    deadline.on_over(lambda: left.append(deadline.remaining_s()))
    deadline.cancel()
    assert left == [0.0]


def test_a_late_callback_is_called_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """By then no watcher would call it, so none is started."""
    monkeypatch.setattr(threading.Thread, "start", _refuse_to_start)
    deadline, threads = Deadline(60), list[threading.Thread]()
    deadline.cancel()
    withdraw = deadline.on_over(lambda: threads.append(threading.current_thread()))
    assert threads == [threading.current_thread()]
    withdraw()


def test_a_late_callback_calls_no_other_one() -> None:
    """Other callbacks may need locks that the registering thread holds."""
    clock, called = Clock(), list[str]()
    deadline = Deadline(60, clock)
    deadline.on_over(lambda: called.append("early"))
    clock.now += 60  # The watcher has not noticed yet.
    deadline.on_over(lambda: called.append("late"))
    assert called == ["late"]
    deadline.cancel()
    assert called == ["late", "early"]


def test_a_withdrawn_callback_is_never_called() -> None:
    """It can be withdrawn again, and does not take others with it."""
    deadline, called = Deadline(60), list[str]()
    withdraw = deadline.on_over(lambda: called.append("withdrawn"))
    deadline.on_over(lambda: called.append("kept"))
    withdraw()
    withdraw()
    deadline.cancel()
    assert called == ["kept"]


def test_the_same_callback_can_be_registered_twice() -> None:
    """Withdrawing one registration leaves the other."""
    deadline, called = Deadline(), list[int]()

    def callback() -> None:
        called.append(1)

    withdraw = deadline.on_over(callback)
    deadline.on_over(callback)
    withdraw()
    deadline.cancel()
    assert called == [1]


def test_withdrawing_waits_for_a_callback_that_is_running() -> None:
    """Otherwise it could still act on what its caller already uses for something else, such as a pooled connection."""
    deadline, events = Deadline(), list[str]()
    is_running, may_end = threading.Event(), threading.Event()

    def callback() -> None:
        is_running.set()
        may_end.wait(PATIENCE_S)
        events.append("called")

    withdraw = deadline.on_over(callback)
    canceller = threading.Thread(target=deadline.cancel)
    canceller.start()
    assert is_running.wait(PATIENCE_S)
    withdrawer = threading.Thread(target=lambda: (withdraw(), events.append("withdrawn")))
    withdrawer.start()
    withdrawer.join(0.05)
    assert withdrawer.is_alive()
    may_end.set()
    canceller.join()
    withdrawer.join()
    assert events == ["called", "withdrawn"]


def test_a_callback_may_withdraw_itself_and_cancel() -> None:
    """Neither waits for the callback that it is called from."""
    deadline, called = Deadline(), list[str]()

    def callback() -> None:
        called.append("called")
        withdraw()
        deadline.cancel()

    withdraw = deadline.on_over(callback)
    deadline.cancel()
    assert called == ["called"]


def test_a_callback_may_withdraw_another_one() -> None:
    """The other one is not called, unless it was before."""
    deadline, called = Deadline(), list[str]()
    withdrawals: dict[str, Callable[[], None]] = {}
    for name, other in ("one", "other"), ("other", "one"):
        withdrawals[name] = deadline.on_over(lambda name=name, other=other: (called.append(name), withdrawals[other]()))
    deadline.cancel()
    assert len(called) == 1


def test_a_callback_may_register_another_one() -> None:
    """It is called at once, as any late one."""
    deadline, called = Deadline(), list[str]()
    deadline.on_over(lambda: deadline.on_over(lambda: called.append("inner")))
    deadline.cancel()
    assert called == ["inner"]


def test_a_callback_that_raises_does_not_keep_others_from_being_called() -> None:
    """Otherwise one faulty backend could leave the blocking calls of all others uninterrupted."""
    deadline, called = Deadline(), list[str]()

    def fail() -> None:
        raise ZeroDivisionError

    deadline.on_over(lambda: called.append("before"))
    deadline.on_over(fail)
    deadline.on_over(lambda: called.append("after"))
    with pytest.raises(ZeroDivisionError):
        deadline.cancel()
    assert sorted(called) == ["after", "before"]


def test_many_threads_register_while_the_deadline_passes() -> None:
    """No callback is lost and none is called twice, however registering, withdrawing and cancelling interleave."""
    for _ in range(30):
        deadline, start = Deadline(60), threading.Barrier(5)
        calls = [[0] * 50 for _ in range(4)]
        kept: list[list[int]] = [[] for _ in range(4)]

        def count(row: list[int], position: int) -> None:
            row[position] += 1

        def register(number: int, deadline: Deadline = deadline, start: threading.Barrier = start) -> None:
            row, mine = calls[number], kept[number]  # noqa: B023  # joined before the loop goes on
            start.wait()
            for position in range(50):
                withdraw = deadline.on_over(lambda position=position: count(row, position))
                if position % 2:
                    withdraw()
                else:
                    mine.append(position)

        threads = [threading.Thread(target=register, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        start.wait()
        deadline.cancel()
        for thread in threads:
            thread.join()
        for row, mine in zip(calls, kept, strict=True):
            assert [row[position] for position in mine] == [1] * len(mine)
            assert max(row) == 1


@pytest.mark.usefixtures("quick_watch")
def test_a_deadline_without_callbacks_leaves_no_thread() -> None:
    """A dropped deadline is freed, though it had an hour left and a callback once."""
    watchers, deadline = Watchers(), Deadline(3_600)
    deadline.on_over(lambda: None)()
    dropped = weakref.ref(deadline)
    del deadline
    assert becomes_true(lambda: watchers.count() == 0)
    gc.collect()
    assert dropped() is None


@pytest.mark.usefixtures("quick_watch")
def test_a_callback_is_called_after_a_quiet_time() -> None:
    """A watcher that ended for lack of callbacks is replaced when there is one again."""
    watchers, deadline, called = Watchers(), Deadline(0.5), list[str]()
    deadline.on_over(lambda: None)()
    assert becomes_true(lambda: watchers.count() == 0)
    deadline.on_over(lambda: called.append("over"))
    assert becomes_true(lambda: called == ["over"])


@pytest.mark.usefixtures("quick_watch")
def test_a_callback_keeps_its_deadline() -> None:
    """It is called even if nothing else refers to the deadline any more."""
    called: list[str] = []
    Deadline(0.2).on_over(lambda: called.append("over"))
    gc.collect()
    assert becomes_true(lambda: called == ["over"])


def test_callbacks_share_one_watcher() -> None:
    """One thread watches the time of a search, even if many calls block at once. It does not keep the process alive."""
    watchers, deadline = Watchers(), Deadline(60)
    for _ in range(20):
        deadline.on_over(lambda: None)
    (watcher,) = watchers.threads()
    assert watcher.daemon
    deadline.cancel()
    assert becomes_true(lambda: watchers.count() == 0)


@pytest.mark.usefixtures("quick_watch")
def test_a_watcher_follows_the_clock_of_its_deadline() -> None:
    """A clock that is not the system's may jump."""
    clock, called = Clock(), list[str]()
    deadline = Deadline(3_600, clock)
    deadline.on_over(lambda: called.append("over"))
    time.sleep(0.03)
    assert called == []
    clock.now += 3_600
    assert becomes_true(lambda: called == ["over"])


def test_a_deadline_further_away_than_any_wait_can_be_watched() -> None:
    """`threading` refuses to wait longer than `TIMEOUT_MAX`."""
    deadline, called = Deadline(threading.TIMEOUT_MAX * 2), list[str]()
    deadline.on_over(lambda: called.append("over"))
    time.sleep(0.01)
    assert called == []
    deadline.cancel()
    assert called == ["over"]


def test_a_watcher_that_cannot_start_registers_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error is raised where it happens, and the next registration tries again."""
    deadline, called = Deadline(60), list[str]()
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", _refuse_to_start)
        with pytest.raises(RuntimeError):
            deadline.on_over(lambda: called.append("refused"))
    watchers = Watchers()
    deadline.on_over(lambda: called.append("registered"))
    assert watchers.count() == 1
    deadline.cancel()
    assert called == ["registered"]
