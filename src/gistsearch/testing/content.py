"""Tests of the content of files."""

from __future__ import annotations

import tracemalloc

import pytest
from attrs import evolve

from gistsearch.ports.blobs import blob_id_of
from gistsearch.ports.gists import ContentGone, GistFile, GistSource, IntegrityMismatch
from gistsearch.testing.fixtures import (
    FILE_ERRORS,
    ChangeContent,
    Disruption,
    GistSourceFixtures,
    MakeSource,
    SampleGist,
    must_raise,
    one_file,
)

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
    "not Unicode text": "https://gist.example/\ud800",
}
PROMISE = b"What the listing promised.\n"
OTHERS = {"shorter": PROMISE[:-1], "longer": PROMISE + b"x", "nothing": b"", "same length": PROMISE.swapcase()}


class ContentTests(GistSourceFixtures):
    """What `open_file` yields."""

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
    """File names that a source has to distinguish. Leave out those that yours cannot hold."""

    @pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS)
    def test_content_is_complete(self, make_source: MakeSource, content: bytes) -> None:
        """Every byte is yielded, in order, and no other."""
        source = make_source(one_file(content))
        self._expect(content, self.content(source, self.only_file(source)))

    def test_files_are_not_mixed_up(self, make_source: MakeSource) -> None:
        """Each file has its own content, even if its name is unusual and other gists have a file of the same name."""
        users = {
            user: [
                SampleGist({name: f"{user} {number} {name}".encode() for name in self.filenames}) for number in range(2)
            ]
            for user in ("octo", "other")
        }
        source = make_source(users)
        for user, gists in users.items():
            listed = self.gists(source, user)
            contents = [{file.filename: self.content(source, file) for file in gist.files} for gist in listed]
            assert contents == [gist.files for gist in gists], "expected each file to have its own content"

    def test_content_can_be_read_again(self, make_source: MakeSource) -> None:
        """A file that was read, or is being read, is read from its beginning the next time."""
        content = CONTENTS["all bytes"]
        source = make_source(one_file(content))
        file = self.only_file(source)
        other = source.open_file(file, self.deadline())
        first = next(other)
        for _ in range(2):
            self._expect(content, self.content(source, file))
        self._expect(content, first + b"".join(other))

    def test_memory_does_not_grow_with_the_file(self, make_source: MakeSource) -> None:
        """Reading a file four times as large takes no more memory (as far as Python's allocator sees it)."""
        small, large = b"x" * (8 * MIB), b"y" * (32 * MIB)
        source = make_source({"small": [SampleGist({"f": small})], "large": [SampleGist({"f": large})]})
        peaks = [self._peak_bytes(source, self.only_file(source, user)) for user in ("small", "large")]
        assert peaks[1] < peaks[0] + 8 * MIB, (
            f"expected reading 32 MiB to take little more memory than reading 8 MiB ({peaks[0]:,} bytes)"
        )

    @pytest.mark.parametrize("promised", OTHERS.values(), ids=OTHERS)
    def test_content_matches_the_listing(self, make_source: MakeSource, promised: bytes) -> None:
        """Bytes with another length or blob id than the listing gives are never taken for the file."""
        source = make_source(one_file(PROMISE))
        file = self.only_file(source)
        _skip_if_unnoticeable(file, promised)
        size_bytes = None if file.size_bytes is None else len(promised)
        blob_id = None if file.blob_id is None else blob_id_of(promised)
        with must_raise(*FILE_ERRORS, when="reading content that does not match the listing"):
            self.content(source, evolve(file, size_bytes=size_bytes, blob_id=blob_id))

    @pytest.mark.parametrize("raw_url", ADDRESSES.values(), ids=ADDRESSES)
    def test_content_that_was_never_listed_is_an_error(self, make_source: MakeSource, raw_url: str) -> None:
        """An address that leads nowhere, or elsewhere, raises one of the port's errors."""
        source = make_source(one_file(PROMISE))
        stray = evolve(self.only_file(source), raw_url=raw_url, size_bytes=5, blob_id=blob_id_of(b"stray"))
        with must_raise(*FILE_ERRORS, when=f"reading from the address {raw_url!r}, which was never listed"):
            self.content(source, stray)

    @pytest.mark.parametrize("now", OTHERS.values(), ids=OTHERS)
    def test_content_that_has_changed_is_a_mismatch(
        self, make_source: MakeSource, change_content: ChangeContent, now: bytes
    ) -> None:
        """If there are other bytes than the listing promised, reading ends with `IntegrityMismatch`."""
        source = make_source(one_file(PROMISE))
        file = self.only_file(source)
        _skip_if_unnoticeable(file, now)
        change_content("octo", "file.txt", now)
        with must_raise(IntegrityMismatch, when="reading content that has changed since it was listed"):
            self.content(source, file)

    @pytest.mark.parametrize("content", [PROMISE, b""], ids=["some", "none"])
    def test_content_that_is_gone_is_reported(
        self, make_source: MakeSource, change_content: ChangeContent, content: bytes
    ) -> None:
        """It is neither an empty file, even if it was empty before, nor a failure that could pass."""
        source = make_source(one_file(content))
        file = self.only_file(source)
        change_content("octo", "file.txt", None)
        with must_raise(ContentGone, when="reading content that no longer exists"):
            self.content(source, file)

    def test_content_that_cannot_be_fetched_is_an_error(self, make_source: MakeSource, disconnect: Disruption) -> None:
        """A failure does not look like the end of a file."""
        source = make_source(one_file(PROMISE))
        file = self.only_file(source)
        disconnect()
        with must_raise(*FILE_ERRORS, when="reading while nothing can be fetched"):
            self.content(source, file)

    def _expect(self, content: bytes, received: bytes) -> None:
        assert received == content, f"expected the {len(content):,} bytes of the file, got {len(received):,} bytes"

    def _peak_bytes(self, source: GistSource, file: GistFile) -> int:
        """Return the most memory that reading a file took, over what was there before."""
        tracemalloc.start()
        try:
            for _ in source.open_file(file, self.deadline()):
                pass
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()


def _skip_if_unnoticeable(file: GistFile, other: bytes) -> None:
    if file.blob_id is None and file.size_bytes in (len(other), None):
        pytest.skip("the listings of this source do not describe content well enough to notice")
