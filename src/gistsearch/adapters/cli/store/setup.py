"""What the commands for the store need from outside."""

from __future__ import annotations

from abc import abstractmethod
from collections import deque
from collections.abc import Callable
from typing import Protocol

from attrs import Factory, frozen

from gistsearch.domain.search import SearchGists
from gistsearch.domain.store.policy import StorePolicy
from gistsearch.ports.store import GistStore


@frozen
class StoreSetup:
    """What the command line needs from outside to look after the store."""

    store: GistStore
    policy: StorePolicy
    open_search: Callable[[], SearchGists]
    lacks_token: bool = False
    """Whether GitHub is asked without a token."""
    warnings: deque[str] = Factory(deque[str])
    """What any thread adds for the user to know, such as that a token is refused."""


class OpenStore(Protocol):
    """Makes what the commands work on."""

    @abstractmethod
    def __call__(self) -> StoreSetup:
        """Return it, as the settings say."""
        raise NotImplementedError
