"""When time is up."""

from __future__ import annotations

import math
import threading

import pytest

from gistsearch.ports.gists import Deadline, DeadlineExceeded


def test_a_deadline_without_seconds_ends_when_it_is_cancelled() -> None:
    """Cancelling leaves no time."""
    deadline = Deadline()
    assert deadline.remaining_s() == math.inf
    deadline.check()
    deadline.cancel()
    assert deadline.remaining_s() == 0.0
    with pytest.raises(DeadlineExceeded):
        deadline.check()


def test_seconds_run_down_to_nothing() -> None:
    """The rest is never negative."""
    now = 100.0
    deadline = Deadline(5.0, clock=lambda: now)
    assert deadline.remaining_s() == 5.0
    now = 104.0
    assert deadline.remaining_s() == 1.0
    now = 200.0
    assert deadline.remaining_s() == 0.0


def test_a_pause_that_would_outlast_the_deadline_is_not_begun() -> None:
    """It raises at once instead of sleeping for nothing."""
    with pytest.raises(DeadlineExceeded):
        Deadline(1.0).sleep(3_600)


def test_a_pause_ends_when_the_deadline_is_cancelled() -> None:
    """Another thread can wake it."""
    deadline = Deadline()
    timer = threading.Timer(0.05, deadline.cancel)
    timer.start()
    with pytest.raises(DeadlineExceeded):
        deadline.sleep(3_600)
    timer.join()


def test_a_short_pause_just_ends() -> None:
    """There is time left behind it."""
    Deadline(60).sleep(0.001)
