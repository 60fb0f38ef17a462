"""What makes a Dask worker search: handlers for the messages of clients."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from distributed import Worker
from distributed.diagnostics.plugin import WorkerPlugin
from distributed.protocol.serialize import to_serialize

from gistsearch.adapters.dask.messages import CLOSE, KEEP, STEP, Sealed, StepReply
from gistsearch.adapters.dask.sessions import Search, Session

IDLE_S = 60.0
"""How long a session waits for its client, which says every few seconds that it is there."""
CLIENTS_AT_ONCE = 32
"""Clients that can wait for reports at the same time; others wait for them."""


class SearchPlugin(WorkerPlugin):
    """Adds the handlers to a worker. Can be pickled until it is set up, if `make_search` can."""

    name = "gistsearch"

    def __init__(self, make_search: Callable[[], Search], threads: int, version: str) -> None:
        """
        Args:
            make_search: returns what runs the searches; called once in each worker.
            threads: how many searches run at once, for each client.
            version: what the clients' version must be.
        """
        self._make_search = make_search
        self._threads = threads
        self._version = version

    def setup(self, worker: Worker) -> None:
        """Begin to answer."""
        self._sessions = Sessions(self._make_search(), self._threads, self._version)
        untyped: Any = worker
        untyped.handlers.update({STEP: self._sessions.step, KEEP: self._sessions.keep, CLOSE: self._sessions.close})
        self._idle = asyncio.create_task(self._sessions.close_idle())

    def teardown(self, worker: Worker) -> None:
        """Have all searches end."""
        self._idle.cancel()
        self._sessions.close(self._sessions.names)


class Sessions:
    """The sessions of one worker. All methods run in its event loop. None may raise: Dask would log it."""

    def __init__(self, search: Search, threads: int, version: str, idle_s: float = IDLE_S) -> None:
        self._search = search
        self._threads = threads
        self._version = version
        self._idle_s = idle_s
        self._sessions: dict[str, Session] = {}
        self._takers = ThreadPoolExecutor(CLIENTS_AT_ONCE, "gistsearch-clients")

    @property
    def names(self) -> list[str]:
        return list(self._sessions)

    async def step(self, session: str, version: str, is_first: bool, queries: Sealed) -> Any:
        """Begin searches, and return what has been reported."""
        return to_serialize(Sealed.of(await self._step(session, version, is_first, queries)))

    async def _step(self, name: str, version: str, is_first: bool, queries: Sealed) -> StepReply:
        if version != self._version:
            return StepReply(refusal=f"it runs gistsearch {self._version}, which cannot work for {version}")
        if is_first:
            self._sessions[name] = Session(self._search, self._threads)
            return StepReply(threads=self._threads)
        session = self._sessions.get(name)
        if session is None:
            return StepReply(is_lost=True)
        session.keep()
        try:
            asked = queries.open()
        except Exception as error:  # noqa: BLE001  # It may know other values, in spite of its version.
            return StepReply(refusal=f"it cannot read what it is asked ({type(error).__name__})")
        for number, query in asked:
            session.begin(number, query)
        reports = await asyncio.get_running_loop().run_in_executor(self._takers, session.take)
        return StepReply(reports, self._threads)

    def keep(self, sessions: list[str]) -> None:
        """Note that the clients of these are still there. Others may be among them that are not known here."""
        for name in sessions:
            if session := self._sessions.get(name):
                session.keep()

    def close(self, sessions: list[str]) -> None:
        """End these, without waiting for their searches. Others may be among them that are not known here."""
        for name in sessions:
            if session := self._sessions.pop(name, None):
                session.close()

    async def close_idle(self) -> None:
        """End, from time to time, those whose clients are gone."""
        while True:
            await asyncio.sleep(self._idle_s / 4)
            self.close([name for name, session in self._sessions.items() if session.idle_s > self._idle_s])
