"""The search resource: a request in, the answer in one piece out."""

from __future__ import annotations

from contextlib import closing

from flask import Response, request
from werkzeug.exceptions import NotAcceptable

from gistsearch.adapters.web.requests import read_request
from gistsearch.domain.search import SearchGists
from gistsearch.wire import RequestReader, SearchAnswer, encode

JSON = "application/json"


def answer_search(search: SearchGists, reader: RequestReader) -> Response:
    """Run the search that the current request asks for.

    Raises:
        HTTPException, Problem, InvalidRequest: the request is not one that can be answered.
        InvalidPattern: the pattern is refused.
        SourceError: nothing of the user's gists could be listed.
    """
    accepted = request.accept_mimetypes
    if accepted and accepted.best_match([JSON]) is None:
        raise NotAcceptable
    asked = read_request(request, reader)
    answer = SearchAnswer(asked)
    with closing(search.run(asked.query())) as events:
        for event in events:
            answer.add(event)
    return Response(encode(answer.as_json()) + b"\n", mimetype=JSON)
