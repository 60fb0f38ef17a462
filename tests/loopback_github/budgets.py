"""Tokens with an hourly limit each, as the API counts them (GitHub REST, "Rate limits for the REST API")."""

from __future__ import annotations

import json
import time

from attrs import Factory, define, evolve

from tests.loopback_github.answers import Answer, Headers
from tests.loopback_github.wrong_answers import PRIMARY_LIMIT

_JSON = ("Content-Type", "application/json; charset=utf-8")


@define
class Budget:
    """What is left of a token's hourly limit."""

    remaining: int
    limit: int = 5_000
    resets_at: float = Factory(lambda: time.time() + 1_800)

    def charge(self, answer: Answer) -> Answer:
        """Return the answer as it is given now. One that has not changed costs nothing."""
        if time.time() >= self.resets_at:
            self.remaining, self.resets_at = self.limit, self.resets_at + 3_600
        if not self.remaining:
            return Answer(403, [*self.headers, _JSON], json.dumps(PRIMARY_LIMIT).encode())
        self.remaining -= answer.status != 304
        kept = [(name, value) for name, value in answer.headers if not name.startswith("x-ratelimit-")]
        return evolve(answer, headers=[*kept, *self.headers])

    @property
    def headers(self) -> Headers:
        """What each answer says about it."""
        return [
            ("x-ratelimit-limit", str(self.limit)),
            ("x-ratelimit-remaining", str(self.remaining)),
            ("x-ratelimit-used", str(self.limit - self.remaining)),
            ("x-ratelimit-reset", str(int(self.resets_at))),
            ("x-ratelimit-resource", "core"),
        ]


def bad_credentials() -> Answer:
    """Return what a request with an unknown or revoked token gets. Its headers are about the IP address."""
    body = {"message": "Bad credentials", "documentation_url": "https://docs.github.com/rest", "status": "401"}
    return Answer(401, [*Budget(0, limit=60).headers, _JSON], json.dumps(body).encode())
