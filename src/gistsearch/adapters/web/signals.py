"""The signals that end the server, each taken by a thread that waits for it.

They are blocked in every other thread, from before the first worker is started. So no signal can arrive at a process
that has not set up its handling yet, and none interrupts anything.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable

_SUPPORTED = hasattr(signal, "pthread_sigmask")  # not on Windows, where granian handles Ctrl-C by itself


def block_ending_signals() -> frozenset[signal.Signals]:
    """Block SIGINT, SIGTERM and SIGHUP in this thread and all threads and processes that it starts.

    Returns:
        Those that are meant to end the server: SIGHUP is not if it was ignored, as `nohup` does.
    """
    if not _SUPPORTED:
        return frozenset()
    ending = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
    ignores_hangup = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    signal.pthread_sigmask(signal.SIG_BLOCK, ending)
    return frozenset(ending - {signal.SIGHUP} if ignores_hangup else ending)


def when_signalled(signals: frozenset[signal.Signals], action: Callable[[], None]) -> None:
    """Run an action in another thread when the first of these signals arrives. Those that follow have no effect."""
    if not signals:
        return

    def wait() -> None:
        signal.sigwait(signals)
        action()

    threading.Thread(target=wait, name="gistsearch-signals", daemon=True).start()


def deliver(number: signal.Signals) -> None:
    """Let the main thread, which calls this, have a signal that is blocked."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {number})
    signal.raise_signal(number)
