"""`gistsearch store verify`, `prune` and `clear`."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

from rich.filesize import decimal

from gistsearch.adapters.cli.store.setup import StoreSetup
from gistsearch.adapters.cli.terminal import print_error
from gistsearch.domain.store import maintenance
from gistsearch.ports.store import StoreDamaged


def verify(setup: StoreSetup) -> int:
    """Read everything, and print what was damaged; return the exit status.

    Raises:
        StoreError: the store cannot be used.
    """
    damaged: set[str] = set()  # The store says the same of each thing that is damaged.
    whole_bytes = 0
    for found in maintenance.verify(setup.store):
        if not isinstance(found, StoreDamaged):
            whole_bytes += found
        elif str(found) not in damaged:
            damaged.add(str(found))
            print_error(str(found))
    outcome = "what was damaged is dropped, and downloaded again when it is needed" if damaged else "nothing is damaged"
    sys.stdout.write(f"{decimal(whole_bytes)} verified; {outcome}\n")
    return 1 if damaged else 0


def prune(setup: StoreSetup) -> int:
    """Give back space that is not needed; return the exit status.

    Raises:
        StoreError: the store cannot be used.
    """
    before = setup.store.size_bytes()
    maintenance.prune(setup.store, setup.policy, lambda: datetime.now(UTC))
    _print_space(before, setup)
    return 0


def clear(setup: StoreSetup) -> int:
    """Forget everything; return the exit status.

    Raises:
        StoreError: the store cannot be used.
    """
    before = setup.store.size_bytes()
    setup.store.clear()
    _print_space(before, setup)
    return 0


def _print_space(before: int, setup: StoreSetup) -> None:
    after = setup.store.size_bytes()
    sys.stdout.write(f"{decimal(max(before - after, 0))} given back, {decimal(after)} in use\n")
