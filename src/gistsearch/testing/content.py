"""What everyone owes who yields the content of a file."""

from __future__ import annotations

import tracemalloc

import pytest
from attrs import evolve

from gistsearch.ports.gists import GistFile, GistSource, IntegrityMismatch
from gistsearch.testing.planting import FILE_ERRORS, Alter, Plant, PlantedGist, Planting, Upset, blob_id, one_file

MIB = 1 << 20

CONTENTS = {
    "empty": b"",
    "one byte": b"x",
    "no final line end": b"one\ntwo",
    "CRLF": b"one\r\ntwo\r\n",
    "not UTF-8": b"\xff\xfe\x80 \xc3\x28",
    "NUL": b"a\0b" * 1_000,
    "a byte order mark": b"\xef\xbb\xbfone\n",
    "all bytes": bytes(range(256)) * 1_000,
    "one long line": b"x" * MIB,
}
ADDRESSES = {
    "empty": "",
    "nonsense": "no address",
    "another scheme": "file:///etc/hostname",
    "another host": "https://gist.example/raw",
    "a path": "../../../../../../etc/hostname",
    "NUL": "\0",
    "no text": "https://gist.example/\ud800",
}
PROMISE = b"What the listing promised.\n"
OTHERS = {"shorter": PROMISE[:-1], "longer": PROMISE + b"x", "nothing": b"", "same length": PROMISE.swapcase()}


class ContentLaws(Planting):
    """The laws of `GistSource.open_file`."""

    filenames: tuple[str, ...] = (
        "a b.txt",
        ".hidden",
        "no-extension",
        "it's (1).py",
        "100%.txt",
        "%2e%2e%2fa",
        "a+b&c=d;e.txt",
        "a#b.txt",
        "Ünï 😀.md",
        "A whole sentence, as people write it.",
    )
    """File names that a source has to tell apart. Name fewer if yours cannot hold them."""

    @pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS)
    def test_content_comes_whole(self, plant: Plant, content: bytes) -> None:
        """Every byte comes, in order, and no other."""
        source = plant(one_file(content))
        assert self.content(source, self.only_file(source)) == content

    def test_files_are_not_mixed_up(self, plant: Plant) -> None:
        """Each file has its own content, whatever its name and whoever else has a file of that name."""
        users = {
            user: [
                PlantedGist({name: f"{user} {number} {name}".encode() for name in self.filenames})
                for number in range(2)
            ]
            for user in ("octo", "other")
        }
        source = plant(users)
        for user, gists in users.items():
            held = [
                {file.filename: self.content(source, file) for file in gist.files} for gist in self.listed(source, user)
            ]
            assert held == [gist.files for gist in gists]

    def test_content_can_be_read_again(self, plant: Plant) -> None:
        """A file that was read, or begun, is read from its beginning the next time."""
        source = plant(one_file(CONTENTS["all bytes"]))
        file = self.only_file(source)
        begun = source.open_file(file, self.deadline())
        first = next(begun)
        assert self.content(source, file) == self.content(source, file) == CONTENTS["all bytes"]
        assert first + b"".join(begun) == CONTENTS["all bytes"]

    def test_memory_does_not_grow_with_the_file(self, plant: Plant) -> None:
        """Reading a file four times as large takes no more memory (as far as Python's allocator sees it)."""
        small, large = b"x" * (8 * MIB), b"y" * (32 * MIB)
        source = plant({"small": [PlantedGist({"f": small})], "large": [PlantedGist({"f": large})]})
        peaks = [_peak(source, self.only_file(source, user), self) for user in ("small", "large")]
        assert peaks[1] < peaks[0] + 8 * MIB

    @pytest.mark.parametrize("promised", OTHERS.values(), ids=OTHERS)
    def test_content_is_what_was_promised_or_an_error(self, plant: Plant, promised: bytes) -> None:
        """Bytes of another length or blob id than the listing says never pass for the file."""
        source = plant(one_file(PROMISE))
        file = self.only_file(source)
        _skip_what_cannot_be_noticed(file, promised)
        named = blob_id(promised) if file.blob_id else None
        with pytest.raises(FILE_ERRORS):
            self.content(source, evolve(file, size_bytes=len(promised), blob_id=named))

    @pytest.mark.parametrize("raw_url", ADDRESSES.values(), ids=ADDRESSES)
    def test_content_that_was_never_listed_is_an_error(self, plant: Plant, raw_url: str) -> None:
        """An address that leads nowhere, or elsewhere, raises one of the port's errors."""
        source = plant(one_file(PROMISE))
        stray = evolve(self.only_file(source), raw_url=raw_url, size_bytes=5, blob_id=blob_id(b"stray"))
        with pytest.raises(FILE_ERRORS):
            self.content(source, stray)

    @pytest.mark.parametrize("now", OTHERS.values(), ids=OTHERS)
    def test_content_that_changed_is_a_mismatch(self, plant: Plant, alter: Alter, now: bytes) -> None:
        """Where other bytes lie than those that were listed, reading ends in `IntegrityMismatch`."""
        source = plant(one_file(PROMISE))
        file = self.only_file(source)
        _skip_what_cannot_be_noticed(file, now)
        alter("octo", "file.txt", now)
        with pytest.raises(IntegrityMismatch):
            self.content(source, file)

    @pytest.mark.parametrize("content", [PROMISE, b""], ids=["some", "none"])
    def test_content_that_vanished_is_an_error(self, plant: Plant, alter: Alter, content: bytes) -> None:
        """Content that is gone does not read as an empty file, even where it was one."""
        source = plant(one_file(content))
        file = self.only_file(source)
        alter("octo", "file.txt", None)
        with pytest.raises(FILE_ERRORS):
            self.content(source, file)

    def test_content_that_cannot_be_had_is_an_error(self, plant: Plant, sever: Upset) -> None:
        """A source that cannot be asked yields no end of a file."""
        source = plant(one_file(PROMISE))
        file = self.only_file(source)
        sever()
        with pytest.raises(FILE_ERRORS):
            self.content(source, file)


def _skip_what_cannot_be_noticed(file: GistFile, other: bytes) -> None:
    if file.blob_id is None and file.size_bytes == len(other):
        pytest.skip("this source gives no blob ids")


def _peak(source: GistSource, file: GistFile, laws: Planting) -> int:
    """Return the most memory that reading a file took, in bytes, over what was there before."""
    tracemalloc.start()
    try:
        read = sum(map(len, source.open_file(file, laws.deadline())))
        assert read == file.size_bytes
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
