"""The benchmarks run; how fast is not for tests to say."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bench.__main__ import QUICK

ROOT = Path(__file__).parents[2]
COMPARED_WITH_OTHERS = {
    "cold": ["curl", "rg"],
    "matcher": ["rg"],
    "throughput": ["rg"],
    "warm": ["rg"],
    "page": ["chromium-headless-shell"],
}


def _bench(*words: str, path: str | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    if path is not None:
        environment["PATH"] = path
    command = [sys.executable, "-m", "bench", *words, "--quick"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, cwd=ROOT, check=False)


SLOW = {"cold", "dask", "first", "hostile", "page", "service", "throughput", "warm"}
"""Those that start many processes."""


@pytest.mark.parametrize("name", QUICK)
def test_benchmark_runs_and_prints_a_table(name: str) -> None:
    """Each one runs at tiny sizes, and says on which machine."""
    if name in SLOW and "GISTSEARCH_TEST_BENCHMARKS" not in os.environ:
        pytest.skip("takes long: set GISTSEARCH_TEST_BENCHMARKS")
    if missing := [tool for tool in COMPARED_WITH_OTHERS.get(name, []) if shutil.which(tool) is None]:
        pytest.skip(f"compares with {', '.join(missing)}, which this machine does not have")
    done = _bench(name)
    assert done.returncode == 0, done.stderr
    machine, _, tables = done.stdout.partition("\n\n")
    assert f"Python {sys.version.split()[0]}" in machine
    assert re.search(r"^\| -+ \|.*\n\| .*\d.* \|$", tables, re.MULTILINE)


@pytest.mark.parametrize(("name", "package"), [("cold", "curl"), ("matcher", "ripgrep")])
def test_missing_tool_is_asked_for_in_words(name: str, package: str, tmp_path: Path) -> None:
    done = _bench(name, path=str(tmp_path))
    assert done.returncode == 2
    assert (
        done.stderr
        == f"{name}: {'rg' if package == 'ripgrep' else package} is needed to compare with: apt-get install {package}\n"
    )
