"""The conformance suites of the gist source port."""

from __future__ import annotations

from gistsearch.testing.content import ContentLaws
from gistsearch.testing.endings import EndingLaws
from gistsearch.testing.listing import ListingLaws
from gistsearch.testing.opening import OpeningLaws


class GistSourceSuite(ListingLaws, ContentLaws, EndingLaws):
    """What every `GistSource` owes, as tests.

    Subclass it under a name that begins with `Test`, and override the fixture `plant`: it gives a function that takes
    users and their gists, and returns a source that holds them. Where the source asks something that can change, fall
    silent or break, override `alter`, `silence` and `sever`, too; what needs them is skipped otherwise.

        class TestMyGists(GistSourceSuite):
            @pytest.fixture
            def plant(self) -> Plant:
                return MyGists
    """


class MultiplexingSourceSuite(GistSourceSuite, OpeningLaws):
    """What every `MultiplexingSource` owes: all that a `GistSource` does, and more."""
