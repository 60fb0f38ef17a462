"""Runs the application on granian, in one process or several."""

from __future__ import annotations

import logging
import math
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext, suppress
from functools import partial
from multiprocessing.process import BaseProcess, parent_process
from typing import TYPE_CHECKING, Any

from attrs import frozen
from granian import Granian
from granian.constants import Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

from gistsearch.adapters.web.gateway import Gateway
from gistsearch.adapters.web.options import SEARCHES_AT_ONCE
from gistsearch.adapters.web.shared_metrics import shared_metrics
from gistsearch.adapters.web.signals import block_ending_signals, deliver, when_signalled

if TYPE_CHECKING:
    from gistsearch.adapters.web.app import WebApp

SPARE_THREADS = 32
"""Threads of a worker beyond the searches that it may have in progress, so that probes and refusals always find one."""
CONNECTIONS = 1_024
"""Connections of a worker; further ones wait to be accepted."""
HEADER_READ_TIMEOUT_MS = 10_000
KILL_AFTER_DRAIN_S = 5
"""Seconds that a worker gets to send the ends of its answers, after the time for its searches."""
STARTUP_S = 60.0

_LOGGERS: dict[str, Any] = {
    "loggers": {name: {"handlers": [], "propagate": True} for name in ("_granian", "granian.access")}
}
"""Sends granian's own log records to where all others go. By default it writes to standard output."""

_log = logging.getLogger(__name__)


@frozen
class ServerOptions:
    """How to serve."""

    host: str = "127.0.0.1"
    port: int = 9876
    """0 for any port that is free."""
    workers: int = 1
    """Processes."""
    max_searches: int = SEARCHES_AT_ONCE
    """Searches in progress in one worker; the application refuses further ones."""
    drain_s: float = 10.0
    """Seconds that searches may go on after SIGTERM."""


def serve(load_app: Callable[[], WebApp], options: ServerOptions) -> None:
    """Serve HTTP until SIGTERM, SIGINT or SIGHUP. SIGHUP has no effect under `nohup`.

    Args:
        load_app: makes the application; called in each worker, and once before, so that a setting that cannot be used
            is reported before a worker would fail. It has to be picklable.
        options: where to listen, and how.

    Raises:
        OSError: the address cannot be listened on.
    """
    ending = block_ending_signals()
    with shared_metrics() if options.workers > 1 else nullcontext():
        load_app()
        with _reserved(options.host, options.port) as (address, port):
            threading.Thread(target=_announce, args=(address, port), daemon=True).start()
            _serve(load_app, options, address, port, ending)


def _serve(
    load_app: Callable[[], WebApp], options: ServerOptions, address: str, port: int, ending: frozenset[signal.Signals]
) -> None:
    server = Granian(
        "gistsearch",
        address=address,
        port=port,
        interface=Interfaces.RSGI,
        workers=options.workers,
        backpressure=CONNECTIONS,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_READ_TIMEOUT_MS),
        workers_kill_timeout=math.ceil(options.drain_s) + KILL_AFTER_DRAIN_S,
        websockets=False,
        log_level=LogLevels.error,  # It warns that it kills workers that have ended.
        log_dictconfig=_LOGGERS,
    )
    told = threading.Event()

    def end() -> None:
        told.set()
        handler = signal.getsignal(signal.SIGTERM)
        if callable(handler):
            handler(signal.SIGTERM, None)
        else:  # Granian has not set its handler yet, so nothing is being served.
            os._exit(0)

    when_signalled(ending, end)
    try:
        load_gateway: Any = partial(_in_worker, load_app, options)  # Granian's types know of other interfaces alone.
        server.serve(target_loader=load_gateway, wrap_loader=False)
    except SystemExit:  # A worker ended first: a failure, unless it was told to end together with this process.
        if not told.wait(1.0):
            raise


@contextmanager
def _reserved(host: str, port: int) -> Generator[tuple[str, int], None, None]:
    """Find the address of a host name, and a port: granian knows no names, and reports a port in use only as a
    traceback in a worker.

    Raises:
        OSError: the host has no address, or the port is in use.
    """
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, protocol) as reservation:
        reservation.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        is_shareable = not port and sys.platform == "linux"  # There, granian's workers share their port in this way.
        if is_shareable:
            reservation.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        reservation.bind(address)
        found = reservation.getsockname()
        if not is_shareable:
            reservation.close()
        yield str(found[0]), int(found[1])


def _announce(address: str, port: int) -> None:
    """Say where the server listens, as soon as it does."""
    due_s = time.monotonic() + STARTUP_S
    while time.monotonic() < due_s:
        with suppress(OSError), socket.create_connection((address, port), timeout=1.0):
            _log.info("listening on http://%s:%d", f"[{address}]" if ":" in address else address, port)
            return
        time.sleep(0.02)


def _in_worker(load_app: Callable[[], WebApp], options: ServerOptions) -> Gateway:
    """Make the application in a worker, and have the worker end when it should."""
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), name="gistsearch-parent", daemon=True).start()
    app = load_app()
    threads = ThreadPoolExecutor(options.max_searches + SPARE_THREADS, thread_name_prefix="gistsearch-web")
    gateway = Gateway(app, threads)
    ending = block_ending_signals()
    when_signalled(ending & {signal.SIGTERM}, partial(_end_worker, app, gateway, options.drain_s))
    return gateway


def _end_worker(app: WebApp, gateway: Gateway, drain_s: float) -> None:
    """Let searches end, then granian, which handles signals in its event loop."""
    app.lifecycle.drain(drain_s)
    if gateway.loop:
        gateway.loop.call_soon_threadsafe(deliver, signal.SIGTERM)
    else:  # Nothing is being served yet.
        os._exit(0)


def _end_with(parent: BaseProcess) -> None:
    """Do not outlive the parent: nobody else would end this process, and free its port."""
    parent.join()
    os._exit(1)
