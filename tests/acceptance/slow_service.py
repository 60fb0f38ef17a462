"""A web service over gists that come slowly, for tests of how the server treats searches in progress.

`python -m tests.acceptance.slow_service` serves users by name:

- `slow`: 200 gists, one after the other, each after a tenth of a second;
- `stuck`: a listing that never comes;
- `endless`: gists without an end, each with a thousand lines that match;
- any other: one gist that matches.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from gistsearch.adapters.logs import configure_logging
from gistsearch.adapters.re2 import Re2Compiler
from gistsearch.adapters.web import WebApp, WebOptions, create_app
from gistsearch.adapters.web.server import ServerOptions, serve
from gistsearch.domain.search import SearchGists
from gistsearch.ports.deadline import Deadline
from gistsearch.ports.gists import Gist, GistFile, GistSource, ListingPage

WORKERS = "SLOW_SERVICE_WORKERS"
DRAIN_S = "SLOW_SERVICE_DRAIN_S"

LINES = b"a needle in a line of the file\n" * 1_000


class SlowGists(GistSource):
    """The source that the module describes."""

    def list_pages(
        self, username: str, deadline: Deadline, known: Sequence[ListingPage] = ()
    ) -> Generator[ListingPage, None, None]:
        while username == "stuck":
            deadline.sleep(1)
        for number in itertools.count() if username == "endless" else range(200 if username == "slow" else 1):
            deadline.sleep(0.1 if username == "slow" else 0.001)
            file = GistFile("file", None, None, f"memory:{number}", None)
            url = f"https://gist.example/{username}/{number}"
            yield ListingPage((Gist(f"{username}-{number}", url, None, datetime(2026, 1, 1, tzinfo=UTC), (file,)),))

    def open_file(self, file: GistFile, deadline: Deadline) -> Generator[bytes, None, None]:
        yield LINES


def load_app() -> WebApp:
    """Make the application."""
    configure_logging("info", "console")
    search = SearchGists(SlowGists(), Re2Compiler(), ThreadPoolExecutor(64), concurrency=8)
    options = WebOptions(max_timeout_s=3_600.0, max_searches=32, max_searches_per_client=32)
    return create_app(search, options)


if __name__ == "__main__":
    configure_logging("info", "console")
    from tests.acceptance import slow_service  # by a name under which workers can import it

    serve(
        slow_service.load_app,
        ServerOptions(
            port=0,
            workers=int(os.environ.get(WORKERS, "1")),
            max_searches=32,
            drain_s=float(os.environ.get(DRAIN_S, "1")),
        ),
    )
