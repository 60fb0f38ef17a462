"""One of the two hosts: what it answers, what its script says, and who is connected."""

from __future__ import annotations

import time
from collections.abc import Callable
from email.utils import formatdate
from typing import TYPE_CHECKING

from attrs import define, field

from tests.loopback_github.answers import Answer
from tests.loopback_github.request import Recorded

if TYPE_CHECKING:
    from tests.loopback_github.connection import Connection, Fault

Pace = tuple[int, float]
"""Bytes a write, and seconds from one to the next."""


@define(eq=False)
class Rule:
    """A line of the script."""

    matches: Callable[[str], bool]
    """Is given the target."""
    fault: Fault | None
    """What is done instead of answering; None: the normal answer is given."""
    times: int | None
    """How often it still applies; None: always."""
    before: Callable[[], object] | None
    """Is called before the answer is made."""


@define(eq=False)
class Site:
    """One of the two hosts, and all that its connections share."""

    name: str
    answer: Callable[[Recorded], Answer]
    latency_s: float
    pace: Pace | None
    record: Callable[[Recorded], None]
    rules: list[Rule]
    connections: set[Connection] = field(factory=set["Connection"])
    most_connections: int = 0
    connections_made: int = 0
    _second: int = 0
    _date: bytes = b""

    def opened(self, connection: Connection) -> None:
        self.connections.add(connection)
        self.connections_made += 1
        self.most_connections = max(self.most_connections, len(self.connections))

    def rule(self, target: str) -> Rule | None:
        """Return the first rule that applies to a request, and count it down."""
        for rule in self.rules:
            if rule.times != 0 and rule.matches(target):
                if rule.times is not None:
                    rule.times -= 1
                return rule
        return None

    def date(self) -> bytes:
        """Return the `Date` header, with its line end."""
        second = int(time.time())
        if second != self._second:
            self._second, self._date = second, f"Date: {formatdate(second, usegmt=True)}\r\n".encode()
        return self._date
