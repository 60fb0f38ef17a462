"""Blob ids are those that git computes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gistsearch.ports.blobs import BlobHasher, blob_id_of

# As `git hash-object --stdin` prints them.
KNOWN = {
    b"": "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
    b"hello\n": "ce013625030ba8dba906f756967f9e9ca394464a",
    b"a\0b\r\n\xff": "81f3bfe56928eddaede1150fd54433d0b24b3dce",
    b"x" * 100_000: "56e0448612acbb706b96b7e8e46a210f15386a38",
}


@pytest.mark.parametrize(("content", "blob_id"), KNOWN.items(), ids=["empty", "text", "binary", "large"])
def test_ids_are_those_of_git(content: bytes, blob_id: str) -> None:
    """Content in memory and content in one chunk have the id that git gives a file with it."""
    hasher = BlobHasher(len(content))
    hasher.update(content)
    assert blob_id_of(content) == hasher.blob_id() == blob_id


@given(st.lists(st.binary()))
def test_chunks_do_not_matter(chunks: list[bytes]) -> None:
    """The id depends only on the whole content, not on how it is cut."""
    content = b"".join(chunks)
    hasher = BlobHasher(len(content))
    for chunk in chunks:
        hasher.update(chunk)
    assert hasher.blob_id() == blob_id_of(content)


def test_an_id_can_be_asked_for_midway() -> None:
    """Asking does not end the computation."""
    hasher = BlobHasher(6)
    hasher.update(b"hel")
    assert hasher.blob_id() != KNOWN[b"hello\n"]
    hasher.update(b"lo\n")
    assert hasher.blob_id() == hasher.blob_id() == KNOWN[b"hello\n"]


def test_content_of_another_length_has_another_id() -> None:
    """The promised length is part of the id, so content that is cut short never passes for the whole."""
    hasher = BlobHasher(7)
    hasher.update(b"hello\n")
    assert hasher.blob_id() != KNOWN[b"hello\n"]
