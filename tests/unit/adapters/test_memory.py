"""What only the source in memory does: the sample, errors by script, counters. The rest is in its conformance suite."""

from __future__ import annotations

import hashlib

import pytest

from gistsearch.adapters.memory import InMemoryGists, MemoryGist
from gistsearch.ports.deadline import Deadline
from gistsearch.ports.gists import (
    ContentGone,
    GistFile,
    IntegrityMismatch,
    ListingPage,
    MalformedRecord,
    SourceUnavailable,
    UnknownUser,
    Unreadable,
)


def pages_of(source: InMemoryGists, known: list[ListingPage] | None = None) -> list[ListingPage]:
    return list(source.list_pages("octo", Deadline(), known or []))


def only_file(source: InMemoryGists) -> GistFile:
    (page,) = pages_of(source)
    (gist,) = page.gists
    (file,) = gist.files
    return file


def content(source: InMemoryGists, file: GistFile) -> bytes:
    return b"".join(source.open_file(file, Deadline()))


def gists(*names: str) -> list[MemoryGist]:
    return [MemoryGist({name: name.encode()}, id=name) for name in names]


def ids(pages: list[ListingPage]) -> list[list[str]]:
    return [[gist.id for gist in page.gists] for page in pages]


def test_the_sample_contains_the_challenges_example() -> None:
    """A first try needs no network."""
    source = InMemoryGists.sample()
    matching = [
        gist.url
        for page in source.list_pages("justdionysus", Deadline())
        for gist in page.gists
        for file in gist.files
        if b"import requests" in content(source, file)
    ]
    assert matching == ["https://gist.github.com/justdionysus/6b2972aa971dd605f524"]


def test_owners_of_the_sample_are_an_organization() -> None:
    """So its members can be tried as well."""
    source = InMemoryGists.sample()
    members = list(source.list_members("Examples", Deadline()))
    assert members == ["justdionysus", "octocat"]
    assert all(next(source.list_pages(member, Deadline())).gists for member in members)


def test_addresses_and_blob_ids_have_the_form_that_github_gives_them() -> None:
    """The listing describes the content correctly."""
    source = InMemoryGists({"octo": [MemoryGist({"a b.txt": b"content"}, id="1")]})
    ((gist,),) = [page.gists for page in source.list_pages("OCTO", Deadline())]
    (file,) = gist.files
    assert file.blob_id == hashlib.sha1(b"blob 7\0content", usedforsecurity=False).hexdigest()
    assert file.size_bytes == 7
    assert file.raw_url == f"https://gist.github.com/octo/1/raw/{file.blob_id}/a%20b.txt"
    assert gist.url == "https://gist.github.com/octo/1"


def test_a_listing_need_not_describe_content() -> None:
    """Like that of a host whose listings have no sizes; the content can be read all the same."""
    source = InMemoryGists({"octo": [MemoryGist({"f": b"content"}, describes_content=False)]})
    file = only_file(source)
    assert (file.size_bytes, file.blob_id) == (None, None)
    assert content(source, file) == b"content"


def test_a_file_can_raise_an_error() -> None:
    """An error in place of content is raised when the file is read, each time."""
    source = InMemoryGists({"octo": [MemoryGist({"f": ContentGone("gone")})]})
    for _ in range(2):
        with pytest.raises(ContentGone) as raised:
            content(source, only_file(source))
        assert len(raised.traceback) < 5  # An error that is raised again does not collect the earlier tracebacks.


def test_a_listing_can_end_in_an_error() -> None:
    """The records before it are listed, those after it are not."""
    source = InMemoryGists({"octo": [*gists("a", "b", "c"), SourceUnavailable("down"), *gists("d")]}, page_gists=2)
    listing, listed = source.list_pages("octo", Deadline()), list[list[str]]()
    with pytest.raises(SourceUnavailable):
        listed.extend([gist.id for gist in page.gists] for page in listing)
    assert listed == [["a", "b"], ["c"]]


def test_a_listing_can_fail_from_the_beginning() -> None:
    """The first step raises, instead of yielding an empty page."""
    source = InMemoryGists({"octo": [SourceUnavailable("down"), *gists("a")]})
    with pytest.raises(SourceUnavailable):
        next(source.list_pages("octo", Deadline()))


def test_unreadable_records_take_part_in_pages() -> None:
    """They are reported on the page on which the record would be."""
    broken = Unreadable("gist 3", MalformedRecord("it is null"))
    source = InMemoryGists({"octo": [*gists("a", "b"), broken, *gists("c", "d")]}, page_gists=2)
    pages = pages_of(source)
    assert ids(pages) == [["a", "b"], ["c"], ["d"]]
    assert [page.unreadable for page in pages] == [(), (broken,), ()]


def test_pages_that_have_not_changed_are_the_known_ones() -> None:
    """Each change of a gist or of an unreadable record renews its page, and no other."""
    source = InMemoryGists({"octo": gists("a", "b", "c", "d")}, page_gists=2)
    known = pages_of(source)
    assert all(page is old for page, old in zip(pages_of(source, known), known, strict=True))
    assert source.pages_fetched == {"octo": 2}
    source.put("octo", [*gists("a", "b", "c"), MemoryGist({"d": b"edited"}, id="d")])
    again = pages_of(source, known)
    assert again[0] is known[0]
    assert again[1] is not known[1]
    assert source.pages_fetched == {"octo": 3}
    source.put("octo", [*gists("a", "b", "c"), Unreadable("gist 4", MalformedRecord("it is null"))])
    assert pages_of(source, again)[1].unreadable


def test_a_replaced_listing_is_listed_anew() -> None:
    """Content that is no longer listed is gone; content that still is can be read."""
    source = InMemoryGists({"octo": gists("a", "b")})
    ((a, b),) = [page.gists for page in pages_of(source)]
    source.put("octo", gists("b"))
    assert ids(pages_of(source)) == [["b"]]
    assert content(source, b.files[0]) == b"b"
    with pytest.raises(ContentGone):
        content(source, a.files[0])


def test_a_user_can_be_added() -> None:
    """Until then there is no such user."""
    source = InMemoryGists({})
    with pytest.raises(UnknownUser):
        pages_of(source)
    source.put("octo", [])
    assert ids(pages_of(source)) == [[]]


def test_opened_files_are_counted() -> None:
    """By address; an address where there is nothing does not count."""
    source = InMemoryGists({"octo": gists("a")})
    file = only_file(source)
    for _ in range(3):
        content(source, file)
    with pytest.raises(ContentGone):
        content(source, GistFile("f", None, None, "https://gist.example/none", None))
    assert source.files_opened == {file.raw_url: 3}


@pytest.mark.parametrize("promised", [{"size_bytes": 4}, {"blob_id": "0" * 40}])
def test_content_that_was_not_promised_is_a_mismatch(promised: dict[str, int | str]) -> None:
    """A promise that the listing makes alone is checked, too."""
    source = InMemoryGists({"octo": gists("a")})
    described = {"size_bytes": None, "blob_id": None, **promised}
    file = GistFile("a", None, raw_url=only_file(source).raw_url, **described)  # pyright: ignore[reportArgumentType]
    with pytest.raises(IntegrityMismatch):
        content(source, file)
