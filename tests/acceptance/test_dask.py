"""The command on a cluster: a scheduler, `gistsearch worker`, and `gistsearch search --engine`, each a process."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import trustme
from attrs import frozen

from tests.acceptance.conftest import COMMAND, Environment, environment_for, environment_with, gistsearch
from tests.loopback_github import LoopbackFile, LoopbackGist, LoopbackGitHub, unused_port

PATIENCE_S = 120.0
TOKEN = "ghp_c4n4ryT0k3nOfTh3Work3r"
PATTERN = "c4n4ryP4tt3rn"
USERS = tuple(f"user-{number}" for number in range(12))

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")


@frozen
class Processes:
    """Starts processes that log into files, and kills those that are left."""

    place: Path
    stack: ExitStack

    def start(self, name: str, *words: str, environment: Environment) -> subprocess.Popen[bytes]:
        log = self.stack.enter_context((self.place / f"{name}.log").open("wb"))
        process = subprocess.Popen(words, env=environment, stdout=log, stderr=log)
        self.stack.callback(process.wait)
        self.stack.callback(process.kill)
        return process

    def scheduler(self, environment: Environment) -> tuple[subprocess.Popen[bytes], str]:
        """Start a scheduler; return it and its address once it listens."""
        port = unused_port()
        words = ("--host", "127.0.0.1", "--port", str(port), "--no-dashboard")
        process = self.start(
            "scheduler", sys.executable, "-m", "distributed.cli.dask_scheduler", *words, environment=environment
        )
        _wait(lambda: _listens(port))
        return process, f"dask://127.0.0.1:{port}"

    def worker(self, name: str, address: str, *words: str, environment: Environment) -> subprocess.Popen[bytes]:
        """Start a worker, and wait until it has joined."""
        process = self.start(name, *COMMAND, "worker", "--engine", address, *words, environment=environment)
        _wait(lambda: "searching for the clients" in self.log(name))
        return process

    def log(self, name: str) -> str:
        return (self.place / f"{name}.log").read_text()


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    with ExitStack() as stack:
        yield Processes(tmp_path, stack)


@pytest.fixture
def github() -> Iterator[LoopbackGitHub]:
    gists = {user: [LoopbackGist([LoopbackFile("a.txt", f"{PATTERN} {user}\n".encode())])] for user in USERS}
    with LoopbackGitHub(gists, latency_s=0.05) as github:
        yield github


@pytest.fixture
def users(tmp_path: Path) -> str:
    names = tmp_path / "users.txt"
    names.write_text("\n".join([*USERS, "nobody"]))
    return str(names)


def test_a_cluster_prints_what_one_process_prints(
    processes: Processes, github: LoopbackGitHub, users: str, tmp_path: Path
) -> None:
    """With TLS. Workers use their own token; neither it nor the pattern is in any log, at level debug."""
    dask = _tls(tmp_path)
    _, address = processes.scheduler(environment_with(**dask, DASK_LOGGING__DISTRIBUTED="debug"))
    worker = processes.worker(
        "worker",
        address,
        environment=environment_for(github, **dask, GISTSEARCH_LOG_LEVEL="debug", GISTSEARCH_GITHUB_TOKEN=TOKEN),
    )
    here = gistsearch("search", PATTERN, "--users", users, environment=environment_for(github))
    asked = len(github.requests)
    there = gistsearch("search", PATTERN, "--users", users, "--engine", address, environment=environment_with(**dask))
    assert sorted(there.stdout.splitlines()) == sorted(here.stdout.splitlines()) != []
    assert (there.returncode, there.stderr) == (here.returncode, here.stderr)
    api = [request for request in github.requests[asked:] if request.listener == "api"]
    assert {request.fields["authorization"] for request in api} == {f"Bearer {TOKEN}"}
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(PATIENCE_S) == 0
    for name in ("scheduler", "worker"):
        log = processes.log(name)
        assert "DEBUG" in log
        assert PATTERN not in log
        assert TOKEN not in log


def test_without_its_scheduler_everything_ends(processes: Processes, github: LoopbackGitHub, users: str) -> None:
    """The search says who is missing, and the worker that it has lost the scheduler."""
    scheduler, address = processes.scheduler(environment_with())
    worker = processes.worker("worker", address, "--threads", "1", environment=environment_for(github))
    search = processes.start(
        "search", *COMMAND, "search", PATTERN, "--users", users, "--engine", address, environment=environment_with()
    )
    _wait(lambda: PATTERN in processes.log("search"))
    scheduler.send_signal(signal.SIGKILL)
    assert (search.wait(PATIENCE_S), worker.wait(PATIENCE_S)) == (2, 2)
    lost = f"the connection to the Dask scheduler at {address} is lost"
    assert lost in processes.log("search")
    assert processes.log("worker").splitlines()[-1] == f"gistsearch: {lost}"


def test_what_is_not_there_is_named_in_one_line(processes: Processes, users: str) -> None:
    """And within a bounded time."""
    _, address = processes.scheduler(environment_with())
    nowhere = f"dask://127.0.0.1:{unused_port()}"
    search = ("search", PATTERN, "--users", users, "--engine")
    running = [
        processes.start(name, *COMMAND, *words, environment=environment_with())
        for name, words in {
            "no worker": (*search, address),
            "no scheduler": (*search, nowhere),
            "worker without scheduler": ("worker", "--engine", nowhere),
        }.items()
    ]
    assert [process.wait(PATIENCE_S) for process in running] == [2, 2, 2]
    worker = f"gistsearch: no worker answers at {address}: 'gistsearch worker --engine {address}' starts one\n"
    scheduler = f"gistsearch: no Dask scheduler answers at {nowhere}: 'dask scheduler' starts one\n"
    assert processes.log("no worker") == worker
    assert processes.log("no scheduler") == processes.log("worker without scheduler") == scheduler


@pytest.mark.parametrize("words", [["search", "x", "octocat"], ["worker"]])
def test_without_dask_one_line_says_how_to_install_it(words: list[str]) -> None:
    script = "import sys; sys.modules['distributed'] = None; from gistsearch.__main__ import main; main()"
    ran = subprocess.run(
        [sys.executable, "-c", script, *words, "--engine", "dask://127.0.0.1:1"],
        env=environment_with(),
        capture_output=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert ran.returncode == 2
    assert ran.stderr == b"gistsearch: --engine needs Dask, which is not installed: pip install 'gistsearch[dask]'\n"


def test_another_address_is_refused() -> None:
    ran = gistsearch("worker", "--engine", "http://host:1", environment=environment_with())
    assert ran.returncode == 2
    assert ran.stderr == b"gistsearch: --engine: 'http://host:1' is not of the form dask://HOST:PORT\n"


def _tls(place: Path) -> dict[str, str]:
    """Return settings with which Dask uses TLS on both sides."""
    authority = trustme.CA(key_type=trustme.KeyType.ECDSA)
    certificate = authority.issue_cert("127.0.0.1", key_type=trustme.KeyType.ECDSA)
    authority.cert_pem.write_to_path(place / "ca.pem")
    certificate.private_key_and_cert_chain_pem.write_to_path(place / "key.pem")
    prefix = "DASK_DISTRIBUTED__COMM__"
    return {
        f"{prefix}REQUIRE_ENCRYPTION": "true",
        f"{prefix}TLS__CA_FILE": str(place / "ca.pem"),
        **{f"{prefix}TLS__{role}__CERT": str(place / "key.pem") for role in ("SCHEDULER", "WORKER", "CLIENT")},
    }


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _wait(is_so: Callable[[], bool]) -> None:
    due_s = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < due_s, "expected it sooner"
        time.sleep(0.05)
