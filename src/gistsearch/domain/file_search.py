"""The search through one file: its bytes as they arrive → its matching lines, in parts."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from itertools import islice

from attrs import define

from gistsearch.domain.query import SearchQuery
from gistsearch.domain.results import FileMatch, LineMatch
from gistsearch.domain.streaming import LineSearch
from gistsearch.domain.text import line_windows, text_windows
from gistsearch.ports.gists import Gist, GistFile
from gistsearch.ports.matching import Matcher

PART_LINES = 250
"""So many lines of a file, those of the context counted, are handed on at once: memory does not grow with the number of
matches."""


@define(eq=False)
class GistSearch:
    """One gist on its way through the search."""

    username: str
    position: int
    gist: Gist
    files_left: int
    satisfied: bool = False
    """Whether a file matched, where one is enough."""


@define(eq=False)
class FileSearch:
    """One file on its way through the search."""

    parent: GistSearch
    file: GistFile
    bytes_read: int = 0

    @property
    def is_unneeded(self) -> bool:
        """Whether the gist is known to match, and that is all that was asked."""
        return self.parent.satisfied

    def run(
        self, chunks: Generator[bytes, None, None], matcher: Matcher, query: SearchQuery, window_bytes: int
    ) -> Generator[FileMatch, None, None]:
        """Yield what matches, in parts; the last one has `last` set. Nothing is yielded where nothing matches.

        A file of which all bytes have come is verified by the source before its last part is yielded. One that is left
        early, as its rest is of no interest, is not. The chunks are closed with the generator, once it was begun.

        Args:
            chunks: the content, as `GistSource.open_file` yields it.
            matcher: finds the pattern.
            query: says which lines are wanted.
            window_bytes: the longest line that is searched as a whole.

        Raises:
            SourceError: as the chunks do.
        """
        try:
            content = self._counted(chunks)
            windows = text_windows if query.options.multiline else line_windows
            search = _line_search(matcher, query)
            lines = search.run(windows(content, window_bytes))
            part = told = 0
            most = max(1, PART_LINES // (1 + query.context_before + query.context_after))
            while len(kept := tuple(islice(lines, most))) == most:
                yield self._part(search, kept, search.count - told, part)
                part, told = part + 1, search.count
            if self.bytes_read >= self.file.size_bytes:
                for _ in content:  # It has come to its end: let the source verify it before anything is said of it.
                    pass
            if search.count:
                self.parent.satisfied = query.one_file_per_gist
                yield self._part(search, kept, search.count - told, part, last=True)
        finally:
            chunks.close()

    def _counted(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self.bytes_read += len(chunk)
            yield chunk

    def _part(
        self, search: LineSearch, kept: tuple[LineMatch, ...], count: int, part: int, *, last: bool = False
    ) -> FileMatch:
        lines = () if search.binary else kept
        gist = self.parent
        return FileMatch(gist.username, gist.position, gist.gist, self.file, lines, count, search.binary, part, last)


def _line_search(matcher: Matcher, query: SearchQuery) -> LineSearch:
    return LineSearch(
        matcher,
        line_by_line=not query.options.multiline,
        kept=query.kept_lines,
        stop_after=query.stop_after_lines,
        all_spans=query.all_spans,
        context_before=query.context_before,
        context_after=query.context_after,
    )
