"""The loopback GitHub itself: two listeners, one for the API and one for raw content, on a thread of their own."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import Any

from tests.loopback_github.api import ApiAnswers
from tests.loopback_github.budgets import Budget
from tests.loopback_github.connection import Connection, Fault
from tests.loopback_github.content import LoopbackGist
from tests.loopback_github.raw import RawAnswers
from tests.loopback_github.request import Recorded
from tests.loopback_github.site import Pace, Rule, Site

_HOST = "127.0.0.1"
_BACKLOG = 1_024
_STOPPING_TURNS = 5
"""Turns of the event loop in which connections end. A connection that is being accepted takes three to become known."""


class LoopbackGitHub:
    """Serves users and their gists between `start` and `stop`, or within a `with` block; once."""

    def __init__(
        self,
        users: dict[str, list[LoopbackGist]],
        latency_s: float = 0.0,
        pace: Pace | None = None,
        *,
        port_api: int = 0,
        port_raw: int = 0,
        record: bool = True,
        tls: ssl.SSLContext | None = None,
        organizations: dict[str, dict[str, bool]] | None = None,
        tokens: dict[str, Budget] | None = None,
    ) -> None:
        """
        Args:
            users: their names and gists, newest first. It is looked at for each request: change it as you like.
            latency_s: how long each answer takes to begin.
            pace: how bodies come from the raw host: bytes a write, and seconds between two; None: as fast as can be.
            port_api, port_raw: where to listen; 0: anywhere.
            record: whether to keep `requests`.
            tls: the certificate for `https`; None: `http`.
            organizations: the names of their members, and whether each membership is public. May be changed as `users`.
            tokens: those that are accepted; may be changed as `users`. None: any is, and has no limit.
        """
        self.users = users
        self.organizations = organizations or {}
        self.tokens = tokens
        self.requests: list[Recorded] = []
        self._latency_s = latency_s
        self._pace = pace
        self._tls = tls
        self._scheme = "http" if tls is None else "https"
        self._ports = {"api": port_api, "raw": port_raw}
        self._record: Callable[[Recorded], None] = self.requests.append if record else lambda _: None
        self._rules: dict[str, list[Rule]] = {"api": [], "raw": []}
        self._sites: list[Site] = []
        self._listeners: list[socket.socket] = []
        self._errors: list[BaseException] = []
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="loopback-github")

    def __enter__(self) -> LoopbackGitHub:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._end()
        if error is None:
            self._raise_errors()

    @property
    def api_url(self) -> str:
        """Where the API is, without a slash at its end; known after `start`."""
        return f"{self._scheme}://{_HOST}:{self._ports['api']}"

    @property
    def raw_origin(self) -> str:
        """Where the content lies, without a slash at its end; known after `start`."""
        return f"{self._scheme}://{_HOST}:{self._ports['raw']}"

    @property
    def most_connections(self) -> dict[str, int]:
        """How many connections were open at once, at most, by listener."""
        return {site.name: site.most_connections for site in self._sites}

    @property
    def connections_made(self) -> dict[str, int]:
        """How many connections were made so far, by listener."""
        return {site.name: site.connections_made for site in self._sites}

    @property
    def open_connections(self) -> int:
        """How many connections are open now, as far as the server has noticed."""
        return sum(len(site.connections) for site in self._sites)

    def script(
        self,
        listener: str,
        matches: Callable[[str], bool],
        fault: Fault | None = None,
        times: int | None = 1,
        before: Callable[[], object] | None = None,
    ) -> None:
        """Say what is to be done with some requests. The first rule that applies is taken, and counted down.

        Args:
            listener: `api` or `raw`.
            matches: is given a request's target (path and query).
            fault: what to do instead of answering; None: the normal answer is given.
            times: for how many requests; None: for all.
            before: is called before the answer is made, on the server's thread. It may change `users`.
        """
        self._rules[listener].append(Rule(matches, fault, times, before))

    def start(self) -> None:
        """Listen. Streamed content whose blob id is not known is hashed before."""
        for gists in self.users.values():
            for gist in gists:
                for file in gist.files:
                    _ = file.blob_id
        self._listeners = [_listening(port) for port in self._ports.values()]
        self._ports = {
            name: listener.getsockname()[1] for name, listener in zip(self._ports, self._listeners, strict=True)
        }
        api = ApiAnswers(self.users, self.organizations, self.api_url, self.raw_origin, self.tokens)
        raw = RawAnswers(self.users)
        self._sites = [
            Site("api", api.answer, self._latency_s, None, self._record, self._rules["api"]),
            Site("raw", raw.answer, self._latency_s, self._pace, self._record, self._rules["raw"]),
        ]
        self._thread.start()
        self._ready.wait()

    def stop(self) -> None:
        """Close all connections and listen no more.

        Raises:
            Exception: something went wrong in here meanwhile, as in a function of the script.
        """
        self._end()
        self._raise_errors()

    def _end(self) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()

    def _raise_errors(self) -> None:
        if self._errors:
            raise self._errors[0]

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._loop.set_exception_handler(self._went_wrong)
        self._stopping = asyncio.Event()
        servers = [
            await self._loop.create_server(partial(Connection, site), sock=listener, backlog=_BACKLOG, ssl=self._tls)
            for site, listener in zip(self._sites, self._listeners, strict=True)
        ]
        self._ready.set()
        await self._stopping.wait()
        for listener in self._listeners:
            self._loop.remove_reader(listener)
        for _ in range(_STOPPING_TURNS):
            self._abort_all()
            await asyncio.sleep(0)
        for server in servers:  # Only now: Python forgets to close a connection that is accepted by a closed server.
            server.close()

    def _abort_all(self) -> None:
        for site in self._sites:
            for connection in tuple(site.connections):
                connection.abort()

    def _went_wrong(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Keep the error for `stop`, and keep no client waiting."""
        error = context.get("exception") or RuntimeError(context["message"])
        if not isinstance(error, ConnectionError):  # Clients may leave at any time.
            self._errors.append(error)
            self._abort_all()


def _listening(port: int) -> socket.socket:
    return socket.create_server((_HOST, port), backlog=_BACKLOG)
