"""The gist source of a search without a network: it has nothing, so that only what is stored is searched."""

from __future__ import annotations

from collections.abc import Generator, Sequence

from gistsearch.ports.deadline import Deadline
from gistsearch.ports.gists import GistFile, GistSource, ListingPage, SourceUnavailable
from gistsearch.ports.store import GistStore, StoreError


class OfflineGists(GistSource):
    """A source that is never reached."""

    def __init__(self, store: GistStore) -> None:
        """
        Args:
            store: what is searched in its place.
        """
        self._store = store
        self._is_readable = True

    def list_pages(
        self, username: str, deadline: Deadline, known: Sequence[ListingPage] = ()
    ) -> Generator[ListingPage, None, None]:
        yield from ()
        if not self._can_read(username):
            raise SourceUnavailable("the store cannot be used, and offline nothing else is searched")
        raise SourceUnavailable(
            f"the store has no listing of the gists of {username!r}; search once without --offline, or run"
            f" 'gistsearch store sync {username}'"
        )

    def open_file(self, file: GistFile, deadline: Deadline) -> Generator[bytes, None, None]:
        yield from ()
        raise SourceUnavailable("its content is not in the store")

    def _can_read(self, username: str) -> bool:
        """Return whether the store says that it has no listing. If it is locked, only one user waits for it again."""
        try:
            if self._is_readable:
                self._store.load(username)
        except StoreError:
            self._is_readable = False
        return self._is_readable
