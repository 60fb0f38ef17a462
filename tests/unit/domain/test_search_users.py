"""What a run over many users reports, records and repeats."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import Factory, define, evolve

from gistsearch.adapters.local_engine import LocalEngine
from gistsearch.adapters.memory_journal import InMemoryJournal
from gistsearch.adapters.re2 import Re2Compiler
from gistsearch.domain.batches import MAX_EVENTS, MAX_LINES, PROGRESS_PER_BATCH, batches
from gistsearch.domain.events import (
    Coverage,
    FileMatch,
    LineMatch,
    ListingFailed,
    Progress,
    RunEvent,
    RunPaused,
    RunResumed,
    SearchEnded,
    SearchEvent,
    SearchWarning,
    Skipped,
    SkipReason,
    UserEnded,
    WarningType,
)
from gistsearch.domain.query import Detail, SearchQuery
from gistsearch.domain.search import SearchGists
from gistsearch.domain.search_users import SearchUsers
from gistsearch.ports.engine import Batch, EngineFailed, SearchEngine
from gistsearch.ports.gists import SourceRateLimited, SourceUnavailable
from gistsearch.ports.journal import Journal, JournalRecord, Outcome, RunEnded, UserRecord
from tests.fakes import InlineExecutor, ScriptedSource, gist

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
LIMITED = SourceRateLimited("the limit is used up", 600.0, NOW + timedelta(minutes=10))
COVERED = Coverage(True, 1, 2, 2, 0, 0, 10, 10, 0, 1, 0.5)
ENDED = SearchEnded(COVERED, None, datetime(2026, 1, 1, tzinfo=UTC))
FAILED = SearchEnded(evolve(COVERED, complete=False))

Events = tuple[SearchEvent, ...]
Answer = Sequence[Events | EngineFailed | int]
"""How a search ends: the events of each batch; a number begins another attempt, an error ends it."""
Answers = Sequence[Answer]
"""How the searches of one user end; the last one repeats itself."""


def asked(username: str) -> SearchQuery:
    return SearchQuery(username, "needle")


def match(username: str, filename: str = "a.py", *, last: bool = True, updated_at: datetime = NOW) -> FileMatch:
    """Return a match in a file whose blob id is not known."""
    found = evolve(gist("1", filename), updated_at=updated_at)
    return FileMatch(username, 0, found, found.files[0], (), 1, binary=False, last=last)


@define
class ScriptedEngine(SearchEngine[SearchQuery, SearchEvent]):
    """Answers each query with the next of its script's answers: batches, or an error. It takes a few at a time."""

    script: Mapping[str, Answers]
    """By user."""
    default: Answer = Factory(lambda: [(ENDED,)])
    at_once: int = 2
    asked: list[SearchQuery] = Factory(list[SearchQuery])
    lost_after: int | None = None
    """How many searches end before the engine fails."""

    def run(self, queries: Iterator[SearchQuery]) -> Generator[Batch[SearchQuery, SearchEvent], None, None]:
        ended = 0
        while taken := list(itertools.islice(queries, self.at_once)):
            self.asked += taken
            for query in taken:
                if ended == self.lost_after:
                    raise EngineFailed("no worker is left")
                yield from self._search(query)
                ended += 1

    def _search(self, query: SearchQuery) -> Iterator[Batch[SearchQuery, SearchEvent]]:
        answers = self.script.get(query.usernames[0], [self.default])
        before = sum(other.usernames == query.usernames for other in self.asked) - 1
        attempt = 0
        for item in answers[min(before, len(answers) - 1)]:
            match item:
                case int():
                    attempt = item
                case EngineFailed():
                    yield Batch(query, (), attempt, ended=True, error=item)
                    return
                case events:
                    yield Batch(query, events, attempt)
        yield Batch(query, (), attempt, ended=True)


@define
class Clock:
    """Time that only passes in pauses."""

    now: datetime = NOW
    pauses: list[float] = Factory(list[float])

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += timedelta(seconds=seconds)


def run(
    engine: SearchEngine[SearchQuery, SearchEvent],
    usernames: Iterable[str],
    journal: Journal | None = None,
    *,
    clock: Clock | None = None,
    query_of: Callable[[str], SearchQuery] = asked,
    **more: Any,
) -> list[RunEvent]:
    """Run, and return all events but progress."""
    time = clock or Clock()
    users = SearchUsers(engine, journal, sleep=time.sleep, now=lambda: time.now)
    return [event for event in users.run(query_of, usernames, **more) if not isinstance(event, Progress)]


def ended(events: Iterable[RunEvent]) -> dict[str, Outcome]:
    """Return how the search of each user ended; each user ends once."""
    found = [event for event in events if isinstance(event, UserEnded)]
    assert len({event.username for event in found}) == len(found)
    return {event.username: event.outcome for event in found}


def local(source: ScriptedSource) -> LocalEngine[SearchQuery, SearchEvent]:
    search = SearchGists(source, Re2Compiler(), InlineExecutor())
    return LocalEngine(search.run_in_batches, InlineExecutor(), 3)


class TestSearches:
    """The searches of all users, over a source."""

    SOURCE = ScriptedSource(
        {
            **{f"user-{number}": [gist(f"g{number}", "a.py", "b.md")] for number in range(5)},
            "broken": [SourceUnavailable("cannot be reached")],
            "gone": [gist("g9", "gone.py")],
        },
        {"a.py": b"a needle\n", "gone.py": [SourceUnavailable("cannot be downloaded")]},
    )

    def test_every_user_is_searched_and_ends_once(self) -> None:
        """One user's failure concerns no other user."""
        names = [*(f"user-{number}" for number in range(5)), "nobody", "broken", "gone"]
        events = run(local(self.SOURCE), names)
        assert ended(events) == {
            **{f"user-{number}": Outcome.COMPLETE for number in range(5)},
            "nobody": Outcome.UNKNOWN_USER,
            "broken": Outcome.FAILED,
            "gone": Outcome.PARTIAL,
        }
        assert sorted(event.username for event in events if isinstance(event, FileMatch)) == names[:5]
        assert {event.username for event in events if isinstance(event, ListingFailed)} == {"nobody", "broken"}
        assert [event.username for event in events if isinstance(event, Skipped)] == ["gone"]

    def test_the_last_event_of_a_user_is_its_end(self) -> None:
        events = run(local(self.SOURCE), ["user-1", "nobody", "gone", "user-2"])
        for name in ("user-1", "nobody", "gone", "user-2"):
            of_user = [event for event in events if getattr(event, "username", None) == name]
            assert isinstance(of_user[-1], UserEnded)
            assert len(of_user) >= 2

    def test_the_sum_of_all_comes_last(self) -> None:
        events = run(local(self.SOURCE), ["user-1", "user-2", "gone"])
        last = events[-1]
        assert isinstance(last, SearchEnded)
        coverage = last.coverage
        assert (coverage.complete, coverage.gists, coverage.files, coverage.searched) == (False, 3, 5, 4)
        assert (coverage.skipped, coverage.matched_lines, coverage.bytes) == (1, 2, 18)

    def test_a_run_is_complete_if_every_search_is(self) -> None:
        last = run(local(self.SOURCE), ["user-1", "user-2"])[-1]
        assert isinstance(last, SearchEnded)
        assert last.coverage.complete

    def test_a_name_is_searched_once(self) -> None:
        """Whatever its case; the first spelling counts."""
        engine = ScriptedEngine({})
        assert ended(run(engine, iter(["Octo", "octo", "hubot", "OCTO"]))) == {
            "Octo": Outcome.COMPLETE,
            "hubot": Outcome.COMPLETE,
        }

    def test_names_are_read_as_searches_begin(self) -> None:
        """Of an endless list, a few are read at a time."""
        names = (f"user-{number}" for number in itertools.count())
        users = SearchUsers(ScriptedEngine({}, at_once=3))
        events = users.run(asked, names)
        while not isinstance(next(events), UserEnded):
            pass
        events.close()
        assert next(names) == "user-3"

    def test_nobody_to_search(self) -> None:
        last = run(ScriptedEngine({}), [])[-1]
        assert isinstance(last, SearchEnded)
        assert last.coverage.complete


class TestProgress:
    def test_progress_counts_users(self) -> None:
        """Those who are done, and all of them if it is known how many there are."""
        half = Progress(4, 2, 8, 4, 100, listed=False)
        engine = ScriptedEngine({"a": [[(half,), (half, ENDED)]], "b": [[(half,), (ENDED,)]]})
        counts = [
            event
            for event in SearchUsers(engine).run(asked, ["a", "b"])
            if isinstance(event, Progress) and event.users_known == 2
        ]
        assert counts[-1] == Progress(8, 4, 16, 8, 200, listed=False, users_done=2, users_known=2)

    def test_the_number_of_users_may_be_unknown(self) -> None:
        """Until all names are read."""
        counts = [
            event.users_known
            for event in SearchUsers(ScriptedEngine({}, at_once=1)).run(asked, iter(["a", "b", "c"]))
            if isinstance(event, Progress)
        ]
        assert (counts[0], counts[-1]) == (None, 3)

    def test_a_run_is_listed_when_every_search_is(self) -> None:
        done = Progress(1, 1, 1, 1, 1, listed=True)
        engine = ScriptedEngine({}, default=[(done, ENDED)])
        counts = [event for event in SearchUsers(engine).run(asked, ["a", "b"]) if isinstance(event, Progress)]
        assert (counts[0].listed, counts[-1].listed) == (False, True)


class TestWarnings:
    NOT_FOUND = SearchWarning(WarningType.LANGUAGE_NOT_FOUND, "no file is in the language 'Rust'")
    FULL = SearchWarning(WarningType.STORE, "the disk is full")

    def test_a_language_that_only_some_users_lack_is_no_warning(self) -> None:
        engine = ScriptedEngine({"a": [[(self.NOT_FOUND, ENDED)]]})
        assert self.NOT_FOUND not in run(engine, ["a", "b"])

    def test_a_language_that_no_user_has_is_one_warning(self) -> None:
        """Users who could not be searched have no say."""
        other = SearchWarning(WarningType.LANGUAGE_NOT_FOUND, "no file is in the language 'C'")
        engine = ScriptedEngine(
            {"lost": [[EngineFailed("lost")]], "b": [[(self.NOT_FOUND, ENDED)]]},
            default=[(self.NOT_FOUND, other, ENDED)],
        )
        events = run(engine, ["a", "lost", "b", "c"])
        assert [event for event in events if isinstance(event, SearchWarning)] == [self.NOT_FOUND]

    def test_other_warnings_are_reported_once(self) -> None:
        events = run(ScriptedEngine({}, default=[(self.FULL, ENDED)]), ["a", "b", "c"])
        assert events.count(self.FULL) == 1


class TestLostSearches:
    """Searches that were begun again, or could not be ended."""

    def test_a_file_is_reported_once(self) -> None:
        """If everything of it was reported before its search was begun again."""
        engine = ScriptedEngine(
            {"a": [[(match("a", "1"), match("a", "2", last=False)), 1, (match("a", "1"), match("a", "2"), ENDED)]]}
        )
        files = [event.file.filename for event in run(engine, ["a"]) if isinstance(event, FileMatch)]
        assert files == ["1", "2", "2"]

    def test_a_file_that_has_changed_is_reported_again(self) -> None:
        later = match("a", "1", updated_at=NOW + timedelta(seconds=1))
        engine = ScriptedEngine({"a": [[(match("a", "1"),), 1, (later, ENDED)]]})
        assert [event for event in run(engine, ["a"]) if isinstance(event, FileMatch)] == [match("a", "1"), later]

    def test_what_a_lost_attempt_missed_is_not_reported(self) -> None:
        skipped = Skipped("a", None, None, SkipReason.DOWNLOAD_FAILED, "lost")
        engine = ScriptedEngine({"a": [[(skipped, FAILED), 1, (ENDED,)]]})
        events = run(engine, ["a"])
        assert skipped not in events
        assert ended(events) == {"a": Outcome.COMPLETE}

    def test_a_lost_search_is_named(self) -> None:
        """With the reason, and what it had found."""
        error = EngineFailed("its workers were lost")
        events = run(ScriptedEngine({"a": [[(match("a"),), error]]}), ["a", "b"])
        assert events[:2] == [match("a"), UserEnded("a", Outcome.FAILED, None, error)]
        assert ended(events)["b"] is Outcome.COMPLETE

    @pytest.mark.parametrize("waits", [False, True])
    def test_an_engine_that_fails_ends_the_run(self, waits: bool) -> None:
        """Everybody who was not searched is named once: those under way, refused, and not begun."""
        engine = ScriptedEngine({"a": [[(ListingFailed("a", LIMITED), FAILED)]]}, lost_after=2)
        journal = InMemoryJournal()
        events = run(engine, ["b", "c", "a", "d", "e"], journal, waits=waits)
        outcomes = ended(events)
        assert outcomes == {
            "b": Outcome.COMPLETE,
            "c": Outcome.COMPLETE,
            **dict.fromkeys(["a", "d", "e"], Outcome.FAILED),
        }
        assert {str(event.error) for event in events if isinstance(event, UserEnded) and event.error} == {
            "no worker is left"
        }
        assert RunEnded() not in list(journal.records())
        assert isinstance(events[-1], SearchEnded)

    def test_an_engine_that_fails_while_somebody_is_refused(self) -> None:
        """Who was refused is named, too."""
        engine = ScriptedEngine({"a": [[(ListingFailed("a", LIMITED), FAILED)]]}, lost_after=1)
        events = run(engine, ["a", "b", "c"], waits=True)
        assert ended(events) == dict.fromkeys(["a", "b", "c"], Outcome.FAILED)


class TestRefusals:
    """A source that refuses further requests."""

    REFUSED = (ListingFailed("b", LIMITED), FAILED)

    def test_without_waiting_the_run_ends(self) -> None:
        """Those under way end; everybody else is reported, with the source's error."""
        engine = ScriptedEngine({"b": [[self.REFUSED]]})
        events = run(engine, ["a", "b", "c", "d"])
        assert [query.usernames[0] for query in engine.asked] == ["a", "b"]
        assert [event for event in events if isinstance(event, ListingFailed)] == [
            ListingFailed(name, LIMITED) for name in ("b", "c", "d")
        ]
        assert ended(events) == {"a": Outcome.COMPLETE, **dict.fromkeys(["b", "c", "d"], Outcome.FAILED)}

    def test_waiting_searches_everybody(self) -> None:
        """The run goes on a second after the limit is lifted, with those who were refused."""
        engine = ScriptedEngine({"b": [[self.REFUSED], [(match("b"), ENDED)]]})
        clock = Clock()
        events = run(engine, ["a", "b", "c", "d"], clock=clock, waits=True)
        assert [query.usernames[0] for query in engine.asked] == ["a", "b", "b", "c", "d"]
        assert ended(events) == dict.fromkeys(["a", "b", "c", "d"], Outcome.COMPLETE)
        assert RunPaused(NOW + timedelta(minutes=10, seconds=1)) in events
        assert clock.pauses == [601.0]
        assert not any(isinstance(event, ListingFailed) for event in events)

    def test_refused_content_is_searched_again(self) -> None:
        """After a minute, if the source does not say when; what was reported before is not reported again."""
        skipped = Skipped("a", None, None, SkipReason.RATE_LIMITED, "too many requests")
        engine = ScriptedEngine({"a": [[(match("a", "1"), skipped, FAILED)], [(match("a", "1"), ENDED)]]})
        clock = Clock()
        events = run(engine, ["a", "b"], clock=clock, waits=True)
        assert clock.pauses == [61.0]
        assert [event for event in events if isinstance(event, (FileMatch, Skipped))] == [match("a", "1")]
        assert ended(events) == dict.fromkeys(["a", "b"], Outcome.COMPLETE)

    def test_refused_content_is_reported_without_waiting(self) -> None:
        """Nobody else is concerned."""
        skipped = Skipped("a", None, None, SkipReason.RATE_LIMITED, "too many requests")
        events = run(ScriptedEngine({"a": [[(skipped, FAILED)]]}), ["a", "b"])
        assert skipped in events
        assert ended(events)["b"] is Outcome.COMPLETE

    def test_nobody_is_searched_for_ever(self) -> None:
        """A user whom the source refuses five times is reported, and nobody waits after that."""
        engine = ScriptedEngine({"a": [[(ListingFailed("a", LIMITED), FAILED)]]})
        clock = Clock()
        events = run(engine, ["a"], clock=clock, waits=True)
        assert (len(engine.asked), len(clock.pauses)) == (5, 4)
        assert [event for event in events if isinstance(event, ListingFailed)] == [ListingFailed("a", LIMITED)]
        assert isinstance(events[-1], SearchEnded)

    def test_a_pause_is_bounded(self) -> None:
        """At most six hours, and at least a second, whatever the source says."""
        absurd = SourceRateLimited("no", 1e9, NOW + timedelta(days=9_999))
        past = SourceRateLimited("no", 0.0, NOW - timedelta(days=1))
        script = {"a": [[(ListingFailed("a", error), FAILED)] for error in (absurd, past)] + [[(ENDED,)]]}
        clock = Clock()
        run(ScriptedEngine(script), ["a"], clock=clock, waits=True)
        assert clock.pauses == [6 * 3_600.0, 1.0]


class TestJournal:
    """What is recorded, and what later runs make of it."""

    def test_users_are_recorded_when_their_events_are_taken(self) -> None:
        """Not before the consumer asks for more, so that a killed process loses nothing."""
        journal = InMemoryJournal()
        events = SearchUsers(ScriptedEngine({}, default=[(match("a"), ENDED)]), journal).run(asked, ["a", "b"])
        while not isinstance(next(events), UserEnded):
            assert list(journal.records()) == []
        assert list(journal.records()) == []
        next(events)
        assert [type(record) for record in journal.records()] == [UserRecord]
        events.close()

    def test_records_say_how_it_ended(self) -> None:
        journal = InMemoryJournal()
        engine = ScriptedEngine({"a": [[(match("a"), ENDED)]], "b": [[(FAILED,)]]})
        run(engine, ["a", "b"], journal)
        assert list(journal.records()) == [
            UserRecord("a", Outcome.COMPLETE, NOW, ENDED.latest_update, matched=True),
            UserRecord("b", Outcome.PARTIAL, NOW, None, matched=False),
            RunEnded(),
        ]

    @pytest.mark.parametrize("stop", range(12))
    def test_a_run_goes_on_where_it_was(self, stop: int) -> None:
        """Stopped after any event, both runs together report everything at least once."""
        journal = InMemoryJournal()
        script = {name: [[(match(name), ENDED)]] for name in "abcd"}
        events = SearchUsers(ScriptedEngine(script), journal).run(asked, "abcd")
        first = list(itertools.islice(events, stop))
        events.close()
        second = run(ScriptedEngine(script), "abcd", journal)
        assert {event.username for event in [*first, *second] if isinstance(event, FileMatch)} == set("abcd")
        recorded = [record.username for record in journal.records() if isinstance(record, UserRecord)]
        assert sorted(recorded) == list("abcd")

    def test_only_who_was_searched_completely_is_done(self) -> None:
        journal = InMemoryJournal(
            UserRecord(name, outcome, NOW, None, matched=False) for name, outcome in zip("ABCD", Outcome, strict=True)
        )
        engine = ScriptedEngine({})
        events = run(engine, ["a", "b", "c", "d"], journal)
        assert [query.usernames[0] for query in engine.asked] == ["b", "c", "d"]
        assert events[0] == RunResumed(1, has_matched=False)

    def test_what_was_reported_before_counts(self) -> None:
        journal = InMemoryJournal([UserRecord("a", Outcome.COMPLETE, NOW, None, matched=True), RunEnded()])
        assert run(ScriptedEngine({}), ["a"], journal)[0] == RunResumed(1, has_matched=True)

    def test_a_run_that_was_stopped_has_not_ended(self) -> None:
        journal = InMemoryJournal()
        run(ScriptedEngine({"a": [[(ListingFailed("a", LIMITED), FAILED)]]}), ["a", "b", "c"], journal)
        assert RunEnded() not in list(journal.records())

    @pytest.mark.parametrize(
        ("age", "expected"),
        [
            (timedelta(days=30), NOW - timedelta(days=30) + timedelta(seconds=1)),
            (timedelta(minutes=5), NOW - timedelta(minutes=5)),
            (timedelta(seconds=0), NOW - timedelta(minutes=5)),
        ],
    )
    def test_new_gists_are_those_updated_since(self, age: timedelta, expected: datetime) -> None:
        """Since the newest one that was seen; again, if that was shortly before the search."""
        journal = InMemoryJournal([_record("A", NOW - age), RunEnded()])
        engine = ScriptedEngine({})
        run(engine, ["a", "b"], journal, only_new=True)
        assert [query.since for query in engine.asked] == [expected, None]

    def test_an_incomplete_search_moves_nothing(self) -> None:
        """What it missed is still new."""
        month_ago = NOW - timedelta(days=30)
        records: list[JournalRecord] = [_record("a", month_ago), evolve(_record("a", NOW), outcome=Outcome.PARTIAL)]
        engine = ScriptedEngine({})
        run(engine, ["a"], InMemoryJournal([*records, RunEnded()]), only_new=True)
        assert [query.since for query in engine.asked] == [month_ago + timedelta(seconds=1)]

    def test_an_interrupted_run_for_new_gists_forgets_after_a_day(self) -> None:
        """Who was searched before that may have new gists."""
        old = evolve(_record("a", NOW - timedelta(days=60)), searched_at=NOW - timedelta(days=7))
        engine = ScriptedEngine({})
        run(engine, ["a"], InMemoryJournal([old]), only_new=True)
        assert len(engine.asked) == 1

    def test_the_last_record_of_a_user_counts(self) -> None:
        """Who was searched completely, and later not, is searched again."""
        partial = evolve(_record("a", NOW), outcome=Outcome.PARTIAL)
        engine = ScriptedEngine({})
        run(engine, ["a"], InMemoryJournal([_record("a", NOW), RunEnded(), partial, RunEnded()]))
        assert len(engine.asked) == 1

    def test_a_run_for_new_gists_begins_with_everybody(self) -> None:
        """If the one before it ended; else it goes on with those who are not done."""
        journal = InMemoryJournal([_record("a", NOW), RunEnded(), _record("b", NOW)])
        engine = ScriptedEngine({})
        events = run(engine, ["a", "b", "c"], journal, only_new=True)
        assert [query.usernames[0] for query in engine.asked] == ["a", "c"]
        assert events[0] == RunResumed(1, has_matched=False)
        assert not isinstance(run(engine, ["a", "b", "c"], journal, only_new=True)[0], RunResumed)

    def test_the_later_of_two_times_counts(self) -> None:
        """Of what the query asks for and what the journal knows."""
        times = [NOW - timedelta(days=60), NOW - timedelta(days=1)]
        journal = InMemoryJournal([_record("a", NOW - timedelta(days=30)), RunEnded()])
        engine = ScriptedEngine({})
        for time in times:
            run(engine, ["a"], journal, only_new=True, query_of=lambda name, time=time: evolve(asked(name), since=time))
        assert engine.asked[0].since == NOW - timedelta(days=30) + timedelta(seconds=1)
        assert engine.asked[1].since == times[1]


def _record(username: str, latest_update: datetime) -> UserRecord:
    return UserRecord(username, Outcome.COMPLETE, NOW, latest_update, matched=False)


class TestBatches:
    """How the events of one search are gathered."""

    STEP = Progress(1, 0, 1, 0, 0, listed=False)

    def gather(self, *events: SearchEvent) -> list[Events]:
        return list(batches(_each(events)))

    def test_a_batch_ends_with_the_next_progress(self) -> None:
        assert self.gather(match("a"), self.STEP, match("a", "2"), ENDED) == [
            (match("a"), self.STEP),
            (match("a", "2"), ENDED),
        ]

    def test_the_last_progress_comes_before_the_end(self) -> None:
        """However little came before it."""
        assert self.gather(self.STEP, ENDED) == [(self.STEP, ENDED)]

    def test_progress_alone_comes_rarely(self) -> None:
        assert self.gather(*[self.STEP] * PROGRESS_PER_BATCH, ENDED) == [(self.STEP,), (ENDED,)]

    def test_batches_are_bounded(self) -> None:
        """In events, and in lines."""
        assert [len(batch) for batch in self.gather(*[match("a")] * (MAX_EVENTS + 1))] == [MAX_EVENTS, 1]
        line = LineMatch(1, "x", (), 0, cut_before=False, cut_after=False, before=(), after=())
        many = evolve(match("a"), lines=(line,) * MAX_LINES)
        assert [len(batch) for batch in self.gather(many, many, match("a"))] == [1, 1, 1]

    def test_closing_closes_the_search(self) -> None:
        closed: list[bool] = []

        def events() -> Generator[SearchEvent, None, None]:
            try:
                while True:
                    yield self.STEP
            finally:
                closed.append(True)

        gathered = batches(events())
        next(gathered)
        gathered.close()
        assert closed == [True]


def _each(events: Iterable[SearchEvent]) -> Generator[SearchEvent, None, None]:
    yield from events


def test_gists_that_were_not_updated_are_not_searched() -> None:
    """Nothing of them is opened or counted; the newest update is that of all gists."""
    times = [NOW, NOW - timedelta(seconds=1), NOW - timedelta(days=1)]
    gists = [evolve(gist(f"g{number}", f"{number}.py"), updated_at=time) for number, time in enumerate(times)]
    source = ScriptedSource({"octo": list(gists)}, {f"{number}.py": b"needle\n" for number in range(3)})
    query = SearchQuery("octo", "needle", since=times[1], detail=Detail.COUNTS)
    *_, last = SearchGists(source, Re2Compiler(), InlineExecutor()).run(query)
    assert isinstance(last, SearchEnded)
    assert (last.coverage.gists, last.coverage.files, last.coverage.matched_lines) == (2, 2, 2)
    assert last.latest_update == NOW
    assert len(source.opened) == 2
