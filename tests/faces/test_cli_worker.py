"""`gistsearch worker` and `--engine`, as far as the command line decides."""

from __future__ import annotations

import pytest

from tests.faces.cli_fixtures import CommandLine


def test_a_worker_is_given_what_the_flags_say(gistsearch: CommandLine) -> None:
    ran = gistsearch("worker", "--engine", "dask://host:1", "--threads", "3")
    assert (ran.status, ran.out) == (0, "works for dask://host:1 with 3 threads\n")
    assert gistsearch("worker", "--engine", "dask://host:1").out == "works for dask://host:1 with None threads\n"


@pytest.mark.parametrize(
    "words", [[], ["--engine", "dask://host:1", "--threads", "0"], ["--engine", "dask://host:1", "octo"]]
)
def test_a_worker_that_cannot_work_says_so_in_one_line(gistsearch: CommandLine, words: list[str]) -> None:
    ran = gistsearch("worker", *words)
    assert (ran.status, ran.out) == (2, "")
    assert len(ran.err.splitlines()) == 1


def test_a_worker_that_fails_says_why(gistsearch: CommandLine) -> None:
    ran = gistsearch("worker", "--engine", "dask://nowhere:1")
    assert (ran.status, ran.out, ran.err) == (2, "", "gistsearch: dask://nowhere:1 does not answer\n")


@pytest.mark.parametrize("flags", [["--offline"], ["--no-store"], ["--backend", "memory"]])
def test_what_workers_search_is_not_set_by_the_search(gistsearch: CommandLine, flags: list[str]) -> None:
    """A flag that has no effect would mislead."""
    ran = gistsearch("search", "needle", "octo", "--engine", "dask://host:1", *flags)
    assert (ran.status, ran.out) == (2, "")
    assert "cannot be used with --engine" in ran.err
