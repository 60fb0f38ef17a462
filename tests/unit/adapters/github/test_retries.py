"""The retry policy."""

from __future__ import annotations

import pytest

from gistsearch.adapters.github.retries import RetryPolicy, Transient
from gistsearch.ports.gists import Deadline, DeadlineExceeded, SourceUnavailable


class _NoWaiting(Deadline):
    """Notes its pauses instead of making them."""

    def __init__(self) -> None:
        super().__init__()
        self.pauses_s: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.pauses_s.append(seconds)


def test_pauses_double_and_are_shortened_at_random_by_up_to_a_half() -> None:
    deadline = _NoWaiting()
    for _ in range(20):
        tries = RetryPolicy(1.0, tries=4).start(deadline)
        for _ in range(3):
            tries.failed(Transient(SourceUnavailable("x")))
    for position, longest_s in enumerate((1.0, 2.0, 4.0)):
        pauses_s = deadline.pauses_s[position::3]
        assert all(longest_s / 2 <= pause_s <= longest_s for pause_s in pauses_s)
        assert len(set(pauses_s)) > 1


def test_third_failure_is_the_last() -> None:
    tries = RetryPolicy(0.0).start(_NoWaiting())
    verdict = SourceUnavailable("x")
    tries.failed(Transient(SourceUnavailable("y")))
    tries.failed(Transient(SourceUnavailable("z")))
    with pytest.raises(SourceUnavailable) as raised:
        tries.failed(Transient(verdict))
    assert raised.value is verdict


def test_pause_that_outlasts_the_deadline_is_not_begun() -> None:
    with pytest.raises(DeadlineExceeded):
        RetryPolicy(1_000.0).start(Deadline(5.0)).failed(Transient(SourceUnavailable("x")))
