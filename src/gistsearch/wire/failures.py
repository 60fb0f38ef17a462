"""The problem of a search of which nothing could be listed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from attrs import evolve

from gistsearch.domain.events import ListingFailed
from gistsearch.ports.deadline import DeadlineExceeded
from gistsearch.ports.gists import SourceError
from gistsearch.wire.checks import FieldError
from gistsearch.wire.encoding import pointer
from gistsearch.wire.problem_types import UNKNOWN_USER
from gistsearch.wire.problems import Problem, problem_of
from gistsearch.wire.request import SearchRequest

MAX_DETAILS = 10
"""The failures that the text of a problem names."""


class NothingListed(Exception):
    """Indicates that nothing could be listed of any user of a search."""

    def __init__(self, request: SearchRequest, failures: Iterable[ListingFailed]) -> None:
        """
        Args:
            request: what was asked.
            failures: one for each of its users, in any order.
        """
        errors = {failure.username: failure.error for failure in failures}
        self.errors: dict[str, SourceError | DeadlineExceeded] = {name: errors[name] for name in request.all_usernames}
        """What failed, by user, in the order of the request."""
        self._request = request
        super().__init__(f"nothing could be listed of {len(self.errors)} users")

    @property
    def main_error(self) -> SourceError | DeadlineExceeded:
        """The error that decides about the status: the highest wins, as what may pass is worth another try."""
        return max(self.errors.values(), key=lambda error: problem_of(error).kind.status)

    def problem(self) -> Problem:
        """Return the problem. If all of `usernames` are unknown, it points at each, as these are what has to change."""
        problem = problem_of(self.main_error)
        if not self._request.usernames:
            return problem
        details = list(dict.fromkeys(problem_of(error).detail for error in self.errors.values()))
        more = len(details) - MAX_DETAILS
        detail = "; ".join(details[:MAX_DETAILS]) + (f"; and {more} more" if more > 0 else "")
        errors = tuple(self._field_errors()) if problem.kind is UNKNOWN_USER else ()
        return evolve(problem, detail=detail, errors=errors)

    def _field_errors(self) -> Iterator[FieldError]:
        for username, error in self.errors.items():
            at = self._request.usernames.index(username)
            yield FieldError(pointer("usernames", at), problem_of(error).detail)
