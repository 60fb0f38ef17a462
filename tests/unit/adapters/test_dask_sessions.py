"""A worker's side of a run on a cluster."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Generator

import pytest

from gistsearch.adapters.dask.messages import MAX_BATCH_BYTES, Report, Sealed, StepReply, sealed_error, sealed_in_pieces
from gistsearch.adapters.dask.plugin import Sessions
from gistsearch.adapters.dask.sessions import Session

Batches = Generator[tuple[bytes, ...], None, None]


def test_a_session_holds_a_bounded_number_of_bytes() -> None:
    """Searches wait until their reports are taken."""
    made = 0

    def search(_: str) -> Batches:
        nonlocal made
        while True:
            made += 1
            yield (bytes(50_000),)

    session = Session(search, 2)
    session.begin(1, "octo")
    session.begin(2, "hubot")
    _wait(lambda: made >= 8)
    time.sleep(0.2)
    assert made == 8  # six that fill the bound, and one that waits in each thread
    assert sum(report.size_bytes for report in session.take()) < MAX_BATCH_BYTES + 60_000
    _wait(lambda: made == 14)
    session.close()


def test_events_are_cut_into_pieces_of_a_bounded_size() -> None:
    """In their order. A single event may be larger."""
    events = (*(bytes([number]) * 60_000 for number in range(20)), bytes(MAX_BATCH_BYTES * 2), b"last")
    pieces = sealed_in_pieces(events)
    assert tuple(event for piece in pieces for event in piece.open()) == events
    assert sorted(len(piece.data) > MAX_BATCH_BYTES for piece in pieces) == [False] * (len(pieces) - 1) + [True]
    assert sealed_in_pieces(()) == [Sealed.of(())]


def test_closing_a_session_closes_its_searches() -> None:
    """Those that wait with a batch, and those that have not begun."""
    closed = threading.Event()
    begun: list[str] = []

    def search(name: str) -> Batches:
        begun.append(name)
        try:
            while True:
                yield (bytes(MAX_BATCH_BYTES),)
        finally:
            closed.set()

    session = Session(search, 1)
    session.begin(1, "octo")
    session.begin(2, "hubot")
    session.take()
    session.close()
    assert closed.wait(10.0)
    assert begun == ["octo"]


def test_an_error_is_reported_as_it_is() -> None:
    def search(_: str) -> Batches:
        yield (b"one",)
        raise LookupError("octo")

    session = Session(search, 1)
    session.begin(7, "octo")
    reports = _all(session)
    session.close()
    assert [report.number for report in reports] == [7, 7]
    failure = reports[-1].failure
    assert failure
    assert repr(failure.open()) == "LookupError('octo')"


def test_an_error_that_cannot_be_pickled_is_reported_in_words() -> None:
    class Local(Exception):
        pass

    assert repr(sealed_error(Local("octo")).open()) == "RuntimeError('Local: octo')"


def test_what_is_sealed_is_in_no_log() -> None:
    """Dask logs messages as Python prints them."""
    report = Report(1, Sealed.of("c4n4ry"))
    assert "c4n4ry" not in f"{report} {report!r} {StepReply((report,))!r}"
    assert Sealed.of("c4n4ry").open() == "c4n4ry"


def test_a_session_without_its_client_is_closed() -> None:
    """Only if nothing is heard of the client for a while."""
    closed: list[str] = []

    def search(name: str) -> Batches:
        try:
            while True:
                yield (bytes(MAX_BATCH_BYTES),)
        finally:
            closed.append(name)

    async def run() -> None:
        sessions = Sessions(search, 1, "1", idle_s=1.0)
        closing = asyncio.create_task(sessions.close_idle())
        for name in ("gone", "there"):
            await sessions.step(name, "1", True, Sealed.of(()))
            await sessions.step(name, "1", False, Sealed.of(((1, name),)))
        while "gone" not in closed:
            sessions.keep(["there", "unknown"])
            await asyncio.sleep(0.05)
        assert sessions.names == ["there"]
        sessions.close(["there", "unknown"])
        closing.cancel()

    asyncio.run(asyncio.wait_for(run(), 30.0))
    _wait(lambda: closed == ["gone", "there"])


@pytest.mark.parametrize("version", ["1", "2"])
def test_a_step_of_an_unknown_session_is_answered(version: str) -> None:
    """With what the client needs to know: that everything is lost, or that the versions differ."""

    async def run() -> StepReply:
        sessions = Sessions(_unused, 1, "1")
        reply = await sessions.step("unknown", version, False, Sealed.of(()))
        return reply.data.open()

    reply = asyncio.run(run())
    assert reply.is_lost == (version == "1")
    assert (reply.refusal is not None) == (version == "2")


def test_what_cannot_be_read_is_refused() -> None:
    """An exception would be in Dask's log."""

    async def run() -> StepReply:
        sessions = Sessions(_unused, 1, "1")
        await sessions.step("octo", "1", True, Sealed.of(()))
        reply = await sessions.step("octo", "1", False, Sealed(b"no pickle"))
        sessions.close(["octo"])
        return reply.data.open()

    assert asyncio.run(run()).refusal == "it cannot read what it is asked (UnpicklingError)"


def _unused(_: str) -> Batches:
    raise AssertionError("expected no search")


def _all(session: Session) -> list[Report]:
    reports: list[Report] = []
    while not (reports and reports[-1].ended):
        reports += session.take()
    return reports


def _wait(is_so: Callable[[], bool]) -> None:
    due_s = time.monotonic() + 30.0
    while not is_so():
        assert time.monotonic() < due_s, "expected it sooner"
        time.sleep(0.01)
