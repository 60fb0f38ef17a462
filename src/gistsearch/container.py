"""The composition root: settings in, ready use cases and faces out.

Everything is imported where it is made: a command line starts with what it needs, and no more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gistsearch import __version__
from gistsearch.settings import PREFIX, BadSetting, Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from gistsearch.adapters.cli.searching import SearchSetup
    from gistsearch.adapters.github import Proxy
    from gistsearch.adapters.web import WebApp
    from gistsearch.domain.search import SearchGists
    from gistsearch.ports.gists import GistSource
    from gistsearch.ports.matching import MatcherCompiler

BACKENDS = "gistsearch.backends"
MATCHERS = "gistsearch.matchers"
"""Entry point groups: a name, and what makes a source or a compiler when it is called without arguments."""

SEARCHES_AT_FULL_SPEED = 4
"""So many searches have all their files under way at once; more share the threads. They are started as they are
needed."""


def make_source(settings: Settings) -> GistSource:
    """Make the source that the settings name.

    Raises:
        BadSetting: there is none of that name, or it can't be made with these settings.
    """
    if settings.backend == "memory":
        from gistsearch.adapters.memory import InMemoryGists

        return InMemoryGists.sample()
    if settings.backend == "github":
        return _github(settings)
    return _registered(BACKENDS, settings.backend, f"{PREFIX}BACKEND", ["github", "memory"])


def make_compiler(settings: Settings) -> MatcherCompiler:
    """Make the matcher's compiler that the settings name.

    Raises:
        BadSetting: there is none of that name.
    """
    if settings.matcher == "re2":
        from gistsearch.adapters.re2 import Re2Compiler

        return Re2Compiler()
    return _registered(MATCHERS, settings.matcher, f"{PREFIX}MATCHER", ["re2"])


def command_line() -> Callable[..., int]:
    """Return what runs the command line."""
    from gistsearch.adapters.cli import run

    return run


def search_setup(settings: Settings) -> SearchSetup:
    """Make what the command line needs to search."""
    from gistsearch.adapters.cli.searching import SearchSetup

    lacks_token = settings.backend == "github" and not settings.github_token
    return SearchSetup(Container(settings).search(), settings.timeout_s, lacks_token)


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


def make_app(search: SearchGists, settings: Settings) -> WebApp:
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
        return create_app(search, options)
    except ValueError as error:
        raise BadSetting(f"{PREFIX}RATE_LIMIT, {PREFIX}RATE_LIMIT_STORAGE: {error}") from error


def _github(settings: Settings) -> GistSource:
    from gistsearch.adapters.github import GitHubGists, Proxies

    try:
        return GitHubGists(
            settings.github_api_url,
            settings.github_raw_origins,
            settings.github_token,
            user_agent=f"gistsearch/{__version__}",
            concurrency=settings.concurrency,
            connect_timeout_s=settings.connect_timeout_s,
            read_timeout_s=settings.read_timeout_s,
            max_wait_s=settings.max_wait_s,
            proxies=Proxies(
                _proxy(settings.http_proxy, "http_proxy"),
                _proxy(settings.https_proxy, "HTTPS_PROXY"),
                settings.no_proxy,
            ),
            ca_file=settings.ssl_cert_file,
        )
    except ValueError as error:
        variables = ", ".join(f"{PREFIX}GITHUB_{name}" for name in ("API_URL", "RAW_ORIGINS", "TOKEN"))
        raise BadSetting(f"{variables}: {error}") from error
    except OSError as error:
        raise BadSetting(f"SSL_CERT_FILE names a file that can't be used ({error})") from error


def _proxy(text: str | None, variable: str) -> Proxy | None:
    from gistsearch.adapters.github import Proxy

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
    """What there is one of in a process; each is made when it is first asked for.

    It stands on `dependency_injector.providers` alone: its `containers` would import werkzeug and half of asyncio's
    world, 0.2 s that a command line has no use for.
    """

    def __init__(self, settings: Settings) -> None:
        from concurrent.futures import ThreadPoolExecutor

        from dependency_injector import providers

        from gistsearch.adapters.logs import configure_logging
        from gistsearch.domain.search import SearchGists

        configure_logging(settings.log_level, settings.log_format)
        self.executor = providers.Singleton(
            ThreadPoolExecutor,
            max_workers=settings.concurrency * SEARCHES_AT_FULL_SPEED,
            thread_name_prefix="gistsearch",
        )
        self.source = providers.Singleton(make_source, settings)
        self.compiler = providers.Singleton(make_compiler, settings)
        self.search = providers.Singleton(
            SearchGists,
            self.source,
            self.compiler,
            self.executor,
            concurrency=settings.concurrency,
            window_bytes=settings.window_bytes,
        )
        self.app = providers.Singleton(make_app, self.search, settings)
