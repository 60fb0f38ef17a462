"""What the command line needs."""

from __future__ import annotations

import math
from collections import deque
from functools import partial
from typing import TYPE_CHECKING

from gistsearch.container.parts import lacks_token, make_members, make_policy, make_search, make_source, make_store
from gistsearch.container.runs import open_run
from gistsearch.settings import PREFIX, BadSetting, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gistsearch.adapters.cli.searching import SearchSetup
    from gistsearch.adapters.cli.store.setup import StoreSetup
    from gistsearch.domain.search import SearchGists
    from gistsearch.domain.store.policy import StorePolicy
    from gistsearch.ports.gists import GistSource
    from gistsearch.ports.store import GistStore

NO_STORE = f"{PREFIX}STORE is off, or there is no home directory for it"

MEMBERS_TIMEOUT_S = 3_600.0
"""How long it may take to list the members of one organization."""


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
        partial(open_run, settings, search),
        partial(_list_members, settings, source),
        settings.timeout_s,
        lacks_token(settings),
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
    return StoreSetup(store, policy, search, lacks_token(settings), warnings)


def _search_to_sync(
    settings: Settings, store: GistStore, policy: StorePolicy, warn: Callable[[str], object]
) -> SearchGists:
    return make_search(settings, make_source(settings, warn=warn), store, policy)


def _list_members(settings: Settings, source: GistSource, organization: str) -> Iterator[str]:
    from gistsearch.ports.deadline import Deadline

    return make_members(settings, source).list_members(organization, Deadline(MEMBERS_TIMEOUT_S))
