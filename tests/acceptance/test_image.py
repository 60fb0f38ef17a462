"""The image as operators run it: built from the Dockerfile, started, probed, stopped."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gistsearch import __version__
from tests.acceptance.built_image import TOOLS, BuiltImage, built_image
from tests.acceptance.serving import PATIENCE_S, Server
from tests.acceptance.test_web_server import children_of, until
from tests.loopback_github import LoopbackGitHub, faults, unused_port

MISSING = [tool for tool in TOOLS if shutil.which(tool) is None]
MIB = 1 << 20

pytestmark = [
    pytest.mark.skipif("GISTSEARCH_TEST_IMAGE" not in os.environ, reason="takes minutes: set GISTSEARCH_TEST_IMAGE"),
    pytest.mark.skipif(bool(MISSING), reason=f"needs {', '.join(MISSING)}"),
    pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="needs the right to make namespaces"),
]


@pytest.fixture(scope="module")
def image() -> Iterator[BuiltImage]:
    with built_image() as image:
        yield image


def first_process(server: Server) -> int:
    """Return the number of the container's process 1, as this machine counts."""
    until(lambda: bool(children_of(server.process.pid)))
    return children_of(server.process.pid)[0]


def status_of(pid: int, field: str) -> list[str]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(line.split()[1:] for line in lines if line.startswith(f"{field}:"))


def test_it_says_what_it_is(image: BuiltImage) -> None:
    """By the labels of the OCI."""
    labels = {name.removeprefix("org.opencontainers.image."): value for name, value in image.config["Labels"].items()}
    assert (labels["title"], labels["version"], labels["licenses"]) == ("gistsearch", __version__, "MIT")
    assert labels["description"]


def test_it_is_small(image: BuiltImage) -> None:
    """What it adds to its base, and without the tools that built it."""
    ours = image.root / "opt" / "gistsearch"
    assert sum(path.lstat().st_size for path in ours.rglob("*")) < 80 * MIB
    assert [path.name for path in ours.parent.iterdir()] == ["gistsearch"]
    assert not list(ours.rglob("pip")) + list(ours.rglob("flit_core"))


@pytest.mark.parametrize("workers", [1, 2])
def test_it_serves_and_ends(image: BuiltImage, workers: int) -> None:
    """As process 1 and not as root, with nothing that it could write but its store; SIGTERM ends it with status 0."""
    port = str(unused_port())
    settings = {"GISTSEARCH_PORT": port, "GISTSEARCH_BACKEND": "memory", "GISTSEARCH_WORKERS": str(workers)}
    with image.started(**settings) as server:
        server.start()
        server.url = f"http://127.0.0.1:{port}"
        pid = first_process(server)
        assert [server.get(path).status for path in ("/livez", "/readyz", "/ping")] == [200] * 3
        answer = server.search(username="justdionysus", pattern="import requests").json()
        assert (answer["status"], len(answer["matches"]) > 0) == ("success", True)
        assert status_of(pid, "NSpid")[-1] == "1"
        assert set(status_of(pid, "Uid")) == {"10001"}
        assert image.run_in(pid, "touch", "/var/cache/gistsearch/new") == 0
        for place in ("/new", "/tmp/new", "/opt/gistsearch/new"):
            assert image.run_in(pid, "touch", place, user="0") != 0
        assert image.run_in(pid, *health_check(image), GISTSEARCH_PORT=port) == 0
        assert image.run_in(pid, *health_check(image), GISTSEARCH_PORT=str(unused_port())) == 1
        os.kill(pid, signal.SIGTERM)
        assert server.wait() == 0


def health_check(image: BuiltImage) -> list[str]:
    kind, *command = image.config["Healthcheck"]["Test"]
    assert kind == "CMD"
    return command


def test_sigterm_ends_a_search_at_once(image: BuiltImage) -> None:
    """With the status of a process that SIGTERM has ended, although process 1 has no default action for signals."""
    with LoopbackGitHub({"octo": []}) as github:
        github.script("api", lambda _: True, faults.accepted_then_silent(), times=None)
        settings = {"GISTSEARCH_GITHUB_API_URL": github.api_url, "GISTSEARCH_GITHUB_RAW_ORIGINS": github.raw_origin}
        with image.started("search", "needle", "octo", **settings) as search:
            until(lambda: bool(github.requests))
            os.kill(first_process(search), signal.SIGTERM)
            assert search.process.wait(PATIENCE_S) == 128 + signal.SIGTERM


def test_it_is_the_command(image: BuiltImage) -> None:
    """Arguments are those of `gistsearch`."""
    with image.started("--version") as command:
        assert command.process.wait(PATIENCE_S) == 0


def test_its_programs_need_nothing_that_is_not_there(image: BuiltImage) -> None:
    """Every shared library of what was installed is found in the image."""
    for library in (image.root / "opt" / "gistsearch").rglob("*.so"):
        inside = "/" + str(library.relative_to(image.root))
        found = subprocess.run(["chroot", str(image.root), "ldd", inside], capture_output=True, text=True, check=False)
        assert "not found" not in found.stdout, inside
