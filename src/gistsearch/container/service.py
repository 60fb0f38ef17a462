"""What serves HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gistsearch import __version__
from gistsearch.container.parts import make_policy, make_search, make_source, make_store
from gistsearch.settings import PREFIX, BadSetting, Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from gistsearch.adapters.web import Metrics, WebApp
    from gistsearch.domain.search import SearchGists
    from gistsearch.ports.store import GistStore


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
