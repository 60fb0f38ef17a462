"""The bound on open files."""

from __future__ import annotations

from gistsearch.adapters.github.slots import Slots


def test_slots_are_granted_in_the_order_of_the_requests() -> None:
    """One that is given up while it waits is passed over."""
    slots = Slots(2)
    requested = [slots.request() for _ in range(5)]
    assert [slot.done() for slot in requested] == [True, True, False, False, False]
    slots.release(requested[2])
    slots.release(requested[1])
    assert [slot.done() and not slot.cancelled() for slot in requested] == [True, True, False, True, False]
    slots.release(requested[3])
    slots.release(requested[0])
    assert requested[4].done()
    slots.release(requested[4])
    again = [slots.request() for _ in range(3)]
    assert [slot.done() for slot in again] == [True, True, False]
