"""Whom a word of the command line names."""

from __future__ import annotations

import pytest

from gistsearch.adapters.cli.usernames import parse_username


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("octo", "octo"),
        ("@octo", "octo"),
        ("https://github.com/octo", "octo"),
        ("https://github.com/octo/", "octo"),
        ("http://www.github.com/octo?tab=gists", "octo"),
        ("github.com/octo", "octo"),
        ("https://gist.github.com/octo", "octo"),
        ("gist.github.com/octo/6b2972aa971dd605f524", "octo"),
        ("https://gist.github.com/octo/6b2972aa971dd605f524#file-a-py-L7", "octo"),
        ("HTTPS://GIST.GITHUB.COM/octo/1", "octo"),
        ("https://gist.githubusercontent.com/octo/1/raw/2/a.py", "octo"),
        ("https://gist.github.com/octo_acme/1", "octo_acme"),
        ("https://gist.github.com/dependabot%5Bbot%5D", "dependabot[bot]"),
        ("octo-", "octo-"),
        ("123", "123"),
    ],
)
def test_names_and_addresses_name_a_user(text: str, name: str) -> None:
    """As people paste them."""
    assert parse_username(text) == name


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "is not a user name"),
        ("@", "is not a user name"),
        ("oc/to", "give PATTERN first"),
        ("./src", "give PATTERN first"),
        ("two words", "give PATTERN first"),
        ("https://gitlab.com/octo", "is not an address on github.com"),
        ("https://github.com.evil.example/octo", "is not an address on github.com"),
        ("https://github.com", "is not the address of a profile"),
        ("https://github.com/octo/repository", "is not the address of a profile"),
        ("https://gist.github.com/", "is not the address of a profile"),
        ("https://gist.github.com/6b2972aa971dd605f524", "names a gist but not its user"),
        ("https://gist.github.com/1234567", "names a gist but not its user"),
        ("https://[::1", "is not an address"),
    ],
)
def test_words_that_name_nobody_are_refused(text: str, complaint: str) -> None:
    """Searching someone else would be worse than an error."""
    with pytest.raises(ValueError, match=complaint):
        parse_username(text)
