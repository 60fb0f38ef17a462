"""The tests that `SECURITY.md` names as proofs exist, and none of its promises is without one."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_, _, _PROOFS = (ROOT / "SECURITY.md").read_text("utf-8").partition("\n## What proves it\n")
ROWS = dict(re.findall(r"^\| ([^|`]+?) \| (`.*`) \|$", _PROOFS.partition("\n## ")[0], re.MULTILINE))
"""The tests by threat."""


@pytest.mark.parametrize("threat", ROWS)
def test_the_tests_against_a_threat_exist(threat: str) -> None:
    """By file and function, which pytest would find."""
    names = re.findall(r"`([^`]+)`", ROWS[threat])
    assert names
    for name in names:
        path, _, function = name.partition("::")
        tree = ast.parse((ROOT / path).read_text("utf-8"))
        assert function.startswith("test_")
        assert function in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, name


def test_every_threat_has_a_row() -> None:
    """A row in another form would not be read."""
    assert set(ROWS) == {
        "patterns that take forever",
        "requests to other hosts",
        "a token that leaks",
        "decompression bombs",
        "injection into logs and terminals",
        "cross-site scripting",
        "injection into headers",
        "work without a bound",
        "slow clients",
        "requests that are nonsense",
    }
