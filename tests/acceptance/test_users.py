"""Runs over many users, as people have them: the command over real sockets, killed, limited and repeated."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.acceptance.conftest import COMMAND, Environment, environment_for, gistsearch
from tests.loopback_github import LoopbackFile, LoopbackGist, LoopbackGitHub, faults

KILLS = int(os.environ.get("GISTSEARCH_TEST_KILLS", "2"))
PATIENCE_S = 60.0


def github_with(users: int, latency_s: float = 0.0) -> LoopbackGitHub:
    """Return a GitHub whose users have two gists each, one of which matches, in a line that names the user."""
    listings = {
        f"user-{number}": [
            LoopbackGist([LoopbackFile("a.py", b"needle of user-%d\n" % number)]),
            LoopbackGist([LoopbackFile("b.py", b"nothing of user-%d\n" % number)]),
        ]
        for number in range(users)
    }
    return LoopbackGitHub(listings, latency_s)


def names(count: int) -> list[str]:
    return [f"user-{number}" for number in range(count)]


def list_of(users: Sequence[str], place: Path) -> str:
    """Write a list of users, and return its name."""
    path = place / "users.txt"
    path.write_text("".join(f"{user}\n" for user in users))
    return str(path)


def found_in(output: bytes) -> set[str]:
    """Return the users of whose gists a line was printed."""
    return set(re.findall(r"needle of (user-[0-9]+)$", output.decode(), re.MULTILINE))


def events_of(output: bytes, kind: str) -> list[dict[str, Any]]:
    return [event for event in map(json.loads, output.splitlines()) if event["type"] == kind]


def run_and_kill(words: Sequence[str], environment: Environment, after_s: float, output: Path) -> None:
    """Run the command with its output added to a file, and kill it."""
    with output.open("ab") as out:
        process = subprocess.Popen([*COMMAND, *words], env=dict(environment), stdout=out, stderr=subprocess.DEVNULL)
        try:
            process.wait(after_s)
        except subprocess.TimeoutExpired:
            process.kill()
        process.wait()


def test_killed_run_goes_on_and_loses_nothing(tmp_path: Path) -> None:
    """However often and wherever it is killed, every match is printed at least once, and users who are done stay so."""
    chance = random.Random(15)
    output = tmp_path / "output"
    with github_with(60, latency_s=0.03) as github:
        environment = environment_for(github, GISTSEARCH_CONCURRENCY="2")
        journal = tmp_path / "journal"
        words = ["search", "needle", "--users", list_of(names(60), tmp_path), "--journal", str(journal)]
        for _ in range(KILLS):
            run_and_kill(words, environment, chance.uniform(0.5, 3.0), output)
        last = gistsearch(*words, environment=environment)
    assert last.returncode == 0
    assert found_in(output.read_bytes() + last.stdout) == set(names(60))
    recorded = Counter(re.findall(r'"username":"(user-[0-9]+)"', journal.read_text()))
    assert recorded == Counter(names(60))


def test_interrupted_run_prints_what_it_has_found(tmp_path: Path) -> None:
    """Ctrl-C ends it with status 130, and another run goes on."""
    with github_with(40, latency_s=0.05) as github:
        environment = environment_for(github, GISTSEARCH_CONCURRENCY="1")
        words = ["search", "needle", "--users", list_of(names(40), tmp_path), "--journal", str(tmp_path / "journal")]
        process = subprocess.Popen([*COMMAND, *words], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert process.stdout is not None
        first = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=PATIENCE_S)
        second = gistsearch(*words, environment=environment)
    assert process.returncode == 130
    assert b"Traceback" not in errors
    assert found_in(first + output + second.stdout) == set(names(40))
    assert second.returncode == 0


def test_limit_that_is_used_up_pauses_the_run(tmp_path: Path) -> None:
    """With `--wait`, everybody is searched when it is lifted; unknown and failing users are named once."""
    users = [*names(30), "nobody", "user-7-", *names(3)]
    with github_with(30) as github:
        lifted_at = [0.0]

        def is_used_up(target: str) -> bool:
            asked = sum(request.listener == "api" for request in github.requests)
            if asked > 12 and not lifted_at[0]:
                lifted_at[0] = time.time() + 3.0
            return bool(lifted_at[0]) and time.time() < lifted_at[0]

        github.script("api", lambda target: "user-5/" in target, faults.server_error(), times=None)
        github.script("api", is_used_up, faults.rate_limited(retry_after=3, remaining=0), times=None)
        environment = environment_for(github, GISTSEARCH_MAX_WAIT_S="0.1", GISTSEARCH_CONCURRENCY="4")
        ran = gistsearch("search", "needle", "--wait", "--users", list_of(users, tmp_path), environment=environment)
    errors = ran.stderr.decode()
    assert ran.returncode == 2
    assert found_in(ran.stdout) == set(names(30)) - {"user-5"}
    assert ran.stdout.count(b"\n") == 29
    assert errors.count("limit is used up; going on after") == 1
    for name in ("nobody", "user-7-", "user-5"):
        assert len(re.findall(rf"^gistsearch: {name}: ", errors, re.MULTILINE)) == 1
    assert errors.count("\n") == 4


def test_limit_that_is_used_up_ends_the_run(tmp_path: Path) -> None:
    """Without `--wait`; everybody who was not searched is counted, named in JSON, and searched by the next run."""
    users = names(30)
    with github_with(30) as github:
        used_up = [True]

        def is_used_up(target: str) -> bool:
            return used_up[0] and sum(request.listener == "api" for request in github.requests) > 12

        github.script("api", is_used_up, faults.rate_limited(retry_after=600, remaining=0), times=None)
        environment = environment_for(github, GISTSEARCH_CONCURRENCY="4")
        words = ["search", "needle", "--users", list_of(users, tmp_path), "--journal", str(tmp_path / "journal")]
        ran = gistsearch(*words, "--json", environment=environment)
        used_up[0] = False
        asked_before = len(github.requests)
        again = gistsearch(*words, "--json", environment=environment)
    outcomes = {event["username"]: event["outcome"] for event in events_of(ran.stdout, "user")}
    assert set(outcomes) == set(users)
    missing = {name for name, outcome in outcomes.items() if outcome == "failed"}
    assert 15 <= len(missing) <= 20
    assert {event["username"] for event in events_of(ran.stdout, "error")} == missing
    assert ran.returncode == 2
    assert b"more users: " in ran.stderr
    assert b"with --journal to search only these users, or let the search --wait" in ran.stderr
    assert {event["username"] for event in events_of(again.stdout, "user")} == missing
    assert len(github.requests) - asked_before == 3 * len(missing)
    assert again.returncode == 0


def test_second_run_asks_for_listings_alone(tmp_path: Path) -> None:
    """With a store and unchanged users: one conditional request each, and no content."""
    with github_with(30) as github:
        environment = environment_for(github, GISTSEARCH_STORE=str(tmp_path / "store"))
        words = ["search", "needle", "--users", list_of(names(30), tmp_path)]
        first = gistsearch(*words, environment=environment)
        github.requests.clear()
        second = gistsearch(*words, environment=environment)
        asked = list(github.requests)
    assert found_in(first.stdout) == found_in(second.stdout) == set(names(30))
    assert Counter(request.listener for request in asked) == {"api": 30}
    assert all("if-none-match" in request.fields for request in asked)


def test_only_updated_gists_are_reported(tmp_path: Path) -> None:
    """With `--new`, the second run reports what was edited in between, and nothing else."""
    with github_with(10) as github:
        environment = environment_for(github, GISTSEARCH_STORE=str(tmp_path / "store"))
        users = list_of(names(10), tmp_path)
        words = ["search", "needle", "--new", "--users", users, "--journal", str(tmp_path / "journal")]
        first = gistsearch(*words, environment=environment)
        github.users["user-3"].insert(
            0, LoopbackGist([LoopbackFile("new.py", b"needle of user-3\n")], updated_at=datetime.now(UTC))
        )
        second = gistsearch(*words, environment=environment)
    assert found_in(first.stdout) == set(names(10))
    assert second.stdout.count(b"\n") == 1
    assert b"new.py" in second.stdout


def test_organization_is_searched(tmp_path: Path) -> None:
    """Its public members, page by page."""
    with github_with(130) as github:
        github.organizations["acme"] = {name: not name.endswith("9") for name in names(130)}
        ran = gistsearch("search", "needle", "--org", "acme", environment=environment_for(github))
    assert found_in(ran.stdout) == {name for name in names(130) if not name.endswith("9")}
    assert (ran.returncode, ran.stderr) == (0, b"")


def test_users_come_from_a_pipe() -> None:
    with github_with(3) as github:
        ran = subprocess.run(
            [*COMMAND, "search", "needle", "--users", "-"],
            env=environment_for(github),
            input=b"user-0\nuser-1\n# the last\nuser-2",
            capture_output=True,
            check=False,
        )
    assert found_in(ran.stdout) == set(names(3))
