"""What comes back from a search's tasks: messages, and what they are about."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import suppress

from attrs import define, frozen

from gistsearch.domain.file_search import FileSearch
from gistsearch.domain.results import FileMatch
from gistsearch.ports.gists import Gist, SourceError


@define(eq=False)
class Listing:
    """The walk through one user's gists."""

    username: str
    gists: int = 0
    """How many are known so far."""


@define(eq=False)
class OpenFile:
    """A file that is being searched."""

    search: FileSearch
    chunks: Generator[bytes, None, None]
    parts: Generator[FileMatch, None, None]

    def close(self) -> None:
        """End it here, if it has not ended."""
        with suppress(SourceError):  # All that there is to say of it was said.
            self.parts.close()
            self.chunks.close()  # If the search was not begun, closing it has not closed them.


@frozen
class Listed:
    """One gist more of a user's."""

    listing: Listing
    gist: Gist


@frozen
class ListingOver:
    """No more gists of a user: all were listed, or what came next could not be."""

    listing: Listing
    error: SourceError | None


@frozen
class PartFound:
    """Some of a file's matches, with more of the file to come: whoever takes them has to put the file back."""

    file: OpenFile
    part: FileMatch


@frozen
class FileDone:
    """A file's end, with the last of its matches, if there are any."""

    search: FileSearch
    part: FileMatch | None = None
    error: SourceError | None = None
    unneeded: bool = False

    @property
    def is_quiet(self) -> bool:
        """Whether there is nothing to tell of it."""
        return self.part is None and self.error is None


@frozen
class FileOpened:
    """There is an open file for a worker to take."""


@frozen
class WorkerIdle:
    """A worker ended: it found nothing more to do, or others have their turn."""


@frozen
class OpenerIdle:
    """The opener ended, for the same reasons."""


@frozen
class Crashed:
    """A call failed in a way that its port does not allow."""

    error: Exception


Message = Listed | ListingOver | PartFound | FileDone | FileOpened | WorkerIdle | OpenerIdle | Crashed
