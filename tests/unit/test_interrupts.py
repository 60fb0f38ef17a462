"""Ctrl-C while the command starts."""

from __future__ import annotations

import signal
from collections.abc import Generator

import pytest

from gistsearch.__main__ import _interrupt_ends_at_once  # pyright: ignore[reportPrivateUsage]  # `main` ends the process


@pytest.fixture(autouse=True)
def _restored() -> Generator[None, None, None]:  # pyright: ignore[reportUnusedFunction]  # pytest uses it
    before = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, before)


def test_an_interrupt_during_imports_does_not_go_through_python() -> None:
    """There it could get lost: an exception in a callback of an import is printed and ignored."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with _interrupt_ends_at_once():
        assert signal.getsignal(signal.SIGINT) is signal.SIG_DFL
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_interrupt_that_is_ignored_stays_ignored() -> None:
    """As in the background of a shell without job control."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with _interrupt_ends_at_once():
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
