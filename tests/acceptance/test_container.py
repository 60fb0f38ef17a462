"""The command as the first process of a container, and the health check of the image."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.acceptance.conftest import environment_for, environment_with
from tests.acceptance.serving import COMMAND, PATIENCE_S, ROOT, serving
from tests.loopback_github import LoopbackGitHub, faults

ISOLATED = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]
"""Runs a command as process 1 of a namespace of its own, as containers do."""


def _can_isolate() -> bool:
    return bool(shutil.which("unshare")) and subprocess.run([*ISOLATED, "true"], check=False).returncode == 0


@pytest.mark.skipif(sys.platform != "linux" or not _can_isolate(), reason="needs the right to make namespaces")
def test_sigterm_ends_a_search_that_is_process_1() -> None:
    """At once, with the status of a process that SIGTERM has ended; without a handler, it would be ignored."""
    with LoopbackGitHub({"octo": []}) as github:
        github.script("api", lambda _: True, faults.accepted_then_silent(), times=None)
        command = [*ISOLATED, *COMMAND, "search", "needle", "octo"]
        with subprocess.Popen(command, env=environment_for(github), start_new_session=True) as process:
            due_s = time.monotonic() + PATIENCE_S
            while not github.requests:
                assert time.monotonic() < due_s
                time.sleep(0.02)
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            os.kill(int(children[0]), signal.SIGTERM)
            assert process.wait(PATIENCE_S) == 128 + signal.SIGTERM


def test_the_health_check_of_the_image_asks_at_the_port_that_is_set() -> None:
    """It succeeds while the server listens there, and fails after that."""
    found = re.search(r"^ +CMD (\[.*\])$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert found
    program, *arguments = json.loads(found[1])
    assert program == "python3"
    environment = environment_with(GISTSEARCH_BACKEND="memory")

    def status(port: int) -> int:
        check = [sys.executable, *arguments]
        settings = environment | {"GISTSEARCH_PORT": str(port)}
        return subprocess.run(check, env=settings, capture_output=True, check=False).returncode

    with serving(environment=environment) as server:
        port = server.address[1]
        assert status(port) == 0
    assert status(port) != 0
