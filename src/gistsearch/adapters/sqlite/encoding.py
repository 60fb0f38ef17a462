"""Listings and packs as bytes, with checksums."""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zlib import crc32

from gistsearch.ports.gists import Gist, GistFile, ListingPage, MalformedRecord, Unreadable
from gistsearch.ports.store import PackedFile

_FILE = struct.Struct(">20sQII")  # blob id, size, start, end


def checksum(data: object, *fields: object) -> int:
    """Return a checksum of a value and of the fields that belong to it.

    Fields count, so that a value that turns up in a wrong place is noticed as well. Whatever a damaged database returns
    may be given, of any type.
    """
    start = crc32(repr(fields).encode(errors="surrogatepass"))
    return crc32(data if isinstance(data, bytes) else b"", start)


def encode_pages(pages: Sequence[ListingPage]) -> bytes:
    """Return the pages of a listing as JSON: arrays of fields, as their names would make up half of it."""
    return json.dumps([_page(page) for page in pages], separators=(",", ":")).encode()


def decode_pages(data: bytes) -> tuple[ListingPage, ...]:
    """Return the pages that were encoded. What has the right checksum can be decoded."""
    return tuple(_decoded_page(*page) for page in json.loads(data))


def encode_files(files: Sequence[PackedFile]) -> bytes:
    """Return the table of a pack's files."""
    return b"".join(_FILE.pack(bytes.fromhex(file.blob_id), file.size_bytes, file.start, file.end) for file in files)


def decode_files(data: bytes) -> tuple[PackedFile, ...]:
    """Return the files that were encoded. What has the right checksum can be decoded."""
    return tuple([PackedFile(blob_id.hex(), size, start, end) for blob_id, size, start, end in _FILE.iter_unpack(data)])


def _page(page: ListingPage) -> list[Any]:
    unreadable = [[record.subject, str(record.error)] for record in page.unreadable]
    return [[_gist(gist) for gist in page.gists], unreadable, page.validator]


def _gist(gist: Gist) -> list[Any]:
    files = [[file.filename, file.language, file.size_bytes, file.raw_url, file.blob_id] for file in gist.files]
    return [gist.id, gist.url, gist.description, gist.updated_at.isoformat(), files, gist.files_truncated]


def _decoded_page(gists: list[Any], unreadable: list[Any], validator: str | None) -> ListingPage:
    return ListingPage(
        tuple([_decoded_gist(*gist) for gist in gists]),
        tuple([Unreadable(subject, MalformedRecord(message)) for subject, message in unreadable]),
        validator,
    )


def _decoded_gist(
    gist_id: str, url: str, description: str | None, updated_at: str, files: list[Any], files_truncated: bool
) -> Gist:
    decoded = tuple([GistFile(*file) for file in files])
    return Gist(gist_id, url, description, datetime.fromisoformat(updated_at), decoded, files_truncated)
