"""Conformance suites for implementers of a port: subclass one, give it your adapter, and run pytest.

They need pytest, which gistsearch itself does not: install `gistsearch[testing]`. `docs/embedding.md` shows their use.
"""

import pytest

# Before these modules are imported, so that a failure shows the values of its assertion.
pytest.register_assert_rewrite(
    *(
        f"gistsearch.testing.{name}"
        for name in (
            "content",
            "engine",
            "fixtures",
            "journal",
            "generators",
            "lifecycle",
            "listing",
            "matching",
            "members",
            "origins",
            "pages",
            "rate_limits",
            "store",
            "store_fixtures",
            "stored_values",
        )
    )
)

# After pytest was asked to rewrite the assertions of these modules, which has to come before they are imported:
from gistsearch.testing.cases import RE2_CASES, Case, read_cases  # noqa: E402
from gistsearch.testing.engine import OpenEngine, SearchEngineSuite  # noqa: E402
from gistsearch.testing.fixtures import (  # noqa: E402
    ChangeContent,
    CorruptRecord,
    Disruption,
    MakeSource,
    RedirectContent,
    ReplaceGists,
    SampleGist,
    Users,
)
from gistsearch.testing.gists import GistSourceSuite  # noqa: E402
from gistsearch.testing.journal import JournalSuite, OpenJournal  # noqa: E402
from gistsearch.testing.matching import MatcherSuite  # noqa: E402
from gistsearch.testing.members import (  # noqa: E402
    CorruptMember,
    MakeMembers,
    MemberSourceSuite,
    Organizations,
    SampleMember,
)
from gistsearch.testing.store import GistStoreSuite  # noqa: E402
from gistsearch.testing.store_fixtures import OpenStore  # noqa: E402

__all__ = [
    "RE2_CASES",
    "Case",
    "ChangeContent",
    "CorruptMember",
    "CorruptRecord",
    "Disruption",
    "GistSourceSuite",
    "GistStoreSuite",
    "JournalSuite",
    "MakeMembers",
    "MakeSource",
    "MatcherSuite",
    "MemberSourceSuite",
    "OpenEngine",
    "OpenJournal",
    "OpenStore",
    "Organizations",
    "RedirectContent",
    "ReplaceGists",
    "SampleGist",
    "SampleMember",
    "SearchEngineSuite",
    "Users",
    "read_cases",
]
