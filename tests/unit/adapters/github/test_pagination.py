"""How far a listing goes."""

from __future__ import annotations

import pytest

from gistsearch.adapters.github.pagination import PageLinks

USER = "https://api.github.com/user/1/gists?per_page=100&page="


@pytest.mark.parametrize(
    ("header", "following", "last"),
    [
        (None, None, None),
        ("", None, None),
        ("nonsense", None, None),
        (f'<{USER}1>; rel="prev", <{USER}1>; rel="first"', None, None),
        (f'<{USER}2>; rel="next", <{USER}4>; rel="last"', 2, 4),
        (f'<{USER}4>; rel="last", <{USER}2>; rel="next"', 2, 4),
        (f'<{USER}2>; rel="next"', 2, None),
        (f"<{USER}2>;rel=next,<{USER}3>;rel=last", 2, 3),
        (f'<{USER}2>; REL="next last"', 2, 2),
        (f'<{USER}2>; title="a, b"; rel="next"', 2, None),
        ('<https://evil.example/?page=2&x=1>; rel="next", </x?y=z&page=3>; rel="last"', 2, 3),
        ('<https://api/gists>; rel="next"', 1, None),  # as GitHub reads an address without a number
        ('<https://api/gists?per_page=2>; rel="next"', 1, None),
        ('<https://api/gists?page=1234567890>; rel="next"', 1, None),
        ('<https://api/gists?page=-2>; rel="next"', 1, None),
        ('<a?page=2>; rel="next", <b?page=3>; rel="next"', 2, None),
    ],
)
def test_links_are_read_for_their_page_numbers(header: str | None, following: int | None, last: int | None) -> None:
    """Nothing else of the addresses counts."""
    assert PageLinks.parse(header) == PageLinks(following, last)


@pytest.mark.parametrize("piece", ["<", "<>;", ";rel=", "; ", "<a?page=1", ' rel="', "page=1&", '<a>;rel="next"'])
def test_hostile_header_of_64_kibibytes_is_read_in_linear_time(piece: str) -> None:
    """A quadratic expression would take minutes here."""
    PageLinks.parse(piece * (65_536 // len(piece)))
