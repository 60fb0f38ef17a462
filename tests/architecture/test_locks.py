"""The locks can be installed by any pip that their users have."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

LOCKS = Path(__file__).parents[2] / "locks"
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[([a-z,]+)\])?==", re.MULTILINE)


@pytest.mark.parametrize("lock", ["build.txt", "runtime.txt", "dev.txt"])
def test_extras_are_pinned_with_their_package(lock: str) -> None:
    """Where a package asks for another's extra, older pips look for its newest release, and find no hash of it."""
    pinned = {
        canonicalize_name(name): set(extras.split(",")) for name, extras in _PINNED.findall((LOCKS / lock).read_text())
    }
    asked_for = [requirement for name in pinned for requirement in _requirements(name) if requirement.extras]
    lacking = [str(each) for each in asked_for if not each.extras <= pinned.get(canonicalize_name(each.name), set())]
    assert lacking == []
    assert asked_for or lock != "dev.txt"


def _requirements(name: str) -> list[Requirement]:
    """Return what an installed package needs without extras of its own."""
    try:
        requirements = [Requirement(text) for text in distribution(name).requires or ()]
    except PackageNotFoundError:  # It is for other systems.
        return []
    return [each for each in requirements if each.marker is None or each.marker.evaluate({"extra": ""})]
