"""Gists in memory: the fake for tests, and a sample for a first try without a network."""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from collections.abc import Generator, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Self
from urllib.parse import quote

from attrs import Factory, frozen

from gistsearch.ports.blobs import blob_id_of
from gistsearch.ports.deadline import Deadline
from gistsearch.ports.gists import (
    ContentGone,
    Gist,
    GistFile,
    GistSource,
    IntegrityMismatch,
    ListingPage,
    SourceError,
    UnknownUser,
    Unreadable,
    user_key,
)
from gistsearch.ports.members import MemberSource, UnknownOrganization

_NEWEST = datetime(2026, 1, 1, tzinfo=UTC)

Content = bytes | SourceError
"""The content of a file, or the error that reading it raises."""


@frozen
class MemoryGist:
    """A gist to hold. Everything but the files has a default."""

    files: Mapping[str, Content]
    """By file name."""
    description: str | None = None
    id: str | None = None
    """None: derived from the user and the position."""
    languages: Mapping[str, str] = Factory(dict[str, str])
    """By file name; a file that is not mentioned has none."""
    public: bool = True
    """Secret gists are never listed."""
    files_truncated: bool = False
    describes_content: bool = True
    """Whether the listing gives the sizes and blob ids of the files."""


MemoryRecord = MemoryGist | Unreadable | SourceError
"""One entry of a user's listing: a gist, a record that cannot be read, or the error that ends the listing there."""


MemoryMember = str | SourceError
"""A user name, or an error that is raised after the last member because this one cannot be listed."""


class InMemoryGists(GistSource, MemberSource):
    """A source of gists that it was given, newest first, and of the members of organizations."""

    def __init__(
        self,
        users: Mapping[str, Sequence[MemoryRecord]],
        organizations: Mapping[str, Sequence[MemoryMember]] | None = None,
        *,
        page_gists: int = 100,
        chunk_bytes: int = 1 << 16,
        origin: str = "https://gist.github.com",
    ) -> None:
        """
        Args:
            users: their gists, newest first, by name. Names are compared without regard to case.
            organizations: the user names of their public members, by name, which is compared in the same way.
            page_gists: how many records a page of a listing has.
            chunk_bytes: the size of the chunks in which files are read.
            origin: the beginning of all addresses.
        """
        self._page_gists = page_gists
        self._chunk_bytes = chunk_bytes
        self._origin = origin
        self._lock = threading.Lock()
        self._listings: dict[str, _Listing] = {}
        self._contents: dict[str, Content] = {}
        self._members: dict[str, tuple[MemoryMember, ...]] = {}
        self.pages_fetched: Counter[str] = Counter()
        """How many pages were listed that were not known, by user (in lower case)."""
        self.files_opened: Counter[str] = Counter()
        """How often each file was opened, by address."""
        for username, records in users.items():
            self.put(username, records)
        for organization, members in (organizations or {}).items():
            self.put_members(organization, members)

    @classmethod
    def sample(cls) -> Self:
        """Return a few gists of made-up content, to try a search on. Their owners are the members of `examples`."""
        return cls(_SAMPLE, {"examples": list(_SAMPLE)})

    def put(self, username: str, records: Sequence[MemoryRecord]) -> None:
        """Add a user, or replace everything that a user has. Content that is not listed any more is gone."""
        listing = _Listing(f"{self._origin}/{username}", records, self._page_gists)
        with self._lock:
            before = self._listings.get(user_key(username))
            self._listings[user_key(username)] = listing
            self._contents.update(listing.contents)
            for raw_url in before.contents.keys() - listing.contents.keys() if before else ():
                del self._contents[raw_url]

    def put_members(self, organization: str, members: Sequence[MemoryMember]) -> None:
        """Add an organization, or replace its members."""
        self._members[organization.casefold()] = tuple(members)

    def list_pages(
        self, username: str, deadline: Deadline, known: Sequence[ListingPage] = ()
    ) -> Generator[ListingPage, None, None]:
        deadline.check()
        listing = self._listings.get(user_key(username))
        if listing is None:
            raise UnknownUser(f"there is no user {username!r}")
        for number, page in enumerate(listing.pages):
            deadline.check()
            if number < len(known) and known[number].validator == page.validator:
                yield known[number]
            else:
                self._count(self.pages_fetched, user_key(username))
                yield page
        if listing.error is not None:
            raise listing.error.with_traceback(None)

    def open_file(self, file: GistFile, deadline: Deadline) -> Generator[bytes, None, None]:
        deadline.check()
        content = self._contents.get(file.raw_url)
        if content is None:
            raise ContentGone(f"there is nothing at {file.raw_url}")
        self._count(self.files_opened, file.raw_url)
        if isinstance(content, SourceError):
            raise content.with_traceback(None)
        if file.size_bytes not in (len(content), None) or file.blob_id not in (blob_id_of(content), None):
            raise IntegrityMismatch("the content is not what the listing says")
        for start in range(0, len(content), self._chunk_bytes):
            deadline.check()
            yield content[start : start + self._chunk_bytes]

    def list_members(self, organization: str, deadline: Deadline) -> Generator[str, None, None]:
        deadline.check()
        members = self._members.get(organization.casefold())
        if members is None:
            raise UnknownOrganization(f"there is no organization {organization!r}")
        for member in members:
            deadline.check()
            if isinstance(member, str):
                yield member
        for member in members:
            if isinstance(member, SourceError):
                raise member.with_traceback(None)

    def _count(self, counter: Counter[str], name: str) -> None:
        with self._lock:
            counter[name] += 1


class _Listing:
    """What a user has, as `list_pages` and `open_file` give it."""

    def __init__(self, home: str, records: Sequence[MemoryRecord], page_gists: int) -> None:
        """
        Args:
            home: the address of the user's gists.
            records: the first error among them is the last that counts.
            page_gists: how many records a page has.
        """
        self.contents: dict[str, Content] = {}
        """By address."""
        self.error: SourceError | None = next((entry for entry in records if isinstance(entry, SourceError)), None)
        """Raised after the last page."""
        shown = list(self._shown(home, records))
        self.pages = [_page(shown[start : start + page_gists]) for start in range(0, len(shown), page_gists)]
        if not shown and self.error is None:
            self.pages = [_page(())]  # An empty listing is an answer as well, and can be asked for again.

    def _shown(self, home: str, records: Sequence[MemoryRecord]) -> Iterator[Gist | Unreadable]:
        for number, record in enumerate(records):
            if isinstance(record, SourceError):
                return
            if isinstance(record, Unreadable):
                yield record
            elif record.public:
                yield self._gist(home, number, record)

    def _gist(self, home: str, number: int, gist: MemoryGist) -> Gist:
        gist_id = gist.id or hashlib.sha256(f"{home} {number}".encode()).hexdigest()[:32]
        return Gist(
            id=gist_id,
            url=f"{home}/{gist_id}",
            description=gist.description,
            updated_at=_NEWEST - timedelta(days=number),
            files=tuple(self._file(f"{home}/{gist_id}", gist, name, content) for name, content in gist.files.items()),
            files_truncated=gist.files_truncated,
        )

    def _file(self, url: str, gist: MemoryGist, name: str, content: Content) -> GistFile:
        listed = b"" if isinstance(content, SourceError) else content
        blob_id = blob_id_of(listed)
        raw_url = f"{url}/raw/{blob_id}/{quote(name)}"
        self.contents[raw_url] = content
        if not gist.describes_content:
            return GistFile(name, gist.languages.get(name), None, raw_url, None)
        return GistFile(name, gist.languages.get(name), len(listed), raw_url, blob_id)


def _page(records: Sequence[Gist | Unreadable]) -> ListingPage:
    gists = tuple(record for record in records if isinstance(record, Gist))
    unreadable = tuple(record for record in records if isinstance(record, Unreadable))
    described = repr((gists, [(record.subject, str(record.error)) for record in unreadable]))
    return ListingPage(gists, unreadable, hashlib.sha256(described.encode(errors="surrogatepass")).hexdigest())


_PYTHON = b"""import sys

import requests


def main():
    for url in sys.argv[1:]:
        answer = requests.get(url, timeout=10)
        print(answer.status_code, url)


if __name__ == "__main__":
    main()
"""
_NOTES = """# Notes on regular expressions

- `(a+)+$` takes a backtracking engine for ever on `aaaaaaaaaaaaaaaaaaaaaaaaaaaa!`.
- An automaton reads each character once, whatever the pattern.
""".encode("utf-16")

_SAMPLE: dict[str, list[MemoryGist]] = {
    "justdionysus": [
        MemoryGist(
            {"shout.sh": b'#!/bin/sh\nprintf "%s\\n" "$*" | tr a-z A-Z\n'}, "Shouts", languages={"shout.sh": "Shell"}
        ),
        MemoryGist(
            {"status.py": _PYTHON},
            "Asks each address for its status",
            id="6b2972aa971dd605f524",
            languages={"status.py": "Python"},
        ),
        MemoryGist(
            {
                "fib.c": b'#include <stdio.h>\r\n\r\nint main(void) {\r\n    return puts("1 1 2 3 5") < 0;\r\n}\r\n',
                "Makefile": b"fib: fib.c\n\tcc -o $@ $<\n",
            },
            "Two files, one of them with the line ends of another system",
            languages={"fib.c": "C", "Makefile": "Makefile"},
        ),
    ],
    "octocat": [
        MemoryGist({"regex notes.md": _NOTES}, "In UTF-16", languages={"regex notes.md": "Markdown"}),
        MemoryGist({"pixel.png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01"}, "A binary file"),
        MemoryGist({"empty.txt": b""}),
    ],
}
