"""What every listing of gists owes."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from gistsearch.ports.gists import Gist, UnknownUser
from gistsearch.testing.planting import LISTING_ERRORS, Plant, PlantedGist, Planting, Upset, blob_id

HOSTILE_NAMES = {
    "empty": "",
    "dot": ".",
    "parent": "..",
    "sibling": "../octo",
    "detour": "nobody/../octo",
    "slash behind": "octo/",
    "slash before": "/octo",
    "deeper": "octo/gists",
    "back slash": "octo\\",
    "encoded letter": "%6fcto",
    "encoded slash": "octo%2f",
    "encoded piece": "a%2fb",
    "query": "octo?page=1",
    "fragment": "octo#x",
    "at sign": "octo@octo",
    "NUL": "octo\0",
    "line feed": "octo\n",
    "header": "octo HTTP/1.1\r\nX-Injected: 1\r\n",
    "escape": "octo\x1b[0m",
    "no text": "octo\ud800",
    "very long": "octo" * 5_000,
}
"""Names that nobody has, but that lead to `octo`, or astray, where they are pasted into an address."""


class ListingLaws(Planting):
    """The laws of `GistSource.list_gists`."""

    def test_gists_come_in_order_and_each_once(self, plant: Plant) -> None:
        """However many pages a listing has, all of it comes, newest first, each gist once, and nobody else's."""
        gists = [PlantedGist({f"{number}.txt": b"%d" % number}) for number in range(self.many)]
        source = plant({"octo": gists, "other": [PlantedGist({"other.txt": b""})]})
        listed = self.listed(source, "octo")
        assert _names(listed) == [list(gist.files) for gist in gists]
        assert len({gist.id for gist in listed}) == self.many

    def test_listing_can_be_walked_again(self, plant: Plant) -> None:
        """Two walks at a time do not disturb each other, and one that was left is no reason to leave out a gist."""
        source = plant({"octo": [PlantedGist({f"{number}.txt": b""}) for number in range(4)]})
        first = source.list_gists("octo", self.deadline())
        next(first)
        assert len(self.listed(source, "octo")) == 4
        assert len(list(first)) == 3

    def test_secret_gists_are_not_listed(self, plant: Plant) -> None:
        """A secret gist never appears, whoever may see it."""
        secret, public = PlantedGist({"secret": b"1"}, public=False), PlantedGist({"public": b"2"})
        source = plant({"octo": [secret, public, secret, public, secret], "shy": [secret]})
        assert _names(self.listed(source, "octo")) == [["public"], ["public"]]
        assert self.listed(source, "shy") == []

    def test_user_without_gists_has_an_empty_listing(self, plant: Plant) -> None:
        """No gists is an answer, not an error."""
        assert self.listed(plant({"octo": []}), "octo") == []

    def test_listing_describes_gists(self, plant: Plant) -> None:
        """Ids, addresses, times and descriptions are what the port says they are."""
        source = plant({"octo": [PlantedGist({"a": b""}, description="Ünï 😀"), PlantedGist({"a": b""})]})
        first, second = self.listed(source, "octo")
        assert first.description in ("Ünï 😀", None)
        assert second.description in ("", None)
        for gist in (first, second):
            assert gist.id
            assert gist.url
            assert gist.updated_at.utcoffset() is not None
            assert not gist.files_truncated
        assert first.url != second.url

    def test_listing_describes_files(self, plant: Plant) -> None:
        """Each file comes once, with its exact name, its size in bytes and, if any, the blob id of its content."""
        files = {"a.txt": b"", "b.txt": b"one\n", "c.txt": "é".encode() * 70_000}
        (gist,) = self.listed(plant({"octo": [PlantedGist(files)]}), "octo")
        assert sorted(file.filename for file in gist.files) == sorted(files)
        for file in gist.files:
            assert file.size_bytes == len(files[file.filename])
            assert file.blob_id in (blob_id(files[file.filename]), None)

    def test_unknown_user_is_told_late(self, plant: Plant) -> None:
        """The call itself raises nothing, the first step does."""
        listing = plant({"octo": []}).list_gists("nobody", self.deadline())
        with pytest.raises(UnknownUser):
            next(listing)

    @pytest.mark.parametrize("name", HOSTILE_NAMES.values(), ids=HOSTILE_NAMES)
    def test_name_is_no_piece_of_an_address(self, plant: Plant, name: str) -> None:
        """What would lead elsewhere in an address is just a name that nobody has."""
        listing = plant({"octo": [PlantedGist({"a.txt": b""})]}).list_gists(name, self.deadline())
        with pytest.raises(UnknownUser):
            next(listing)

    def test_listing_that_breaks_does_not_just_end(self, plant: Plant, sever: Upset) -> None:
        """Where the rest of a listing cannot be had, the walk raises; it may give what it had already."""
        source = plant({"octo": [PlantedGist({f"{number}.txt": b""}) for number in range(self.many)]})
        listing = source.list_gists("octo", self.deadline())
        gists = [next(listing)]
        sever()
        try:
            gists.extend(listing)
        except LISTING_ERRORS:
            return
        assert len(gists) == self.many

    def test_listing_that_cannot_begin_raises(self, plant: Plant, sever: Upset) -> None:
        """A source that cannot be asked does not say that a user has no gists, nor that there is no such user."""
        source = plant({"octo": [PlantedGist({"a.txt": b""})]})
        sever()
        listing = source.list_gists("octo", self.deadline())
        with pytest.raises(LISTING_ERRORS):
            next(listing)


def _names(gists: Sequence[Gist]) -> list[list[str]]:
    return [[file.filename for file in gist.files] for gist in gists]
