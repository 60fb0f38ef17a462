"""A GitHub on which each fault of an upstream befalls one listing and one file, and what has to come of it."""

from __future__ import annotations

import json
import threading
from collections.abc import Generator
from contextlib import contextmanager

from attrs import evolve, frozen

from tests.loopback_github import (
    ALL_FAULTS,
    Exchange,
    Fault,
    LoopbackFile,
    LoopbackGist,
    LoopbackGitHub,
    TrapListener,
    faults,
    unused_port,
)

PATTERN = "import requests"
GOOD = b"import requests\n"
SPOILT = b"# nothing to see here\n" * 100 + GOOD
"""What half of it holds does not match."""

REFUSED = "refused"
"""Besides the faults of an upstream that answers at all."""

# By fault: why the listing fails (a problem's name), and why content is skipped; None where the result is complete.
OUTCOMES: dict[str, tuple[str | None, str | None]] = {
    REFUSED: ("upstream-failed", "download-failed"),
    "accepted_then_silent": ("upstream-failed", "download-failed"),
    "reset_before_headers": ("upstream-failed", "download-failed"),
    "reset_mid_body": ("upstream-failed", "download-failed"),
    "short_body": ("upstream-failed", "integrity-mismatch"),
    "no_length": (None, None),
    "no_length_and_cut": ("upstream-failed", "integrity-mismatch"),
    "bad_length": ("upstream-failed", "download-failed"),
    "doubled_length": ("upstream-failed", "download-failed"),
    "truncated_chunk": ("upstream-failed", "integrity-mismatch"),
    "bad_chunk_size": ("upstream-failed", "integrity-mismatch"),
    "header_drip": ("upstream-failed", "download-failed"),
    "body_drip": ("deadline-exceeded", "deadline"),
    "huge_header": ("upstream-failed", "download-failed"),
    "many_headers": ("upstream-failed", "download-failed"),
    "early_hints_first": (None, None),
    "garbage_status": ("upstream-failed", "download-failed"),
    "corrupt_gzip": ("upstream-failed", "integrity-mismatch"),
    "cut_gzip": ("upstream-failed", "integrity-mismatch"),
    "gzip_bomb": ("upstream-failed", "integrity-mismatch"),
    "unknown_encoding": ("upstream-failed", "integrity-mismatch"),
    "malformed_json": ("upstream-failed", "integrity-mismatch"),
    "other_shape_json": ("upstream-failed", "integrity-mismatch"),
    "deep_json": ("upstream-failed", "integrity-mismatch"),
    "wrong_content_type": (None, None),
    "wrong_bytes": ("upstream-failed", "integrity-mismatch"),
    "server_error": ("upstream-failed", "download-failed"),
    "unicorn": ("upstream-failed", "download-failed"),
    "unicorn_as_json": ("upstream-failed", "download-failed"),
    "redirect_loop": ("upstream-failed", "download-failed"),
    "redirect_off_the_origin": ("upstream-failed", "forbidden-origin"),
    "limited_with_retry_after": ("upstream-rate-limited", "rate-limited"),
    "limited_with_reset": ("upstream-rate-limited", "rate-limited"),
    "limited_untold": ("upstream-rate-limited", "rate-limited"),
    "limited_nonsense": ("upstream-rate-limited", "rate-limited"),
    # On the raw host it is a 403 that does not mention a limit.
    "limited_secondary": ("upstream-rate-limited", "forbidden"),
    "blocked": ("upstream-refused", "forbidden"),
    "legal_reasons": ("upstream-refused", "forbidden"),
    "not_found": ("unknown-user", "gone"),
    "gone": ("unknown-user", "gone"),
    "link_to_another_host": (None, None),
    "link_to_itself": (None, None),  # The page itself is right, but the listing does not end there: see BROKEN_OFF.
}

BROKEN_OFF = {"link_to_itself": "download-failed"}
"""Faults after which a listing cannot go on: what was listed is searched, the rest is skipped for this reason."""

STATUS = {
    "upstream-failed": 502,
    "upstream-refused": 502,
    "upstream-rate-limited": 503,
    "deadline-exceeded": 504,
    "unknown-user": 404,
}


@frozen
class FaultyGitHub:
    """A GitHub with two users for each fault: one whose listing it spoils, one of whose two gists it spoils."""

    github: LoopbackGitHub
    nowhere: str
    """An origin where nobody listens."""
    ill: threading.Event
    """While it is set, the faults befall; it is from the beginning."""

    def urls(self, user: str) -> list[str]:
        """Return the addresses of a user's gists: the good one, and the one that may be spoilt."""
        return [f"https://gist.github.com/{user}/{gist.id}" for gist in self.github.users[user]]


@contextmanager
def faulty_github() -> Generator[FaultyGitHub, None, None]:
    """Serve it. What leads to other hosts leads to a listener that must not be connected."""
    users = {
        user_of(place, name): [_gist("good.py", GOOD), _gist("spoilt.py", SPOILT)]
        for name in OUTCOMES
        for place in ("listing", "content")
    }
    with LoopbackGitHub(users) as github, TrapListener() as trap:
        there = FaultyGitHub(github, f"http://127.0.0.1:{unused_port()}", threading.Event())
        there.ill.set()
        for name in OUTCOMES:
            _spoil(there, name, trap)
        yield there
        assert trap.connections == 0


def user_of(place: str, name: str) -> str:
    """Return whom a fault befalls, in the `listing` or in the `content`."""
    return f"{place}-{name}".replace("_", "-")


def _gist(name: str, content: bytes) -> LoopbackGist:
    return LoopbackGist([LoopbackFile(name, content)])


def _spoil(world: FaultyGitHub, name: str, trap: TrapListener) -> None:
    """Script what befalls both users of a fault."""

    def script(listener: str, place: str, fault: Fault, of: str = "") -> None:
        user = f"/{user_of(place, name)}/"

        def applies(target: str) -> bool:
            return world.ill.is_set() and user in target and of in target

        world.github.script(listener, applies, fault, times=None)

    if name == REFUSED:
        script("api", "content", _content_lies(world.nowhere))
        return
    fault = _fault(name, trap)
    script("api", "listing", fault)
    script("raw", "content", fault, of="spoilt")


def _fault(name: str, trap: TrapListener) -> Fault:
    """Return the fault of that name; what leads elsewhere leads into the trap."""
    if name == "redirect_off_the_origin":
        return faults.redirect(f"{trap.origin}/")
    if name == "link_to_another_host":
        return faults.link_header(f'<{trap.origin}/users/octo/gists?page=2>; rel="next"')
    return ALL_FAULTS[name]()


def _content_lies(origin: str) -> Fault:
    """List the spoilt file, and no other, as one whose content lies at another origin. What the client knows already
    has not changed.
    """

    async def fault(exchange: Exchange) -> None:
        if exchange.answer.status == 304:
            await exchange.send_answer()
            return
        listed = json.loads(exchange.body())
        for gist in listed:
            for file in gist["files"].values():
                if file["filename"] == "spoilt.py":
                    file["raw_url"] = origin + file["raw_url"][file["raw_url"].index("/", len("http://")) :]
        headers = [(name, 'W/"other"' if name == "ETag" else value) for name, value in exchange.answer.headers]
        await exchange.send_answer(evolve(exchange.answer, headers=headers, content=json.dumps(listed).encode()))

    return fault
