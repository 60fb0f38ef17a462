"""A GitHub for the soak: users of several sizes, one who keeps editing, and faults that can be switched on and off."""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections import Counter
from collections.abc import Iterable

from attrs import Factory, define, evolve, frozen

from tests.acceptance.hostile import TEXTS
from tests.loopback_github import ALL_FAULTS, Exchange, Fault, LoopbackFile, LoopbackGist, LoopbackGitHub, real_gists
from tests.loopback_github.faults import rate_limited

PATTERNS = (
    "KeyboardInterrupt",
    r"^import subprocess",
    r"(?i)password\s*=",
    r"^class \w+\(\w+Error\)",
    "def|class",
    "zqzqzqzqzq",
)
"""Python's `re` agrees with RE2 about these, so that it can say which gists match."""

EDITED, HOSTILE, UNKNOWN = "edited", "hostile", "nobody"
SHARE_OF_FAULTS = 0.05
"""Of the requests while faults are switched on."""
LONGEST_FAULT_S = 6.0

_LONG_LIMITS = "limited_"
"""Limits of a minute or without an end: they would leave nothing to test after them."""


@define(eq=False)
class FaultSwitch:
    """Spoils a share of the requests while it is on."""

    rng: random.Random
    on: bool = False
    switched: int = 0
    """How many times; a search between two moments with the same number met no change."""
    done: Counter[str] = Factory(Counter[str])
    """Faults so far, by name."""
    _faults: dict[str, Fault] = Factory(dict[str, Fault])

    def __attrs_post_init__(self) -> None:
        self._faults = {name: make() for name, make in ALL_FAULTS.items() if not name.startswith(_LONG_LIMITS)}
        self._faults["limited for a second"] = rate_limited(429, retry_after=1, remaining=0)

    def turn(self, on: bool) -> None:
        """Switch it on or off."""
        self.on = on
        self.switched += 1

    def befalls(self, _target: str) -> bool:
        """Decide about a request."""
        return self.on and self.rng.random() < SHARE_OF_FAULTS

    async def spoil(self, exchange: Exchange) -> None:
        """Answer with any of the faults; those without an end are cut off."""
        name = self.rng.choice(sorted(self._faults))
        self.done[name] += 1
        try:
            async with asyncio.timeout(LONGEST_FAULT_S):
                await self._faults[name](exchange)
        except TimeoutError:
            exchange.connection.reset()


@frozen
class SoakGitHub:
    """The loopback GitHub, its faults, and which gists match."""

    github: LoopbackGitHub
    faults: FaultSwitch
    expected: dict[tuple[str, str], frozenset[str]]
    """The addresses of the gists that match, by user and pattern."""

    @classmethod
    def make(cls, rng: random.Random) -> SoakGitHub:
        """Make one that is not started yet."""
        gists = real_gists(345)
        users = {
            "few": gists[:5],
            "some": gists[5:65],
            "many": gists[65:315],
            EDITED: gists[315:],
            "huge": [LoopbackGist([LoopbackFile("huge", b"a line of text\n" * (6 << 16) + b"KeyboardInterrupt\n")])],
        }
        expected = {(user, pattern): _matching(user, users[user], pattern) for user in users for pattern in PATTERNS}
        texts = [LoopbackGist([LoopbackFile(f"{number}", text)]) for number, text in enumerate(TEXTS)]
        github = LoopbackGitHub({**users, HOSTILE: texts}, record=False)
        faults = FaultSwitch(rng)
        for listener in ("api", "raw"):
            github.script(listener, faults.befalls, faults.spoil, times=None)
        return cls(github, faults, expected)

    def edit_one(self) -> None:
        """Edit a gist, which matches as before."""
        gists = self.github.users[EDITED]
        at = random.randrange(len(gists))
        (file,) = gists[at].files
        assert isinstance(file.content, bytes)
        text = re.sub(rb"\n# Edited at .*\n$", b"", file.content) + b"\n# Edited at %d\n" % time.time_ns()
        gists[at] = evolve(gists[at], files=(evolve(file, content=text),))


def _matching(user: str, gists: Iterable[LoopbackGist], pattern: str) -> frozenset[str]:
    compiled = re.compile(pattern.encode(), re.MULTILINE)
    return frozenset(
        f"https://gist.github.com/{user}/{gist.id}"
        for gist in gists
        if any(isinstance(file.content, bytes) and compiled.search(file.content) for file in gist.files)
    )
