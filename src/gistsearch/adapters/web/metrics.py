"""Metrics for Prometheus. No label contains anything that a user or a gist could choose."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator

from attrs import define, field
from flask import Response, request
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

from gistsearch.adapters.web.departures import ClientLeft
from gistsearch.adapters.web.shared_metrics import is_shared
from gistsearch.adapters.web.upstream_metrics import UpstreamMetrics
from gistsearch.domain.events import FileMatch, SearchEnded, SearchEvent, Skipped

disable_created_metrics()  # When a counter was first used is of no interest.

_DURATIONS_S = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)


class Metrics:
    """The metrics of the service."""

    def __init__(self) -> None:
        self._is_shared = is_shared()
        registry = CollectorRegistry()
        self._registry = registry
        self.searches = Counter("gistsearch_searches", "Searches by outcome.", ["outcome"], registry=registry)
        self.in_progress = Gauge(
            "gistsearch_searches_in_progress", "Searches in progress.", multiprocess_mode="livesum", registry=registry
        )
        self.durations = Histogram(
            "gistsearch_search_duration_seconds", "Duration of searches.", buckets=_DURATIONS_S, registry=registry
        )
        self.first_results = Histogram(
            "gistsearch_first_result_seconds", "Time to the first match.", buckets=_DURATIONS_S, registry=registry
        )
        self.files = Counter("gistsearch_files_searched", "Files searched.", registry=registry)
        self.bytes = Counter("gistsearch_searched_bytes", "Content searched.", registry=registry)
        self.downloaded = Counter("gistsearch_downloaded_bytes", "Content downloaded.", registry=registry)
        self.from_store = Counter("gistsearch_files_from_store", "Files read from the store.", registry=registry)
        self.skipped = Counter("gistsearch_skipped", "What was skipped, by reason.", ["reason"], registry=registry)
        self.responses = Counter("gistsearch_http_responses", "HTTP responses.", ["route", "status"], registry=registry)
        self.upstream = UpstreamMetrics(registry)

    def count_response(self, response: Response) -> Response:
        """Count an answer to the current request."""
        route = request.url_rule.rule if request.url_rule else "other"
        self.responses.labels(route, str(response.status_code)).inc()
        return response

    def page(self) -> Response:
        """Return all metrics in the text format of Prometheus."""
        registry = self._registry
        if self._is_shared:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)
        return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


@define
class SearchObserver:
    """Measures one search, which takes place within it as a context."""

    metrics: Metrics
    outcome: str = "abandoned"
    """How the search ended. It stays `abandoned` if the client leaves before it has."""
    _began_s: float = field(factory=time.monotonic)
    _has_match: bool = False

    def __enter__(self) -> None:
        self.metrics.in_progress.inc()

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, Exception) and not isinstance(error, ClientLeft):
            self.outcome = "failed"
        self.metrics.in_progress.dec()
        self.metrics.durations.observe(self.elapsed_s())
        self.metrics.searches.labels(self.outcome).inc()

    def elapsed_s(self) -> float:
        """Return how long the search has taken so far."""
        return time.monotonic() - self._began_s

    def watch(self, events: Iterable[SearchEvent]) -> Iterator[SearchEvent]:
        """Yield the events, and measure them."""
        try:
            for event in events:
                self._measure(event)
                yield event
        except Exception:  # A stream reports it, and ends without it.
            self.outcome = "failed"
            raise

    def _measure(self, event: SearchEvent) -> None:
        match event:
            case FileMatch() if not self._has_match:
                self._has_match = True
                self.metrics.first_results.observe(self.elapsed_s())
            case Skipped():
                self.metrics.skipped.labels(event.reason.value).inc()
            case SearchEnded(coverage):
                self.outcome = "success" if coverage.complete else "partial"
                self.metrics.files.inc(coverage.searched)
                self.metrics.bytes.inc(coverage.bytes)
                self.metrics.downloaded.inc(coverage.downloaded_bytes)
                self.metrics.from_store.inc(coverage.from_store)
            case _:
                pass
