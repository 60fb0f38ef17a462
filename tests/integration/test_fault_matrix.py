"""Each fault of an upstream × each form of an answer over HTTP: the same outcome in all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing

import pytest
from flask.testing import FlaskClient

from gistsearch.adapters.github import GitHubGists
from gistsearch.adapters.re2 import Re2Compiler
from gistsearch.adapters.web import create_app
from gistsearch.domain.search import SearchGists
from tests.faulty_github import BROKEN_OFF, OUTCOMES, REFUSED, FaultyGitHub, faulty_github, user_of
from tests.integration.seen import FORMS, Seen, try_forms

AT_ONCE = 16
"""Faults that are tried at the same time: most of their time is waiting."""

Ask = Callable[[str, str, str], Seen]
"""Takes a place, the name of a fault, and a media type."""


@pytest.fixture(scope="module")
def world() -> Iterator[FaultyGitHub]:
    with faulty_github() as there:
        yield there


@pytest.fixture(scope="module")
def ask(world: FaultyGitHub) -> Ask:
    """Run all searches: those for one fault one after the other, over a connection to GitHub of their own.

    All applications are made beforehand: werkzeug parses Python for each, and CPython 3.11 may fail at that while
    another thread is deep in JSON.
    """
    cases = [(place, name) for name in OUTCOMES for place in ("listing", "content")]
    with ExitStack() as stack:
        clients = {case: _client(world, stack, *case) for case in cases}
        executor = stack.enter_context(ThreadPoolExecutor(AT_ONCE))
        tried = {case: executor.submit(try_forms, clients[case], *case) for case in cases}
    return lambda place, name, form: tried[place, name].result()[form]


def _client(world: FaultyGitHub, stack: ExitStack, place: str, name: str) -> FlaskClient:
    api = world.nowhere if (place, name) == ("listing", REFUSED) else world.github.api_url
    origins = [world.github.raw_origin, world.nowhere]
    source = GitHubGists(api, origins, read_timeout_s=1.0, max_wait_s=0.1, first_pause_s=0.01)
    stack.enter_context(closing(source))
    executor = stack.enter_context(ThreadPoolExecutor(4))
    return create_app(SearchGists(source, Re2Compiler(), executor)).test_client()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", OUTCOMES)
def test_a_listing_that_fails_is_a_problem_in_every_form(world: FaultyGitHub, ask: Ask, name: str, form: str) -> None:
    """As the status of the answer or, if that had been sent, as an error before the end of the stream."""
    seen, problem = ask("listing", name, form), OUTCOMES[name][0]
    if problem is not None:
        assert seen == Seen(problem, complete=False)
        return
    broken = {(None, BROKEN_OFF[name])} if name in BROKEN_OFF else set[tuple[None, str]]()
    assert seen == Seen(None, not broken, frozenset(world.urls(user_of("listing", name))), frozenset(broken))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", OUTCOMES)
def test_content_that_fails_is_skipped_in_every_form(world: FaultyGitHub, ask: Ask, name: str, form: str) -> None:
    """With the reason. The other gist is found, unless its content was refused together with it."""
    seen, reason = ask("content", name, form), OUTCOMES[name][1]
    good, spoilt = world.urls(user_of("content", name))
    if reason is None:
        assert seen == Seen(None, True, frozenset({good, spoilt}))
        return
    missing = Seen(None, False, frozenset({good}), frozenset({("spoilt.py", reason)}))
    nothing = Seen(None, False, frozenset(), frozenset({("spoilt.py", reason), ("good.py", reason)}))
    assert seen in ([missing, nothing] if reason == "rate-limited" else [missing])
