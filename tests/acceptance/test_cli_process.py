"""The command as a process: signals, pipes, terminals, full disks, ports, and packages that register themselves."""

from __future__ import annotations

import fcntl
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
from attrs import frozen

from tests.acceptance.conftest import COMMAND, Environment, environment_for, environment_with, gistsearch
from tests.loopback_github import LoopbackFile, LoopbackGist, LoopbackGitHub, faults, unused_port

PATIENCE_S = 30.0
BEFORE_IT_IS_KILLED_S = 8.0
"""Within this time a worker ends by itself: 10 s after it was told to, it is killed."""
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
    assert (ran.returncode, ran.stderr) == (2, b"gistsearch: No space left on device\n")


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
    ("closed", "words", "status", "told"),
    [
        (">&-", SEARCH, 0, ""),
        (">&-", ["--version"], 0, ""),
        ("<&- >&-", ["search", "nowhere", "justdionysus"], 1, ""),
        ("2>&-", SEARCH, 0, FOUND),
        ("2>&-", [*SEARCH, "nobody"], 2, FOUND),
        ("2>&-", ["search", "(", "justdionysus"], 2, ""),
        ("<&-", SEARCH, 0, FOUND),
    ],
)
def test_closed_streams_lead_nowhere(closed: str, words: list[str], status: int, told: str) -> None:
    """As with ripgrep, the status is what it would be."""
    ran = subprocess.run(
        ["/bin/sh", "-c", f'exec "$@" {closed}', "sh", *COMMAND, *words],
        env=MEMORY,
        capture_output=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert (ran.returncode, ran.stdout.decode(), b"Traceback" in ran.stderr) == (status, told, False)


@frozen
class Shown:
    """What a terminal was sent, and how the command ended."""

    text: str
    status: int


def on_terminal(*words: str, environment: Environment, columns: int = 80, settings: Environment | None = None) -> Shown:
    """Run the command on a terminal of its own."""
    usual = {name: value for name, value in environment.items() if name != "NO_COLOR"} | {"TERM": "xterm"}
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen(
        [*COMMAND, *words], env={**usual, **(settings or {})}, stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    text = b""
    try:
        while piece := os.read(ours, 1 << 16):
            text += piece
    except OSError:  # Linux ends a terminal so.
        pass
    finally:
        os.close(ours)
    return Shown(text.decode().replace("\r\n", "\n"), process.wait(PATIENCE_S))


@posix
def test_terminal_gets_headings_numbers_and_colour() -> None:
    """A heading of URL, file name and description; numbered lines; matches in colour."""
    shown = on_terminal("search", "--no-progress", r"requests\.", "justdionysus", environment=MEMORY)
    assert shown.status == 0
    assert shown.text == (
        "\x1b[35mhttps://gist.github.com/justdionysus/6b2972aa971dd605f524\x1b[0m  \x1b[35mstatus.py\x1b[0m"
        "  \x1b[2mAsks each address for its status\x1b[0m\n"
        "\x1b[32m8\x1b[0m:        answer = \x1b[1;31mrequests.\x1b[0mget(url, timeout=10)\n"
    )


@posix
@pytest.mark.parametrize(
    ("colour", "settings"),
    [("auto", {"TERM": "dumb"}), ("auto", {"TERM": ""}), ("auto", {"NO_COLOR": "1"}), ("never", {})],
)
def test_terminal_that_wants_no_colour_gets_none(colour: str, settings: dict[str, str]) -> None:
    """A dumb one, one that says nothing of itself, one whose user wants none, and one where none was asked for."""
    words = "--no-progress", "--color", colour, "requests", "justdionysus"
    shown = on_terminal("search", *words, environment=MEMORY, settings=settings)
    assert shown.status == 0
    assert shown.text.startswith("https://gist.github.com/justdionysus/6b2972aa971dd605f524  status.py  Asks")
    assert "\x1b" not in shown.text


@posix
@pytest.mark.parametrize("columns", [20, 200])
def test_progress_keeps_to_its_line_and_goes(columns: int) -> None:
    """Each drawing fits the terminal's width, so that taking it away leaves nothing."""
    gists = [LoopbackGist([LoopbackFile(f"{number}", b"x\n")]) for number in range(20)]
    with LoopbackGitHub({"octo": gists}, latency_s=0.02) as github:
        environment = environment_for(github, GISTSEARCH_CONCURRENCY="1")
        shown = on_terminal("search", "needle", "octo", environment=environment, columns=columns)
        dumb = on_terminal("search", "needle", "octo", environment=environment, settings={"TERM": "dumb"})
    before, *drawn, after = shown.text.split("\r\x1b[K")
    assert (shown.status, before, after) == (1, "", "")
    assert drawn
    assert all("/20" in line and len(line) < columns for line in drawn)
    assert dumb == Shown("", 1)


@posix
def test_terminal_gets_only_what_can_be_printed() -> None:
    """Whatever stands in names, descriptions and lines: escapes are ours alone, and there are no tricks with order."""
    hostile = "\x1b]0;title\x07 \x1b[2J \x9b5m \u202e\u2066 \x08\x7f \r over"
    gist = LoopbackGist([LoopbackFile(f"name\n{hostile}", f"needle {hostile}\n".encode())], f"about\n{hostile}")
    with LoopbackGitHub({"octo": [gist]}) as github:
        shown = on_terminal("search", "needle|title", "octo", environment=environment_for(github))
        piped = gistsearch("search", "needle", "octo", environment=environment_for(github))
    heading, line, end = re.sub(r"\x1b\[[0-9;]*m|\r\x1b\[K", "", shown.text).split("\n")
    assert r"name\n\x1b]0;title\x07" in heading
    assert r"about\n\x1b]0;title\x07" in heading
    assert line.startswith(r"1:needle \x1b]0;title\x07 \x1b[2J \x9b5m \u202e\u2066 \x08\x7f \r over")
    assert heading.isprintable()
    assert line.isprintable()
    assert end == ""
    assert piped.stdout.decode().endswith(f":1:needle {hostile}\n")


def _until(is_so: Callable[[], bool]) -> None:
    for _ in range(300):
        if is_so():
            return
        time.sleep(0.05)
    raise AssertionError("it did not come to that")


@contextmanager
def serving(*words: str) -> Generator[tuple[subprocess.Popen[bytes], int]]:
    """Start a server and wait until it listens."""
    port = unused_port()
    with started("serve", "--port", str(port), *words, environment=MEMORY) as process:
        _until(lambda: process.poll() is not None or _listens(port))
        assert process.poll() is None
        yield process, port


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except OSError:
        return False
    return True


@posix
@pytest.mark.parametrize(
    ("number", "to_all"),
    [(signal.SIGTERM, False), (signal.SIGINT, False), (signal.SIGTERM, True), (signal.SIGINT, True)],
)
def test_server_ends_when_it_is_told(number: signal.Signals, to_all: bool) -> None:
    """By a supervisor or by Ctrl-C, which its worker gets, too: status 0, a line on where it listened, nobody left."""
    with serving() as (process, port):
        (os.killpg if to_all else os.kill)(process.pid, number)
        out, err = process.communicate(timeout=BEFORE_IT_IS_KILLED_S)
        assert (process.returncode, out) == (0, b"")
        (line,) = err.decode().splitlines()
        assert line.endswith(f": listening on http://127.0.0.1:{port}")
        assert not _listens(port)


@posix
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT] * 2)
def test_server_ends_when_it_is_told_at_once(number: signal.Signals) -> None:
    """The signal comes while the worker starts, and is not lost on it."""
    with started("serve", "--port", str(unused_port()), environment=MEMORY) as process:
        assert process.stderr
        assert b"listening" in process.stderr.readline()
        os.killpg(process.pid, number)
        assert process.wait(BEFORE_IT_IS_KILLED_S) == 0
        assert process.stderr.read() == b""


@posix
def test_worker_does_not_outlive_its_server() -> None:
    """A server that is killed leaves its port to the next one."""
    with serving() as (process, port):
        process.kill()
        process.wait(PATIENCE_S)
        _until(lambda: not _listens(port))


def test_server_knows_names_of_hosts() -> None:
    """Not only addresses."""
    with serving("--host", "localhost") as (_, port):
        assert _listens(port)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_port_in_use_is_said(host: str) -> None:
    """In one line, with status 2."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        ran = gistsearch("serve", "--host", host, "--port", str(port), environment=MEMORY)
    assert (ran.returncode, ran.stdout) == (2, b"")
    assert ran.stderr.decode() == f"gistsearch: can't listen on {host}:{port}: Address already in use\n"


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
    def list_gists(self, username, deadline):
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
    assert ran.stderr == b"gistsearch: GISTSEARCH_BACKEND: there is no 'shelve', only github, memory, broken, shelf\n"
    assert ran.returncode == 2


def test_bug_of_a_backend_is_an_error(with_plugin: Environment) -> None:
    """It never looks like "nothing matched", and its words move no cursor."""
    ran = gistsearch("search", "--backend", "broken", "needle", "octo", environment=with_plugin)
    assert ran.returncode == 2
    assert ran.stdout == b""
    assert b"KeyError: 'a bug" in ran.stderr
    assert b"\x1b" not in ran.stderr
