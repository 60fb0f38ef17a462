"""Each fault of an upstream × what the store holds already × forms of an answer: complete, or it says what is missing.

No fault damages the store: afterwards, with GitHub well again, everything is found.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, closing
from pathlib import Path

import pytest
from attrs import evolve, frozen
from flask.testing import FlaskClient

from gistsearch.adapters.github import GitHubGists
from gistsearch.adapters.memory_store import InMemoryStore
from gistsearch.adapters.offline import OfflineGists
from gistsearch.adapters.re2 import Re2Compiler
from gistsearch.adapters.sqlite import SqliteStore
from gistsearch.adapters.store_cache import CachingStore
from gistsearch.adapters.web import create_app
from gistsearch.domain.search import SearchGists
from gistsearch.domain.store.policy import StorePolicy
from gistsearch.ports.gists import GistSource
from gistsearch.ports.store import GistStore
from tests.faulty_github import BROKEN_OFF, OUTCOMES, REFUSED, FaultyGitHub, faulty_github, user_of
from tests.integration.seen import Seen, try_forms

AT_ONCE = 16
"""Cases that are tried at the same time: most of their time is waiting."""

HELD = ("all", "a part")
"""What the store has of a user: the listing and all content, or both from before the gist that a fault spoils."""
PLACES = ("listing", "content")
FORMS = ("application/json", "application/x-ndjson")

HIDDEN_BY_NOT_MODIFIED = {
    "bad_chunk_size",
    "body_drip",
    "link_to_itself",
    "no_length_and_cut",
    "reset_mid_body",
    "short_body",
    "truncated_chunk",
    "wrong_bytes",
}
"""Faults of a body or of a link to the next page: where nothing has changed, neither is needed."""

Case = tuple[str, str, str]
"""What is held, a place, and the name of a fault."""


@frozen
class Tried:
    """What came of a case."""

    ill: Mapping[str, Seen]
    """What a client saw while the fault befell, by form."""
    well: Seen
    """What another process saw afterwards."""
    offline: Seen
    """What the store holds in the end."""


@pytest.fixture(scope="module")
def world() -> Iterator[FaultyGitHub]:
    with faulty_github() as there:
        yield there


@pytest.fixture(scope="module")
def tried(world: FaultyGitHub, tmp_path_factory: pytest.TempPathFactory) -> Mapping[Case, Tried]:
    """Try all cases, in four steps: GitHub is well, it has another gist, it is ill, it is well again."""
    cases = [(held, place, name) for held in HELD for place in PLACES for name in OUTCOMES]
    directories = {held: tmp_path_factory.mktemp("store") for held in HELD}
    latest = {user: gists.pop() for user, gists in world.github.users.items()}
    world.ill.clear()
    with _github(world) as github:
        _search_all(github, directories, [case for case in cases if case[0] == "a part"])
        for user, gist in latest.items():
            world.github.users[user].append(gist)
        _search_all(github, directories, [case for case in cases if case[0] == "all"])
    world.ill.set()
    ill = _search_each(world, directories, cases)
    world.ill.clear()
    with _github(world) as github:
        well = _search_all(github, directories, cases)
    offline = _search_all(OfflineGists(InMemoryStore()), directories, cases, fresh_s=math.inf)
    return {case: Tried(ill[case], well[case], offline[case]) for case in cases}


def _search_all(
    source: GistSource, directories: Mapping[str, Path], cases: Sequence[Case], fresh_s: float = 0.0
) -> dict[Case, Seen]:
    """Search the users of all cases, as one process that opens the stores."""
    with ThreadPoolExecutor(AT_ONCE) as executor:
        policy = StorePolicy(fresh_s=fresh_s)
        clients = {held: _client(source, _open(directories[held]), executor, policy) for held in HELD}
        return {case: try_forms(clients[case[0]], *case[1:], FORMS[:1])[FORMS[0]] for case in cases}


def _search_each(
    world: FaultyGitHub, directories: Mapping[str, Path], cases: Sequence[Case]
) -> dict[Case, dict[str, Seen]]:
    """Search for each case and form: each case by a source of its own, over stores that they share."""
    with ExitStack() as stack:
        executor = stack.enter_context(ThreadPoolExecutor(4 * AT_ONCE))
        stores = {held: _open(directories[held]) for held in HELD}
        clients: dict[Case, FlaskClient] = {}
        for case in cases:  # Beforehand: see test_fault_matrix.py.
            api = world.nowhere if case[1:] == ("listing", REFUSED) else world.github.api_url
            source = stack.enter_context(_github(world, api, read_timeout_s=1.0))
            clients[case] = _client(source, stores[case[0]], executor, StorePolicy())
        threads = stack.enter_context(ThreadPoolExecutor(AT_ONCE))
        running = {case: threads.submit(try_forms, clients[case], *case[1:], FORMS) for case in cases}
        return {case: each.result() for case, each in running.items()}


def _open(directory: Path) -> GistStore:
    return CachingStore(SqliteStore(directory, "github"), 1 << 20)


def _client(source: GistSource, store: GistStore, executor: Executor, policy: StorePolicy) -> FlaskClient:
    return create_app(SearchGists(source, Re2Compiler(), executor, store=store, policy=policy)).test_client()


def _github(
    world: FaultyGitHub, api: str | None = None, read_timeout_s: float = 15.0
) -> AbstractContextManager[GistSource]:
    origins = [world.github.raw_origin, world.nowhere]
    return closing(
        GitHubGists(
            api or world.github.api_url, origins, read_timeout_s=read_timeout_s, max_wait_s=0.1, first_pause_s=0.01
        )
    )


def everything(world: FaultyGitHub, place: str, name: str) -> Seen:
    return Seen(None, True, frozenset(world.urls(user_of(place, name))))


Tries = Mapping[Case, Tried]


@pytest.mark.parametrize("name", OUTCOMES)
def test_what_is_stored_needs_no_content(world: FaultyGitHub, tried: Tries, name: str) -> None:
    """Whatever befalls content, the answer is complete."""
    assert set(tried["all", "content", name].ill.values()) == {everything(world, "content", name)}


@pytest.mark.parametrize("name", OUTCOMES)
def test_content_that_fails_is_missing_although_the_rest_is_stored(
    world: FaultyGitHub, tried: Tries, name: str
) -> None:
    """With its reason. What is stored is found, even where a limit would keep it from being downloaded."""
    reason = OUTCOMES[name][1]
    good, _ = world.urls(user_of("content", name))
    missing = Seen(None, False, frozenset({good}), frozenset({("spoilt.py", reason or "")}))
    expected = missing if reason else everything(world, "content", name)
    assert set(tried["a part", "content", name].ill.values()) == {expected}


@pytest.mark.parametrize("name", OUTCOMES)
def test_a_changed_listing_that_fails_is_a_problem(world: FaultyGitHub, tried: Tries, name: str) -> None:
    """As without a store: what is stored is not passed off as all there is."""
    assert set(tried["a part", "listing", name].ill.values()) == {_by_listing(world, name)}


@pytest.mark.parametrize("name", OUTCOMES)
def test_an_unchanged_listing_that_fails_is_a_problem(world: FaultyGitHub, tried: Tries, name: str) -> None:
    """Unless it is enough that 304 arrives."""
    expected = everything(world, "listing", name) if name in HIDDEN_BY_NOT_MODIFIED else _by_listing(world, name)
    assert set(tried["all", "listing", name].ill.values()) == {expected}


def _by_listing(world: FaultyGitHub, name: str) -> Seen:
    problem = OUTCOMES[name][0]
    if problem is not None:
        return Seen(problem, complete=False)
    found = everything(world, "listing", name)
    return evolve(found, complete=False, skipped=frozenset({(None, BROKEN_OFF[name])})) if name in BROKEN_OFF else found


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("held", HELD)
@pytest.mark.parametrize("name", OUTCOMES)
def test_no_fault_damages_the_store(world: FaultyGitHub, tried: Tries, name: str, held: str, place: str) -> None:
    """Once GitHub is well, another process finds everything, and then the store alone has it all."""
    case = tried[held, place, name]
    assert case.well == case.offline == everything(world, place, name)
