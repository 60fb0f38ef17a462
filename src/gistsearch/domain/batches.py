"""Gathers the events of a search in batches of a bounded size, for engines that hand them on."""

from __future__ import annotations

from collections.abc import Generator

from gistsearch.domain.events import FileMatch, Progress, SearchEvent

MAX_EVENTS = 200
MAX_LINES = 1_000
"""Events, and matching lines in them, after which a batch ends."""
PROGRESS_PER_BATCH = 10
"""Progress events after which a batch without other events ends: about a second."""


def batches(events: Generator[SearchEvent, None, None]) -> Generator[tuple[SearchEvent, ...], None, None]:
    """Yield the events of a search in batches. Of progress, only the last is kept.

    A batch with other events ends with the next progress event, so that it is yielded soon. Closing this closes the
    events.
    """
    batch: list[SearchEvent] = []
    progress: Progress | None = None  # known, but in no batch yet
    lines = idle = 0
    try:
        for event in events:
            if isinstance(event, Progress):
                progress, idle = event, idle + 1
                if batch or idle >= PROGRESS_PER_BATCH:
                    yield (*batch, event)
                    batch, lines, idle, progress = [], 0, 0, None
                continue
            if progress:
                batch.append(progress)
                progress = None
            batch.append(event)
            lines += len(event.lines) if isinstance(event, FileMatch) else 0
            if len(batch) >= MAX_EVENTS or lines >= MAX_LINES:
                yield tuple(batch)
                batch, lines, idle = [], 0, 0
        yield tuple(batch)
    finally:
        events.close()
