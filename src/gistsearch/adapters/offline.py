"""The gist source of a search without a network: it has nothing, so that only what is stored is searched."""

from __future__ import annotations

from collections.abc import Generator, Sequence

from gistsearch.ports.deadline import Deadline
from gistsearch.ports.gists import GistFile, GistSource, ListingPage, SourceUnavailable


class OfflineGists(GistSource):
    """A source that is never reached."""

    def list_pages(
        self, username: str, deadline: Deadline, known: Sequence[ListingPage] = ()
    ) -> Generator[ListingPage, None, None]:
        yield from ()
        raise SourceUnavailable(
            f"the store has no listing of the gists of {username!r}; search once without --offline, or run"
            f" 'gistsearch store sync {username}'"
        )

    def open_file(self, file: GistFile, deadline: Deadline) -> Generator[bytes, None, None]:
        yield from ()
        raise SourceUnavailable("its content is not in the store")
