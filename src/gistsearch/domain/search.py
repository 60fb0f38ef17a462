"""The use case: search all gists of some users, many files at once, and report what was found and what is missing."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import closing
from datetime import UTC, datetime

from gistsearch.domain.batches import batches
from gistsearch.domain.events import SearchEvent
from gistsearch.domain.matching.time_slicing import TimeSlicedMatcher
from gistsearch.domain.matching.windows import MIN_WINDOW_BYTES, WINDOW_BYTES
from gistsearch.domain.query import Detail, SearchQuery
from gistsearch.domain.search_run import SearchRun
from gistsearch.domain.steps import Steps
from gistsearch.domain.store.access import StoreAccess
from gistsearch.domain.store.policy import StorePolicy
from gistsearch.domain.store.storable import StorableGists
from gistsearch.ports.deadline import Deadline
from gistsearch.ports.gists import GistSource
from gistsearch.ports.matching import Matcher, MatcherCompiler, MatchOptions, Span
from gistsearch.ports.store import GistStore


class SearchGists:
    """Searches the public gists of users for patterns."""

    def __init__(
        self,
        source: GistSource,
        compiler: MatcherCompiler,
        executor: Executor,
        *,
        store: GistStore | None = None,
        policy: StorePolicy | None = None,
        concurrency: int = 32,
        window_bytes: int = WINDOW_BYTES,
    ) -> None:
        """
        Args:
            source: where the gists come from.
            compiler: makes the matchers.
            executor: runs the steps of listings and file searches. It may be shared by many searches, and any number of
                threads will do: no step waits for another one.
            store: keeps listings and content for later searches of the same users; None: nothing is kept.
            policy: what to keep there; None for the defaults.
            concurrency: how many files are open at once. Each of the searches that run at the same time may have an
                even share of them, and what the others do not use; at least one.
            window_bytes: the longest line (with `multiline`, the largest text) that is searched as a whole. In a longer
                one, a match is certain to be found if it is no longer than a quarter of this.

        Raises:
            ValueError: `concurrency` is below 1, or `window_bytes` below 16,384.
        """
        if concurrency < 1:
            raise ValueError("concurrency must be at least 1")
        if window_bytes < MIN_WINDOW_BYTES:
            raise ValueError(f"window_bytes must be at least {MIN_WINDOW_BYTES:,}")
        self._source = source
        self._compiler = compiler
        self._executor = executor
        self._store = store
        self._policy = policy or StorePolicy()
        self._concurrency = concurrency
        self._window_bytes = window_bytes
        self._running: dict[SearchRun, None] = {}
        self._is_shut_down = False
        self._last_matcher: tuple[tuple[tuple[str, ...], MatchOptions], Matcher] | None = None

    def run(self, query: SearchQuery) -> Generator[SearchEvent, None, None]:
        """Search, and report what is found as soon as it is known.

        Unless the query asks for an order, events of different files come in any order; the parts of one file always
        come in theirs. `SearchEnded` comes last, and always comes unless the generator is closed. Errors of the source
        are reported, not raised: `ListingFailed` for a user of whom nothing could be listed, `Skipped` for everything
        else that is missing. Closing the generator cancels the search.

        Raises:
            InvalidPattern: at once, before the source is asked for anything.
            RuntimeError (late): the executor was shut down before the search was complete.
        """
        return self._events(self._new_run(query, self._source, self._matcher(query)))

    def run_in_batches(self, query: SearchQuery) -> Generator[tuple[SearchEvent, ...], None, None]:
        """Search as `run` does, and yield the events in batches of a bounded size, for an engine that hands them on."""
        return batches(self.run(query))

    def sync(self, usernames: Sequence[str]) -> Generator[SearchEvent, None, None]:
        """Bring the store up to date with the source, and report as `run` does, except that nothing matches.

        What is stored is verified. What the store would not keep (`StorePolicy.max_file_bytes`) is not downloaded but
        reported as skipped. It can be cancelled at any time: what was stored until then remains.

        Raises:
            RuntimeError (late): see `run`.
        """
        source = StorableGists(self._source, self._policy.max_file_bytes)
        query = SearchQuery(usernames, "any", detail=Detail.COUNTS)
        return self._events(self._new_run(query, source, _FindsNothing()))

    def shut_down(self) -> None:
        """End all running searches now, as partial with the reason `shutdown`; later ones end in the same way."""
        self._is_shut_down = True
        for search in list(self._running):
            search.shut_down()

    def _matcher(self, query: SearchQuery) -> Matcher:
        """Return a matcher for a query. The last one is kept: a thousand patterns take a second to compile."""
        asked = query.patterns, query.options
        last = self._last_matcher
        if last is None or last[0] != asked:
            last = self._last_matcher = asked, self._compiler.compile(*asked)
        return last[1]

    def _new_run(self, query: SearchQuery, source: GistSource, matcher: Matcher) -> SearchRun:
        deadline = Deadline(query.timeout_s)
        steps = Steps(
            source,
            StoreAccess(self._store, self._policy, lambda: datetime.now(UTC)),
            TimeSlicedMatcher(matcher, deadline, line_by_line=not query.options.multiline),
            query,
            self._window_bytes,
            deadline,
        )
        return SearchRun(steps, self._executor, self._max_open_files)

    def _max_open_files(self, search: SearchRun) -> int:
        """Return how many files a search may have open: an even share, and what the others do not use."""
        running = list(self._running)
        others = sum(other.open_files for other in running if other is not search)
        return max(1, self._concurrency // len(running), self._concurrency - others)

    def _events(self, search: SearchRun) -> Generator[SearchEvent, None, None]:
        self._running[search] = None
        try:
            if self._is_shut_down:
                search.shut_down()
            with closing(search.events()) as events:
                yield from events
        finally:
            del self._running[search]


class _FindsNothing(Matcher):
    def find(self, buffer: bytes, start: int, end: int) -> Iterator[Span]:
        return iter(())
