"""What earlier runs over a list of users have done, as their journal says."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from gistsearch.ports.gists import user_key
from gistsearch.ports.journal import JournalRecord, Outcome, RunEnded, UserRecord

UNCERTAINTY = timedelta(minutes=5)
"""How late a listing may show an update, and how far the source's clock and this machine's may be apart."""
CONTINUED_WITHIN = timedelta(days=1)
"""How long ago a user was searched at most if a run for what is new need not search them again."""
UPDATE_STEP = timedelta(seconds=1)
"""Times of updates are known to the second."""


class RunHistory:
    """Knows which users are done, and which of their gists have been searched."""

    def __init__(self, records: Iterable[JournalRecord], now: datetime, *, only_new: bool) -> None:
        """
        Args:
            records: what the journal contains, in order.
            now: the time, with a time zone.
            only_new: whether a run is followed by another one over all users, which reports only what is new. Then only
                a run that was interrupted is continued, with those who were not searched in the last day. If not,
                users who are done stay done.
        """
        self._done: set[str] = set()
        self._since: dict[str, datetime] = {}
        self._only_new = only_new
        self._recently = now - CONTINUED_WITHIN
        self.has_matched = False
        """Whether the run that is continued has reported anything."""
        for record in records:
            self._read(record)

    @property
    def users_done(self) -> int:
        """How many users need not be searched."""
        return len(self._done)

    def is_done(self, username: str) -> bool:
        """Return whether a user need not be searched."""
        return user_key(username) in self._done

    def since(self, username: str) -> datetime | None:
        """Return when a gist of a user was updated at the earliest if it is new; None if all gists are."""
        return self._since.get(user_key(username))

    def _read(self, record: JournalRecord) -> None:
        match record:
            case RunEnded() if self._only_new:
                self._done.clear()
                self.has_matched = False
            case UserRecord():
                self.has_matched |= record.matched
                if record.outcome is Outcome.COMPLETE:
                    self._take_complete(record)
                else:
                    self._done.discard(user_key(record.username))
            case _:
                pass

    def _take_complete(self, record: UserRecord) -> None:
        name = user_key(record.username)
        if not self._only_new or record.searched_at >= self._recently:
            self._done.add(name)
        if self._only_new and record.latest_update:
            self._since[name] = _first_new(record.latest_update, record.searched_at)


def _first_new(latest_update: datetime, searched_at: datetime) -> datetime:
    """Return when a gist was updated at the earliest if the search could not see it.

    A gist that was updated shortly before the search may not have been listed yet, and its time is by another clock. So
    gists of the last minutes before a search are searched a second time: better twice than never.
    """
    return min(latest_update + UPDATE_STEP, searched_at - UNCERTAINTY)
