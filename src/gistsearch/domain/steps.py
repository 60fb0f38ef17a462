"""The steps of a search's jobs. They run in the executor's threads."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from contextlib import closing

from attrs import evolve, frozen

from gistsearch.domain.jobs import FileJob, PackJob
from gistsearch.domain.listing import Listed, Walked, walk
from gistsearch.domain.matching.file_search import STEP_S, Part, search_file, search_text
from gistsearch.domain.matching.packs import find_texts
from gistsearch.domain.matching.time_slicing import TimeSlicedMatcher
from gistsearch.domain.query import SearchQuery
from gistsearch.domain.store.access import StoreAccess
from gistsearch.domain.store.packing import Batch
from gistsearch.domain.store.recording import Recorder
from gistsearch.domain.store.upkeep import rewrite_packs
from gistsearch.ports.deadline import Deadline, DeadlineExceeded
from gistsearch.ports.gists import GistSource, ListingPage


@frozen
class Steps:
    """Makes the generators that the jobs of one search consist of."""

    source: GistSource
    store: StoreAccess
    matcher: TimeSlicedMatcher
    query: SearchQuery
    window_bytes: int
    deadline: Deadline

    def list_gists(self, username: str) -> Generator[Walked, None, Listed]:
        """Walk through a user's listing."""
        return walk(username, self.source, self.store, self.deadline)

    def search_file(self, job: FileJob) -> Generator[Part, None, Part]:
        """Search one file, from the store if possible: yield a part for each step, and return the last one.

        If more is downloaded only to be kept, the last part is yielded before that, and one without lines is returned.
        """
        text = self._stored_text(job)
        if text is None:
            return (yield from self._download(job))
        return (yield from _all(search_text(text, self.matcher, self.query, self.window_bytes)))

    def _download(self, job: FileJob) -> Generator[Part, None, Part]:
        recorder = Recorder(job.file, self.store.policy.max_file_bytes if self.store.is_writable else -1)
        with closing(self.source.open_file(job.file, self.deadline)) as chunks:
            recorded = recorder.record(chunks)
            part = yield from _all(
                search_file(recorded, job.file.size_bytes, self.matcher, self.query, self.window_bytes)
            )
            if recorder.lacks_rest:
                yield part
                bytes_read = part.bytes_read + recorder.read_on(chunks)
                part = evolve(part, lines=(), line_count=0, match_count=0, bytes_read=bytes_read, last=False)
        job.new_text = recorder.text()
        return part

    def search_pack(self, job: PackJob) -> Generator[None, None, None]:
        """Find out which files of a pack contain a match."""
        files = job.pack.files
        long = frozenset(index for index, file in enumerate(files) if file.end - file.start > self.window_bytes)
        job.unsure = range(len(files))
        text = self.store.read_pack(job.pack) if len(long) < len(files) else None
        if text is None:
            return
        matched: set[int] = set()
        began_s = time.monotonic()
        try:
            starts = [file.start for file in files]
            for index in find_texts(text, starts, self.matcher, self.window_bytes):
                if index is not None:
                    matched.add(index)
                elif time.monotonic() - began_s >= STEP_S:
                    yield
                    began_s = time.monotonic()
        except DeadlineExceeded:
            self.deadline.check()
            return  # One of the files takes too long. Each by itself, the others do not.
        job.matched, job.unsure = matched - long, long

    def save(self, username: str, batch: Batch) -> Generator[None, None, None]:
        """Store new content."""
        self.store.save_pack(username, batch)
        yield from ()

    def rewrite(self, username: str, pages: Sequence[ListingPage]) -> Generator[None, None, None]:
        """Rewrite packs if that is worth it."""
        rewrite_packs(username, pages, self.store)
        yield from ()

    def _stored_text(self, job: FileJob) -> bytes | None:
        if job.place is None:
            return None
        pack, index = job.place[0].pack, job.place[1]
        text = self.store.read_text(job.parent.username, pack, pack.files[index])
        if text is None:
            job.place = None
        return text


def _all(parts: Generator[Part, None, None]) -> Generator[Part, None, Part]:
    """Yield parts, and return the last one."""
    with closing(parts):
        while not (part := next(parts)).last:
            yield part
        return part
