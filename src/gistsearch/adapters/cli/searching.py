"""Runs a search, and prints it."""

from __future__ import annotations

from abc import abstractmethod
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing
from typing import TYPE_CHECKING, Protocol

from attrs import Factory, frozen

from gistsearch.adapters.cli.arguments import SearchArguments
from gistsearch.adapters.cli.display import Display, Status
from gistsearch.adapters.cli.missing import SearchContext
from gistsearch.domain.query import SearchQuery
from gistsearch.domain.search import SearchGists

if TYPE_CHECKING:
    from gistsearch.domain.search_users import SearchUsers


class OpenRun(Protocol):
    """Makes what a run over many users works with."""

    @abstractmethod
    def __call__(
        self, *, engine: str | None, journal: str | None, search: Mapping[str, object], in_order: bool
    ) -> AbstractContextManager[SearchUsers]:
        """Return it. Leaving the context closes the journal and the engine.

        Args:
            engine: the address of what runs the searches; None: this process.
            journal: the path of the file with what is done; None for none.
            search: what is searched for, as the journal should say.
            in_order: whether users are searched one after another.

        Raises:
            JournalError: the journal cannot be used.
            EngineFailed: the engine cannot be reached.
        """
        raise NotImplementedError


@frozen
class SearchSetup:
    """What the command line needs from outside to search."""

    use_case: SearchGists
    open_run: OpenRun
    list_members: Callable[[str], Iterator[str]]
    """Yields the public members of an organization. Raises `SourceError`, late."""
    timeout_s: float
    """How long a search may take if the user does not say."""
    lacks_token: bool = False
    """Whether GitHub is searched without a token."""
    offline: bool = False
    """Whether only the store is searched."""
    warnings: deque[str] = Factory(deque[str])
    """What any thread adds for the user to know, such as that a token is refused."""


class OpenSearch(Protocol):
    """Makes what a search runs on."""

    @abstractmethod
    def __call__(self, *, backend: str | None, store: str | None) -> SearchSetup:
        """Return it; what is given wins over the settings.

        Args:
            backend: the name of the source.
            store: `offline` to search only the store, `off` to search without it.
        """
        raise NotImplementedError


def search(setup: SearchSetup, arguments: SearchArguments, query: SearchQuery) -> Status:
    """Run a search; print matches to standard output, and to standard error what is missing.

    Args:
        setup: what it runs on.
        arguments: how to print.
        query: what they ask for.

    Raises:
        InvalidPattern: a pattern is refused.
        KeyboardInterrupt: after what was found is printed, and everything that ran is cancelled.
    """
    with closing(setup.use_case.run(query)) as events:
        return Display(arguments, query, search_context(setup, arguments, query.timeout_s)).show(events)


def search_context(setup: SearchSetup, arguments: SearchArguments, timeout_s: float | None) -> SearchContext:
    """Return what messages refer to."""
    return SearchContext(
        timeout_s=timeout_s or setup.timeout_s,
        lacks_token=setup.lacks_token,
        offline=setup.offline,
        verbose=arguments.output.verbose,
        many_users=arguments.run.are_given,
        warnings=setup.warnings,
    )
