"""A connection to a Dask scheduler, and through it to the workers of gistsearch."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping
from concurrent.futures import CancelledError, Future, wait
from contextlib import suppress
from typing import Any

from distributed import Client
from distributed.protocol.serialize import to_serialize

from gistsearch.adapters.dask.addresses import scheduler_address
from gistsearch.adapters.dask.messages import CLOSE, KEEP, RESOURCE, STEP, Sealed, StepReply
from gistsearch.ports.engine import EngineFailed

CONNECT_S = 10.0
CALL_S = 30.0
"""How long a worker may take to answer a message. It does so within seconds, unless it is stopped or lost."""
CLOSE_S = 2.0
POLL_S = 0.2

_FAILURES = (OSError, TimeoutError, CancelledError, asyncio.CancelledError)
"""What Dask raises when the scheduler or the connection to it is lost."""

OnReply = Callable[[StepReply | None], object]


class Cluster:
    """A Dask scheduler, and the workers of gistsearch that have joined it.

    Messages to workers go through the scheduler, so that only its port need be open to clients.
    """

    def __init__(self, address: str, version: str) -> None:
        """Connect.

        Args:
            address: `dask://HOST:PORT`, where the scheduler listens.
            version: of this program.

        Raises:
            EngineFailed: no scheduler answers.
        """
        self._address = address
        self._version = version
        try:
            self._client: Any = Client(scheduler_address(address), timeout=CONNECT_S, set_as_default=False)
        except _FAILURES as error:
            raise EngineFailed(f"no Dask scheduler answers at {address}: 'dask scheduler' starts one") from error

    def workers(self) -> set[str]:
        """Return the addresses of the workers.

        Raises:
            EngineFailed: the scheduler is lost.
        """
        asking = self._submit(self._client.scheduler.identity(), CONNECT_S)
        while not asking.done() and self._client.status == "running":  # It notices a loss before the call does.
            wait([asking], POLL_S)
        try:
            identity = asking.result(timeout=0.0)
        except _FAILURES as error:
            raise EngineFailed(f"the connection to the Dask scheduler at {self._address} is lost") from error
        return {address for address, worker in identity["workers"].items() if RESOURCE in worker["resources"]}

    @property
    def without_workers(self) -> str:
        """What to tell users if there is no worker."""
        return f"no worker answers at {self._address}: 'gistsearch worker --engine {self._address}' starts one"

    def open(self, worker: str, session: str, on_reply: OnReply) -> None:
        """Open a session on a worker.

        Args:
            worker: its address.
            session: identifies the session; not used before.
            on_reply: called in another thread with the answer; None if the worker is lost.
        """
        self._step(worker, on_reply, session=session, is_first=True, queries=())

    def step(self, worker: str, session: str, queries: Iterable[tuple[int, object]], on_reply: OnReply) -> None:
        """Have a worker begin searches, and answer what its searches report.

        Args:
            worker, session, on_reply: see `open`. No other step of the session may be under way.
            queries: each with the number of its search.
        """
        self._step(worker, on_reply, session=session, is_first=False, queries=tuple(queries))

    def keep(self, sessions: Mapping[str, str]) -> None:
        """Say that these sessions, by the addresses of their workers, are still needed."""
        with suppress(*_FAILURES, RuntimeError):  # The last is that of a connection that is being closed.
            self._broadcast(KEEP, sessions, sessions=list(sessions.values())).result()

    def close(self, sessions: Mapping[str, str]) -> None:
        """Close these sessions, by the addresses of their workers, and the connection."""
        with suppress(*_FAILURES):
            self._broadcast(CLOSE, sessions, CLOSE_S, sessions=list(sessions.values())).result()
        with suppress(*_FAILURES):
            self._client.close(timeout=CLOSE_S)

    def _step(self, worker: str, on_reply: OnReply, *, queries: tuple[tuple[int, object], ...], **message: Any) -> None:
        def reply(future: Future[Any]) -> None:
            try:
                sealed = future.result().get(worker)
                answer = sealed and sealed.open()
            except (Exception, *_FAILURES):  # noqa: BLE001  # Whatever it is, there is no answer.
                answer = None
            on_reply(answer)

        sealed = to_serialize(Sealed.of(queries))  # Together, as what they share is then sent once.
        sending = self._broadcast(STEP, [worker], version=self._version, queries=sealed, **message)
        sending.add_done_callback(reply)

    def _broadcast(self, op: str, workers: Iterable[str], timeout_s: float = CALL_S, **message: Any) -> Future[Any]:
        """Send a message to workers; answers come by their addresses, none from those that are lost."""
        sending = self._client.scheduler.broadcast(msg={"op": op, **message}, workers=list(workers), on_error="ignore")
        return self._submit(sending, timeout_s)

    def _submit(self, call: Coroutine[Any, Any, Any], timeout_s: float) -> Future[Any]:
        return asyncio.run_coroutine_threadsafe(asyncio.wait_for(call, timeout_s), self._client.loop.asyncio_loop)
