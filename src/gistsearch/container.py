"""The composition root: settings in, ready use cases and faces out.

Everything is imported where it is made: a command line starts with what it needs, and no more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gistsearch import __version__
from gistsearch.settings import PREFIX, BadSetting, Settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from wsgiref.types import WSGIApplication

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
        from gistsearch.adapters.github import GitHubGists

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
            )
        except ValueError as error:
            variables = ", ".join(f"{PREFIX}GITHUB_{name}" for name in ("API_URL", "RAW_ORIGINS", "TOKEN"))
            raise BadSetting(f"{variables}: {error}") from error
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


def web_server() -> Callable[[Callable[[], WSGIApplication], str, int], None]:
    """Return what serves an application over HTTP."""
    from gistsearch.adapters.web.server import serve

    return serve


def make_app(search: SearchGists, max_timeout_s: float) -> WSGIApplication:
    """Make the WSGI application."""
    from gistsearch.adapters.web import create_app

    return create_app(search, max_timeout_s=max_timeout_s)


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
        self.app = providers.Singleton(make_app, self.search, settings.timeout_s)
