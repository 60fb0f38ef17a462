"""Conformance suites for those who implement a port: subclass one, give it your adapter, and run pytest.

It needs pytest, which gistsearch itself does not: install `gistsearch[testing]`. `docs/embedding.md` shows it in use.
"""

import pytest

# Before they are imported: a failure then shows its values.
pytest.register_assert_rewrite(
    *(f"gistsearch.testing.{name}" for name in ("content", "endings", "listing", "matching", "opening"))
)

from gistsearch.testing.cases import RE2_CASES, Case, read_cases  # noqa: E402
from gistsearch.testing.gists import GistSourceSuite, MultiplexingSourceSuite  # noqa: E402
from gistsearch.testing.matching import MatcherSuite  # noqa: E402
from gistsearch.testing.planting import Alter, Plant, PlantedGist, Upset, Users  # noqa: E402

__all__ = [
    "RE2_CASES",
    "Alter",
    "Case",
    "GistSourceSuite",
    "MatcherSuite",
    "MultiplexingSourceSuite",
    "Plant",
    "PlantedGist",
    "Upset",
    "Users",
    "read_cases",
]
