"""Searches as streams: newline-delimited JSON, and server-sent events."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Generator, Iterable, Iterator

from gistsearch.adapters.web.departures import ClientLeft
from gistsearch.adapters.web.media_types import EVENT_STREAM, NDJSON
from gistsearch.domain.events import FileMatch, ListingFailed, Progress, SearchEvent
from gistsearch.wire import (
    Json,
    LineLimit,
    NothingListed,
    SearchRequest,
    begin,
    encode,
    end_object,
    error_object,
    event_object,
    problem_of,
)

DECISION_S = 1.5
"""Seconds after which a stream begins although nothing is known of any listing."""
HEARTBEAT_S = 0.5
"""Seconds between progress events that report no progress. Only when a server writes does it notice that a client has
left."""

_log = logging.getLogger(__name__)


def take_until_decided(
    events: Iterator[SearchEvent], request: SearchRequest, clock: Callable[[], float] = time.monotonic
) -> list[SearchEvent]:
    """Take events until it is known whether the search can give a result.

    Args:
        events: the beginning of a search.
        request: what was asked.
        clock: returns monotonic seconds.

    Returns:
        The events taken. They are few: if nothing is decided after a second and a half, the stream begins, and a
        listing that fails later is an error in it.

    Raises:
        NothingListed: of any user.
    """
    taken: list[SearchEvent] = []
    failures: list[ListingFailed] = []
    decision_due_s = clock() + DECISION_S
    for event in events:
        taken.append(event)
        match event:
            case ListingFailed():
                failures.append(event)
                if len(failures) == len(request.all_usernames):
                    raise NothingListed(request, failures)
            case Progress(gists_known=0, listed=False) if clock() < decision_due_s:
                pass
            case _:
                break
    return taken


def stream(
    request: SearchRequest, events: Iterable[SearchEvent], media_type: str, clock: Callable[[], float] = time.monotonic
) -> Generator[bytes, None, None]:
    """Yield the body of a streamed answer, each object as soon as it is known.

    Args:
        request: what was asked.
        events: the search.
        media_type: a key of `FORMATS`.
        clock: returns monotonic seconds.
    """
    encode_object = FORMATS[media_type]
    yield encode_object(begin(request.query()))
    try:
        for event in _without_idle_progress(_limited(request, events), clock):
            yield encode_object(event_object(event))
    except ClientLeft:
        pass
    except Exception as error:  # noqa: BLE001  # A bug: its status would have been 500.
        _log.error("a search failed after its stream had begun", exc_info=error)
        yield encode_object(error_object(problem_of(error)))
        yield encode_object(end_object(None))


def _limited(request: SearchRequest, events: Iterable[SearchEvent]) -> Iterator[SearchEvent]:
    limit = LineLimit(request.max_lines_per_file)
    return (limit.apply(event) if isinstance(event, FileMatch) else event for event in events)


def _without_idle_progress(events: Iterable[SearchEvent], clock: Callable[[], float]) -> Iterator[SearchEvent]:
    """Leave out progress events that report no progress, except as many as are needed as heartbeats."""
    latest: Progress | None = None
    heartbeat_due_s = 0.0
    for event in events:
        if isinstance(event, Progress):
            if event == latest and clock() < heartbeat_due_s:
                continue
            latest = event
        heartbeat_due_s = clock() + HEARTBEAT_S
        yield event


def _line(value: Json) -> bytes:
    return encode(value) + b"\n"


def _server_sent_event(value: Json) -> bytes:
    """Return an event of a stream that browsers read (https://html.spec.whatwg.org/multipage/server-sent-events.html).

    The encoded object is a single line, as `data` has to be.
    """
    return b"event: %s\ndata: %s\n\n" % (str(value["type"]).encode(), encode(value))


FORMATS: dict[str, Callable[[Json], bytes]] = {NDJSON: _line, EVENT_STREAM: _server_sent_event}
"""How an object is written in each media type of a stream."""
