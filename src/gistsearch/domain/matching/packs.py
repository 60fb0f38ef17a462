"""The search through packs: many texts in one buffer, one engine call for all of them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import chain

from gistsearch.domain.matching.time_slicing import TimeSlicedMatcher
from gistsearch.domain.matching.windows import LineWindows
from gistsearch.domain.query import SearchQuery


def can_search_packs(query: SearchQuery) -> bool:
    """Return whether a pack can be searched as a whole for this query.

    A match must stay within a line, as otherwise it might span two files, or be anchored to the ends of one. And it has
    to be a match that makes a line count, not the lack of one.
    """
    return not query.options.multiline and not query.invert


def find_texts(
    buffer: bytes, starts: Sequence[int], matcher: TimeSlicedMatcher, window_bytes: int
) -> Iterator[int | None]:
    """Find the texts of a pack that contain a match. After the first match in a text, the search goes on with the next.

    Args:
        buffer: the texts, each without an incomplete last line. None is longer than a window.
        starts: where each text begins in the buffer, in order. Empty texts are allowed.
        matcher: finds matches that stay within a line.
        window_bytes: the longest line that is searched as a whole.

    Yields:
        The index in `starts` of each text with a match, in order; None after each piece of work without one, to give
        the caller a chance to pause.

    Raises:
        DeadlineExceeded: as the matcher does.
    """
    windows = LineWindows(window_bytes, matcher.slice_bytes)
    resume_at = 0
    for window in chain(windows.feed(buffer), windows.end()):
        position = max(window.start, resume_at - window.offset)
        while position < window.stop:
            span = next(matcher.find(window.data, position, window.end), None)
            if span is None or span[0] >= window.stop:
                break
            index = bisect_right(starts, window.offset + span[0]) - 1
            yield index
            if index + 1 == len(starts):
                return
            resume_at = starts[index + 1]
            position = resume_at - window.offset
        yield None
