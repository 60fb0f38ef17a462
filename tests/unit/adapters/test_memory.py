"""The sample, and the fake's own ways; what every source owes is in the conformance suite."""

from __future__ import annotations

import hashlib

import pytest

from gistsearch.adapters.memory import InMemoryGists, MemoryGist
from gistsearch.ports.gists import ContentGone, Deadline


def test_the_sample_holds_the_challenges_example() -> None:
    """A first try needs no network."""
    source = InMemoryGists.sample()
    matching = [
        gist.url
        for gist in source.list_gists("justdionysus", Deadline())
        for file in gist.files
        if b"import requests" in b"".join(source.open_file(file, Deadline()))
    ]
    assert matching == ["https://gist.github.com/justdionysus/6b2972aa971dd605f524"]


def test_addresses_and_blob_ids_are_made_as_github_makes_them() -> None:
    """What a file's listing promises holds of its content."""
    source = InMemoryGists({"octo": [MemoryGist({"a b.txt": b"content"}, id="1")]})
    (gist,) = source.list_gists("OCTO", Deadline())
    (file,) = gist.files
    assert file.blob_id == hashlib.sha1(b"blob 7\0content", usedforsecurity=False).hexdigest()
    assert file.raw_url == f"https://gist.github.com/octo/1/raw/{file.blob_id}/a%20b.txt"
    assert gist.url == "https://gist.github.com/octo/1"


def test_a_file_may_end_in_an_error() -> None:
    """Faults are content, too."""
    source = InMemoryGists({"octo": [MemoryGist({"f": ContentGone("gone")})]})
    (gist,) = source.list_gists("octo", Deadline())
    with pytest.raises(ContentGone):
        list(source.open_file(gist.files[0], Deadline()))
