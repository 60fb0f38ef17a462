"""What operators see of the web service: probes, metrics, logs, request ids, and its end."""

from __future__ import annotations

import logging
import threading
from collections.abc import Generator, Sequence
from typing import Any

import pytest
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from gistsearch.adapters.memory import InMemoryGists, MemoryGist
from gistsearch.adapters.re2 import Re2Compiler
from gistsearch.adapters.web import WebApp, create_app
from gistsearch.domain.search import SearchGists
from gistsearch.ports.deadline import Deadline
from gistsearch.ports.gists import ContentGone, GistSource, ListingPage, SourceUnavailable
from tests.faces.web_fixtures import LISTED, SEARCH, answered, client, failing, one_gist, post, problem, streamed
from tests.fakes import InlineExecutor, ScriptedSource

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def application(source: GistSource) -> WebApp:
    return create_app(SearchGists(source, Re2Compiler(), InlineExecutor()))


@pytest.mark.parametrize("path", ["/livez", "/healthz", "/readyz"])
def test_a_probe_is_answered(path: str) -> None:
    """Without a search."""
    response = client(ScriptedSource({})).get(path)
    assert (response.status_code, response.text) == (200, "ok\n")


def test_a_process_that_drains_is_alive_but_not_ready() -> None:
    """It takes no new searches, and says when to try again: another instance may be there."""
    app = application(one_gist())
    app.lifecycle.drain(0)
    web = app.test_client()
    assert web.get("/livez").status_code == 200
    assert (web.get("/readyz").status_code, web.get("/readyz").text) == (503, "draining\n")
    refused = post(web)
    problem(refused, 503, "shutting-down")
    assert refused.headers["Retry-After"] == "1"


class Endless(ScriptedSource):
    """Lists a page, then nothing more until the deadline; tells when it does."""

    def __init__(self, first: Sequence[ListingPage]) -> None:
        super().__init__({})
        self.first = first
        self.waits = threading.Event()

    def list_pages(
        self, username: str, deadline: Deadline, known: Sequence[ListingPage] = ()
    ) -> Generator[ListingPage, None, None]:
        yield from self.first
        self.waits.set()
        deadline.sleep(30)


def ended_by_drain(source: Endless, headers: dict[str, str]) -> Any:
    """Return the answer to a search that is in progress when the process drains."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor() as executor:
        app = create_app(SearchGists(source, Re2Compiler(), executor))
        answer = executor.submit(
            lambda: app.test_client().get(SEARCH, query_string=LISTED, headers=headers, buffered=True)
        )
        assert source.waits.wait(10)
        app.lifecycle.drain(0.1)
        return answer.result(10)


def test_a_search_that_outlasts_the_drain_is_partial() -> None:
    """Its reason is the end of the service."""
    told = answered(ended_by_drain(Endless([ListingPage(())]), {}))
    assert told["status"] == "partial"
    assert told["skipped_by_reason"] == {"shutdown": 1}


def test_a_stream_that_outlasts_the_drain_ends_with_the_reason() -> None:
    """It has an end like any other stream."""
    end = streamed(ended_by_drain(Endless([ListingPage(())]), {"Accept": "application/x-ndjson"}))[-1]
    assert (end["type"], end["complete"], end["reason"]) == ("end", False, "shutdown")


def test_a_search_without_any_result_at_the_end_of_the_drain_may_be_repeated() -> None:
    """It is not the deadline that was exceeded."""
    problem(ended_by_drain(Endless([]), {}), 503, "shutting-down")


def samples(web: FlaskClient) -> dict[str, float]:
    """Return the metrics by their names and labels."""
    response = web.get("/metrics")
    assert response.content_type.startswith("text/plain; version=")
    return {
        "".join([sample.name, *(f"|{value}" for value in sample.labels.values())]): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }


def test_metrics_count_searches_and_what_they_did() -> None:
    """By outcome, and by the reason of what was skipped."""
    gists = [MemoryGist({"a": b"needle\n"}), MemoryGist({"gone": ContentGone("gone")}), MemoryGist({"b": b"hay\n"})]
    web = client(InMemoryGists({"octo": gists, "other": gists[2:]}))
    post(web).close()
    post(web, username="other", detail="lines").close()
    post(web, username="nobody").close()
    found = samples(web)
    expected = {
        "gistsearch_searches_total|partial": 1,
        "gistsearch_searches_total|success": 1,
        "gistsearch_searches_total|failed": 1,
        "gistsearch_searches_in_progress": 0,
        "gistsearch_search_duration_seconds_count": 3,
        "gistsearch_first_result_seconds_count": 1,
        "gistsearch_files_searched_total": 3,
        "gistsearch_searched_bytes_total": 15,
        "gistsearch_skipped_total|gone": 1,
        "gistsearch_http_responses_total|/api/v1/search|200": 2,
        "gistsearch_http_responses_total|/api/v1/search|404": 1,
    }
    assert {name: found.get(name) for name in expected} == expected


def test_metrics_contain_nothing_that_a_client_chose() -> None:
    """Not even a path: such labels would be unbounded, and private."""
    web = client(one_gist())
    post(web, pattern="s3cr3t").close()
    post(web, username="s3cr3t").close()
    web.get("/s3cr3t").close()
    web.open("/ping", method="S3CR3T").close()
    assert "s3cr3t" not in web.get("/metrics").text.lower()


def logged(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [record.fields for record in caplog.records if record.name.endswith("access_log")]  # type: ignore[attr-defined]


def test_each_request_is_one_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """Written when the answer has been sent; what a client chose is cut."""
    with caplog.at_level(logging.INFO):
        response = post(client(one_gist()), pattern="needle" + "x?" * 450)
        assert logged(caplog) == []
        response.close()
    (fields,) = logged(caplog)
    assert fields.pop("duration_s") >= 0
    assert fields.pop("pattern") == "needle" + "x?" * 97 + "…"
    assert fields == {
        "method": "POST",
        "path": SEARCH,
        "status": 200,
        "client": "127.0.0.1",
        "usernames": ("octo",),
        "outcome": "success",
        "request_id": response.headers["X-Request-ID"],
    }


def test_of_very_many_users_the_log_has_the_first(caplog: pytest.LogCaptureFixture) -> None:
    """And how many there are; a line has a bound."""
    users = ["x" * 255, *(f"user-{number}" for number in range(49))]
    with caplog.at_level(logging.INFO):
        client(one_gist()).post(SEARCH, json={"usernames": users, "pattern": "x"}).close()
    (fields,) = logged(caplog)
    assert fields["usernames"] == ("x" * 200 + "…", *users[1:10], "… 40 more")


def test_probes_are_logged_only_where_everything_is(caplog: pytest.LogCaptureFixture) -> None:
    """They come every few seconds."""
    with caplog.at_level(logging.INFO):
        client(one_gist()).get("/livez").close()
    assert logged(caplog) == []


@pytest.mark.parametrize(("path", "level"), [("/nothing", "INFO"), (f"{SEARCH}?username=octo&pattern=x", "WARNING")])
def test_a_failure_of_the_service_is_a_warning(path: str, level: str, caplog: pytest.LogCaptureFixture) -> None:
    """One of the client is not. What failed upstream is said as well."""
    with caplog.at_level(logging.INFO):
        failing(SourceUnavailable("no answer")).get(path).close()
    levels = [record.levelname for record in caplog.records if record.name.endswith("access_log")]
    assert levels == [level]
    assert ("no answer" in caplog.text) == (level == "WARNING")


@pytest.mark.parametrize("given", ["a", "7e1c.A_b-9", "x" * 128])
def test_a_well_formed_request_id_is_kept(given: str) -> None:
    """It is returned, and names the request in problems."""
    response = client(one_gist()).get("/nothing", headers={"X-Request-ID": given})
    assert response.headers["X-Request-ID"] == given
    assert problem(response, 404, "not-found")["instance"] == given


@pytest.mark.parametrize("given", ["", "a b", "x" * 129, "a\u00e9", "a;b", "<script>", '"'])
def test_another_request_id_is_replaced(given: str) -> None:
    """By one that nobody else has."""
    web = client(one_gist())
    made = {web.get("/ping", headers={"X-Request-ID": given}).headers["X-Request-ID"] for _ in range(10)}
    assert len(made) == 10
    assert given not in made


def test_a_trace_is_continued(caplog: pytest.LogCaptureFixture) -> None:
    """With a span of its own, in the answer and the log."""
    with caplog.at_level(logging.INFO):
        response = client(one_gist()).get("/nothing", headers={"traceparent": TRACE})
        response.close()
    version, trace_id, span_id, flags = response.headers["traceparent"].split("-")
    assert (version, trace_id, flags) == ("00", "4bf92f3577b34da6a3ce929d0e0e4736", "01")
    assert span_id != "00f067aa0ba902b7"
    (fields,) = logged(caplog)
    assert (fields["trace_id"], fields["span_id"]) == (trace_id, span_id)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "nonsense",
        TRACE.upper(),
        TRACE + "-extra",
        TRACE.replace("00-", "ff-", 1),
        "00-" + "0" * 32 + "-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-" + "0" * 16 + "-01",
        TRACE[:-1],
    ],
)
def test_a_trace_that_is_not_well_formed_is_left_out(header: str) -> None:
    """W3C Trace Context, 3.2."""
    assert "traceparent" not in client(one_gist()).get("/ping", headers={"traceparent": header}).headers


def test_a_trace_of_a_later_version_is_continued() -> None:
    """W3C Trace Context, 4.3: what it has beyond version 00 is ignored."""
    header = TRACE.replace("00-", "01-", 1) + "-more"
    response = client(one_gist()).get("/ping", headers={"traceparent": header})
    assert response.headers["traceparent"].startswith("00-4bf92f3577b34da6a3ce929d0e0e4736-")


def cross_origin(web: FlaskClient, method: str, origin: str) -> dict[str, str]:
    response = web.open(SEARCH, method=method, query_string=LISTED, headers={"Origin": origin})
    return {name: value for name, value in response.headers.items() if name.startswith("Access-Control")}


@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
def test_no_other_origin_may_read_answers_by_default(method: str) -> None:
    """A page of a stranger must not use the service in a visitor's network."""
    assert cross_origin(client(one_gist()), method, "https://app.example") == {}


def test_configured_origins_may_read_answers() -> None:
    """Exactly those, and the preflight says with which methods and headers."""
    web = client(one_gist(), cors_origins=("https://app.example",))
    assert cross_origin(web, "GET", "https://app.example.evil.example") == {}
    allowed = cross_origin(web, "GET", "https://app.example")
    assert allowed["Access-Control-Allow-Origin"] == "https://app.example"
    preflight = cross_origin(web, "OPTIONS", "https://app.example")
    assert "POST" in preflight["Access-Control-Allow-Methods"]
    assert "Content-Type" in preflight["Access-Control-Allow-Headers"]
    assert "Origin" in web.get("/ping").headers["Vary"]


def test_all_origins_may_read_answers_if_that_is_configured() -> None:
    """With a star, which browsers never combine with credentials."""
    allowed = cross_origin(client(one_gist(), cors_origins=("*",)), "GET", "https://any.example")
    assert allowed["Access-Control-Allow-Origin"] == "*"
