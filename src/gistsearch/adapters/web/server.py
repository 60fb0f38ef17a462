"""Runs the application on granian: no Python thread waits for a slow client to send headers or take its answer."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from functools import partial
from multiprocessing.process import BaseProcess, parent_process
from typing import TYPE_CHECKING, Any

from granian import Granian
from granian.constants import Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

from gistsearch.adapters.web.searching import BODIES_AT_ONCE, SEARCHES_AT_ONCE

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

THREADS = SEARCHES_AT_ONCE + BODIES_AT_ONCE + 8
"""More than requests can be read and searches run at once, so that a health check, or a refusal, always finds one."""
CONNECTIONS = 1_024
"""So many are held, most of them idle; further ones wait to be accepted."""
HEADER_READ_TIMEOUT_MS = 10_000
DRAIN_S = 10
"""How long running searches get after SIGTERM."""

PARENT_FIRST_S = 0.1
"""A supervisor that tells all processes to end tells the parent, too, which should know before its worker is gone."""

_LOGGERS: dict[str, Any] = {
    "loggers": {name: {"handlers": [], "propagate": True} for name in ("_granian", "granian.access")}
}
"""Granian's own words take the way of all others, to standard error; by itself it would use standard output."""

_ENDING = {signal.SIGINT, signal.SIGTERM}

_log = logging.getLogger(__name__)


def serve(load_app: Callable[[], WSGIApplication], host: str, port: int) -> None:
    """Serve HTTP until SIGTERM or SIGINT.

    Args:
        load_app: makes the application, in the process that serves; picklable.
        host, port: where to listen.

    Raises:
        OSError: the address can't be listened on.
    """
    address = _probed(host, port)
    server = Granian(
        "gistsearch",
        address=address,
        port=port,
        interface=Interfaces.WSGI,
        blocking_threads=THREADS,
        backpressure=CONNECTIONS,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_READ_TIMEOUT_MS),
        workers_kill_timeout=DRAIN_S,
        websockets=False,
        log_level=LogLevels.error,  # It warns of many threads, which are meant, and of killing workers that have ended.
        log_dictconfig=_LOGGERS,
    )
    server.on_startup(
        partial(_log.info, "listening on http://%s:%d", f"[{address}]" if ":" in address else address, port)
    )
    _keep_signals_from_worker()
    try:
        server.serve(target_loader=partial(_in_worker, load_app), wrap_loader=False)
    except SystemExit:  # Its worker ended before it: a failure, unless both were told to.
        if not server.interrupt_signal:
            raise


def _probed(host: str, port: int) -> str:
    """Fail in words, where granian would in a worker's traceback, and return the address: it knows no names."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(address)
    return str(address[0])


def _keep_signals_from_worker() -> None:
    """Have no signal end the worker but the SIGTERM of its parent, and that one for sure.

    A terminal sends Ctrl-C to both, a supervisor may send SIGTERM to both: two signals in a row, on which granian's
    worker hangs. And until it sets handlers of its own it has its parent's, which would swallow the signal.
    """
    if hasattr(signal, "pthread_sigmask"):
        os.register_at_fork(
            before=partial(signal.pthread_sigmask, signal.SIG_BLOCK, _ENDING),
            after_in_parent=partial(signal.pthread_sigmask, signal.SIG_UNBLOCK, _ENDING),
            after_in_child=partial(signal.signal, signal.SIGTERM, signal.SIG_DFL),
        )


def _in_worker(load_app: Callable[[], WSGIApplication]) -> WSGIApplication:
    """Make the application in the process that serves, and see to it that this process ends when it should."""
    if hasattr(signal, "pthread_sigmask"):  # Again, for where workers are not forked (macOS).
        signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
        threading.Thread(target=_end_when_told, name="end-when-told", daemon=True).start()
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), name="end-with-parent", daemon=True).start()
    return load_app()


def _end_when_told() -> None:
    """Wait for SIGTERM, and hand it to granian once; before that has set its handler, nothing is served yet."""
    signal.sigwait({signal.SIGTERM})
    time.sleep(PARENT_FIRST_S)
    handler = signal.getsignal(signal.SIGTERM)
    if callable(handler):
        handler(signal.SIGTERM, None)
    else:
        os._exit(0)


def _end_with(parent: BaseProcess) -> None:
    """Not outlive the parent: nobody would ever end this process, nor free its port."""
    parent.join()
    os._exit(1)
