"""A whole store is verified, or freed of what is not needed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from gistsearch.adapters.memory import InMemoryGists, MemoryGist
from gistsearch.adapters.memory_store import InMemoryStore
from gistsearch.domain.query import Detail, SearchQuery
from gistsearch.domain.store.maintenance import prune, verify
from gistsearch.domain.store.policy import StorePolicy
from gistsearch.ports.store import Pack, StoreDamaged, StoredUser, StoreUsage
from tests.answering import ask, coverage_of

NOW = datetime(2026, 1, 1, tzinfo=UTC)
QUERY = SearchQuery("octo", "needle", detail=Detail.COUNTS)


class DamagedStore(InMemoryStore):
    """Finds some packs damaged when it reads them, and drops them."""

    def __init__(self) -> None:
        super().__init__()
        self.damaged: set[str] = set()
        self.damaged_names: set[str] = set()
        self.usage_is_damaged = False

    def read_pack(self, pack: Pack) -> bytes | None:
        if pack.id in self.damaged:
            self.drop_packs([pack.id])
            self.damaged.clear()
            raise StoreDamaged("a pack was damaged")
        return super().read_pack(pack)

    def load(self, username: str, known: StoredUser | None = None) -> StoredUser:
        if username in self.damaged_names:
            raise StoreDamaged("a row was damaged")
        return super().load(username, known)

    def usage(self, limit: int | None = None) -> Sequence[StoreUsage]:
        if self.usage_is_damaged:
            self.usage_is_damaged = False
            raise StoreDamaged("the file was damaged")
        return super().usage(limit)


def gists(*names: str) -> list[MemoryGist]:
    return [MemoryGist({name: f"{name} {'x' * 1_000} needle\n".encode()}, id=name) for name in names]


def filled() -> DamagedStore:
    store = DamagedStore()
    for username in ("octo", "hubot"):
        source = InMemoryGists({username: gists(f"{username} a", f"{username} b")})
        ask(SearchQuery(username, "needle", detail=Detail.COUNTS), source, store)
    return store


def test_whole_store_is_read_to_its_end() -> None:
    """Every text counts, and nothing is dropped."""
    store = filled()
    assert sum(size for size in verify(store) if isinstance(size, int)) == store.size_bytes()


def test_damage_is_reported_and_dropped() -> None:
    """The rest stays, and a search downloads again what is gone."""
    store = filled()
    store.damaged = {store.load("octo").packs[0].id}
    store.usage_is_damaged = True
    outcomes = list(verify(store))
    assert [str(outcome) for outcome in outcomes if isinstance(outcome, StoreDamaged)] == [
        "the file was damaged",
        "a pack was damaged",
    ]
    assert store.load("octo").packs == ()
    assert len(store.load("hubot").packs) == 1
    assert coverage_of(ask(QUERY, InMemoryGists({"octo": gists("octo a", "octo b")}), store)).from_store == 0


def test_damage_that_cannot_be_dropped_ends_nothing() -> None:
    """It is reported for each try, and the rest is verified."""
    store = filled()
    store.damaged_names = {"octo"}
    outcomes = list(verify(store))
    assert [str(outcome) for outcome in outcomes if isinstance(outcome, StoreDamaged)] == ["a row was damaged"] * 2
    assert [outcome for outcome in outcomes if isinstance(outcome, int)]


def test_content_that_no_listing_names_is_pruned() -> None:
    """What is left in its pack is kept, under the same blob ids."""
    store = filled()
    source = InMemoryGists({"octo": gists("octo b")})
    ask(QUERY, source, store)
    prune(store, StorePolicy(), lambda: NOW)
    (pack,) = store.load("octo").packs
    assert len(pack.files) == 1
    assert coverage_of(ask(QUERY, source, store)).downloaded_bytes == 0


def test_content_of_a_user_who_is_gone_is_pruned() -> None:
    """A search has dropped the listing; content of others stays."""
    store = filled()
    ask(QUERY, InMemoryGists({}), store)
    assert store.load("octo").packs
    prune(store, StorePolicy(), lambda: NOW)
    assert store.load("octo").packs == ()
    assert store.load("hubot").packs


def test_store_is_shrunk_to_its_size() -> None:
    """What was used least recently goes first."""
    store = filled()
    prune(store, StorePolicy(max_bytes=store.size_bytes() - 1), lambda: NOW)
    assert [usage.owner for usage in store.usage()] == ["hubot"]
