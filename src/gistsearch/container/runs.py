"""What runs over many users are made of, and what works for those of others."""

from __future__ import annotations

import logging
from contextlib import ExitStack, closing, contextmanager
from typing import TYPE_CHECKING

from gistsearch import __version__
from gistsearch.container.parts import make_policy, make_search, make_source, make_store, origin_of
from gistsearch.settings import BadSetting, Settings

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from gistsearch.domain.events import SearchEvent
    from gistsearch.domain.query import SearchQuery
    from gistsearch.domain.search import SearchGists
    from gistsearch.domain.search_users import SearchUsers
    from gistsearch.ports.engine import SearchEngine

    Engine = SearchEngine[SearchQuery, SearchEvent]


def make_engine(settings: Settings, search: SearchGists, address: str | None, *, in_order: bool) -> Engine:
    """Make what runs the searches of many users.

    Args:
        settings: as they are.
        search: runs the searches of this process.
        address: where other processes run them; None: this one does.
        in_order: whether they run one after another.

    Raises:
        BadSetting: there is no such engine.
        EngineFailed: it cannot be reached.
    """
    if address is not None:
        return _dask_engine(address, in_order=in_order)
    from concurrent.futures import ThreadPoolExecutor

    from gistsearch.adapters.local_engine import LocalEngine

    at_once = 1 if in_order else settings.concurrency
    executor = ThreadPoolExecutor(at_once, "gistsearch-users")
    return LocalEngine(search.run_in_batches, executor, at_once)


@contextmanager
def open_run(
    settings: Settings,
    use_case: SearchGists,
    *,
    engine: str | None,
    journal: str | None,
    search: Mapping[str, object],
    in_order: bool,
) -> Generator[SearchUsers, None, None]:
    """Make what a run works with, and close it afterwards: `gistsearch.adapters.cli.searching.OpenRun`.

    Raises:
        BadSetting, EngineFailed: see `make_engine`.
        JournalError: the journal cannot be used.
    """
    from pathlib import Path

    from gistsearch.adapters.file_journal import FileJournal
    from gistsearch.domain.search_users import SearchUsers

    with ExitStack() as stack:
        searched = {"source": origin_of(settings), **search}
        kept = stack.enter_context(closing(FileJournal(Path(journal), searched))) if journal else None
        yield SearchUsers(make_engine(settings, use_case, engine, in_order=in_order), kept)


def work(settings: Settings, address: str, threads: int) -> None:
    """Search for the clients of a cluster until a signal ends it.

    Args:
        settings: whom to ask, and where to keep what was downloaded.
        address: of the cluster.
        threads: how many users are searched at once.

    Raises:
        BadSetting: something cannot be made, or there is no such cluster.
        EngineFailed: it cannot be reached, or is lost.
    """
    from gistsearch.adapters.logs import configure_logging

    configure_logging(settings.log_level, settings.log_format)
    policy = make_policy(settings, settings.fresh_s)
    search = make_search(settings, make_source(settings), make_store(settings), policy)
    with _dask_explained():
        from gistsearch.adapters.dask.logs import limit_logs
        from gistsearch.adapters.dask.plugin import SearchPlugin
        from gistsearch.adapters.dask.worker import run_worker

        limit_logs(logging.WARNING)
        run_worker(address, SearchPlugin(lambda: search.run_in_batches, threads, __version__))


def _dask_engine(address: str, *, in_order: bool) -> Engine:
    with _dask_explained():
        from gistsearch.adapters.dask.engine import DaskEngine
        from gistsearch.adapters.dask.logs import limit_logs

        limit_logs(logging.CRITICAL)  # What matters is raised.
        engine: DaskEngine[SearchQuery, SearchEvent] = DaskEngine(address, __version__, 1 if in_order else None)
        engine.check()
    return engine


@contextmanager
def _dask_explained() -> Generator[None, None, None]:
    """Raise `BadSetting` if Dask is not installed, or the address cannot be one of its schedulers'."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name not in ("dask", "distributed"):
            raise
        raise BadSetting("--engine needs Dask, which is not installed: pip install 'gistsearch[dask]'") from error
    except ValueError as error:
        raise BadSetting(f"--engine: {error}") from error
