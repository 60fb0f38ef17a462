"""Runs a Dask worker that searches, in this process."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import Callable
from contextlib import suppress

from dask import config
from distributed import Worker

from gistsearch.adapters.dask.addresses import scheduler_address
from gistsearch.adapters.dask.messages import RESOURCE
from gistsearch.adapters.dask.plugin import SearchPlugin
from gistsearch.ports.engine import EngineFailed

JOIN_S = 10.0
"""How long to try to reach the scheduler."""

_log = logging.getLogger(__name__)


def run_worker(address: str, plugin: SearchPlugin) -> None:
    """Search for the clients of a cluster until SIGINT, SIGTERM or SIGHUP. SIGHUP has no effect under `nohup`.

    Searches that are running then are begun again by other workers.

    Args:
        address: `dask://HOST:PORT`, where the scheduler listens.
        plugin: what searches.

    Raises:
        EngineFailed: the scheduler cannot be reached, or is lost.
        ValueError: the address has another form.
    """
    with config.set(
        {"distributed.worker.profile.enabled": False}
    ):  # It looks at every thread, a hundred times a second.
        asyncio.run(_run(address, plugin))


async def _run(address: str, plugin: SearchPlugin) -> None:
    told = asyncio.Event()
    _when_signalled(told.set)
    worker = Worker(
        scheduler_address(address),
        nthreads=1,  # runs tasks of others, of which there should be none
        resources={RESOURCE: 1},
        plugins=(plugin,),
        memory_limit=0,  # Dask need not watch it: searches have their bounds.
        death_timeout=JOIN_S,
    )
    ending = asyncio.create_task(told.wait())
    await _first(asyncio.ensure_future(_join(worker, address)), ending)
    if not told.is_set():
        _log.info("searching for the clients of %s", address)
        await _first(asyncio.create_task(worker.finished()), ending)
    is_lost = not told.is_set()
    with suppress(Exception):  # It is left either way.
        await worker.close(reason="ended")
    if is_lost:
        raise EngineFailed(f"the connection to the Dask scheduler at {address} is lost")


async def _join(worker: Worker, address: str) -> None:
    try:
        await worker
    except (OSError, TimeoutError) as error:
        raise EngineFailed(f"no Dask scheduler answers at {address}: 'dask scheduler' starts one") from error
    except ValueError as error:  # Dask's own, such as for a name that another worker has
        raise EngineFailed(f"the Dask scheduler at {address} refuses this worker") from error


async def _first(work: asyncio.Future[None], ending: asyncio.Task[bool]) -> None:
    """Wait for work, but not longer than until this process should end. Raises what the work raises."""
    await asyncio.wait([work, ending], return_when=asyncio.FIRST_COMPLETED)
    if work.done():
        await work


def _when_signalled(action: Callable[[], None]) -> None:
    ending = {signal.SIGINT, signal.SIGTERM}
    if sys.platform != "win32" and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        ending.add(signal.SIGHUP)
    with suppress(NotImplementedError):  # on Windows, where Ctrl-C raises KeyboardInterrupt
        for number in ending:
            asyncio.get_running_loop().add_signal_handler(number, action)
