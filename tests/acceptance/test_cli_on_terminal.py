"""The command on a terminal: what it is sent, byte for byte, and what people see."""

from __future__ import annotations

import fcntl
import os
import re
import shlex
import shutil
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from attrs import frozen

from tests.acceptance.conftest import COMMAND, Environment, environment_for, environment_with, gistsearch
from tests.loopback_github import LoopbackFile, LoopbackGist, LoopbackGitHub, faults

PATIENCE_S = 30.0
MEMORY = environment_with(GISTSEARCH_BACKEND="memory")
ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="terminals of POSIX")
with_tmux = pytest.mark.skipif(not shutil.which("tmux"), reason="tmux is not installed")


@frozen
class Recorded:
    """What a terminal was sent, and how the command ended."""

    text: str
    status: int


def on_terminal(*words: str, environment: Environment, settings: Environment | None = None) -> Recorded:
    """Run the command on a terminal of its own, and record everything that it sends."""
    shown = {"NO_COLOR", "CLICOLOR_FORCE", "COLUMNS", "VTE_VERSION", "TERM_PROGRAM"}
    usual = {name: value for name, value in environment.items() if name not in shown} | {"TERM": "xterm"}
    return _record([*COMMAND, *words], {**usual, **(settings or {})})


def _record(command: list[str], environment: Environment) -> Recorded:
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    process = subprocess.Popen(command, env=environment, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    text = b""
    try:
        while piece := os.read(ours, 1 << 16):
            text += piece
    except OSError:  # On Linux, this is how a terminal ends.
        pass
    finally:
        os.close(ours)
    return Recorded(text.decode().replace("\r\n", "\n"), process.wait(PATIENCE_S))


def test_terminal_gets_headings_numbers_and_colour() -> None:
    """URL and file name, the gist's description, numbered lines with coloured matches."""
    recorded = on_terminal("search", "--no-progress", r"requests\.", "justdionysus", environment=MEMORY)
    assert recorded.status == 0
    assert recorded.text == (
        "\x1b[35mhttps://gist.github.com/justdionysus/6b2972aa971dd605f524\x1b[0m  \x1b[35mstatus.py\x1b[0m\n"
        "\x1b[2mAsks each address for its status\x1b[0m\n"
        "\x1b[32m8\x1b[0m:        answer = \x1b[1;31mrequests.\x1b[0mget(url, timeout=10)\n"
    )


@pytest.mark.parametrize(
    ("colour", "settings"),
    [("auto", {"TERM": "dumb"}), ("auto", {"TERM": ""}), ("auto", {"NO_COLOR": "1"}), ("never", {})],
)
def test_terminal_that_wants_no_colour_gets_none(colour: str, settings: dict[str, str]) -> None:
    """A dumb one, one that says nothing about itself, one whose user wants none, and one where none was asked for."""
    words = "--no-progress", "--color", colour, "requests", "justdionysus"
    recorded = on_terminal("search", *words, environment=MEMORY, settings=settings)
    assert recorded.status == 0
    assert recorded.text.startswith("https://gist.github.com/justdionysus/6b2972aa971dd605f524  status.py\nAsks")
    assert "\x1b" not in recorded.text


def test_terminal_that_shows_links_gets_them() -> None:
    """Each number leads to its line on GitHub."""
    settings = {"VTE_VERSION": "7200"}
    recorded = on_terminal("search", "--no-progress", "def ", "justdionysus", environment=MEMORY, settings=settings)
    address = "https://gist.github.com/justdionysus/6b2972aa971dd605f524#file-status-py-L6"
    assert f"\x1b]8;;{address}\x1b\\\x1b[32m6\x1b[0m\x1b]8;;\x1b\\:" in recorded.text


HOSTILE = "\x1b]0;title\x07 \x1b[2J \x9b5m \u202e\u2066 \x08\x7f \r over"
SPELLED_OUT = r"\x1b]0;title\x07 \x1b[2J \x9b5m \u202e\u2066 \x08\x7f \r over"


@pytest.mark.parametrize("flags", [[], ["-o"], ["-C2"], ["-a"], ["--json"], ["-l"], ["-c"], ["-v"], ["--verbose"]])
def test_terminal_gets_no_control_character_of_a_gist(flags: list[str]) -> None:
    """All escape sequences are ours, whatever names, descriptions and lines contain, and whatever is skipped."""
    files = [
        LoopbackFile(f"name\n{HOSTILE}", f"before {HOSTILE}\nneedle {HOSTILE}\nafter \x1b[5m\n".encode()),
        LoopbackFile(f"gone\n{HOSTILE}", b"x"),
    ]
    with LoopbackGitHub({"octo": [LoopbackGist(files, f"about\n{HOSTILE}")]}) as github:
        github.script("raw", lambda target: "gone" in target, faults.status(404), times=None)
        recorded = on_terminal("search", *flags, "needle.*", "octo", environment=environment_for(github))
    visible = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\]8;;[!-~]*\x1b\\|\r(?=\x1b)", "", recorded.text)
    assert all(character.isprintable() or character == "\n" for character in visible)
    assert recorded.status in ((0, 2) if "-l" in flags else (2,))  # A gist that has matched needs no other file.
    assert "-l" in flags or r"\x1b]0;title" in visible or r"\u001b]0;title" in visible


def test_same_text_goes_into_a_plain_pipe_unchanged() -> None:
    """A program gets what the gist contains."""
    gist = LoopbackGist([LoopbackFile("f", f"needle {HOSTILE}\n".encode())])
    with LoopbackGitHub({"octo": [gist]}) as github:
        recorded = on_terminal("search", "needle", "octo", environment=environment_for(github))
        piped = gistsearch("search", "needle", "octo", environment=environment_for(github))
    assert f"needle\x1b[0m {SPELLED_OUT}" in recorded.text
    assert piped.stdout.decode().endswith(f":1:needle {HOSTILE}\n")


def slow_github() -> LoopbackGitHub:
    """Play a GitHub on which a search takes seconds; every tenth file has a match."""
    gists = [
        LoopbackGist([LoopbackFile(f"{number}.txt", b"needle\n" if number % 10 == 0 else b"x\n")], f"Gist {number}")
        for number in range(60)
    ]
    return LoopbackGitHub({"octo": gists}, latency_s=0.03)


@pytest.mark.parametrize(
    ("words", "redirection"),
    [([], " | cat"), ([], " 2>/dev/null"), (["--no-progress"], ""), (["--json"], "")],
)
def test_no_progress_is_drawn_where_it_would_be_in_the_way(words: list[str], redirection: str) -> None:
    """Into a pipe (a pager may be at its end), without a terminal for messages, among JSON, or if it is not wanted."""
    with slow_github() as github:
        environment = environment_for(github, GISTSEARCH_CONCURRENCY="1", TERM="xterm")
        command = shlex.join([*COMMAND, "search", *words, "needle", "octo"]) + redirection
        recorded = _record(["/bin/sh", "-c", command], environment)
    assert "needle" in recorded.text
    assert "60 files" not in recorded.text
    assert "\x1b[?25l" not in recorded.text


class Tmux:
    """A terminal that draws what it is sent."""

    def __init__(self, folder: Path, columns: int, environment: Environment) -> None:
        self._socket = str(folder / "tmux")
        variables = {name: value for name, value in environment.items() if name.startswith(("GISTSEARCH_", "PATH"))}
        settings = shlex.join([f"{name}={value}" for name, value in variables.items()])
        shell = f"env -u NO_COLOR -u COLUMNS {settings} PYTHONPATH={ROOT / 'src'} PS1='$ ' /bin/sh"
        self._tmux("-f", "/dev/null", "new-session", "-d", "-x", str(columns), "-y", "60", shell)

    def type(self, command: str) -> None:
        """Type a line."""
        self._tmux("send-keys", "-l", command)
        self._tmux("send-keys", "Enter")

    def interrupt(self) -> None:
        """Press Ctrl-C."""
        self._tmux("send-keys", "C-c")

    def lines(self) -> list[str]:
        """Return what is to be seen, without trailing spaces and empty lines."""
        return [line.rstrip() for line in self._tmux("capture-pane", "-p").rstrip("\n").split("\n")]

    def until(self, is_so: Callable[[list[str]], bool]) -> list[str]:
        """Wait until the screen is as described, and return it."""
        for _ in range(600):
            if is_so(lines := self.lines()):
                return lines
            time.sleep(0.05)
        raise AssertionError("\n".join(self.lines()))

    def has_cursor(self) -> bool:
        """Return whether the cursor is visible."""
        return self._tmux("display-message", "-p", "#{cursor_flag}").strip() == "1"

    def end(self) -> None:
        """End the terminal."""
        self._tmux("kill-server")

    def _tmux(self, *words: str) -> str:
        ran = subprocess.run(
            ["tmux", "-S", self._socket, *words], capture_output=True, check=True, text=True, timeout=PATIENCE_S
        )
        return ran.stdout


@pytest.fixture(params=[30, 80, 160])
def tmux(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[tuple[Tmux, int]]:
    """A terminal of some width, with a slow GitHub."""
    with slow_github() as github:
        terminal = Tmux(tmp_path, request.param, environment_for(github, GISTSEARCH_CONCURRENCY="1"))
        try:
            yield terminal, request.param
        finally:
            terminal.end()


@with_tmux
def test_progress_stands_below_the_matches_and_leaves_no_trace(tmux: tuple[Tmux, int]) -> None:
    """While a search runs, its last line counts files; afterwards only the matches are there, each once."""
    terminal, columns = tmux
    command = shlex.join([*COMMAND, "search", "--color", "never", "--sort", "listing", "needle", "octo"])
    terminal.type(f"clear; {command}; echo status $?")
    drawn = "[━╸╺].*/60 files" if columns >= 80 else "/60 files"  # At first, the bar is empty, and not seen.
    running = terminal.until(lambda lines: any(re.search(drawn, line) for line in lines) and "1:needle" in lines)
    (progress,) = [line for line in running if "/60 files" in line]
    assert running[-1] == progress
    assert len(progress) < columns
    assert bool(re.search("[━╸╺]", progress)) == (columns >= 80)
    done = terminal.until(lambda lines: "status 0" in lines)
    assert not any("/60 files" in line for line in done)
    assert done.count("1:needle") == 6
    text = [line for line in done if not line.startswith(("$", "status"))]
    blocks = [block.split("\n") for block in "\n".join(text).strip("\n").split("\n\n")]
    names = ["".join(block[:-2]) for block in blocks]
    assert [name.rpartition(" ")[2] for name in names] == [f"{number}.txt" for number in range(0, 60, 10)]
    assert all(
        block[-2:] == [f"Gist {number}", "1:needle"] for block, number in zip(blocks, range(0, 60, 10), strict=True)
    )


@with_tmux
def test_interrupted_progress_leaves_what_was_found(tmux: tuple[Tmux, int]) -> None:
    """The line is gone, the cursor is back, the matches so far stay, and the status is 130."""
    terminal, _ = tmux
    terminal.type(f"clear; {shlex.join([*COMMAND, 'search', '--color', 'never', 'needle', 'octo'])}; echo status $?")
    terminal.until(lambda lines: any("/60 files" in line for line in lines) and "1:needle" in lines)
    terminal.interrupt()
    done = terminal.until(lambda lines: "status 130" in lines)
    assert "1:needle" in done
    assert not any("/60 files" in line for line in done)
    assert terminal.has_cursor()
