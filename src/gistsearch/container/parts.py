"""What searches are made of: a source, a compiler, a store, the use case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gistsearch import __version__
from gistsearch.settings import PREFIX, BadSetting, Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from gistsearch.adapters.github import Observe, Proxy
    from gistsearch.domain.search import SearchGists
    from gistsearch.domain.store.policy import StorePolicy
    from gistsearch.ports.gists import GistSource
    from gistsearch.ports.matching import MatcherCompiler
    from gistsearch.ports.members import MemberSource
    from gistsearch.ports.store import GistStore

BACKENDS = "gistsearch.backends"
MATCHERS = "gistsearch.matchers"
"""Entry point groups: a name, and what makes a source or a compiler when it is called without arguments."""

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

    return CachingStore(SqliteStore(directory, origin_of(settings)), settings.store_memory_bytes)


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


def origin_of(settings: Settings) -> str:
    """Return what the store calls the source: content of one is never looked for in another one."""
    return (
        settings.github_api_url.rstrip("/").lower() if settings.backend == "github" else f"backend:{settings.backend}"
    )


def lacks_token(settings: Settings) -> bool:
    return settings.backend == "github" and not settings.all_github_tokens


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
