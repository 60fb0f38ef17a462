"""The composition root: settings in, ready use cases and faces out.

Everything is imported where it is made: a command line starts with what it needs, and no more.
"""

from __future__ import annotations

import logging
import math
from collections import deque
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from gistsearch import __version__
from gistsearch.settings import PREFIX, BadSetting, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping

    from gistsearch.adapters.cli.searching import SearchSetup
    from gistsearch.adapters.cli.store.setup import StoreSetup
    from gistsearch.adapters.github import Observe, Proxy
    from gistsearch.adapters.web import Metrics, WebApp
    from gistsearch.domain.events import SearchEvent
    from gistsearch.domain.query import SearchQuery
    from gistsearch.domain.search import SearchGists
    from gistsearch.domain.search_users import SearchUsers
    from gistsearch.domain.store.policy import StorePolicy
    from gistsearch.ports.engine import SearchEngine
    from gistsearch.ports.gists import GistSource
    from gistsearch.ports.matching import MatcherCompiler
    from gistsearch.ports.members import MemberSource
    from gistsearch.ports.store import GistStore

    Engine = SearchEngine[SearchQuery, SearchEvent]

BACKENDS = "gistsearch.backends"
MATCHERS = "gistsearch.matchers"
"""Entry point groups: a name, and what makes a source or a compiler when it is called without arguments."""

NO_STORE = f"{PREFIX}STORE is off, or there is no home directory for it"

MEMBERS_TIMEOUT_S = 3_600.0
"""How long it may take to list the members of one organization."""
SEARCHES_AT_FULL_SPEED = 4
"""So many searches have all their files under way at once; more share the threads. They are started as they are
needed."""


def make_source(
    settings: Settings, observe: Observe | None = None, warn: Callable[[str], object] | None = None
) -> GistSource:
    """Make the source that the settings name.

    Args:
        settings: as they are.
        observe: makes observers of the traffic with GitHub.
        warn: takes what the operator should know; None: it is logged.

    Raises:
        BadSetting: there is none of that name, or it can't be made with these settings.
    """
    if settings.backend == "memory":
        from gistsearch.adapters.memory import InMemoryGists

        return InMemoryGists.sample()
    if settings.backend == "github":
        return _github(settings, observe, warn)
    return _registered(BACKENDS, settings.backend, f"{PREFIX}BACKEND", ["github", "memory"])


def make_members(settings: Settings, source: GistSource) -> MemberSource:
    """Return what lists the members of organizations: the source of the gists, with its connections and its limits.

    Raises:
        BadSetting: the source cannot.
    """
    from gistsearch.ports.members import MemberSource

    if isinstance(source, MemberSource):
        return source
    raise BadSetting(f"{PREFIX}BACKEND: {settings.backend!r} does not list the members of organizations")


def make_compiler(settings: Settings) -> MatcherCompiler:
    """Make the matcher's compiler that the settings name.

    Raises:
        BadSetting: there is none of that name.
    """
    if settings.matcher == "re2":
        from gistsearch.adapters.re2 import Re2Compiler

        return Re2Compiler()
    return _registered(MATCHERS, settings.matcher, f"{PREFIX}MATCHER", ["re2"])


def make_store(settings: Settings) -> GistStore | None:
    """Make the store that the settings name; None for none."""
    directory = settings.store_directory
    if directory is None:
        return None
    from gistsearch.adapters.sqlite import SqliteStore
    from gistsearch.adapters.store_cache import CachingStore

    return CachingStore(SqliteStore(directory, _origin(settings)), settings.store_memory_bytes)


def make_policy(settings: Settings, fresh_s: float) -> StorePolicy:
    """Make what decides what the store keeps, and how old a listing in it may be to be believed."""
    from gistsearch.domain.store.policy import StorePolicy

    return StorePolicy(settings.store_max_bytes, settings.store_max_file_bytes, fresh_s)


def make_search(settings: Settings, source: GistSource, store: GistStore | None, policy: StorePolicy) -> SearchGists:
    """Make the use case, with threads of its own.

    Raises:
        BadSetting: see `make_compiler`.
    """
    from concurrent.futures import ThreadPoolExecutor

    from gistsearch.domain.search import SearchGists

    return SearchGists(
        source,
        make_compiler(settings),
        ThreadPoolExecutor(settings.concurrency * SEARCHES_AT_FULL_SPEED, "gistsearch"),
        store=store,
        policy=policy,
        concurrency=settings.concurrency,
        window_bytes=settings.window_bytes,
    )


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


def _dask_engine(address: str, *, in_order: bool) -> Engine:
    with _dask_explained():
        from gistsearch.adapters.dask.engine import DaskEngine
        from gistsearch.adapters.dask.logs import limit_logs

        limit_logs(logging.CRITICAL)  # What matters is raised.
        engine: DaskEngine[SearchQuery, SearchEvent] = DaskEngine(address, __version__, 1 if in_order else None)
        engine.check()
    return engine


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


@contextmanager
def _open_run(
    settings: Settings,
    use_case: SearchGists,
    *,
    engine: str | None,
    journal: str | None,
    search: Mapping[str, object],
    in_order: bool,
) -> Generator[SearchUsers, None, None]:
    from pathlib import Path

    from gistsearch.adapters.file_journal import FileJournal
    from gistsearch.domain.search_users import SearchUsers

    with ExitStack() as stack:
        searched = {"source": _origin(settings), **search}
        kept = stack.enter_context(closing(FileJournal(Path(journal), searched))) if journal else None
        yield SearchUsers(make_engine(settings, use_case, engine, in_order=in_order), kept)


def command_line() -> Callable[..., int]:
    """Return what runs the command line."""
    from gistsearch.adapters.cli import run

    return run


def search_setup(settings: Settings, *, offline: bool = False) -> SearchSetup:
    """Make what the command line needs to search.

    Args:
        settings: as they are.
        offline: whether only the store is searched, whatever its age.

    Raises:
        BadSetting: something cannot be made, or there is no store that could be searched offline.
    """
    from gistsearch.adapters.cli.searching import SearchSetup
    from gistsearch.adapters.logs import configure_logging
    from gistsearch.adapters.offline import OfflineGists

    configure_logging(settings.log_level, settings.log_format)
    warnings = deque[str]()
    store = make_store(settings)
    if not offline:
        source, policy = make_source(settings, warn=warnings.append), make_policy(settings, settings.fresh_s)
    elif store:
        source, policy = OfflineGists(store), make_policy(settings, math.inf)
    else:
        raise BadSetting(f"--offline searches the store, but {NO_STORE}")
    search = make_search(settings, source, store, policy)
    return SearchSetup(
        search,
        partial(_open_run, settings, search),
        partial(_list_members, settings, source),
        settings.timeout_s,
        _lacks_token(settings),
        offline,
        warnings,
    )


def store_setup(settings: Settings) -> StoreSetup:
    """Make what the command line needs to look after the store.

    Raises:
        BadSetting: there is no store.
    """
    from gistsearch.adapters.cli.store.setup import StoreSetup
    from gistsearch.adapters.logs import configure_logging

    configure_logging(settings.log_level, settings.log_format)
    store = make_store(settings)
    if store is None:
        raise BadSetting(f"there is no store: {NO_STORE}")
    policy = make_policy(settings, settings.fresh_s)
    warnings = deque[str]()
    search = partial(_search_to_sync, settings, store, policy, warnings.append)
    return StoreSetup(store, policy, search, _lacks_token(settings), warnings)


def _search_to_sync(
    settings: Settings, store: GistStore, policy: StorePolicy, warn: Callable[[str], object]
) -> SearchGists:
    return make_search(settings, make_source(settings, warn=warn), store, policy)


def _list_members(settings: Settings, source: GistSource, organization: str) -> Iterator[str]:
    from gistsearch.ports.deadline import Deadline

    return make_members(settings, source).list_members(organization, Deadline(MEMBERS_TIMEOUT_S))


def _lacks_token(settings: Settings) -> bool:
    return settings.backend == "github" and not settings.all_github_tokens


def serve(settings: Settings, load_app: Callable[[], WebApp]) -> None:
    """Serve an application over HTTP, as the settings say.

    Args:
        settings: where to listen, and how.
        load_app: makes the application in each worker; picklable.

    Raises:
        BadSetting: the address cannot be listened on.
    """
    from gistsearch.adapters.web.server import ServerOptions
    from gistsearch.adapters.web.server import serve as run_server

    options = ServerOptions(settings.host, settings.port, settings.workers, settings.max_searches, settings.drain_s)
    try:
        run_server(load_app, options)
    except OSError as error:
        raise BadSetting(f"can't listen on {settings.host}:{settings.port}: {error.strerror}") from error


def make_app(settings: Settings, search: SearchGists, store: GistStore | None, metrics: Metrics) -> WebApp:
    """Make the WSGI application.

    Raises:
        BadSetting: the rate limit cannot be used.
    """
    from gistsearch.adapters.web import WebOptions, create_app

    options = WebOptions(
        version=__version__,
        max_timeout_s=settings.timeout_s,
        max_searches=settings.max_searches,
        max_searches_per_client=settings.max_searches_per_client,
        rate_limit=None if settings.rate_limit == "off" else settings.rate_limit,
        rate_limit_storage=settings.rate_limit_storage,
        api_keys=settings.api_keys,
        trusted_proxies=settings.trusted_proxies,
        cors_origins=settings.cors_origins,
    )
    try:
        return create_app(search, options, metrics=metrics, store=store)
    except ValueError as error:
        raise BadSetting(f"{PREFIX}RATE_LIMIT, {PREFIX}RATE_LIMIT_STORAGE: {error}") from error


def _origin(settings: Settings) -> str:
    """Return what the store calls the source: content of one is never looked for in another one."""
    return (
        settings.github_api_url.rstrip("/").lower() if settings.backend == "github" else f"backend:{settings.backend}"
    )


def _github(settings: Settings, observe: Observe | None, warn: Callable[[str], object] | None) -> GistSource:
    from gistsearch.adapters.github import GitHubGists, Proxies

    try:
        return GitHubGists(
            settings.github_api_url,
            settings.github_raw_origins,
            tokens=settings.all_github_tokens,
            user_agent=f"gistsearch/{__version__}",
            concurrency=settings.concurrency,
            connect_timeout_s=settings.connect_timeout_s,
            read_timeout_s=settings.read_timeout_s,
            max_wait_s=settings.max_wait_s,
            proxies=Proxies(
                _proxy("http", settings.http_proxy, "http_proxy", settings),
                _proxy("https", settings.https_proxy, "HTTPS_PROXY", settings),
                settings.no_proxy,
            ),
            ca_file=settings.ssl_cert_file,
            observe=observe,
            warn=warn,
        )
    except ValueError as error:
        variables = ", ".join(f"{PREFIX}GITHUB_{name}" for name in ("API_URL", "RAW_ORIGINS", "TOKEN", "TOKENS"))
        raise BadSetting(f"{variables}: {error}") from error
    except OSError as error:
        raise BadSetting(f"SSL_CERT_FILE names a file that can't be used ({error})") from error


def _proxy(scheme: str, text: str | None, variable: str, settings: Settings) -> Proxy | None:
    """Return the proxy for a scheme: that of a variable of its own, or else ALL_PROXY if the scheme is in use."""
    from gistsearch.adapters.github import Proxy

    addresses = (settings.github_api_url, *settings.github_raw_origins)
    if not text and any(address.startswith(f"{scheme}://") for address in addresses):
        text, variable = settings.all_proxy, "ALL_PROXY"
    try:
        return Proxy.parse(text) if text else None
    except ValueError as error:
        raise BadSetting(f"{variable}: {error}") from error


def _registered(group: str, name: str, variable: str, own: list[str]) -> Any:
    from importlib.metadata import entry_points

    others = {entry.name: entry for entry in entry_points(group=group)}
    if name not in others:
        raise BadSetting(f"{variable}: there is no {name!r}, only {', '.join(own + sorted(others.keys() - own))}")
    try:
        return others[name].load()()
    except Exception as error:  # Strangers' code: whatever it is, it is that package's.
        raise BadSetting(f"{variable}: {name!r} ({others[name].value}) can't be made: {error!r}") from error


class Container:
    """What there is one of in a process that serves; each is made when it is first asked for.

    The command line makes what it needs by itself, once: importing `dependency_injector` imports asyncio, which would
    add a third to the time that a command takes to start.
    """

    def __init__(self, settings: Settings) -> None:
        from dependency_injector import providers

        from gistsearch.adapters.logs import configure_logging
        from gistsearch.adapters.web import Metrics

        configure_logging(settings.log_level, settings.log_format)
        self.metrics = providers.Singleton(Metrics)
        self.source = providers.Singleton(make_source, settings, observe=self.metrics.provided.upstream.of_host)
        self.store = providers.Singleton(make_store, settings)
        self.policy = providers.Singleton(make_policy, settings, settings.fresh_s)
        self.search = providers.Singleton(make_search, settings, self.source, self.store, self.policy)
        self.app = providers.Singleton(make_app, settings, self.search, self.store, self.metrics)
