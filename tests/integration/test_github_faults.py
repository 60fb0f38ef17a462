"""What becomes of each fault of an upstream: mended by another try, or reported as the port's right error, in time."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable, Iterator

import pytest

from gistsearch.adapters.github import GitHubGists
from gistsearch.adapters.github.client import MAX_REDIRECTS
from gistsearch.adapters.github.retries import TRIES
from gistsearch.ports.deadline import Deadline, DeadlineExceeded
from gistsearch.ports.gists import (
    AccessForbidden,
    ContentGone,
    ForbiddenOrigin,
    IntegrityMismatch,
    ListingPage,
    SourceError,
    SourceRateLimited,
    SourceUnavailable,
    UnknownUser,
)
from tests.integration.conftest import Connect, listed
from tests.loopback_github import (
    ALL_FAULTS,
    Fault,
    LoopbackFile,
    LoopbackGist,
    LoopbackGitHub,
    TrapListener,
    asks_for,
    faults,
)

CANARY = "ghp_canaryThatMustNotSing"
CONTENT = b"".join(b"line %d: import requests\n" % number for number in range(100))
"""It comes in one chunk, so that none of it is yielded before all of it is verified."""
GISTS = {
    "few": [LoopbackGist([LoopbackFile(name, CONTENT)]) for name in ("a.py", "b.py", "c.py")],
    "many": [LoopbackGist([LoopbackFile(f"{number}.py", b"%d" % number)]) for number in range(150)],
}
PAGE = 100

MENDED = None
"""Everything comes whole: by another try, or because the fault does no harm."""
Ending = SourceError | DeadlineExceeded
Expected = type[Ending] | None

# By fault: the listing, with its first page spoilt once and for good; the content of a file, once and for good.
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
    "many_headers": (MENDED, SourceUnavailable, MENDED, SourceUnavailable),
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
    "link_to_another_host": (MENDED, MENDED, MENDED, MENDED),
    "link_to_itself": (SourceUnavailable, SourceUnavailable, MENDED, MENDED),
    "limited_with_retry_after": (SourceRateLimited, SourceRateLimited, SourceRateLimited, SourceRateLimited),
    "limited_with_reset": (SourceRateLimited, SourceRateLimited, SourceRateLimited, SourceRateLimited),
    # The raw host is left alone for a second, then asked again.
    "limited_untold": (SourceRateLimited, SourceRateLimited, MENDED, SourceRateLimited),
    "limited_nonsense": (SourceRateLimited, SourceRateLimited, MENDED, SourceRateLimited),
    # On the raw host it is a 403 that does not mention a limit.
    "limited_secondary": (SourceRateLimited, SourceRateLimited, AccessForbidden, AccessForbidden),
    "blocked": (AccessForbidden, AccessForbidden, AccessForbidden, AccessForbidden),
    "legal_reasons": (AccessForbidden, AccessForbidden, AccessForbidden, AccessForbidden),
    "not_found": (UnknownUser, UnknownUser, ContentGone, ContentGone),
    "gone": (UnknownUser, UnknownUser, ContentGone, ContentGone),
}

LATER_PAGE: dict[str, Expected] = {
    "not_found": ContentGone,
    "gone": ContentGone,
    "link_to_another_host": SourceUnavailable,  # Its number is that of the page itself.
}
"""What a fault of the second page ends in, if it is not what one of the first ends in."""

AFTER_THE_PAGE = {"link_to_itself", "link_to_another_host"}
"""Here the page itself is right, only what it says about the next one is wrong."""


class _Upstream:
    """A GitHub that a test has spoilt, a trap beside it, and the adapter that asks it with the canary as its token."""

    def __init__(self, github: LoopbackGitHub, trap: TrapListener, source: GitHubGists) -> None:
        self.source = source
        self._github = github
        self._trap = trap

    def spoil(self, listener: str, name: str, times: int | None, matches: Callable[[str], bool] = bool) -> None:
        """Let this happen to the requests whose target matches."""
        self._github.script(listener, matches, self._fault(name), times)

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
        yield _Upstream(github, trap, connect(github, token=CANARY, read_timeout_s=0.5))
        assert trap.connections == 0
        assert CANARY not in caplog.text
        for request in github.requests:
            assert (CANARY in str(request.headers)) == (request.listener == "api")


def _ending(consume: Callable[[Deadline], object], seconds: float) -> Ending | None:
    """Return the error in which something ends, or None if it succeeds; it is in time and contains no token."""
    began = time.monotonic()
    error = None
    try:
        consume(Deadline(seconds))
    except (SourceError, DeadlineExceeded) as raised:
        error = raised
    assert time.monotonic() - began < seconds + 1.0
    assert CANARY not in "".join(traceback.format_exception(error))
    return error


def _deadline_s(name: str) -> float:
    return 0.5 if name == "body_drip" else 5.0


def _check_listing(upstream: _Upstream, username: str, name: str, expected: Expected, listed: int) -> None:
    """Check how the listing ends, and that it lists what came before the fault, and no more."""
    pages: list[ListingPage] = []
    error = _ending(lambda deadline: pages.extend(upstream.source.list_pages(username, deadline)), _deadline_s(name))
    ids = [gist.id for page in pages for gist in page.gists]
    right = [gist.id for gist in GISTS[username]]
    missing = [record.error for page in pages for record in page.unreadable]
    error = error or next(iter(missing), None)
    assert isinstance(error, expected) if expected else error is None, error
    assert ids == (right[:listed] if expected else right)
    if isinstance(error, SourceRateLimited):
        assert error.retry_after_s > 0.0
        assert error.reset_at.tzinfo is not None


def _check_content(upstream: _Upstream, name: str, expected: Expected) -> None:
    """Check how the content ends, and that it is right if it ends well."""
    (file,) = listed(upstream.source, "few")[0].files
    chunks: list[bytes] = []
    error = _ending(lambda deadline: chunks.extend(upstream.source.open_file(file, deadline)), _deadline_s(name))
    assert isinstance(error, expected) if expected else error is None, error
    assert (b"".join(chunks) == CONTENT) == (expected is None)


def test_outcome_of_every_fault_is_written_down() -> None:
    """A new fault needs a line in the table."""
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
    upstream.spoil("api", name, times, asks_for(101, 200))
    expected = LATER_PAGE.get(name, OUTCOMES[name][0 if times else 1])
    _check_listing(upstream, "many", name, expected, len(GISTS["many"]) if name in AFTER_THE_PAGE else PAGE)


@pytest.mark.parametrize("name", OUTCOMES)
@pytest.mark.parametrize("times", [1, None], ids=["once", "for good"])
def test_fault_of_content(upstream: _Upstream, name: str, times: int | None) -> None:
    """It comes whole, or ends in an error; it never just ends, nor is it tried more often than the policy says."""
    upstream.spoil("raw", name, times)
    _check_content(upstream, name, OUTCOMES[name][2 if times else 3])
    assert upstream.contents_asked_for <= TRIES * (MAX_REDIRECTS + 1 if name == "redirect_loop" else 1)
