"""What becomes of each fault of an upstream: mended by another try, or told by the port's right error, in time."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable, Iterable, Iterator

import pytest

from gistsearch.adapters.github import GitHubGists
from gistsearch.adapters.github.client import MOST_REDIRECTS
from gistsearch.adapters.github.retries import TRIES
from gistsearch.ports.gists import (
    AccessForbidden,
    ContentGone,
    Deadline,
    DeadlineExceeded,
    ForbiddenOrigin,
    GistFile,
    IntegrityMismatch,
    SourceError,
    SourceRateLimited,
    SourceUnavailable,
    UnknownUser,
)
from tests.integration.conftest import Connect, open_together
from tests.loopback_github import (
    ALL_FAULTS,
    Fault,
    LoopbackFile,
    LoopbackGist,
    LoopbackGitHub,
    TrapListener,
    faults,
    unused_port,
)

CANARY = "ghp_canaryThatMustNotSing"
CONTENT = b"".join(b"line %d: import requests\n" % number for number in range(100))
"""It comes in one piece, so that none of it is handed on before all of it is verified."""
GISTS = {
    "few": [LoopbackGist([LoopbackFile(name, CONTENT)]) for name in ("a.py", "b.py", "c.py")],
    "many": [LoopbackGist([LoopbackFile(f"{number}.py", b"%d" % number)]) for number in range(150)],
}
PAGE = 100

MENDED = None
"""Everything comes whole: by another try, or because the fault does no harm."""
Expected = type[SourceError] | None

# By fault: the listing's first page, once and for good; the content of a file, once and for good.
OUTCOMES: dict[str, tuple[Expected, Expected, Expected, Expected]] = {
    "accepted_then_silent": (MENDED, SourceUnavailable, MENDED, SourceUnavailable),
    "reset_before_headers": (MENDED, SourceUnavailable, MENDED, SourceUnavailable),
    "reset_mid_body": (MENDED, SourceUnavailable, MENDED, SourceUnavailable),
    "short_body": (MENDED, SourceUnavailable, MENDED, IntegrityMismatch),
    "no_length": (MENDED, MENDED, MENDED, MENDED),
    "no_length_and_cut": (MENDED, SourceUnavailable, MENDED, IntegrityMismatch),
    "bad_length": (MENDED, SourceUnavailable, MENDED, SourceUnavailable),
    "doubled_length": (MENDED, SourceUnavailable, MENDED, SourceUnavailable),
    "truncated_chunk": (MENDED, SourceUnavailable, MENDED, IntegrityMismatch),
    "bad_chunk_size": (MENDED, SourceUnavailable, MENDED, IntegrityMismatch),
    "header_drip": (MENDED, SourceUnavailable, MENDED, SourceUnavailable),
    "body_drip": (DeadlineExceeded, DeadlineExceeded, DeadlineExceeded, DeadlineExceeded),
    "huge_header": (MENDED, SourceUnavailable, MENDED, SourceUnavailable),
    "many_headers": (MENDED, MENDED, MENDED, MENDED),
    "early_hints_first": (MENDED, MENDED, MENDED, MENDED),
    "garbage_status": (MENDED, SourceUnavailable, MENDED, SourceUnavailable),
    "corrupt_gzip": (MENDED, SourceUnavailable, MENDED, IntegrityMismatch),
    "cut_gzip": (MENDED, SourceUnavailable, MENDED, IntegrityMismatch),
    "gzip_bomb": (MENDED, SourceUnavailable, MENDED, IntegrityMismatch),
    "unknown_encoding": (MENDED, SourceUnavailable, MENDED, IntegrityMismatch),
    "malformed_json": (MENDED, SourceUnavailable, MENDED, IntegrityMismatch),
    "other_shape_json": (MENDED, SourceUnavailable, MENDED, IntegrityMismatch),
    "deep_json": (MENDED, SourceUnavailable, MENDED, IntegrityMismatch),
    "wrong_content_type": (MENDED, MENDED, MENDED, MENDED),
    "wrong_bytes": (MENDED, SourceUnavailable, MENDED, IntegrityMismatch),
    "server_error": (MENDED, SourceUnavailable, MENDED, SourceUnavailable),
    "unicorn": (MENDED, SourceUnavailable, MENDED, SourceUnavailable),
    "unicorn_as_json": (MENDED, SourceUnavailable, MENDED, SourceUnavailable),
    "redirect_loop": (MENDED, SourceUnavailable, MENDED, SourceUnavailable),
    "redirect_off_the_origin": (ForbiddenOrigin, ForbiddenOrigin, ForbiddenOrigin, ForbiddenOrigin),
    "link_to_another_host": (ForbiddenOrigin, ForbiddenOrigin, MENDED, MENDED),
    "link_to_itself": (SourceUnavailable, SourceUnavailable, MENDED, MENDED),
    "limited_with_retry_after": (SourceRateLimited, SourceRateLimited, SourceRateLimited, SourceRateLimited),
    "limited_with_reset": (SourceRateLimited, SourceRateLimited, SourceRateLimited, SourceRateLimited),
    "limited_untold": (SourceRateLimited, SourceRateLimited, SourceRateLimited, SourceRateLimited),
    "limited_nonsense": (SourceRateLimited, SourceRateLimited, SourceRateLimited, SourceRateLimited),
    # On the raw host it is a 403 without a word of any limit.
    "limited_secondary": (SourceRateLimited, SourceRateLimited, AccessForbidden, AccessForbidden),
    "blocked": (AccessForbidden, AccessForbidden, AccessForbidden, AccessForbidden),
    "legal_reasons": (AccessForbidden, AccessForbidden, AccessForbidden, AccessForbidden),
    "not_found": (UnknownUser, UnknownUser, ContentGone, ContentGone),
    "gone": (UnknownUser, UnknownUser, ContentGone, ContentGone),
}

LATER_PAGE: dict[str, Expected] = {"not_found": ContentGone, "gone": ContentGone}
"""Where a fault of the second page ends otherwise than one of the first, once and for good."""

ASKED_ANEW = {"body_drip", "redirect_off_the_origin"}
"""What comes with other files is asked for once more after these, by the way that waits and follows."""

AFTER_THE_PAGE = {"link_to_another_host", "link_to_itself"}
"""Here the page itself is right, only what it says of the next one is wrong."""


class _Upstream:
    """A GitHub that a test has spoilt, a trap beside it, and the adapter that asks it with the canary as its token."""

    def __init__(self, github: LoopbackGitHub, trap: TrapListener, source: GitHubGists) -> None:
        self.source = source
        self._github = github
        self._trap = trap

    def spoil(self, listener: str, name: str, times: int | None, where: str = "/") -> None:
        """Let this befall requests whose target holds that text."""
        self._github.script(listener, lambda target: where in target, self._fault(name), times)

    @property
    def contents_asked_for(self) -> int:
        return sum(request.listener == "raw" for request in self._github.requests)

    def _fault(self, name: str) -> Fault:
        """Return the fault of that name; what leads elsewhere leads into the trap."""
        if name == "redirect_off_the_origin":
            return faults.redirect(f"{self._trap.origin}/")
        if name == "link_to_another_host":
            return faults.link_header(f'<{self._trap.origin}/users/octo/gists?page=2>; rel="next"')
        return ALL_FAULTS[name]()


@pytest.fixture
def upstream(connect: Connect, caplog: pytest.LogCaptureFixture) -> Iterator[_Upstream]:
    """Serve `GISTS`; in the end, look for the canary and into the trap."""
    caplog.set_level(logging.DEBUG)
    with LoopbackGitHub(GISTS) as github, TrapListener() as trap:
        yield _Upstream(github, trap, connect(github, token=CANARY))
        assert trap.connections == 0
        assert CANARY not in caplog.text
        for request in github.requests:
            assert (CANARY in str(request.headers)) == (request.listener == "api")


def _ending(consume: Callable[[Deadline], object], seconds: float) -> SourceError | None:
    """Return the error in which something ends, or None where it succeeds; it is in time and holds no token."""
    began = time.monotonic()
    error = None
    try:
        consume(Deadline(seconds))
    except SourceError as raised:
        error = raised
    assert time.monotonic() - began < seconds + 1.0
    assert CANARY not in "".join(traceback.format_exception(error))
    return error


def _deadline_s(name: str) -> float:
    return 0.5 if name == "body_drip" else 2.0


def _check_listing(upstream: _Upstream, username: str, name: str, expected: Expected, listed: int) -> None:
    """Check how the listing ends, and that it began rightly: with all that came before the fault, and no more."""
    ids: list[str] = []

    def consume(deadline: Deadline) -> None:
        for gist in upstream.source.list_gists(username, deadline):
            ids.append(gist.id)  # noqa: PERF401  # what came before an error is kept

    error = _ending(consume, _deadline_s(name))
    right = [gist.id for gist in GISTS[username]]
    assert type(error) is (expected or type(None)), error
    assert ids == (right[:listed] if expected else right)
    if isinstance(error, SourceRateLimited):
        assert error.retry_after_s > 0.0
        assert error.reset_at.tzinfo is not None


Fetch = Callable[[GitHubGists, GistFile, Deadline], Iterable[bytes]]


def _alone(source: GitHubGists, file: GistFile, deadline: Deadline) -> Iterable[bytes]:
    return source.open_file(file, deadline)


def _with_others(source: GitHubGists, file: GistFile, deadline: Deadline) -> Iterable[bytes]:
    (opened,) = open_together(source, [file], deadline)
    return opened.chunks


def _check_content(upstream: _Upstream, name: str, expected: Expected, fetch: Fetch) -> None:
    """Check how the content ends, and that it isn't wrong where it ends well."""
    file = _first_file(upstream.source)
    chunks: list[bytes] = []
    error = _ending(lambda deadline: chunks.extend(fetch(upstream.source, file, deadline)), _deadline_s(name))
    assert type(error) is (expected or type(None)), error
    assert (b"".join(chunks) == CONTENT) == (expected is None)


def _first_file(source: GitHubGists) -> GistFile:
    return next(iter(source.list_gists("few", Deadline(10.0)))).files[0]


def test_outcome_of_every_fault_is_written_down() -> None:
    assert OUTCOMES.keys() == ALL_FAULTS.keys()


@pytest.mark.parametrize("name", OUTCOMES)
@pytest.mark.parametrize("times", [1, None], ids=["once", "for good"])
def test_fault_of_the_first_page(upstream: _Upstream, name: str, times: int | None) -> None:
    """Nothing comes before it."""
    upstream.spoil("api", name, times)
    expected = OUTCOMES[name][0 if times else 1]
    _check_listing(upstream, "few", name, expected, len(GISTS["few"]) if name in AFTER_THE_PAGE else 0)


@pytest.mark.parametrize("name", OUTCOMES)
@pytest.mark.parametrize("times", [1, None], ids=["once", "for good"])
def test_fault_of_a_later_page(upstream: _Upstream, name: str, times: int | None) -> None:
    """What came before it is listed."""
    upstream.spoil("api", name, times, "&page=2")
    expected = LATER_PAGE.get(name, OUTCOMES[name][0 if times else 1])
    _check_listing(upstream, "many", name, expected, len(GISTS["many"]) if name in AFTER_THE_PAGE else PAGE)


@pytest.mark.parametrize("name", OUTCOMES)
@pytest.mark.parametrize("times", [1, None], ids=["once", "for good"])
@pytest.mark.parametrize("fetch", [_alone, _with_others])
def test_fault_of_content(upstream: _Upstream, name: str, times: int | None, fetch: Fetch) -> None:
    """It comes whole, or ends in an error; it never just ends, nor is it tried more often than the policy says."""
    upstream.spoil("raw", name, times)
    again = times and fetch is _with_others and name in ASKED_ANEW
    _check_content(upstream, name, MENDED if again else OUTCOMES[name][2 if times else 3], fetch)
    # Together with others there is one more request where it leads elsewhere, or its length is not told.
    assert upstream.contents_asked_for <= (TRIES if name != "redirect_loop" else TRIES * (MOST_REDIRECTS + 1)) + 1


@pytest.mark.parametrize("kind", ["listing", "content", "content with others"])
def test_refused_connection(connect: Connect, kind: str, caplog: pytest.LogCaptureFixture) -> None:
    """It is tried three times, and told."""
    caplog.set_level(logging.DEBUG)
    nowhere = f"http://127.0.0.1:{unused_port()}"
    with LoopbackGitHub({"octo": []}) as github:
        source = connect(github, api_url=nowhere, raw_origins=[nowhere], token=CANARY)
        file = GistFile("a.py", None, 1, f"{nowhere}/octo/1/raw/{'0' * 40}/a.py", "0" * 40)

        def consume(deadline: Deadline) -> None:
            if kind == "listing":
                list(source.list_gists("octo", deadline))
            else:
                list((_alone if kind == "content" else _with_others)(source, file, deadline))

        error = _ending(consume, 2.0)
    assert type(error) is SourceUnavailable
    assert "cannot be reached" in str(error)
    assert CANARY not in caplog.text
