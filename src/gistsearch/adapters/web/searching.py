"""The search resource: a request in, the answer in one piece out."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing, contextmanager, nullcontext
from threading import BoundedSemaphore

from flask import Response, request
from werkzeug.datastructures import MIMEAccept
from werkzeug.exceptions import NotAcceptable

from gistsearch.adapters.web.problems import TOO_MANY_REQUESTS, Problem
from gistsearch.adapters.web.requests import read_request
from gistsearch.domain.search import SearchGists
from gistsearch.wire import RequestReader, SearchAnswer, encode

JSON = "application/json"
SEARCHES_AT_ONCE = 64
BODIES_AT_ONCE = 32
RETRY_AFTER_S = 1


class Bounds:
    """How much is done at once; more is refused, for a queue would only hide it."""

    def __init__(self, *, searches: int = SEARCHES_AT_ONCE, bodies: int = BODIES_AT_ONCE) -> None:
        """
        Args:
            searches: how many run.
            bodies: how many are read. A client may take as long as it likes to send one.
        """
        self.searches = BoundedSemaphore(searches)
        self.bodies = BoundedSemaphore(bodies)


def answer_search(search: SearchGists, reader: RequestReader, bounds: Bounds) -> Response:
    """Run the search that the current request asks for.

    Args:
        search: what runs it.
        reader: reads the request's fields.
        bounds: how many requests do so at once.

    Raises:
        HTTPException, Problem, InvalidRequest: the request is not one that can be answered, or not now.
        InvalidPattern: the pattern is refused.
        SourceError: nothing of the user's gists could be listed.
    """
    accepted = MIMEAccept((kind.partition(";")[0], quality) for kind, quality in request.accept_mimetypes)
    if accepted and accepted.best_match([JSON]) is None:
        raise NotAcceptable
    with _one_of(bounds.bodies) if request.method == "POST" else nullcontext():
        asked = read_request(request, reader)
    answer = SearchAnswer(asked)
    with _one_of(bounds.searches), closing(search.run(asked.query())) as events:
        for event in events:
            answer.add(event)
    return Response(encode(answer.as_json()) + b"\n", mimetype=JSON)


@contextmanager
def _one_of(places: BoundedSemaphore) -> Generator[None, None, None]:
    if not places.acquire(blocking=False):
        detail = "As many requests are being answered as this service answers at once."
        raise Problem(TOO_MANY_REQUESTS, detail, headers={"Retry-After": str(RETRY_AFTER_S)})
    try:
        yield
    finally:
        places.release()
