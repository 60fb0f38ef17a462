"""`gistsearch worker`: searches for the clients of a cluster."""

from __future__ import annotations

from abc import abstractmethod
from typing import Protocol

import click

from gistsearch.adapters.cli.help_format import DocumentedCommand
from gistsearch.adapters.cli.option_types import whole_number
from gistsearch.adapters.cli.terminal import print_error
from gistsearch.ports.engine import EngineFailed

ERROR = 2
MAX_THREADS = 1_024

_HELP = """Search for every 'gistsearch search --engine ADDRESS', until Ctrl-C or SIGTERM. Other workers repeat the
searches that this ends.

A worker uses its own settings: its own token, store and bounds. It runs the same version of gistsearch as those that
it works for. Needs Dask: pip install 'gistsearch[dask]'."""
_EPILOG = """Whoever can reach the scheduler or a worker can run programs on the machines of all workers: keep them in a
network that you trust, or have Dask use TLS.

Exit status: 0 it was ended, 2 the scheduler cannot be reached, or is lost."""


class Work(Protocol):
    """Searches for the clients of a cluster until it is told to end."""

    @abstractmethod
    def __call__(self, *, engine: str, threads: int | None) -> None:
        """Work.

        Args:
            engine: the address of the cluster.
            threads: how many users are searched at once; None: as the settings say.

        Raises:
            EngineFailed: the cluster cannot be reached, or is lost.
        """
        raise NotImplementedError


def worker_command(work: Work) -> click.Command:
    """Return the command."""

    def worker(engine: str, threads: int | None) -> int:
        try:
            work(engine=engine, threads=threads)
        except EngineFailed as error:
            print_error(str(error))
            return ERROR
        return 0

    return DocumentedCommand(
        "worker",
        usage=["--engine dask://HOST:PORT [--threads NUM]"],
        params=[
            click.Option(
                ["--engine"], required=True, metavar="ADDRESS", help="Join the Dask scheduler at dask://HOST:PORT."
            ),
            click.Option(
                ["--threads"],
                type=whole_number(1, MAX_THREADS),
                metavar="NUM",
                help="Search NUM users at once (default: GISTSEARCH_CONCURRENCY).",
            ),
        ],
        callback=worker,
        short_help="Search for others, on a cluster.",
        help=_HELP,
        epilog=_EPILOG,
        examples=(
            ("dask scheduler --host 10.0.0.1", "On one machine, without gistsearch."),
            ("gistsearch worker --engine dask://10.0.0.1:8786", "On as many as there are."),
            ("gistsearch search PATTERN --users FILE --engine dask://10.0.0.1:8786", "On any."),
        ),
    )
