"""The content of one user in one search: where it is stored, and what is to be stored of it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from gistsearch.domain.jobs import PackJob, Place
from gistsearch.domain.listing import Listed
from gistsearch.domain.store.packing import Batch, PackBuilder
from gistsearch.ports.gists import GistFile
from gistsearch.ports.store import Pack


class UserContent:
    """Knows in which packs the user's content is, and collects what is new."""

    def __init__(self) -> None:
        self.packs: Sequence[PackJob] = ()
        self._places: dict[str, Place] = {}
        self._builder = PackBuilder(time.monotonic)
        self._new: set[str] = set()
        self.listed: Listed | None = None
        """The listing, once it was walked to its end."""

    @property
    def is_new(self) -> bool:
        """Whether there was anything new."""
        return bool(self._new)

    def take_stored(self, packs: Sequence[Pack]) -> None:
        """Take what the store has. Of content that is in several packs, the last one counts."""
        self.packs = [PackJob(pack) for pack in packs]
        self._places = {file.blob_id: (job, index) for job in self.packs for index, file in enumerate(job.pack.files)}

    def place_of(self, file: GistFile) -> Place | None:
        """Return where the content of a file is stored, if it is."""
        place = self._places.get(file.blob_id or "")
        if place is None or place[0].pack.files[place[1]].size_bytes != file.size_bytes:
            return None  # What the listing says of its size is not true, which the source will notice.
        return place

    def add(self, file: GistFile, text: bytes) -> Iterator[Batch]:
        """Take new content, and yield what should be stored because of it.

        Args:
            file: what the source listed, with its size and blob id.
            text: its searchable text.
        """
        if file.blob_id is None or file.size_bytes is None or file.blob_id in self._new:
            return
        self._new.add(file.blob_id)
        if not self._builder.has_room_for(text):
            yield from self.take_rest()
        self._builder.add(file.blob_id, file.size_bytes, text)
        yield from self.take_due()

    def take_due(self) -> Iterator[Batch]:
        """Yield what has waited long enough."""
        if self._builder.is_due():
            yield from self.take_rest()

    def take_rest(self) -> Iterator[Batch]:
        """Yield what has been collected."""
        if batch := self._builder.take():
            yield batch
