"""The command as a process: signals, pipes, full disks, ports, and packages that register themselves."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.acceptance.conftest import COMMAND, Environment, environment_for, environment_with, gistsearch
from tests.loopback_github import LoopbackFile, LoopbackGist, LoopbackGitHub, faults

PATIENCE_S = 30.0
MEMORY = environment_with(GISTSEARCH_BACKEND="memory")
SEARCH = ["search", "import requests", "justdionysus"]
FOUND = "https://gist.github.com/justdionysus/6b2972aa971dd605f524:status.py:3:import requests\n"

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals and terminals of POSIX")
with_full_disk = pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has a full disk at hand")


@contextmanager
def started(*words: str, environment: Environment, stderr: int = subprocess.PIPE) -> Generator[subprocess.Popen[bytes]]:
    """Start the command in a process group of its own, where Ctrl-C can reach it; kill what is left of it."""
    ours = signal.signal(signal.SIGINT, signal.default_int_handler)  # A child would inherit that it is ignored.
    try:
        process = subprocess.Popen(
            [*COMMAND, *words], env=environment, stdout=subprocess.PIPE, stderr=stderr, start_new_session=True
        )
    finally:
        signal.signal(signal.SIGINT, ours)
    with process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def hanging(*first: str) -> Generator[LoopbackGitHub]:
    """A GitHub that sends some files, and never a byte of the others."""
    gists = [LoopbackGist([LoopbackFile(name, b"needle\n")]) for name in (*first, "silent 1", "silent 2")]
    with LoopbackGitHub({"octo": gists}) as github:
        github.script("raw", lambda target: "silent" in target, faults.accepted_then_silent(), times=None)
        yield github


@pytest.mark.parametrize(
    ("words", "settings", "unwanted"),
    [
        (["--version"], {}, {"click", "attr", "rich", "flask", "urllib3", "re2"}),
        (["search", "--help"], {}, {"rich", "flask", "urllib3", "re2", "gistsearch.domain.search"}),
        (
            [],
            {"_GISTSEARCH_COMPLETE": "bash_complete", "COMP_WORDS": "gistsearch search -", "COMP_CWORD": "2"},
            {"rich", "flask", "urllib3", "re2", "gistsearch.domain.search", "importlib.resources"},
        ),
        (SEARCH, {}, {"rich", "flask", "urllib3", "gistsearch.wire"}),
        (
            ["search", "--offline", "import", "octo"],
            {"GISTSEARCH_BACKEND": "github", "GISTSEARCH_STORE": "/dev/null/store"},
            {"rich", "flask", "urllib3", "ssl", "cattrs", "gistsearch.wire"},
        ),
        (["search", "--heading", "import", "justdionysus"], {}, {"rich.progress", "rich.live", "flask"}),
    ],
    ids=["--version", "--help", "completion", "search in a pipe", "offline", "headings"],
)
def test_nothing_is_imported_that_is_not_needed(words: list[str], settings: Environment, unwanted: set[str]) -> None:
    """So that the command starts quickly."""
    ran = gistsearch(*words, environment={**MEMORY, **settings, "PYTHONPROFILEIMPORTTIME": "1"})
    imported = {line.rpartition("|")[2].strip() for line in ran.stderr.decode().splitlines()}
    assert "gistsearch" in imported
    assert imported & unwanted == set()


def test_patterns_are_read_from_standard_input() -> None:
    """`-f -`, as in grep."""
    command = [*COMMAND, "search", "-f", "-", "justdionysus"]
    ran = subprocess.run(
        command, input=b"nowhere\nimport requests\n", env=MEMORY, capture_output=True, timeout=PATIENCE_S, check=False
    )
    assert (ran.returncode, ran.stdout.decode(), ran.stderr) == (0, FOUND, b"")


@pytest.mark.skipif(not shutil.which("bash"), reason="bash is not installed")
def test_bash_completes(tmp_path: Path) -> None:
    """With the script that the command prints, sourced as the guide says."""
    command = tmp_path / "gistsearch"
    command.write_text(f'#!/bin/sh\nexec {shlex.join(COMMAND)} "$@"\n')
    command.chmod(0o755)
    script = """
        eval "$(gistsearch completion bash)"
        COMP_WORDS=(gistsearch search --only); COMP_CWORD=2
        _gistsearch_completion gistsearch
        echo "${COMPREPLY[@]}"
    """
    environment = {**MEMORY, "PATH": f"{tmp_path}{os.pathsep}{MEMORY['PATH']}"}
    ran = subprocess.run(
        ["bash", "--norc", "-c", script], env=environment, capture_output=True, timeout=PATIENCE_S, check=True
    )
    assert (ran.stdout.decode().split(), ran.stderr) == (["--only-matching"], b"")


@posix
def test_ctrl_c_ends_a_search_with_what_it_has_found() -> None:
    """What was found is there, the status is 130, and no download that hangs is waited for."""
    with hanging("good") as github, started("search", "needle", "octo", environment=environment_for(github)) as process:
        assert process.stdout
        assert process.stderr
        found = process.stdout.readline()
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(PATIENCE_S) == 130
        assert found.endswith(b":good:1:needle\n")
        assert (process.stdout.read(), process.stderr.read()) == (b"", b"")


@posix
def test_ctrl_c_again_and_again_ends_a_search_no_other_way() -> None:
    """However many signals come, and whenever: no traceback."""
    with hanging("good") as github, started("search", "needle", "octo", environment=environment_for(github)) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.readline()
        while process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
        assert process.returncode == 130
        assert process.stderr.read() == b""


@posix
def test_ctrl_c_before_anything_was_found() -> None:
    """Nothing was found, and that the listing hangs is no reason to stay."""
    with LoopbackGitHub({"octo": []}) as github:
        github.script("api", lambda _: True, faults.accepted_then_silent(), times=None)
        with started("search", "needle", "octo", environment=environment_for(github)) as process:
            _until(lambda: bool(github.requests))
            os.killpg(process.pid, signal.SIGINT)
            assert process.communicate(timeout=PATIENCE_S) == (b"", b"")
            assert process.returncode == 130


@posix
def test_closed_pipe_ends_a_search_quietly() -> None:
    """`| head -1`: nobody reads on, so nobody is told anything; the status is what a shell calls SIGPIPE."""
    many = LoopbackFile("many", b"needle\n" * 100_000)
    with (
        LoopbackGitHub({"octo": [LoopbackGist([many])]}) as github,
        started("search", "needle", "octo", environment=environment_for(github)) as process,
    ):
        assert process.stdout
        assert process.stderr
        assert process.stdout.readline().endswith(b":many:1:needle\n")
        process.stdout.close()
        assert process.wait(PATIENCE_S) == 141
        assert process.stderr.read() == b""


@with_full_disk
@pytest.mark.parametrize("words", [SEARCH, [*SEARCH, "-c"], ["--help"], ["-V"], ["--version"]], ids=" ".join)
def test_full_disk_is_an_error(words: list[str]) -> None:
    """It is said in a line, and the status is not that of "nothing matched"."""
    with Path("/dev/full").open("wb") as full:
        ran = subprocess.run(
            [*COMMAND, *words], env=MEMORY, stdout=full, stderr=subprocess.PIPE, timeout=PATIENCE_S, check=False
        )
    assert (ran.returncode, ran.stderr) == (2, b"gistsearch: standard output: No space left on device\n")


@with_full_disk
def test_full_standard_error_hides_no_match() -> None:
    """What can't be complained about is not a reason to find less."""
    with Path("/dev/full").open("wb") as full:
        ran = subprocess.run(
            [*COMMAND, *SEARCH, "nobody"],
            env=MEMORY,
            stdout=subprocess.PIPE,
            stderr=full,
            timeout=PATIENCE_S,
            check=False,
        )
    assert (ran.returncode, ran.stdout.decode()) == (2, FOUND)


@posix
@pytest.mark.parametrize(
    ("closed", "words", "status", "printed"),
    [
        (">&-", [*SEARCH, "-q"], 0, ""),
        ("<&- >&-", ["search", "nowhere", "justdionysus"], 1, ""),
        ("2>&-", SEARCH, 0, FOUND),
        ("2>&-", [*SEARCH, "nobody"], 2, FOUND),
        ("2>&-", ["search", "(", "justdionysus"], 2, ""),
        ("<&-", SEARCH, 0, FOUND),
    ],
)
def test_closed_stream_that_is_not_needed_is_not_missed(
    closed: str, words: list[str], status: int, printed: str
) -> None:
    """The status is what it would be; what is meant for people is nothing that anybody waits for."""
    ran = _run_with_closed(closed, words)
    assert (ran.returncode, ran.stdout.decode(), b"Traceback" in ran.stderr) == (status, printed, False)


@posix
@pytest.mark.parametrize("words", [SEARCH, [*SEARCH, "--json"], ["--version"], ["--help"], ["help", "patterns"]])
def test_results_that_cannot_be_written_are_an_error(words: list[str]) -> None:
    """With standard output closed, as with grep."""
    ran = _run_with_closed(">&-", words)
    assert (ran.returncode, ran.stderr) == (2, b"gistsearch: standard output: Bad file descriptor\n")


def _run_with_closed(closed: str, words: list[str]) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        ["/bin/sh", "-c", f'exec "$@" {closed}', "sh", *COMMAND, *words],
        env=MEMORY,
        capture_output=True,
        timeout=PATIENCE_S,
        check=False,
    )


def _until(is_so: Callable[[], bool]) -> None:
    for _ in range(300):
        if is_so():
            return
        time.sleep(0.05)
    raise AssertionError("it did not come to that")


def test_bad_setting_is_said() -> None:
    """By its variable, with status 2, whichever command it is."""
    environment = environment_with(GISTSEARCH_TIMEOUT_S="soon")
    for words in (SEARCH, ["serve"]):
        ran = gistsearch(*words, environment=environment)
        assert (ran.returncode, ran.stdout) == (2, b"")
        assert ran.stderr == b"gistsearch: GISTSEARCH_TIMEOUT_S is not a number\n"


PLUGIN = """
from gistsearch.adapters.memory import InMemoryGists, MemoryGist


def shelf():
    return InMemoryGists({"octo": [MemoryGist({"f": b"needle on a shelf\\n"}, id="1")]})


class Broken:
    def list_pages(self, username, deadline, known=()):
        raise KeyError("a bug \\x1b[2J")
"""


@pytest.fixture
def with_plugin(tmp_path: Path) -> Environment:
    """An environment in which a package has registered backends."""
    (tmp_path / "shelves.py").write_text(PLUGIN)
    information = tmp_path / "shelves-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: shelves\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text(
        "[gistsearch.backends]\nshelf = shelves:shelf\nbroken = shelves:Broken\n"
    )
    path = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])
    return {**environment_with(), "PYTHONPATH": path}


def test_backend_of_another_package_is_found(with_plugin: Environment) -> None:
    """By the name that it registered."""
    ran = gistsearch("search", "--backend", "shelf", "needle", "octo", environment=with_plugin)
    assert ran.stdout == b"https://gist.github.com/octo/1:f:1:needle on a shelf\n"
    assert ran.returncode == 0


def test_unknown_backend_is_told_the_names_that_there_are(with_plugin: Environment) -> None:
    """Ours and others'."""
    ran = gistsearch("search", "--backend", "shelve", "needle", "octo", environment=with_plugin)
    assert ran.stderr == b"gistsearch: --backend: there is no 'shelve', only github, memory, broken, shelf\n"
    assert ran.returncode == 2


def test_bug_of_a_backend_is_an_error(with_plugin: Environment) -> None:
    """It never looks like "nothing matched", and its words move no cursor."""
    ran = gistsearch("search", "--backend", "broken", "needle", "octo", environment=with_plugin)
    assert ran.returncode == 2
    assert ran.stdout == b""
    assert b"KeyError: 'a bug" in ran.stderr
    assert b"\x1b" not in ran.stderr
