"""The matcher port's published suite over our engine."""

from __future__ import annotations

from typing import ClassVar

import pytest

from gistsearch.adapters.re2 import Re2Compiler
from gistsearch.ports.matching import MatcherCompiler
from gistsearch.testing import RE2_CASES, MatcherSuite


class TestRe2Compiler(MatcherSuite):
    cases = (*MatcherSuite.cases, *RE2_CASES)
    exceptions: ClassVar = {"nor is half of a surrogate pair": "RE2's decoder takes U+D800 to U+DFFF for characters"}

    @pytest.fixture
    def compiler(self) -> MatcherCompiler:
        return Re2Compiler()
