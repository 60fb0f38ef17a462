"""The GitHub adapter's many small files in one thread: what is at hand, what is left, and over which connections."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha1

import pytest

from gistsearch.adapters.github import GitHubGists, multiplexing
from gistsearch.ports.gists import Deadline, DeadlineExceeded, GistFile, SourceRateLimited
from tests.integration.conftest import Asked, Connect, open_together
from tests.loopback_github import (
    ALL_FAULTS,
    Exchange,
    Fault,
    LoopbackFile,
    LoopbackGist,
    LoopbackGitHub,
    faults,
    real_gists,
)

SMALL = multiplexing.SMALL_BYTES
MANY = 100


def _holding(*contents: bytes) -> LoopbackGitHub:
    return LoopbackGitHub(
        {"octo": [LoopbackGist([LoopbackFile(f"{number}.py", held)]) for number, held in enumerate(contents)]}
    )


def _files(source: GitHubGists) -> list[GistFile]:
    return [file for gist in source.list_gists("octo", Deadline(10.0)) for file in gist.files]


def _raw_requests(github: LoopbackGitHub) -> int:
    return sum(request.listener == "raw" for request in github.requests)


def _after(seconds: float) -> Fault:
    async def fault(exchange: Exchange) -> None:
        await asyncio.sleep(seconds)
        await exchange.send_answer()

    return fault


def _in_pieces(*ends: int) -> Fault:
    """Send the right answer, cut at these places, with a pause behind each."""

    async def fault(exchange: Exchange) -> None:
        answer = exchange.head() + exchange.body()
        for start, end in zip((0, *ends), (*ends, len(answer)), strict=True):
            await exchange.send(answer[start:end])
            await asyncio.sleep(0.01)

    return fault


def test_small_files_are_at_hand_and_large_ones_are_left(connect: Connect) -> None:
    """What comes with a read or two is worth waiting for together with others; no request is made for the rest."""
    contents = b"", b"x", b"y" * SMALL, b"z" * (SMALL + 1)
    with _holding(*contents) as github:
        source = connect(github)
        files = _files(source)
        opened = list(open_together(source, files, Deadline(10.0)))
        assert {file.wanted.file.size_bytes for file in opened if file.at_hand} == {0, 1, SMALL}
        assert _raw_requests(github) == 3
        assert {b"".join(file.chunks) for file in opened} == set(contents)


@pytest.mark.parametrize("concurrency", [1, 3, 8])
def test_connections_are_shared_and_used_again(connect: Connect, concurrency: int) -> None:
    """There are never more than may be, whatever is asked for at once."""
    with LoopbackGitHub({"octo": real_gists(MANY)}) as github:
        source = connect(github, concurrency=concurrency)
        files = _files(source)
        read = {file.wanted.file: b"".join(file.chunks) for file in open_together(source, files, Deadline(20.0), 50)}
        assert {sha1(b"blob %d\0" % len(held) + held).hexdigest() for held in read.values()} == {
            file.blob_id for file in files
        }
        assert github.connections_made["raw"] <= concurrency
        assert _raw_requests(github) == MANY


@pytest.mark.parametrize("ends", [(1,), (20, 21), (100, 300), (480,), (600, 1_000)])
def test_answer_may_come_in_pieces(connect: Connect, ends: tuple[int, ...]) -> None:
    """Wherever it is cut: within its status line, its fields, its body."""
    content = b"import requests\n" * 200
    with _holding(content) as github:
        source = connect(github)
        github.script("raw", lambda _: True, _in_pieces(*ends))
        (opened,) = open_together(source, _files(source), Deadline(10.0))
        assert opened.at_hand
        assert b"".join(opened.chunks) == content


@pytest.mark.parametrize("late", [_after(0.5), _in_pieces(*range(30, 160, 3))])
def test_slow_answer_counts_as_a_failed_try(connect: Connect, late: Fault) -> None:
    """Whoever waits for it alone asks anew; no other file waits for it."""
    with _holding(*[b"%d" % number * 100 for number in range(10)]) as github:
        source = connect(github)
        github.script("raw", lambda target: target.endswith("/0.py"), late)
        opened = list(open_together(source, _files(source), Deadline(10.0)))
        assert [file.wanted.file.filename for file in opened if not file.at_hand] == ["0.py"]
        assert b"".join(opened[-1].chunks) == b"0" * 100
        assert _raw_requests(github) == 11


def test_answers_without_a_length_are_left_once_they_are_seen(connect: Connect) -> None:
    """They come whole all the same; but from then on no file is asked for twice."""
    with LoopbackGitHub({"octo": real_gists(MANY)}) as github:
        source = connect(github, concurrency=4)
        github.script("raw", lambda _: True, faults.no_length(), times=None)
        files = _files(source)
        read = {file.wanted.file: b"".join(file.chunks) for file in open_together(source, files, Deadline(20.0), 4)}
        assert {file: len(held) for file, held in read.items()} == {file: file.size_bytes for file in files}
        assert _raw_requests(github) <= MANY + 8


def test_refusals_without_a_length_change_nothing_for_others(connect: Connect) -> None:
    """An error page in chunks is one failed try; the files behind it are multiplexed as before."""

    async def error_page(exchange: Exchange) -> None:
        await exchange.send(b"HTTP/1.1 502 Bad Gateway\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n")

    with _holding(b"a" * 100, b"b" * 100) as github:
        source = connect(github)
        files = _files(source)
        github.script("raw", lambda _: True, error_page)
        (left,) = open_together(source, files[:1], Deadline(10.0))
        assert not left.at_hand
        assert b"".join(left.chunks) == b"a" * 100
        (opened,) = open_together(source, files[1:], Deadline(10.0))
        assert opened.at_hand
        assert _raw_requests(github) == 3


def test_rate_limit_is_heeded_at_once(connect: Connect) -> None:
    """No request is begun behind the answer that tells of it; what was not begun is told when it is read."""
    with LoopbackGitHub({"octo": real_gists(MANY)}) as github:
        source = connect(github)
        github.script("raw", lambda _: True, faults.rate_limited(429, retry_after=3_600), times=None)
        opened = list(open_together(source, _files(source), Deadline(10.0), 4))
        for file in opened:
            with pytest.raises(SourceRateLimited):
                list(file.chunks)
        assert len(opened) == MANY
        assert _raw_requests(github) <= 2 * 4


def test_where_others_have_all_connections_nothing_is_taken(connect: Connect) -> None:
    """It is not waited for ever: whoever has them may be waiting for this thread. With room again, it goes on."""
    with _holding(b"a" * 100, b"b" * 10_000_000) as github:
        source = connect(github, concurrency=1, read_timeout_s=5.0)
        small, large = _files(source)
        reading = source.open_file(large, Deadline(10.0))
        next(reading)

        def take() -> Asked | None:
            raise AssertionError("there is no room")

        assert list(source.open_files(take, 4, Deadline(10.0))) == []
        reading.close()
        (opened,) = open_together(source, [small], Deadline(10.0))
        assert opened.at_hand


def test_connection_with_more_than_was_asked_for_is_not_used_again(connect: Connect) -> None:
    """What comes behind an answer might pass for the next one."""

    async def and_more(exchange: Exchange) -> None:
        await exchange.send(exchange.head() + exchange.body() + b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n?")

    with _holding(b"a" * 100, b"b" * 100) as github:
        source = connect(github)
        files = _files(source)
        github.script("raw", lambda _: True, and_more)
        for file, content in zip(files, (b"a" * 100, b"b" * 100), strict=True):
            (opened,) = open_together(source, [file], Deadline(10.0))
            assert opened.at_hand
            assert b"".join(opened.chunks) == content
        assert github.connections_made["raw"] == 2


def test_connection_that_was_closed_meanwhile_is_noticed(connect: Connect) -> None:
    """A request is not sent into it, so that no try is lost."""

    async def answered_and_closed(exchange: Exchange) -> None:
        await exchange.send(exchange.head() + exchange.body())
        exchange.connection.close()

    with _holding(b"a" * 100) as github:
        source = connect(github)
        files = _files(source)
        github.script("raw", lambda _: True, answered_and_closed)
        for _ in range(2):
            (opened,) = open_together(source, files, Deadline(10.0))
            assert opened.at_hand
            time.sleep(0.1)
        assert _raw_requests(github) == 2


@pytest.mark.parametrize("name", ALL_FAULTS)
def test_what_is_left_holds_no_connection(connect: Connect, name: str) -> None:
    """Else those that are left would wait for each other, where nobody is there to read them."""
    with _holding(*[b"%d" % number * 100 for number in range(10)]) as github:
        source = connect(github, concurrency=1)
        files = _files(source)
        github.script("raw", lambda _: True, ALL_FAULTS[name](), times=3)
        opened = list(open_together(source, files[:3], Deadline(10.0)))
        if not name.startswith("limited"):
            assert len(b"".join(source.open_file(files[3], Deadline(10.0)))) == 100
        for file in opened:
            file.chunks.close()


def test_who_waits_for_a_connection_goes_first(connect: Connect) -> None:
    """A large file does not have to wait until all small ones are through."""
    with LoopbackGitHub(
        {"octo": [*real_gists(MANY), LoopbackGist([LoopbackFile("large.py", b"x" * 100_000)])]}, latency_s=0.01
    ) as github:
        source = connect(github, concurrency=1, read_timeout_s=5.0)
        *files, large = _files(source)
        small = [file for file in files if file.size_bytes <= SMALL]
        with ThreadPoolExecutor() as executor:
            opening = open_together(source, small, Deadline(20.0), 4)
            next(opening)
            reading = executor.submit(lambda: list(source.open_file(large, Deadline(20.0))))
            list(opening)
            reading.result()
        asked_for = [request.target for request in github.requests if request.listener == "raw"]
        place = next(place for place, target in enumerate(asked_for) if target.endswith("/large.py"))
        assert place < len(small) // 2


def test_deadline_ends_connecting_and_waiting(connect: Connect) -> None:
    with LoopbackGitHub({"octo": real_gists(MANY)}) as github:
        source = connect(github, read_timeout_s=5.0)
        files = _files(source)
        github.script("raw", lambda _: True, faults.accepted_then_silent(), times=None)
        began = time.monotonic()
        with pytest.raises(DeadlineExceeded):
            list(open_together(source, files, Deadline(0.3)))
        assert time.monotonic() - began < 1.0
