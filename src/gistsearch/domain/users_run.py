"""One run over many users: whom to search next, and what to report of it."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sized
from contextlib import closing
from datetime import datetime, timedelta

from attrs import evolve, frozen

from gistsearch.domain.events import (
    ListingFailed,
    Progress,
    RunEvent,
    RunPaused,
    RunResumed,
    SearchEnded,
    SearchEvent,
    SearchWarning,
    UserEnded,
    WarningType,
)
from gistsearch.domain.query import SearchQuery
from gistsearch.domain.run_history import RunHistory
from gistsearch.domain.run_totals import RunTotals
from gistsearch.domain.user_search import UserSearch
from gistsearch.ports.engine import EngineFailed, SearchEngine
from gistsearch.ports.gists import SourceRateLimited, user_key
from gistsearch.ports.journal import Journal, JournalRecord, Outcome, RunEnded

PROGRESS_S = 0.1
"""Seconds between progress events."""
PAUSE = timedelta(seconds=60)
"""How long the source is left alone if it refuses content without saying for how long."""
MAX_PAUSE = timedelta(hours=6)
"""The longest pause, whatever the source says."""
MARGIN = timedelta(seconds=1)
"""Added to each pause, as the source gives times in whole seconds."""
MAX_TRIES = 5
"""How often a user is searched if the source refuses it each time."""


@frozen
class RunRequest:
    """Whom to search, and for what."""

    query_of: Callable[[str], SearchQuery]
    usernames: Iterable[str]
    waits: bool
    """Whether another round begins when the source may be asked again."""


@frozen
class Surroundings:
    """What a run needs from outside besides its engine."""

    journal: Journal | None
    now: Callable[[], datetime]
    sleep: Callable[[float], object]


class UsersRun:
    """One run. It works in rounds: one ends when all users are searched, or the source refuses further requests."""

    def __init__(
        self,
        engine: SearchEngine[SearchQuery, SearchEvent],
        surroundings: Surroundings,
        history: RunHistory,
        request: RunRequest,
    ) -> None:
        """
        Args:
            engine: runs the searches.
            surroundings: the journal and the clock.
            history: what earlier runs did.
            request: what is asked.
        """
        self._engine = engine
        self._surroundings = surroundings
        self._history = history
        self._request = request
        self._names = iter(request.usernames)
        self._totals = RunTotals(len(request.usernames) if isinstance(request.usernames, Sized) else None)
        self._seen: set[str] = set()
        self._under_way: dict[str, UserSearch] = {}
        self._again: deque[UserSearch] = deque()  # to be searched again in this round
        self._refused: list[UserSearch] = []  # to be searched again in the next round
        self._refusal: SourceRateLimited | None = None  # why this round ends early, if it does
        self._failure: EngineFailed | None = None
        self._languages_not_found: frozenset[SearchWarning] | None = None
        self._warned: set[SearchWarning] = set()
        self._progress_due_s = 0.0

    def events(self) -> Generator[RunEvent, None, None]:
        """Run, and yield what `SearchUsers.run` promises."""
        if self._history.users_done:
            yield RunResumed(self._history.users_done, self._history.has_matched)
        yield from self._round()
        while self._request.waits and self._has_more() and not self._failure:
            yield from self._pause()
            yield from self._round()
        yield from self._end_run()

    def _has_more(self) -> bool:
        """Return whether there is anybody for another round."""
        self._again.extend(self._refused)
        self._refused.clear()
        if not self._again and (user := self._next_user()):
            self._again.append(user)
        return bool(self._again)

    def _round(self) -> Iterator[RunEvent]:
        self._refusal = None
        try:
            with closing(self._engine.run(self._queries())) as batches:
                for batch in batches:
                    user = self._under_way[batch.query.usernames[0]]
                    yield from user.take(batch, self._totals)
                    if batch.ended:
                        yield from self._end(user, batch.error)
                    if time.monotonic() >= self._progress_due_s:
                        yield self._progress()
        except EngineFailed as error:
            self._failure = error
            for user in list(self._under_way.values()):
                yield from self._end(user, error)

    def _queries(self) -> Iterator[SearchQuery]:
        while self._refusal is None and (user := self._next_user()):
            self._under_way[user.username] = user
            yield user.query

    def _next_user(self) -> UserSearch | None:
        if self._again:
            return self._again.popleft()
        for username in self._names:
            if self._is_new(username):
                return UserSearch(username, self._query(username), self._surroundings.now())
        self._totals.users_known = len(self._seen)
        return None

    def _is_new(self, username: str) -> bool:
        name = user_key(username)
        if name in self._seen:
            return False
        self._seen.add(name)
        is_done = self._history.is_done(username)
        self._totals.users_done += is_done
        return not is_done

    def _query(self, username: str) -> SearchQuery:
        query = self._request.query_of(username)
        times = [time for time in (query.since, self._history.since(username)) if time]
        return evolve(query, since=max(times)) if times else query

    def _end(self, user: UserSearch, error: EngineFailed | None) -> Iterator[RunEvent]:
        """Report how the search of a user ended, unless it is going to be repeated."""
        del self._under_way[user.username]
        self._refusal = self._refusal or user.refusal
        if self._request.waits and user.is_refused and user.tries < MAX_TRIES and not error:
            self._totals.forget(user.username)
            user.begin_again(self._surroundings.now())
            self._refused.append(user)
            return
        for event in user.held:
            if not isinstance(event, SearchWarning) or self._is_new_warning(event):
                yield event
        self._note_languages(user)
        coverage = user.ended and user.ended.coverage
        self._totals.end(user.username, coverage)
        yield UserEnded(user.username, user.outcome, coverage, error)
        self._write(user.record())

    def _end_run(self) -> Iterator[RunEvent]:
        is_stopped = self._has_more() or self._failure is not None
        while user := self._next_user():
            yield from self._give_up(user)
        if not is_stopped:
            self._write(RunEnded())
        yield self._progress()
        yield from self._languages_not_found or ()
        yield SearchEnded(self._totals.coverage())

    def _give_up(self, user: UserSearch) -> Iterator[RunEvent]:
        """Report a user who was not searched."""
        self._totals.end(user.username, None)
        if self._refusal:
            yield ListingFailed(user.username, self._refusal)
        yield UserEnded(user.username, Outcome.FAILED, None, self._failure)

    def _pause(self) -> Iterator[RunPaused]:
        now = self._surroundings.now()
        until = min((self._refusal.reset_at if self._refusal else now + PAUSE) + MARGIN, now + MAX_PAUSE)
        yield RunPaused(until)
        self._surroundings.sleep(max(MARGIN, until - now).total_seconds())

    def _write(self, record: JournalRecord) -> None:
        if self._surroundings.journal:
            self._surroundings.journal.write(record)

    def _progress(self) -> Progress:
        self._progress_due_s = time.monotonic() + PROGRESS_S
        return self._totals.progress()

    def _is_new_warning(self, warning: SearchWarning) -> bool:
        """Return whether a warning has to be reported now. What is true of one user may not be true of all."""
        if warning.type is WarningType.LANGUAGE_NOT_FOUND or warning in self._warned:
            return False
        self._warned.add(warning)
        return True

    def _note_languages(self, user: UserSearch) -> None:
        if not user.ended:
            return
        warnings = (event for event in user.held if isinstance(event, SearchWarning))
        missing = frozenset(warning for warning in warnings if warning.type is WarningType.LANGUAGE_NOT_FOUND)
        known = self._languages_not_found
        self._languages_not_found = missing if known is None else known & missing
