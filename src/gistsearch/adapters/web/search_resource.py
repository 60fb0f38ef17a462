"""The search resource: a request in; an answer, or a stream of events, out."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import ExitStack, closing, contextmanager
from itertools import chain

from attrs import Factory, frozen
from flask import Response, g, request

from gistsearch.adapters.web.access_log import logged_fields, shorten, shorten_list
from gistsearch.adapters.web.clients import Clients
from gistsearch.adapters.web.concurrency import ConcurrencyLimit
from gistsearch.adapters.web.departures import while_connected
from gistsearch.adapters.web.lifecycle import Lifecycle, shutting_down
from gistsearch.adapters.web.media_types import JSON, negotiate
from gistsearch.adapters.web.metrics import Metrics, SearchObserver
from gistsearch.adapters.web.rate_limits import RateLimit
from gistsearch.adapters.web.request_parsing import read_get, read_post
from gistsearch.adapters.web.store_warnings import StoreWarnings
from gistsearch.adapters.web.streams import stream, take_until_decided
from gistsearch.domain.events import SearchEvent
from gistsearch.domain.search import SearchGists
from gistsearch.domain.search_run import LISTINGS_AT_ONCE
from gistsearch.ports.deadline import DeadlineExceeded
from gistsearch.wire import NothingListed, RequestReader, SearchAnswer, SearchRequest, encode


@frozen
class SearchResource:
    """Answers requests for searches, within the limits."""

    search: SearchGists
    reader: RequestReader
    clients: Clients
    rate_limit: RateLimit | None
    searches: ConcurrencyLimit
    lifecycle: Lifecycle
    metrics: Metrics
    store_warnings: StoreWarnings = Factory(StoreWarnings)

    def answer(self) -> Response:
        """Answer the current request.

        Raises:
            HTTPException, Refused, InvalidRequest, InvalidPattern: the request is refused.
            NothingListed: of any user.
        """
        g.client = self.clients.identify(request)
        self.lifecycle.check()
        media_type, asked = self._read_and_count(g.client)
        if request.method == "HEAD":
            return _headers_alone(media_type)
        with ExitStack() as resources:
            listings = min(len(asked.all_usernames), LISTINGS_AT_ONCE)
            resources.enter_context(self.searches.hold(g.client, listings))
            events = resources.enter_context(self._events(asked))
            if media_type == JSON:
                return _plain_answer(asked, events)
            return _streamed_answer(asked, events, media_type, resources)

    def _read_and_count(self, client: str) -> tuple[str, SearchRequest]:
        """Return the media type and the search that the current request asks for, if the client's rate allows it.

        A search counts as its users: each costs one request to GitHub or more. A request that is refused for another
        reason counts as one, so that such requests are limited, too.
        """
        users = 1
        try:
            media_type = negotiate(request)
            asked = (read_post if request.method == "POST" else read_get)(request, self.reader)
            users = len(asked.all_usernames)
            return media_type, asked
        finally:
            if self.rate_limit:
                self.rate_limit.count(client, users)

    @contextmanager
    def _events(self, asked: SearchRequest) -> Generator[Iterator[SearchEvent], None, None]:
        """Run a search for the duration of the context."""
        log = logged_fields()
        log |= {"usernames": shorten_list(asked.all_usernames), "pattern": shorten(asked.pattern)}
        events = self.search.run(asked.query())
        observer = SearchObserver(self.metrics)
        try:
            with closing(events), observer:
                yield while_connected(self.store_warnings.take_from(observer.watch(events)), request.environ)
        except NothingListed as error:
            # What stopped it was not its own deadline.
            if self.lifecycle.is_draining and isinstance(error.main_error, DeadlineExceeded):
                raise shutting_down() from None
            raise
        finally:
            log["outcome"] = observer.outcome


def _headers_alone(media_type: str) -> Response:
    """Return the answer to a HEAD request, for which no search is run."""
    response = Response(mimetype=media_type)
    response.automatically_set_content_length = False  # It is not known.
    return response


def _plain_answer(asked: SearchRequest, events: Iterator[SearchEvent]) -> Response:
    answer = SearchAnswer(asked)
    for event in events:
        answer.add(event)
    if len(answer.failures) == len(asked.all_usernames):
        raise NothingListed(asked, answer.failures)
    return Response(encode(answer.as_json()) + b"\n", mimetype=JSON)


def _streamed_answer(
    asked: SearchRequest, events: Iterator[SearchEvent], media_type: str, resources: ExitStack
) -> Response:
    """Return an answer that takes over the resources, and frees them when it is closed: at its end, or when the server
    notices that the client has left.
    """
    first = take_until_decided(events, asked)
    # Nginx passes such an answer on as it comes.
    response = Response(
        stream(asked, chain(first, events), media_type), mimetype=media_type, headers={"X-Accel-Buffering": "no"}
    )
    response.call_on_close(resources.pop_all().close)
    return response
