"""What `/metrics` says of the traffic with GitHub, compared with what a loopback GitHub has seen of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import urllib3
from prometheus_client.parser import text_string_to_metric_families

from gistsearch.adapters.github import GitHubGists
from gistsearch.adapters.re2 import Re2Compiler
from gistsearch.adapters.web import Metrics, create_app
from gistsearch.domain.search import SearchGists
from tests.acceptance.conftest import environment_for
from tests.acceptance.serving import PATIENCE_S, Server, serving
from tests.faces.web_fixtures import answered, post
from tests.loopback_github import LoopbackFile, LoopbackGist, LoopbackGitHub, faults

GISTS = [LoopbackGist([LoopbackFile(f"{number}.py", b"needle\n" * 10)]) for number in range(3)]


def upstream(page: str) -> dict[str, float]:
    """Return the metrics of the traffic by their names and labels."""
    return {
        "|".join([sample.name.removeprefix("gistsearch_upstream_"), *sample.labels.values()]): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
        if sample.name.startswith("gistsearch_upstream_")
    }


def search_once(github: LoopbackGitHub) -> dict[str, float]:
    """Return the metrics after a search, while its connections are kept."""
    metrics = Metrics()
    source = GitHubGists(
        github.api_url, [github.raw_origin], first_pause_s=0.01, read_timeout_s=0.5, observe=metrics.upstream.of_host
    )
    with closing(source), ThreadPoolExecutor(1) as executor:
        web = create_app(SearchGists(source, Re2Compiler(), executor, concurrency=1), metrics=metrics).test_client()
        assert upstream(web.get("/metrics").text) == {}
        answered(post(web))
        return upstream(web.get("/metrics").text)


def test_requests_bytes_connections_and_quota_are_measured() -> None:
    """Each by the kind of host."""
    with LoopbackGitHub({"octo": GISTS}) as github:
        found = search_once(github)
        assert found.pop("quota_reset_timestamp_seconds|api") > time.time()
        assert found == {
            "requests_total|api|200": 1,
            "requests_total|raw|200": 3,
            "received_bytes_total|api": found["received_bytes_total|api"],
            "received_bytes_total|raw": 3 * 70,
            "connections|api": 1,
            "connections|raw": 1,
            "quota_remaining|api": 59,
            "quota_limit|api": 60,
        }
        assert found["received_bytes_total|api"] > 1_000


def test_what_is_tried_again_is_counted() -> None:
    """As a request by its status, or without one, and as a retry."""
    with LoopbackGitHub({"octo": GISTS}) as github:
        github.script("raw", lambda target: "0.py" in target, faults.server_error(500))
        github.script("raw", lambda target: "1.py" in target, faults.reset_before_headers())
        found = search_once(github)
    assert (found["requests_total|raw|200"], found["retries_total|raw"]) == (3, 2)
    assert (found["requests_total|raw|500"], found["requests_total|raw|none"]) == (1, 1)
    assert found["connections|raw"] == 1


def test_the_traffic_of_all_workers_is_added_up() -> None:
    """Whichever of them answers; the quota is the one that GitHub named last."""
    with LoopbackGitHub({"octo": GISTS}) as github:
        with serving("--workers", "2", environment=environment_for(github, GISTSEARCH_RATE_LIMIT="off")) as server:
            for _ in range(8):
                assert _search(server) == 200
            _until(lambda: github.open_connections == _connections(server))
            found = upstream(server.get("/metrics").data.decode())
        api, raw = ([each for each in github.requests if each.listener == kind] for kind in ("api", "raw"))
        assert (found["requests_total|api|200"], found["requests_total|raw|200"]) == (len(api), len(raw)) == (8, 24)
        assert found["quota_remaining|api"] == 60 - 8


def _search(server: Server) -> int:
    """Search over a connection of its own, so that any worker may get it."""
    url = f"{server.url}/api/v1/search?username=octo&pattern=needle"
    return urllib3.request("GET", url, headers={"Connection": "close"}, retries=False).status


def _connections(server: Server) -> float:
    found = upstream(server.get("/metrics").data.decode())
    return found["connections|api"] + found["connections|raw"]


def _until(is_so: Callable[[], bool]) -> None:
    due_s = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < due_s, "it did not happen"
        time.sleep(0.05)
