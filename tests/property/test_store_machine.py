"""The law of a store on a disk: after any accident, it returns what was saved, or nothing, or says that it cannot."""

from __future__ import annotations

import os
import random
import shutil
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from gistsearch.adapters.sqlite import SqliteStore
from gistsearch.domain.store.room import shrink
from gistsearch.ports.gists import user_key
from gistsearch.ports.store import Pack, StoreDamaged, StoredListing, StoreError
from gistsearch.testing.store_fixtures import listing_of, save

ORIGIN = "memory"
USERNAMES = ["octo", "Octo", "other"]
usernames = st.sampled_from(USERNAMES)
texts: st.SearchStrategy[bytes] = st.sampled_from([0, 10, 5_000, 200_000, 200_000]).flatmap(
    lambda size: st.integers(0, 255).map(lambda byte: bytes([byte]) * size)
)
damages = st.lists(st.sampled_from(["flip", "flip", "flip", "blank", "cut"]), min_size=1, max_size=3)


class StoreMachine(RuleBasedStateMachine):
    """Two handles on one store, a model of what it contains, and accidents."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = Path(tempfile.mkdtemp(prefix="gistsearch-store-"))
        self.handles = [self.open(), self.open()]
        self.listings: dict[str, StoredListing] = {}  # by owner
        self.packs: dict[str, dict[str, Pack]] = {}  # by owner and id
        self.old_listings: list[tuple[str, StoredListing]] = []
        self.texts: dict[str, tuple[Pack, bytes]] = {}  # of all packs that ever were
        self.is_damaged = False  # Then anything may be lost, and what was dropped may be there again.
        self.numbers = iter(range(1_000_000))

    def teardown(self) -> None:
        shutil.rmtree(self.directory, ignore_errors=True)

    def open(self) -> SqliteStore:
        return SqliteStore(self.directory / "store", ORIGIN, busy_timeout_s=0.5)

    @property
    def store(self) -> SqliteStore:
        self.handles.reverse()
        return self.handles[0]

    @contextmanager
    def accidents(self) -> Generator[None, None, None]:
        """Expect no error, unless the file was damaged."""
        try:
            yield
        except StoreError:
            assert self.is_damaged
            self.forget()

    def forget(self) -> None:
        """Take what is stored as it is, if it is something that was saved."""
        self.is_damaged = True
        for _ in range(3):
            try:
                users = {name: self.store.load(name) for name in USERNAMES}
            except StoreDamaged:
                continue
            self.listings = {user_key(name): user.listing for name, user in users.items() if user.listing}
            self.packs = {user_key(name): {pack.id: pack for pack in user.packs} for name, user in users.items()}
            return

    @initialize(username=usernames, text=texts)
    def begin(self, username: str, text: bytes) -> None:
        self.save_pack(username, text)

    @rule(username=usernames, text=texts)
    def save_pack(self, username: str, text: bytes) -> None:
        with self.accidents():
            self.saved(username, save(self.store, username, text), text)

    @rule(username=usernames, text=texts)
    def replace_packs(self, username: str, text: bytes) -> None:
        replaced = list(self.packs.get(user_key(username), {}).values())[::2]
        with self.accidents():
            pack = self.store.save_pack(username, (), text, replaced)
            for old in replaced:
                del self.packs[user_key(username)][old.id]
            self.saved(username, pack, text)

    def saved(self, username: str, pack: Pack, text: bytes) -> None:
        assert pack.id not in self.texts, "expected an id that never was"
        self.texts[pack.id] = pack, text
        self.packs.setdefault(user_key(username), {})[pack.id] = pack

    @rule(username=usernames)
    def save_listing(self, username: str) -> None:
        listing = listing_of(f"{next(self.numbers)}")
        self.old_listings.append((user_key(username), listing))
        with self.accidents():
            self.store.save_listing(username, listing)
            self.listings[user_key(username)] = listing

    @rule(username=usernames)
    def drop_listing(self, username: str) -> None:
        with self.accidents():
            self.store.drop_listing(username)
            self.listings.pop(user_key(username), None)

    @rule(username=usernames)
    def drop_packs(self, username: str) -> None:
        dropped = list(self.packs.get(user_key(username), {}))[:2]
        with self.accidents():
            self.store.drop_packs(dropped)
            for pack_id in dropped:
                del self.packs[user_key(username)][pack_id]

    @rule(username=usernames)
    def drop_owner(self, username: str) -> None:
        with self.accidents():
            self.store.drop_owner(username)
            self.packs.pop(user_key(username), None)
            self.listings.pop(user_key(username), None)

    @rule(max_bytes=st.sampled_from([0, 150_000, 500_000]))
    def evict(self, max_bytes: int) -> None:
        """Some users or packs go; what is left is as it was."""
        with self.accidents():
            shrink(self.store, max_bytes)
            left = {usage.owner: usage for usage in self.store.usage()}
            assert self.store.size_bytes() <= max_bytes or not left
            self.listings = {owner: one for owner, one in self.listings.items() if owner in left}
            self.packs = {
                owner: {pack_id: pack for pack_id, pack in packs.items() if pack_id in left[owner].packs}
                for owner, packs in self.packs.items()
                if owner in left
            }

    @rule()
    def tidy(self) -> None:
        with self.accidents():
            self.store.tidy()

    @rule()
    def reopen(self) -> None:
        self.handles[0] = self.open()

    @rule(username=usernames, text=texts)
    def kill(self, username: str, text: bytes) -> None:
        """A process dies in the middle of a change, part of which has reached the file."""
        child = os.fork()
        if child == 0:
            try:
                store = self.open()
                with store._connections.writing() as connection:  # pyright: ignore[reportPrivateUsage]  # to do damage
                    connection.execute("PRAGMA cache_size = 1")
                    connection.execute("DELETE FROM owner")
                    connection.execute("UPDATE pack SET text = ?, owner = ?", (text, username))
                    connection.execute("UPDATE listing SET pages = ?", (text,))
                    os._exit(0)
            finally:
                os._exit(1)
        os.waitpid(child, 0)

    @rule(seed=st.integers(0, 1 << 32), ways=damages)
    def damage(self, seed: int, ways: list[str]) -> None:
        """Something writes to the file, or a part of it is lost. A connection may have read it before, or not."""
        rng = random.Random(seed)
        for path in (self.directory / "store" / ORIGIN).glob("*.db"):
            content = bytearray(path.read_bytes())
            for way in ways if content else ():
                at = rng.randrange(len(content))
                if way == "flip":
                    content[at] ^= 1 << rng.randrange(8)
                elif way == "cut":
                    content = content[: at + 1]
                else:
                    content[at : at + 100] = bytes(len(content[at : at + 100]))
            path.write_bytes(content)
        self.is_damaged = True
        self.handles[0] = self.open()

    @rule(vanishes=st.booleans())
    def lose_everything(self, vanishes: bool) -> None:
        """Someone deletes the directory, or clears the store."""
        with self.accidents():
            if vanishes:
                shutil.rmtree(self.directory / "store", ignore_errors=True)
            else:
                self.store.clear()
            self.listings, self.packs = {}, {}

    @invariant()
    def it_returns_what_was_saved(self) -> None:
        for username in USERNAMES:
            with self.accidents():
                self.compare(username)

    def compare(self, username: str) -> None:
        user = self.store.load(username)
        packs = self.packs.get(user_key(username), {})
        if not self.is_damaged:
            assert user.listing == self.listings.get(user_key(username))
            assert {pack.id: pack for pack in user.packs} == packs
        elif user.listing:
            assert (user_key(username), user.listing) in self.old_listings
        for pack in user.packs:
            saved, text = self.texts[pack.id]
            assert pack == saved
            found = self.read(lambda pack=pack: self.store.read_pack(pack))
            assert found == text or (found is None and self.is_damaged)

    def read(self, call: Callable[[], bytes | None]) -> bytes | None:
        try:
            return call()
        except StoreDamaged:
            assert self.is_damaged
            return None


TestStoreMachine = StoreMachine.TestCase
TestStoreMachine.settings = settings(max_examples=settings().max_examples // 5, stateful_step_count=20)
