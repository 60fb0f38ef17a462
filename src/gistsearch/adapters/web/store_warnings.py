"""Warnings about the store: for the operator's log, not for clients, whose answers are right all the same."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator

from gistsearch.domain.events import SearchEvent, SearchWarning, WarningType

REPEAT_AFTER_S = 600.0
"""Seconds after which the same warning is logged again."""

_log = logging.getLogger(__name__)


class StoreWarnings:
    """Takes warnings about the store out of the events of searches, and logs each once in a while."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """
        Args:
            clock: returns monotonic seconds.
        """
        self._clock = clock
        self._logged_s: dict[str, float] = {}

    def take_from(self, events: Iterable[SearchEvent]) -> Iterator[SearchEvent]:
        """Yield all other events."""
        for event in events:
            if isinstance(event, SearchWarning) and event.type is WarningType.STORE:
                self._log(event.detail)
            else:
                yield event

    def _log(self, detail: str) -> None:
        now = self._clock()
        self._logged_s = {text: at for text, at in self._logged_s.items() if now - at < REPEAT_AFTER_S}
        if detail not in self._logged_s:
            self._logged_s[detail] = now
            _log.warning(detail)
