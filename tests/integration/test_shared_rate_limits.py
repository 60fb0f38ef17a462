"""Rate limits that replicas share, in a real Redis."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from tests.faces.web_fixtures import LISTED, SEARCH, answered, client, one_gist, problem

pytestmark = pytest.mark.skipif(not shutil.which("redis-server"), reason="redis-server is not installed")

ADDRESS = "redis+unix://{}"


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Run a Redis that listens on a Unix socket alone, and keeps nothing."""
    path = tmp_path / "redis.sock"
    command = ["redis-server", "--port", "0", "--unixsocket", str(path), "--save", "", "--appendonly", "no"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL) as process:
        try:
            while not path.exists():
                assert process.poll() is None
                time.sleep(0.02)
            yield ADDRESS.format(path), process
        finally:
            process.kill()


def replica(address: str) -> FlaskClient:
    return client(one_gist(), rate_limit="2/minute", rate_limit_storage=address)


def test_replicas_count_together(redis: tuple[str, subprocess.Popen[bytes]]) -> None:
    """A client that goes from one to the other gains nothing."""
    first, second = replica(redis[0]), replica(redis[0])
    assert answered(first.get(SEARCH, query_string=LISTED))
    last = second.get(SEARCH, query_string=LISTED)
    assert answered(last)
    assert last.headers["RateLimit"].startswith('"default";r=0;')
    for web in (first, second):
        problem(web.get(SEARCH, query_string=LISTED), 429, "too-many-requests")


def test_without_redis_each_replica_counts_by_itself(redis: tuple[str, subprocess.Popen[bytes]]) -> None:
    """A service that answers is worth more than a limit that is exact."""
    address, process = redis
    web = replica(address)
    assert answered(web.get(SEARCH, query_string=LISTED))
    process.kill()
    process.wait()
    for _ in range(2):
        assert answered(web.get(SEARCH, query_string=LISTED))
    problem(web.get(SEARCH, query_string=LISTED), 429, "too-many-requests")
