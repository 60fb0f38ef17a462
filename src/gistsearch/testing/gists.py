"""The conformance suite of the gist source port."""

from __future__ import annotations

from gistsearch.testing.content import ContentTests
from gistsearch.testing.lifecycle import LifecycleTests
from gistsearch.testing.listing import ListingTests
from gistsearch.testing.origins import OriginTests
from gistsearch.testing.pages import PageTests
from gistsearch.testing.rate_limits import RateLimitTests


class GistSourceSuite(ListingTests, PageTests, ContentTests, OriginTests, RateLimitTests, LifecycleTests):
    """Tests of everything that the port demands of a `GistSource`.

    Subclass it under a name that begins with `Test`, and override the fixture `make_source`: it returns a function that
    takes users and their gists, and returns a source that holds them. Override the other fixtures of
    `GistSourceFixtures` as far as they make sense for your source; tests that need one of them are skipped otherwise.

        class TestMyGists(GistSourceSuite):
            @pytest.fixture
            def make_source(self) -> MakeSource:
                return MyGists
    """
