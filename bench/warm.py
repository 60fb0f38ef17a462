"""Warm: searches of gists that are in the store, beside ripgrep over the same files on disk."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import geometric_mean, median
from typing import cast

from attrs import evolve

from bench.cold import CONCURRENCY
from bench.corpus import github_process, ripgrep_over, write_files
from bench.measuring import in_turn, run, table, timed
from bench.world import GISTSEARCH, USER, environment, gists_of, search
from gistsearch.container import Container
from gistsearch.domain.events import Coverage, FileMatch, SearchEnded
from gistsearch.domain.query import Detail, SearchQuery
from gistsearch.domain.search import SearchGists
from gistsearch.settings import Settings
from tests.loopback_github import LoopbackFile, LoopbackGist, LoopbackGitHub

PATTERNS = {
    "literal": "KeyboardInterrupt",
    "anchored literal": "^import subprocess",
    "case-insensitive": r"(?i)password\s*=",
    "word and class": r"^class \w+\(\w+Error\)",
    "line end": r"\bself\.\w+ = None$",
    "nearly everywhere": "def|class",
    "class repetition": "[A-Za-z0-9+/]{40}",
    "nowhere": "zqzqzqzqzq",
}


WAYS: tuple[list[str], list[str]] = ([], ["--offline"])
"""Flags of searches that ask whether the listing has changed, and of those that do not."""


def warm(gists: int, few_gists: int, pairs: int) -> str:
    """Compare searches in one process with ripgrep, then whole commands, then what the store costs."""
    return "\n".join([_in_the_server(gists, pairs), _commands(few_gists, pairs), _costs(gists, few_gists, pairs)])


def _in_the_server(gists: int, pairs: int) -> str:
    with tempfile.TemporaryDirectory() as place, github_process(gists, 0) as near, github_process(gists, 30) as far:
        files = write_files(Path(place, "files"), gists)
        trusted, asking, waiting = (
            _filled(near, Path(place, "trusted"), GISTSEARCH_FRESH_S="3600"),
            _filled(near, Path(place, "asking")),
            _filled(far, Path(place, "waiting")),
        )
        rows: list[list[str]] = []
        ratios: list[tuple[float, float]] = []
        for name, pattern in PATTERNS.items():
            ripgrep = timed(ripgrep_over(pattern, files))
            by_trust = in_turn(timed(_searcher(trusted, pattern)), ripgrep, pairs)
            by_asking = in_turn(timed(_searcher(asking, pattern)), ripgrep, pairs)
            distant = median(timed(_searcher(waiting, pattern))() for _ in range(pairs))
            ratios.append((by_trust.ratio, by_asking.ratio))
            rows.append(
                [
                    name,
                    f"`{pattern.replace('|', chr(92) + '|')}`",
                    _ms(by_trust.b),
                    f"{_ms(by_trust.a)} ({by_trust.ratio:.2f})",
                    f"{_ms(by_asking.a)} ({by_asking.ratio:.2f})",
                    _ms(distant),
                ]
            )
        trusted_mean, asking_mean = (geometric_mean(column) for column in zip(*ratios, strict=True))
    heads = ["kind", "pattern", "ripgrep", "listing trusted", "listing revalidated", "the same at 30 ms a request"]
    return (
        f"### Warm, in the server: {gists:,} gists, {files.size_bytes / 1e6:.0f} MB, {pairs} pairs\n\n"
        + table(heads, rows)
        + "\n\nIn brackets: ours / ripgrep. Geometric means: listing trusted"
        + f" {trusted_mean:.2f}, revalidated {asking_mean:.2f}.\n"
    )


def _commands(gists: int, pairs: int) -> str:
    with tempfile.TemporaryDirectory() as place, github_process(gists, 30) as github:
        settings = {**github, "GISTSEARCH_STORE": place}
        run([*GISTSEARCH, "store", "sync", USER], settings)
        ripgrep = timed(ripgrep_over("def", write_files(Path(place, "files"), gists)))
        start = timed(lambda: run([sys.executable, "-c", "pass"]))
        online, offline = (timed(lambda words=words: run(search(*words, "-l", "def"), settings)) for words in WAYS)
        rows = [
            [name, _ms(by_start.a), _ms(by_start.difference), f"{in_turn(command, ripgrep, pairs).ratio:.1f}"]
            for name, command in (("revalidated", online), ("`--offline`", offline))
            for by_start in [in_turn(command, start, pairs)]
        ]
    return (
        f"### Warm, whole commands: {gists:,} gists, 30 ms a request, {pairs} runs\n\n"
        + table(["listing", "whole command", "beyond the interpreter's start", "ours / ripgrep"], rows)
        + "\n"
    )


def _costs(gists: int, few_gists: int, pairs: int) -> str:
    with tempfile.TemporaryDirectory() as place, github_process(few_gists, 30) as github:
        stores = iter(range(1_000_000))

        def cold_with_store() -> None:
            run(search("-l", "def"), {**github, "GISTSEARCH_STORE": f"{place}/{next(stores)}"})

        cold = in_turn(timed(cold_with_store), timed(lambda: run(search("-l", "def"), github)), pairs)
    with tempfile.TemporaryDirectory() as place, gists_of(gists) as server:
        use_case = _filled(environment(server), Path(place))
        size = sum(path.stat().st_size for path in Path(place).rglob("*.db"))
        sizes = {file.blob_id: file.size for gist in server.users[USER] for file in gist.files}
        server.requests.clear()
        unchanged = _requests(use_case, server)
        _edit(server.users[USER])
        edited = _requests(use_case, server)
    rows = [
        [f"cold with the store / without, {few_gists:,} gists at 30 ms", f"{cold.ratio:.2f}"],
        ["size on disk / different content", f"{size / sum(sizes.values()):.3f}"],
        ["requests of a warm search: listing, files, content downloaded", unchanged],
        ["the same after one gist was edited", edited],
    ]
    return f"### What the store costs: {gists:,} gists, {pairs} pairs\n\n" + table(["what", ""], rows) + "\n"


def _filled(settings: dict[str, str], directory: Path, **more: str) -> SearchGists:
    """Return the use case as the server makes it, with everything in its store."""
    concurrency = {"GISTSEARCH_CONCURRENCY": str(CONCURRENCY), "GISTSEARCH_LOG_LEVEL": "error"}
    container = Container(
        Settings.from_environment({**settings, **concurrency, "GISTSEARCH_STORE": str(directory), **more})
    )
    use_case = container.search()
    for _ in use_case.sync([USER]):
        pass
    return use_case


def _searcher(use_case: SearchGists, pattern: str) -> Callable[[], object]:
    query = SearchQuery(USER, pattern, detail=Detail.GISTS)
    return lambda: sum(isinstance(event, FileMatch) for event in use_case.run(query))


def _coverage(use_case: SearchGists) -> Coverage:
    *_, ended = use_case.run(SearchQuery(USER, "def", detail=Detail.COUNTS))
    return cast("SearchEnded", ended).coverage


def _requests(use_case: SearchGists, server: LoopbackGitHub) -> str:
    server.requests.clear()
    downloaded = _coverage(use_case).downloaded_bytes
    listeners = [request.listener for request in server.requests]
    return f"{listeners.count('api')}, {listeners.count('raw')}, {downloaded:,} bytes"


def _edit(gists: list[LoopbackGist]) -> None:
    gist = gists[len(gists) // 2]
    file = LoopbackFile(gist.files[0].name, b"edited\n")
    gists[len(gists) // 2] = evolve(gist, files=(file, *gist.files[1:]))


def _ms(seconds: float) -> str:
    return f"{1_000 * seconds:.0f} ms"
