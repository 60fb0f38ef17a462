"""Where a listing goes on."""

from __future__ import annotations

from itertools import islice

import pytest

from gistsearch.adapters.github.links import pages_ahead

USER = "https://api.github.com/user/1/gists?per_page=100&page="


@pytest.mark.parametrize(
    ("header", "pages"),
    [
        (None, []),
        ("", []),
        ("nonsense", []),
        (f'<{USER}1>; rel="prev", <{USER}1>; rel="first"', []),
        (f'<{USER}2>; rel="next", <{USER}4>; rel="last"', [f"{USER}2", f"{USER}3", f"{USER}4"]),
        (f'<{USER}2>; rel="last", <{USER}2>; rel="next"', [f"{USER}2"]),
        (f'<{USER}2>; rel="next"', [f"{USER}2"]),
        (f"<{USER}2>;rel=next,<{USER}3>;rel=last", [f"{USER}2", f"{USER}3"]),
        (f'<{USER}2>; REL="next last"', [f"{USER}2"]),
        (f'<{USER}2>; title="a, b"; rel="next"', [f"{USER}2"]),
        (f'<{USER}5>; rel="next", <{USER}3>; rel="last"', [f"{USER}5"]),  # last is behind us: it isn't believed
        (f'<{USER}2&x=1>; rel="next", <{USER}3&x=2>; rel="last"', [f"{USER}2&x=1"]),  # numbered differently
        ('<https://api/g?after=abc>; rel="next", <https://api/g?after=xyz>; rel="last"', ["https://api/g?after=abc"]),
        ('<https://api/g?page=2>; rel="next", <https://evil/g?page=3>; rel="last"', ["https://api/g?page=2"]),
        ('<a?page=2>; rel="next", <b?page=2>; rel="next"', ["a?page=2"]),
    ],
)
def test_pages_ahead_are_those_that_the_header_tells(header: str | None, pages: list[str]) -> None:
    assert list(pages_ahead(header)) == pages


def test_any_number_of_pages_is_named_lazily() -> None:
    header = f'<{USER}2>; rel="next", <{USER}999999999>; rel="last"'
    assert list(islice(pages_ahead(header), 2)) == [f"{USER}2", f"{USER}3"]


@pytest.mark.parametrize("piece", ["<", "<>;", ";rel=", "; ", "<a?page=1", ' rel="', "page=1&"])
def test_hostile_header_of_64_kibibytes_is_read_in_linear_time(piece: str) -> None:
    """A quadratic expression would take minutes here."""
    assert len(list(islice(pages_ahead(piece * (65_536 // len(piece))), 10))) < 10
