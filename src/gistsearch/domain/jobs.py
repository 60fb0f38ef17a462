"""The work of one search: users to list, gists to report on, files and packs to search, content to store."""

from __future__ import annotations

from collections.abc import Container, Generator, Iterator

from attrs import Factory, define

from gistsearch.domain.events import FileMatch
from gistsearch.domain.listing import Listed, Walked
from gistsearch.domain.matching.file_search import Part
from gistsearch.domain.step_pool import Failure
from gistsearch.ports.gists import Gist, GistFile, ListingPage
from gistsearch.ports.store import Pack


@define(eq=False)
class ListingJob:
    """The walk through one user's listing."""

    username: str
    steps: Generator[Walked, None, Listed]
    has_pages: bool = False
    gist_count: int = 0
    _seen: set[str] = Factory(set[str])

    def new_gists(self, page: ListingPage) -> Iterator[GistJob]:
        """Yield the gists of the next page, with their positions in the listing.

        A gist that moved to this page while the listing was walked has been seen before and is left out.
        """
        self.has_pages = True
        for gist in page.gists:
            if gist.id not in self._seen:
                self._seen.add(gist.id)
                yield GistJob(self.username, self.gist_count, gist)
                self.gist_count += 1


@define(eq=False)
class GistJob:
    """One gist whose files are being searched."""

    username: str
    position: int
    gist: Gist
    files_left: int = 0
    is_decided: bool = False
    """Whether its remaining files need not be searched, because it is known to match and that is all the query asks."""
    failed: list[tuple[FileJob, Failure]] = Factory(list["tuple[FileJob, Failure]"])
    """Files that could not be searched, and why, as far as this has not been reported."""


@define(eq=False)
class FileJob:
    """One file that is being searched."""

    parent: GistJob
    file: GistFile
    place: Place | None
    """Where its content is stored, if it is. Set to None if it turns out that it cannot be had."""
    steps: Generator[Part, None, Part] | None = None
    """Made when it is opened."""
    is_open: bool = False
    """Whether it has taken its first step."""
    is_done: bool = False
    is_searched: bool = False
    """Whether the last part was reported. It may not be done yet, as the rest is downloaded to be kept."""
    new_text: bytes | None = None
    """The searchable text of content that was downloaded and should be stored."""
    _bytes_read: int = 0
    _reported_parts: int = 0

    def count_bytes(self, part: Part) -> int:
        """Return how many bytes were read since the part before this one; of stored content, all with the last one."""
        read = part.bytes_read
        if self.place is not None:
            read = self.file.size_bytes or 0 if part.last else 0
        count, self._bytes_read = read - self._bytes_read, read
        return count

    def match_of(self, part: Part) -> FileMatch | None:
        """Return what to report of the next part; None if there is nothing to report."""
        if not part.line_count and not part.match_count and not part.lines and not (part.last and self._reported_parts):
            return None
        gist, number = self.parent, self._reported_parts
        self._reported_parts += 1
        return FileMatch(
            gist.username,
            gist.position,
            gist.gist,
            self.file,
            part.lines,
            part.line_count,
            part.binary,
            number,
            part.last,
            part.match_count,
        )


@define(eq=False)
class PackJob:
    """One stored pack that is searched as a whole."""

    pack: Pack
    steps: Generator[None, None, None] | None = None
    """Made when it is begun."""
    is_begun: bool = False
    is_done: bool = False
    waiting: list[tuple[FileJob, int]] = Factory(list["tuple[FileJob, int]"])
    """Files whose outcome depends on it, with their indices in it."""
    matched: Container[int] = ()
    """Once it is done: which of its files contain a match."""
    unsure: Container[int] = ()
    """Once it is done: which of its files have to be searched by themselves."""


Place = tuple[PackJob, int]
"""A pack, and the index of one of its files."""


@define(eq=False)
class StoreJob:
    """Something that is written to the store, in one step."""
