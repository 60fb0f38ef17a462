"""The directory in which several worker processes share their metrics."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from prometheus_client import values

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""Names the directory to `prometheus_client`, in this process and in workers."""

_IN_MEMORY = Path("/dev/shm")  # noqa: S108  # Only the parent of a directory with a random name.


@contextmanager
def shared_metrics() -> Generator[None, None, None]:
    """Have this process and those that it starts within the context share their metrics."""
    is_writable = os.access(_IN_MEMORY, os.W_OK)  # in a container with a read-only file system, too
    directory = tempfile.mkdtemp(prefix="gistsearch-metrics-", dir=_IN_MEMORY if is_writable else None)
    os.environ[VARIABLE] = directory
    try:
        yield
    finally:
        del os.environ[VARIABLE]
        shutil.rmtree(directory, ignore_errors=True)


def is_shared() -> bool:
    """Return whether this process shares its metrics with others; have new metrics do so.

    `prometheus_client` decides this when it is imported, which is before workers are set up.
    """
    if VARIABLE not in os.environ:
        return False
    values.ValueClass = values.get_value_class()
    return True
