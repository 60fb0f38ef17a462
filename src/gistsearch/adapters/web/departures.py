"""Clients that leave before they have their answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from threading import Event
from typing import Any, TypeVar

from gistsearch.domain.events import SearchEvent

CLIENT_LEFT = "gistsearch.client_left"
"""The key in the WSGI environment of a `threading.Event` that is set when the client has left."""

T = TypeVar("T")


class ClientLeft(Exception):
    """Indicates that nobody waits for the answer any more."""


def while_connected(events: Iterable[SearchEvent], environment: dict[str, Any]) -> Iterator[SearchEvent]:
    """Yield the events of a search as long as the client waits for them. There is one at least every 100 ms.

    Raises:
        ClientLeft: it does not wait any more.
    """
    client_left: Event | None = environment.get(CLIENT_LEFT)
    for event in events:
        if client_left and client_left.is_set():
            raise ClientLeft
        yield event
