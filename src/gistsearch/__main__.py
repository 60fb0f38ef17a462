"""The `gistsearch` command: hands the command line what it needs, made only when it is used."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from gistsearch import __version__

if TYPE_CHECKING:
    from flask import Flask

    from gistsearch.domain.search import SearchGists


def main() -> None:
    """Run the command line and leave with its exit status."""
    if sys.argv[1:] == ["--version"]:  # It needs nothing of what takes its time to import.
        sys.stdout.write(f"gistsearch, version {__version__}\n")
        return
    from gistsearch.container import command_line
    from gistsearch.settings import BadSetting

    try:
        status = command_line()(sys.argv[1:], __version__, open_search, serve)
    except BadSetting as error:
        sys.stderr.write(f"gistsearch: {error}\n")
        status = 2
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # Threads that still sit in a read have nothing to add, and would be waited for.


def open_search(*, backend: str | None) -> tuple[SearchGists, float]:
    """Make the use case of the settings; the backend given wins over them."""
    from gistsearch.container import Container
    from gistsearch.settings import Settings

    settings = Settings.from_environment(os.environ, backend=backend)
    return Container(settings).search(), settings.timeout_s


def serve(host: str, port: int) -> None:
    """Serve the application of the settings."""
    from gistsearch.container import web_server

    load_app()  # A bad setting is said here, before a worker would start and fail.
    web_server()(load_app, host, port)


def load_app() -> Flask:
    """Make the application, in whichever process serves it."""
    from gistsearch.container import Container
    from gistsearch.settings import Settings

    return Container(Settings.from_environment(os.environ)).app()


if __name__ == "__main__":
    main()
