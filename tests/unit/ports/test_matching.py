"""What a matcher refuses."""

from __future__ import annotations

from gistsearch.ports.matching import InvalidPattern


def test_a_refused_pattern_says_which_part_of_which_pattern_is_wrong() -> None:
    """As far as the engine says; the message is for users."""
    error = InvalidPattern("unclosed group", "(b", "a(b")
    assert (str(error), error.part, error.pattern) == ("unclosed group", "(b", "a(b")
    error = InvalidPattern("unclosed group")
    assert (error.part, error.pattern) == (None, None)
