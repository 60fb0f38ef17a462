"""The `gistsearch` command: hands the command line what it needs, made only when it is used."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from gistsearch import __version__

if TYPE_CHECKING:
    from gistsearch.container.commands import SearchSetup, StoreSetup
    from gistsearch.container.service import WebApp
    from gistsearch.settings import Settings

ERROR = 2
INTERRUPTED = 130
TERMINATED = 143

OBJECTS_PER_COLLECTION = 20_000
"""New objects after which Python looks for garbage: imports make tens of thousands, and nearly none of them is garbage.
With Python's own 700, looking takes 6 % of the time of a short search."""


def main() -> None:
    """Run the command line and leave with its exit status."""
    gc.set_threshold(OBJECTS_PER_COLLECTION)
    _open_closed_streams()
    _let_sigterm_end_containers()
    try:
        status = _say_version() if sys.argv[1:] == ["--version"] else _run()
    except KeyboardInterrupt:  # While something was imported, or for a second time.
        status = INTERRUPTED
    except Exception:  # noqa: BLE001  # A bug, here or in a package that was added: Python's 1 would say "no match".
        _say_bug()
        status = ERROR
    os._exit(status)  # Threads that still sit in a read have nothing to add, and would be waited for.


def open_search(*, backend: str | None, store: str | None) -> SearchSetup:
    """Make what a search needs, by the settings; what is given wins over them.

    Args:
        backend: the name of the source.
        store: `offline` to search only the store, `off` to search without it.
    """
    with _interrupt_ends_at_once():
        from gistsearch.container import search_setup
        from gistsearch.settings import PREFIX, BadSetting

        try:
            settings = _command_settings(backend=backend, store=store if store == "off" else None)
            return search_setup(settings, offline=store == "offline")
        except BadSetting as error:
            if backend is None:
                raise
            raise BadSetting(str(error).replace(f"{PREFIX}BACKEND", "--backend", 1)) from error


def open_store() -> StoreSetup:
    """Make what the commands for the store need, by the settings."""
    with _interrupt_ends_at_once():
        from gistsearch.container import store_setup

        return store_setup(_command_settings())


def _command_settings(**given: str | None) -> Settings:
    """Read the settings of a command that reports by itself what matters, so that it logs only errors."""
    from gistsearch.settings import PREFIX, LogLevel, Settings

    log_level = None if os.environ.get(f"{PREFIX}LOG_LEVEL") else LogLevel.ERROR
    return Settings.from_environment(os.environ, log_level=log_level, **given)


def serve(*, host: str | None, port: int | None, workers: int | None) -> None:
    """Serve the application of the settings; what is given wins over them."""
    with _interrupt_ends_at_once():  # until the server handles it
        from gistsearch.container import serve
        from gistsearch.settings import Settings

        serve(Settings.from_environment(os.environ, host=host, port=port, workers=workers), load_app)


def work(*, engine: str, threads: int | None) -> None:
    """Search for the clients of a cluster, as the settings say; what is given wins over them."""
    with _interrupt_ends_at_once():  # until the worker handles it
        from gistsearch.container import work
        from gistsearch.settings import Settings

        settings = Settings.from_environment(os.environ)
    work(settings, engine, threads or settings.concurrency)


def load_app() -> WebApp:
    """Make the application, in the process that serves it."""
    from gistsearch.container import Container
    from gistsearch.settings import Settings

    return Container(Settings.from_environment(os.environ)).app()


def _run() -> int:
    with _interrupt_ends_at_once():
        from gistsearch.container import command_line
        from gistsearch.settings import BadSetting

        run = command_line()
    try:
        return run(sys.argv[1:], __version__, open_search, open_store, serve, work)
    except BadSetting as error:
        with suppress(OSError):
            sys.stderr.write(f"gistsearch: {error}\n")
        return ERROR


@contextmanager
def _interrupt_ends_at_once() -> Generator[None, None, None]:
    """Have Ctrl-C end the process without Python's help, which may lose it during an import: there, `KeyboardInterrupt`
    may be raised in a callback, where it is printed and ignored.
    """
    handler = signal.getsignal(signal.SIGINT)
    if handler is signal.default_int_handler:  # It is not if Ctrl-C is to be ignored.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)


def _say_version() -> int:
    """Say it without all that takes its time to import."""
    try:
        sys.stdout.write(f"gistsearch, version {__version__}\n")
        sys.stdout.flush()
    except OSError as error:
        sys.stderr.write(f"gistsearch: standard output: {error.strerror}\n")
        return ERROR
    return 0


def _say_bug() -> None:
    import traceback

    lines = [ascii(line)[1:-1] for line in traceback.format_exc().splitlines()]  # It may tell what a stranger wrote.
    with suppress(OSError):
        sys.stderr.write("\n".join([*lines, "gistsearch: that is a bug", ""]))


def _let_sigterm_end_containers() -> None:
    """Have SIGTERM do what it does elsewhere: the first process of a container has no default action for signals."""

    def end(*_: object) -> None:
        os._exit(TERMINATED)

    if os.getpid() == 1:
        signal.signal(signal.SIGTERM, end)


def _open_closed_streams() -> None:
    """Open what was closed (`>&-`): else a connection would get its number, and text meant for people.

    Standard output is opened for reading, so that writing to it fails: results must not get lost unnoticed.
    """
    for name, access, mode in (("stdin", os.O_RDWR, "r"), ("stdout", os.O_RDONLY, "w"), ("stderr", os.O_RDWR, "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, access), mode))


if __name__ == "__main__":
    main()
