"""Tests of how a source reports the rate limit of its host."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from functools import partial

from gistsearch.ports.gists import SourceRateLimited
from gistsearch.testing.fixtures import Disruption, GistSourceFixtures, MakeSource, must_raise, one_file
from gistsearch.testing.timeouts import within

TOLERANCE = timedelta(minutes=1)


class RateLimitTests(GistSourceFixtures):
    """`SourceRateLimited` says until when, so that callers can do something else in the meantime."""

    def test_a_listing_that_is_limited_says_until_when(self, make_source: MakeSource, limit_rate: Disruption) -> None:
        """The limit does not look like an empty listing or a failure, and the source does not wait for its end."""
        source = make_source(one_file(b"content"))
        limit_rate()
        with must_raise(SourceRateLimited, when="listing while a rate limit refuses requests") as raised:
            within(self.timeout_s, partial(self.gists, source, "octo"))
        expect_moment(raised[0])

    def test_content_that_is_limited_says_until_when(self, make_source: MakeSource, limit_rate: Disruption) -> None:
        """The limit does not look like forbidden content or a failure, and the source does not wait for its end."""
        source = make_source(one_file(b"content"))
        file = self.only_file(source)
        limit_rate()
        with must_raise(SourceRateLimited, when="reading while a rate limit refuses requests") as raised:
            within(self.timeout_s, partial(self.content, source, file))
        expect_moment(raised[0])


def expect_moment(error: SourceRateLimited) -> None:
    """Fail unless an error says until when, and once."""
    assert 0.0 <= error.retry_after_s < math.inf, "expected `retry_after_s` to be a number of seconds"
    assert error.reset_at.utcoffset() is not None, "expected `reset_at` to have a time zone"
    expected = datetime.now(UTC) + timedelta(seconds=error.retry_after_s)
    difference = abs(error.reset_at - expected)
    assert difference < TOLERANCE, "expected `reset_at` and `retry_after_s` to mean the same moment"
