"""The store as users have it: commands, one after the other and at once, against a loopback GitHub."""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import urllib3

from tests.acceptance.conftest import COMMAND, Environment, environment_for, environment_with, gistsearch
from tests.acceptance.serving import Server
from tests.loopback_github import LoopbackFile, LoopbackGist, LoopbackGitHub, Recorded, faults

PATIENCE_S = 30.0
SEARCH = ["search", "-c", "needle", "octo"]

posix = pytest.mark.skipif(sys.platform == "win32", reason="modes and signals of POSIX")


def gist(name: str, text: bytes) -> LoopbackGist:
    return LoopbackGist([LoopbackFile(name, text)], id=hashlib.md5(name.encode()).hexdigest())


def github_with(count: int) -> LoopbackGitHub:
    """Return a GitHub whose user has so many gists; every tenth has a needle."""
    gists = [
        gist(f"a{number}", b"%d %s\n" % (number, b"needle" if number % 10 == 0 else b"x")) for number in range(count)
    ]
    return LoopbackGitHub({"octo": gists})


def names_in(output: bytes) -> set[str]:
    """Return the names of the files in the output of `-c`."""
    return set(re.findall(r":(\w+):\d+$", output.decode(), re.MULTILINE))


def search(environment: Environment, *flags: str) -> set[str]:
    """Search; return the names of the files that match."""
    ran = gistsearch(*SEARCH, *flags, environment=environment)
    assert (ran.returncode, ran.stderr) == (0, b"")
    return names_in(ran.stdout)


def requests_of(github: LoopbackGitHub, listener: str) -> list[Recorded]:
    """Return the requests since the last call that were sent to one of the hosts."""
    return [request for request in github.requests if request.listener == listener]


def status_of(github: LoopbackGitHub, request: Recorded) -> int:
    """Return the status that a request to the API gets if it is sent again."""
    return urllib3.request("GET", github.api_url + request.target, headers=dict(request.headers), retries=False).status


def test_second_search_asks_only_whether_the_listing_has_changed(tmp_path: Path) -> None:
    """One conditional request for each page, each answered with 304, and none for content."""
    with github_with(250) as github:
        environment = environment_for(github, GISTSEARCH_STORE=str(tmp_path / "store"))
        first = search(environment)
        assert len(requests_of(github, "raw")) == 250
        github.requests.clear()
        assert search(environment) == first
        asked = list(github.requests)
        assert [request.listener for request in asked] == ["api"] * 3
        assert [status_of(github, request) for request in asked] == [304] * 3


def test_edited_gist_costs_one_page_and_one_file(tmp_path: Path) -> None:
    """The edit is seen at the next search."""
    with github_with(250) as github:
        environment = environment_for(github, GISTSEARCH_STORE=str(tmp_path / "store"))
        first = search(environment)
        github.requests.clear()
        github.users["octo"][123] = gist("a123", b"a needle\n")
        assert search(environment) == first | {"a123"}
        assert [request.target.rpartition("/")[2] for request in requests_of(github, "raw")] == ["a123"]
        asked = requests_of(github, "api")
        assert sorted(status_of(github, request) for request in asked) == [200, 304, 304]


def test_gist_that_is_gone_is_not_found(tmp_path: Path) -> None:
    """Although its content is still there; and a user who is gone is an error, offline as well."""
    with github_with(11) as github:
        environment = environment_for(github, GISTSEARCH_STORE=str(tmp_path / "store"))
        assert search(environment) == {"a0", "a10"}
        del github.users["octo"][0]
        assert search(environment) == {"a10"}
        del github.users["octo"]
        ran = gistsearch(*SEARCH, environment=environment)
        assert (ran.returncode, ran.stdout) == (2, b"")
        assert gistsearch(*SEARCH, "--offline", environment=environment).returncode == 2


def test_offline_search_needs_no_server(tmp_path: Path) -> None:
    """It says how old its answer is. A file that the store lacks is missing, and named."""
    with github_with(11) as github:
        environment = environment_for(github, GISTSEARCH_STORE=str(tmp_path / "store"))
        ran = gistsearch("store", "sync", "octo", environment=environment)
        assert ran.stdout == b"11 gists, 11 files: 11 downloaded (55 bytes), 0 stored before\n"
    ran = gistsearch(*SEARCH, "--offline", environment=environment)
    assert (ran.returncode, names_in(ran.stdout)) == (0, {"a0", "a10"})
    assert re.fullmatch(rb"gistsearch: offline: octo: as of [-\d]+ [\d:]+ UTC, a moment ago\n", ran.stderr)
    online = gistsearch(*SEARCH, environment=environment)
    assert (online.returncode, online.stdout) == (2, b"")


def test_stored_answer_is_believed_for_a_while_if_that_is_asked_for(tmp_path: Path) -> None:
    """Then nothing is requested, and an edit is not seen."""
    with github_with(11) as github:
        environment = environment_for(github, GISTSEARCH_STORE=str(tmp_path / "store"))
        first = search(environment)
        github.requests.clear()
        github.users["octo"][1] = gist("a1", b"needle\n")
        assert search({**environment, "GISTSEARCH_FRESH_S": "3600"}) == first
        assert github.requests == []
        assert search(environment) == first | {"a1"}


def test_stores_are_kept_apart_by_origin(tmp_path: Path) -> None:
    """The same user of another API is another one."""
    with github_with(1) as github, LoopbackGitHub({"octo": [gist("other", b"needle\n")]}) as other:
        place = str(tmp_path / "store")
        assert search(environment_for(github, GISTSEARCH_STORE=place)) == {"a0"}
        assert search(environment_for(other, GISTSEARCH_STORE=place)) == {"other"}
        assert search(environment_for(github, GISTSEARCH_STORE=place)) == {"a0"}
    offline = gistsearch(*SEARCH, "--offline", environment=environment_for(other, GISTSEARCH_STORE=place))
    assert names_in(offline.stdout) == {"other"}


@posix
def test_store_is_private_and_in_the_cache_directory(tmp_path: Path) -> None:
    """Mode 0700, whatever the umask says."""
    environment = environment_with(GISTSEARCH_BACKEND="memory", XDG_CACHE_HOME=str(tmp_path), GISTSEARCH_STORE="")
    command = [*COMMAND, "search", "-q", "requests", "justdionysus"]
    subprocess.run(command, env=environment, preexec_fn=lambda: os.umask(0), timeout=PATIENCE_S, check=True)
    modes = {path.relative_to(tmp_path): path.stat().st_mode & 0o777 for path in tmp_path.rglob("*") if path.is_dir()}
    assert modes == {Path("gistsearch"): 0o700, Path("gistsearch/backend%3Amemory"): 0o700}


def test_damaged_store_is_replaced_with_one_warning(tmp_path: Path) -> None:
    """The answer is right, and the next search has a store again."""
    with github_with(11) as github:
        environment = environment_for(github, GISTSEARCH_STORE=str(tmp_path / "store"))
        first = search(environment)
        (database,) = tmp_path.rglob("*.db")
        database.write_bytes(b"\xff" * database.stat().st_size)
        ran = gistsearch(*SEARCH, environment=environment)
        assert (ran.returncode, names_in(ran.stdout)) == (0, first)
        assert ran.stderr.startswith(b"gistsearch: warning: the store's file ")
        assert ran.stderr.count(b"\n") == 1
        github.requests.clear()
        assert search(environment) == first
        assert requests_of(github, "raw") == []


@pytest.mark.parametrize("place", ["/dev/null/store", "file"])
def test_place_that_cannot_be_used_costs_a_warning(place: str, tmp_path: Path) -> None:
    """The search is as it would be without a store; `store info` is an error."""
    (tmp_path / "file").write_bytes(b"")
    with github_with(11) as github:
        environment = environment_for(github, GISTSEARCH_STORE=str(tmp_path / place))
        ran = gistsearch(*SEARCH, environment=environment)
        assert (ran.returncode, names_in(ran.stdout)) == (0, {"a0", "a10"})
        assert ran.stderr.startswith(b"gistsearch: warning: the store in ")
        assert ran.stderr.count(b"\n") == 1
        info = gistsearch("store", "info", environment=environment)
        assert (info.returncode, info.stdout, info.stderr.count(b"\n")) == (2, b"", 1)


@pytest.mark.parametrize("words", [["store", "info"], ["store", "sync", "octo"], [*SEARCH, "--offline"]])
def test_store_that_is_off_cannot_be_looked_after(words: list[str]) -> None:
    """The message names the variable."""
    ran = gistsearch(*words, environment=environment_with(GISTSEARCH_STORE="off"))
    assert (ran.returncode, ran.stdout, ran.stderr.count(b"\n")) == (2, b"", 1)
    assert b"GISTSEARCH_STORE is off" in ran.stderr


def test_commands_share_a_store(tmp_path: Path) -> None:
    """Two that start at once on an empty store are both right, and a third one downloads nothing."""
    with github_with(150) as github:
        environment = environment_for(github, GISTSEARCH_STORE=str(tmp_path / "store"))
        both = [
            subprocess.Popen([*COMMAND, *SEARCH], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            for _ in range(2)
        ]
        outputs = [process.communicate(timeout=PATIENCE_S) for process in both]
        assert [process.returncode for process in both] == [0, 0]
        assert [errors for _, errors in outputs] == [b"", b""]
        github.requests.clear()
        third = search(environment)
        assert len(third) == 15
        assert [names_in(output) for output, _ in outputs] == [third, third]
        assert requests_of(github, "raw") == []


@posix
def test_interrupted_sync_goes_on_where_it_was(tmp_path: Path) -> None:
    """What came before Ctrl-C is stored, and the next run downloads only the rest."""
    names = ["good1", "good2", "silent"]
    with LoopbackGitHub({"octo": [gist(name, name.encode()) for name in names]}) as github:
        github.script("raw", lambda target: "silent" in target, faults.accepted_then_silent(), times=1)
        environment = environment_for(github, GISTSEARCH_STORE=str(tmp_path / "store"))
        ours = signal.signal(signal.SIGINT, signal.default_int_handler)  # A child would inherit that it is ignored.
        process = subprocess.Popen([*COMMAND, "store", "sync", "octo"], env=environment, stderr=subprocess.PIPE)
        signal.signal(signal.SIGINT, ours)
        _until(lambda: _stored_files(environment) == 2)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 130
        assert errors.startswith(b"gistsearch: interrupted; what was downloaded is stored")
        ran = gistsearch("store", "sync", "octo", environment=environment)
        assert ran.stdout == b"3 gists, 3 files: 1 downloaded (6 bytes), 2 stored before\n"


def test_server_keeps_what_it_downloads(tmp_path: Path, serve: Callable[[Environment], Server]) -> None:
    """A server that is started again downloads nothing, and neither does a command that shares its store."""
    with github_with(11) as github:
        environment = environment_for(github, GISTSEARCH_STORE=str(tmp_path / "store"))
        for expected in ({"from_store": 0, "downloaded_bytes": 55}, {"from_store": 11, "downloaded_bytes": 0}):
            server = serve(environment)
            assert server.get("/readyz").status == 200
            told = server.search(username="octo", pattern="needle|x", detail="lines").json()
            assert {name: told["coverage"][name] for name in expected} == expected
        github.requests.clear()
        search(environment)
        assert requests_of(github, "raw") == []


def test_every_command_works_on_the_real_store(tmp_path: Path) -> None:
    """After each, the next one finds what it left."""
    with github_with(20) as github:
        environment = environment_for(github, GISTSEARCH_STORE=str(tmp_path / "store"))
        gistsearch("store", "sync", "octo", environment=environment)
        info = json.loads(gistsearch("store", "info", "--json", environment=environment).stdout)
        assert info["location"].startswith(str(tmp_path / "store"))
        assert [(user["username"], user["gists"], user["files"]) for user in info["users"]] == [("octo", 20, 20)]
        verified = gistsearch("store", "verify", environment=environment)
        assert (verified.returncode, verified.stdout) == (0, b"100 bytes verified; nothing is damaged\n")
        del github.users["octo"][10:]
        search(environment)
        assert gistsearch("store", "prune", environment=environment).returncode == 0
        assert _stored_files(environment) == 10
        assert gistsearch("store", "clear", environment=environment).returncode == 0
        assert _stored_files(environment) == 0


def _stored_files(environment: Environment) -> int:
    ran = gistsearch("store", "info", "--json", environment=environment)
    return sum(user["files"] for user in json.loads(ran.stdout)["users"])


def _until(condition: Callable[[], bool]) -> None:
    due_s = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < due_s
        time.sleep(0.05)
