"""Searches over HTTP as streams: what they contain, when they begin, and what ends with them."""

from __future__ import annotations

import json
import threading
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import pytest
from attrs import define, field
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from gistsearch.adapters.memory import InMemoryGists, MemoryGist
from gistsearch.adapters.re2 import Re2Compiler
from gistsearch.adapters.web import WebOptions, create_app
from gistsearch.adapters.web.departures import ClientLeft
from gistsearch.adapters.web.streams import DECISION_S, HEARTBEAT_S, stream, take_until_decided
from gistsearch.domain.events import ListingFailed, Progress, SearchEvent
from gistsearch.domain.search import SearchGists
from gistsearch.ports.deadline import Deadline
from gistsearch.ports.gists import ContentGone, GistFile, GistSource, ListingPage, SourceUnavailable, UnknownUser
from gistsearch.wire import NothingListed, RequestReader
from tests.faces.web_fixtures import LISTED, SEARCH, answered, client, of_type, problem, streamed
from tests.fakes import ScriptedSource, gist

NDJSON = {"Accept": "application/x-ndjson"}
EVENTS = {"Accept": "text/event-stream"}

GISTS = InMemoryGists(
    {
        "octo": [
            MemoryGist({"a.py": b"needle\nhay\nneedle\n", "b.txt": b"hay\n"}, "Two files", id="2"),
            MemoryGist({"gone": ContentGone("it was deleted")}, id="1"),
        ]
    }
)


def get(web: FlaskClient, headers: dict[str, str], **fields: Any) -> TestResponse:
    return web.get(SEARCH, query_string=LISTED | fields, headers=headers)


def test_a_stream_has_a_beginning_every_event_and_an_end() -> None:
    """As newline-delimited JSON: an object on each line, each with a type."""
    objects = streamed(get(client(GISTS), NDJSON, detail="lines"))
    assert objects[0] == {"type": "begin", "usernames": ["octo"], "patterns": ["needle"], "detail": "lines"}
    (match,) = of_type(objects, "match")
    assert (match["position"], match["id"], match["file"]["filename"]) == (0, "2", "a.py")
    assert [line["number"] for line in match["file"]["lines"]] == [1, 3]
    (skipped,) = of_type(objects, "skipped")
    assert (skipped["filename"], skipped["reason"]) == ("gone", "gone")
    assert of_type(objects, "progress")
    assert objects[-1]["type"] == "end"
    assert objects[-1]["complete"] is False
    assert objects[-1]["coverage"]["searched"] == 2


def test_server_sent_events_are_the_same_objects() -> None:
    """Their `event` is the type, their `data` the object."""
    response = get(client(GISTS), EVENTS, detail="lines")
    assert (response.status_code, response.mimetype) == (200, "text/event-stream")
    assert response.text.endswith("\n\n")
    objects: list[dict[str, Any]] = []
    for event in response.text.split("\n\n")[:-1]:
        name, data = event.split("\n")
        objects.append(json.loads(data.removeprefix("data: ")))
        assert name == f"event: {objects[-1]['type']}"
    other = streamed(get(client(GISTS), NDJSON, detail="lines"))
    for each in (objects[-1], other[-1]):
        each["coverage"]["duration_s"] = None
    assert objects == other


def test_a_stream_by_post_is_that_of_a_get() -> None:
    """The form is negotiated alike."""
    by_post = client(GISTS).post(SEARCH, json=LISTED, headers=NDJSON)
    assert of_type(streamed(by_post), "match") == of_type(streamed(get(client(GISTS), NDJSON)), "match")


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("", "application/json"),
        ("*/*", "application/json"),
        ("application/*", "application/json"),
        ("application/x-ndjson", "application/x-ndjson"),
        ("application/x-ndjson, application/json;q=0.5", "application/x-ndjson"),
        ("application/json, application/x-ndjson;q=0.5", "application/json"),
        ("application/x-ndjson;charset=utf-8", "application/x-ndjson"),
        ("text/event-stream", "text/event-stream"),
        ("text/*", "text/event-stream"),
        ("text/event-stream, */*;q=0.1", "text/event-stream"),
        ("*/*, application/json;q=0", "application/x-ndjson"),
    ],
)
def test_the_client_chooses_the_form(accept: str, media_type: str) -> None:
    """By its Accept header; plain JSON is the default."""
    assert get(client(GISTS), {"Accept": accept}).mimetype == media_type


def test_no_line_beyond_the_limit_is_streamed() -> None:
    """The part of a file that contains it says that there are more."""
    web = client(InMemoryGists({"octo": [MemoryGist({"many": b"needle\n" * 600})]}))
    parts = of_type(streamed(get(web, NDJSON, detail="lines", max_lines_per_file=300)), "match")
    assert sum(len(part["file"]["lines"]) for part in parts) == 300
    assert parts[-1]["file"]["last"]
    assert any(part["file"]["more_lines"] for part in parts)


def test_a_listing_that_fails_at_once_is_a_problem_with_its_status() -> None:
    """As if no stream had been asked for."""
    web = client(ScriptedSource({"octo": [SourceUnavailable("no answer")]}))
    for headers in (NDJSON, EVENTS):
        assert problem(get(web, headers), 502, "upstream-failed")["detail"] == "no answer"
        problem(get(web, headers, username="nobody"), 404, "unknown-user")
        problem(get(web, headers, pattern="("), 422, "invalid-pattern")


def test_one_of_several_users_who_is_unknown_is_an_error_in_the_stream() -> None:
    """The others are searched."""
    objects = streamed(client(GISTS).get(f"{SEARCH}?usernames=nobody&usernames=octo&pattern=needle", headers=NDJSON))
    (error,) = of_type(objects, "error")
    assert (error["username"], error["problem"]["status"]) == ("nobody", 404)
    assert len(of_type(objects, "match")) == 1
    assert objects[-1]["complete"] is False


def test_a_search_that_crashes_ends_with_an_error() -> None:
    """And an `end` that is not complete. The cause stays in the log."""
    source = ScriptedSource({"octo": [gist("1", "good", "bad")]}, {"good": b"needle", "bad": [RuntimeError("s3cr3t")]})
    response = get(client(source), NDJSON, detail="lines")
    objects = streamed(response)
    assert [each["type"] for each in objects[-2:]] == ["error", "end"]
    assert objects[-2]["problem"]["type"] == "/problems/internal-error"
    assert objects[-2]["username"] is None
    assert (objects[-1]["complete"], objects[-1]["coverage"]) == (False, None)
    assert "s3cr3t" not in response.text
    assert sorted(source.opened) == sorted(source.closed)


def test_a_client_that_leaves_is_no_crash(caplog: pytest.LogCaptureFixture) -> None:
    """The stream just ends; nobody would read an error, in the stream or in the log."""

    def events() -> Iterator[SearchEvent]:
        raise ClientLeft
        yield

    parts = stream(RequestReader(60).read(LISTED), events(), NDJSON["Accept"])
    assert [json.loads(part)["type"] for part in parts] == ["begin"]
    assert caplog.records == []


@define
class Gated(GistSource):
    """Lists one gist for each gate. The content of its file comes when the gate opens."""

    gates: list[threading.Event]
    opened: list[str] = field(factory=list[str])
    ended: threading.Event = field(factory=threading.Event)
    """Set when a file was closed before it had been read."""

    def list_pages(
        self, username: str, deadline: Deadline, known: Sequence[ListingPage] = ()
    ) -> Generator[ListingPage, None, None]:
        yield ListingPage(tuple(gist(str(number), f"{number}") for number in range(len(self.gates))))

    def open_file(self, file: GistFile, deadline: Deadline) -> Generator[bytes, None, None]:
        self.opened.append(file.filename)
        try:
            while not self.gates[int(file.filename)].wait(0.01):
                deadline.check()
            yield b"needle\n"
        except BaseException:
            self.ended.set()
            raise


@pytest.fixture
def executor() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as pool:
        yield pool


def threaded(source: GistSource, executor: ThreadPoolExecutor, **options: Any) -> FlaskClient:
    """Return a client of the application over a source; searches run in other threads."""
    return create_app(SearchGists(source, Re2Compiler(), executor), WebOptions(**options)).test_client()


def objects_of(response: TestResponse) -> Iterator[dict[str, Any]]:
    """Yield the objects of a stream as they come."""
    for chunk in response.iter_encoded():
        yield json.loads(chunk)


def next_match(objects: Iterator[dict[str, Any]]) -> str:
    return next(each["id"] for each in objects if each["type"] == "match")


def test_each_match_is_sent_as_soon_as_it_is_found(executor: ThreadPoolExecutor) -> None:
    """While other files are still on their way."""
    source = Gated([threading.Event() for _ in range(3)])
    objects = objects_of(get(threaded(source, executor), NDJSON))
    for number in (1, 2, 0):
        source.gates[number].set()
        assert next_match(objects) == str(number)
    assert list(objects)[-1]["complete"] is True


def test_a_client_that_leaves_stops_the_search(executor: ThreadPoolExecutor) -> None:
    """The server closes the body; the files under way are closed, and no others opened."""
    source = Gated([threading.Event() for _ in range(100)])
    response = get(threaded(source, executor), NDJSON)
    next(objects_of(response))
    response.close()
    assert source.ended.wait(10)
    assert len(source.opened) < 100


def test_a_search_counts_as_in_progress_until_its_stream_is_closed(executor: ThreadPoolExecutor) -> None:
    """So that streams cannot evade the limit."""
    source = Gated([threading.Event()])
    web = threaded(source, executor, max_searches=1)
    response = get(web, NDJSON)
    problem(get(web, {}), 429, "too-many-requests")
    response.close()
    source.gates[0].set()
    assert answered(get(web, {}))


def test_while_nothing_happens_a_heartbeat_is_sent(executor: ThreadPoolExecutor) -> None:
    """A progress object; only when it writes does a server notice that a client has left."""
    source = Gated([threading.Event()])
    response = get(threaded(source, executor), NDJSON)
    objects = objects_of(response)
    beats = [next(objects)["type"] for _ in range(5)]
    assert beats == ["begin", *["progress"] * 4]
    response.close()


def test_a_stopped_search_ends_with_the_reason(executor: ThreadPoolExecutor) -> None:
    """After a deadline."""
    source = Gated([threading.Event()])
    *_, end = streamed(get(threaded(source, executor), NDJSON, timeout_s=0.2))
    assert (end["type"], end["complete"], end["reason"]) == ("end", False, "deadline")


@define
class Clock:
    """Returns the time that it is set to."""

    now_s: float = 0.0

    def __call__(self) -> float:
        return self.now_s


NOTHING_YET = Progress(0, 0, 0, 0, 0, listed=False)
FAILED = ListingFailed("a", UnknownUser("no user a"))
TWO_USERS = RequestReader(60).read({"usernames": ["a", "b"], "pattern": "x"})


@pytest.mark.parametrize(
    ("events", "taken"),
    [
        ([NOTHING_YET, Progress(1, 0, 1, 0, 0, listed=False)], 2),
        ([NOTHING_YET, Progress(0, 0, 0, 0, 0, listed=True)], 2),
        ([FAILED, NOTHING_YET, Progress(1, 0, 1, 0, 0, listed=False), NOTHING_YET], 3),
        ([], 0),
    ],
)
def test_a_stream_waits_until_something_is_listed(events: list[SearchEvent], taken: int) -> None:
    """Or until it is known that there is nothing to list."""
    rest = iter(events)
    assert take_until_decided(rest, TWO_USERS) == events[:taken]
    assert list(rest) == events[taken:]


def test_a_stream_does_not_wait_for_long() -> None:
    """A client that leaves during a slow listing would not be noticed."""
    clock = Clock()

    def events() -> Iterator[SearchEvent]:
        while True:
            clock.now_s += 0.1
            yield NOTHING_YET

    take_until_decided(events(), TWO_USERS, clock)
    assert DECISION_S <= clock.now_s <= 2.0


def test_when_nobody_can_be_listed_no_stream_begins() -> None:
    """There is no result to begin it for."""
    other = ListingFailed("b", SourceUnavailable("no answer"))
    with pytest.raises(NothingListed) as caught:
        take_until_decided(iter([NOTHING_YET, other, FAILED]), TWO_USERS)
    assert list(caught.value.errors) == ["a", "b"]


def test_progress_without_progress_is_sent_only_as_a_heartbeat() -> None:
    """Ten times a second would be noise; every two seconds is promised."""
    clock = Clock()
    request = RequestReader(60).read(LISTED)

    def events() -> Iterator[SearchEvent]:
        for tenth in range(100):
            clock.now_s = tenth / 10
            yield Progress(1, 0, 1, 0, 1 if tenth > 50 else 0, listed=True)

    sent_at = [clock.now_s for _ in stream(request, events(), "application/x-ndjson", clock)]
    gaps = [after - before for before, after in pairwise(sent_at)]
    assert max(gaps) <= 2.0
    assert max(gaps) == pytest.approx(HEARTBEAT_S, abs=0.11)
    assert len(sent_at) < 30
    assert 5.1 in sent_at  # something had changed
