"""The service with a store."""

from __future__ import annotations

import logging

import pytest
from flask.testing import FlaskClient

from gistsearch.adapters.memory_store import InMemoryStore
from gistsearch.adapters.re2 import Re2Compiler
from gistsearch.adapters.web import WebOptions, create_app
from gistsearch.adapters.web.store_warnings import REPEAT_AFTER_S, StoreWarnings
from gistsearch.domain.events import SearchEvent, SearchWarning, WarningType
from gistsearch.domain.search import SearchGists
from gistsearch.ports.store import GistStore, Pack, StoreDamaged, StoredUser, StoreError, StoreUnavailable
from tests.faces.web_fixtures import answered, of_type, one_gist, post, streamed
from tests.fakes import InlineExecutor

REASON = "the store in /secret/place cannot be used: the disk is full"


class FailingStore(InMemoryStore):
    """Fails in one way."""

    def __init__(self, error: StoreError) -> None:
        super().__init__()
        self._error = error

    def load(self, username: str, known: StoredUser | None = None) -> StoredUser:
        raise self._error

    def read_pack(self, pack: Pack) -> bytes | None:
        raise self._error


def client(store: GistStore) -> FlaskClient:
    search = SearchGists(one_gist(), Re2Compiler(), InlineExecutor(), store=store)
    return create_app(search, WebOptions(), store=store).test_client()


def test_coverage_counts_what_came_from_the_store() -> None:
    """In plain answers and streams, and in the metrics."""
    web = client(InMemoryStore())
    first = answered(post(web, detail="lines"))
    second = answered(post(web, detail="lines"))
    assert (first["coverage"]["from_store"], first["coverage"]["downloaded_bytes"]) == (0, 16)
    assert (second["coverage"]["from_store"], second["coverage"]["downloaded_bytes"]) == (1, 0)
    assert second["results"] == first["results"]
    stream = streamed(
        web.post(
            "/api/v1/search", json={"username": "octo", "pattern": "n"}, headers={"Accept": "application/x-ndjson"}
        )
    )
    assert of_type(stream, "end")[0]["coverage"]["from_store"] == 1
    assert "gistsearch_files_from_store_total 2.0" in web.get("/metrics").text


def test_store_that_fails_is_the_operators_business(caplog: pytest.LogCaptureFixture) -> None:
    """Clients get the right answer without a word of it; the log has one line, however many searches there are."""
    web = client(FailingStore(StoreUnavailable(REASON)))
    for _ in range(3):
        told = answered(post(web))
        assert told["status"] == "success"
        assert "warnings" not in told
    logged = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert [record.getMessage() for record in logged] == [REASON]


def test_service_is_not_ready_without_its_store() -> None:
    """It says no place to strangers. A store that was damaged is replaced, so that it can be used."""
    broken = client(FailingStore(StoreUnavailable(REASON))).get("/readyz")
    assert (broken.status_code, broken.text) == (503, "the store cannot be used\n")
    assert client(FailingStore(StoreDamaged("a new one was begun"))).get("/readyz").status_code == 200
    assert client(InMemoryStore()).get("/readyz").status_code == 200


def test_warning_is_logged_again_after_a_while(caplog: pytest.LogCaptureFixture) -> None:
    """So that a disk that is full for a second time is noticed. Other warnings go on to the clients."""
    times_s = (0.0, REPEAT_AFTER_S - 1.0, REPEAT_AFTER_S)
    warnings = StoreWarnings(iter(times_s).__next__)
    other = SearchWarning(WarningType.LANGUAGE_NOT_FOUND, "no file is in it")
    events: list[SearchEvent] = [SearchWarning(WarningType.STORE, REASON), other]
    for _ in times_s:
        assert list(warnings.take_from(events)) == [other]
    assert [record.getMessage() for record in caplog.records] == [REASON, REASON]
