"""The work of one search: users to list, gists to report on, files to search."""

from __future__ import annotations

from collections.abc import Generator, Iterator

from attrs import Factory, define

from gistsearch.domain.events import FileMatch
from gistsearch.domain.matching.file_search import Part
from gistsearch.ports.gists import Gist, GistFile, ListingPage


@define(eq=False)
class ListingJob:
    """The walk through one user's listing."""

    username: str
    pages: Generator[ListingPage, None, None]
    page_count: int = 0
    gist_count: int = 0
    _seen: set[str] = Factory(set[str])

    def new_gists(self, page: ListingPage) -> Iterator[GistJob]:
        """Yield the gists of the next page, with their positions in the listing.

        A gist that moved to this page while the listing was walked has been seen before and is left out.
        """
        self.page_count += 1
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


@define(eq=False)
class FileJob:
    """One file that is being searched."""

    parent: GistJob
    file: GistFile
    steps: Generator[Part, None, Part]
    is_open: bool = False
    """Whether it has taken its first step."""
    is_done: bool = False
    _bytes_read: int = 0
    _reported_parts: int = 0

    def count_bytes(self, part: Part) -> int:
        """Return how many bytes were read since the part before this one."""
        count, self._bytes_read = part.bytes_read - self._bytes_read, part.bytes_read
        return count

    def match_of(self, part: Part) -> FileMatch | None:
        """Return what to report of the next part; None if there is nothing to report."""
        if not part.line_count and not part.lines and not (part.last and self._reported_parts):
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
        )
