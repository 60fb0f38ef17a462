"""The use case for many users: search each of them, in an engine, and account for every one."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable
from datetime import UTC, datetime

from gistsearch.domain.events import RunEvent, SearchEvent
from gistsearch.domain.query import SearchQuery
from gistsearch.domain.run_history import RunHistory
from gistsearch.domain.users_run import RunRequest, Surroundings, UsersRun
from gistsearch.ports.engine import SearchEngine
from gistsearch.ports.journal import Journal


class SearchUsers:
    """Searches the public gists of any number of users, each by a search of its own."""

    def __init__(
        self,
        engine: SearchEngine[SearchQuery, SearchEvent],
        journal: Journal | None = None,
        *,
        sleep: Callable[[float], object] = time.sleep,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """
        Args:
            engine: runs the searches.
            journal: what earlier runs wrote, and where this one writes; None: nothing is written.
            sleep: waits for a number of seconds.
            now: returns the time, with a time zone.
        """
        self._engine = engine
        self._surroundings = Surroundings(journal, now, sleep)

    def run(
        self,
        query_of: Callable[[str], SearchQuery],
        usernames: Iterable[str],
        *,
        only_new: bool = False,
        waits: bool = False,
    ) -> Generator[RunEvent, None, None]:
        """Search each user, several at a time, and report what is found as soon as it is known.

        Events of different users come in any order. The last one of each user is `UserEnded`. When the consumer takes
        the next event, it must be done with those before, as the user is then recorded as searched. `SearchEnded`, with
        the sum of all coverages, comes last. A user's failure concerns no other user.

        If a search has to be begun again, files that it had finished are not reported a second time.

        Args:
            query_of: returns the query for one user, the same one each time but for the name.
            usernames: read only as far as searches begin. A name that was there before, in any case, is left out.
            only_new: whether to search only gists that were updated since the journal's last search of their user. If
                not, users of whom the journal says that they were searched completely are left out.
            waits: whether to wait when the source refuses further requests. If not, the run ends then, and everybody
                who was not searched is reported.

        Raises (late):
            JournalError: the journal cannot be used.
            Exception: see `SearchEngine.run`.
        """
        journal = self._surroundings.journal
        history = RunHistory(journal.records() if journal else (), self._surroundings.now(), only_new=only_new)
        request = RunRequest(query_of, usernames, waits)
        yield from UsersRun(self._engine, self._surroundings, history, request).events()
