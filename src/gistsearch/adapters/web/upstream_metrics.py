"""Metrics of the traffic with GitHub."""

from __future__ import annotations

from attrs import frozen
from prometheus_client import CollectorRegistry, Counter, Gauge

NO_ANSWER = "none"
"""The status of a request that had no proper answer."""


class UpstreamMetrics:
    """Counts what is exchanged, by the kind of host: `api` or `raw`."""

    def __init__(self, registry: CollectorRegistry) -> None:
        prefix, by_host = "gistsearch_upstream_", ["host"]
        self.requests = Counter(
            f"{prefix}requests", "Requests by the status of the answer.", ["host", "status"], registry=registry
        )
        self.retries = Counter(f"{prefix}retries", "Work that was tried again.", by_host, registry=registry)
        self.received = Counter(f"{prefix}received_bytes", "Bytes of bodies.", by_host, registry=registry)
        self.connections = Gauge(
            f"{prefix}connections", "Open connections.", by_host, registry=registry, multiprocess_mode="livesum"
        )
        # All workers share a quota, so the latest answer to any of them is the one that counts.
        self.quota_remaining, self.quota_limit, self.quota_reset = (
            Gauge(f"{prefix}quota_{name}", text, by_host, registry=registry, multiprocess_mode="mostrecent")
            for name, text in [
                ("remaining", "Requests that are left of the hourly limit."),
                ("limit", "The hourly limit of requests."),
                ("reset_timestamp_seconds", "When the hourly limit is reset."),
            ]
        )

    def of_host(self, host: str) -> HostMetrics:
        """Return the metrics of a kind of host, which observe the traffic with it."""
        return HostMetrics(self, host)


@frozen
class HostMetrics:
    """Counts the traffic with one kind of host, as the GitHub adapter reports it."""

    metrics: UpstreamMetrics
    host: str

    def connected(self) -> None:
        self.metrics.connections.labels(self.host).inc()

    def disconnected(self) -> None:
        self.metrics.connections.labels(self.host).dec()

    def answered(self, status: int) -> None:
        label = str(status) if 100 <= status < 600 else "other"
        self.metrics.requests.labels(self.host, label).inc()

    def failed(self) -> None:
        self.metrics.requests.labels(self.host, NO_ANSWER).inc()

    def retried(self) -> None:
        self.metrics.retries.labels(self.host).inc()

    def received(self, size: int) -> None:
        self.metrics.received.labels(self.host).inc(size)

    def quota(self, remaining: int, limit: int, resets_at: int) -> None:
        self.metrics.quota_remaining.labels(self.host).set(remaining)
        self.metrics.quota_limit.labels(self.host).set(limit)
        self.metrics.quota_reset.labels(self.host).set(resets_at)
