"""The retry policy."""

from __future__ import annotations

import pytest

from gistsearch.adapters.github.retries import Attempts, RetryableError
from gistsearch.ports.deadline import Deadline, DeadlineExceeded
from gistsearch.ports.gists import SourceUnavailable


class _NoWaiting(Deadline):
    """Notes its pauses instead of making them."""

    def __init__(self) -> None:
        super().__init__()
        self.pauses_s: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.pauses_s.append(seconds)


def test_pauses_double_and_are_shortened_at_random_by_up_to_a_half() -> None:
    """So clients that fail together do not come back together."""
    deadline = _NoWaiting()
    for _ in range(20):
        attempts = Attempts("work", deadline, 1.0, tries=4)
        for _ in range(3):
            attempts.failed(RetryableError(SourceUnavailable("x")))
    for position, longest_s in enumerate((1.0, 2.0, 4.0)):
        pauses_s = deadline.pauses_s[position::3]
        assert all(longest_s / 2 <= pause_s <= longest_s for pause_s in pauses_s)
        assert len(set(pauses_s)) > 1


def test_third_failure_is_the_last() -> None:
    """Its own error is raised, not an earlier one's."""
    attempts = Attempts("work", _NoWaiting(), 0.0)
    final = SourceUnavailable("x")
    attempts.failed(RetryableError(SourceUnavailable("y")))
    attempts.failed(RetryableError(SourceUnavailable("z")))
    with pytest.raises(SourceUnavailable) as raised:
        attempts.failed(RetryableError(final))
    assert raised.value is final


def test_failure_that_does_not_count_uses_up_no_try_and_needs_no_pause() -> None:
    """A rate limit has pauses of its own."""
    deadline = _NoWaiting()
    attempts = Attempts("work", deadline, 1.0, tries=2)
    for _ in range(10):
        attempts.failed(RetryableError(SourceUnavailable("x"), counts=False))
    assert deadline.pauses_s == []
    attempts.failed(RetryableError(SourceUnavailable("x")))
    assert len(deadline.pauses_s) == 1


@pytest.mark.parametrize("counts", [True, False])
def test_there_is_no_try_after_the_deadline(counts: bool) -> None:
    """The failure may be its consequence."""
    deadline = Deadline()
    deadline.cancel()
    with pytest.raises(DeadlineExceeded):
        Attempts("work", deadline, 0.0).failed(RetryableError(SourceUnavailable("x"), counts=counts))


def test_pause_that_outlasts_the_deadline_is_not_begun() -> None:
    """It would end in the same error, only later."""
    with pytest.raises(DeadlineExceeded):
        Attempts("work", Deadline(5.0), 1_000.0).failed(RetryableError(SourceUnavailable("x")))
