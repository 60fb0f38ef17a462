"""The GitHub adapter's content: every byte verified, resumed where it broke, over few connections."""

from __future__ import annotations

import gc
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from hashlib import sha1

import pytest
from attrs import evolve

from gistsearch.adapters.github import GitHubGists
from gistsearch.ports.deadline import Deadline, DeadlineExceeded
from gistsearch.ports.gists import (
    AccessForbidden,
    ContentGone,
    ForbiddenOrigin,
    GistFile,
    IntegrityMismatch,
    SourceUnavailable,
)
from tests.integration.conftest import Connect, listed
from tests.loopback_github import (
    Exchange,
    Fault,
    LoopbackFile,
    LoopbackGist,
    LoopbackGitHub,
    Streamed,
    faults,
    real_gists,
)

CONTENT = b"".join(b"line %d: import requests\n" % number for number in range(10_000))
MIB = 1 << 20


def _holding(content: bytes | Streamed = CONTENT, name: str = "a.py") -> LoopbackGitHub:
    return LoopbackGitHub({"octo": [LoopbackGist([LoopbackFile(name, content)])]})


def _file(source: GitHubGists) -> GistFile:
    (gist,) = listed(source)
    return gist.files[0]


def _fetched(source: GitHubGists, file: GistFile | None = None) -> bytes:
    return b"".join(source.open_file(file or _file(source), Deadline(20.0)))


def _raw_requests(github: LoopbackGitHub) -> list[str | None]:
    return [request.fields.get("range") for request in github.requests if request.listener == "raw"]


def _everything(_: str) -> bool:
    return True


def _saying(data: bytes, *, close: bool = True) -> Fault:
    async def fault(exchange: Exchange) -> None:
        await exchange.send(data)
        if close:
            exchange.connection.close()
        else:
            await exchange.gone()

    return fault


@pytest.mark.parametrize("content", [b"", b"x", b"\0" * 100, CONTENT, bytes(range(256)) * 4_096], ids=len)
def test_content_comes_whole(connect: Connect, content: bytes) -> None:
    """Of any length."""
    with _holding(content) as github:
        assert _fetched(connect(github)) == content


@pytest.mark.parametrize("pace", [(1, 0.0), (7, 0.0), (1_000, 0.0), (MIB, 0.0)])
def test_content_comes_whole_in_any_pieces(connect: Connect, pace: tuple[int, float]) -> None:
    """However the network cuts it."""
    github = LoopbackGitHub({"octo": [LoopbackGist([LoopbackFile("a.py", CONTENT[:20_000])])]}, pace=pace)
    with github:
        assert _fetched(connect(github)) == CONTENT[:20_000]


def test_files_of_all_names_are_fetched_by_their_addresses(connect: Connect) -> None:
    """Spaces, quotes and percent signs included."""
    with LoopbackGitHub({"octo": real_gists(60)}) as github:
        source = connect(github)
        for gist, given in zip(listed(source), github.users["octo"], strict=True):
            assert _fetched(source, gist.files[0]) == given.files[0].content


def test_requests_ask_for_plain_bytes_and_carry_no_token(connect: Connect) -> None:
    """The raw host must never see it."""
    with _holding() as github:
        _fetched(connect(github, token="t0ken"))
        fields = github.requests[-1].fields
    assert fields["accept-encoding"] == "identity"
    assert fields["user-agent"] == "gistsearch"
    assert "authorization" not in fields
    assert not any("t0ken" in value for value in fields.values())


def test_nothing_is_asked_before_the_first_step(connect: Connect) -> None:
    """A file that is not needed costs nothing."""
    with _holding() as github:
        source = connect(github)
        file = _file(source)
        source.open_file(file, Deadline(10.0)).close()
        assert _raw_requests(github) == []


@pytest.mark.parametrize(
    "broken", [faults.reset_mid_body, faults.short_body, faults.truncated_chunk, faults.bad_chunk_size]
)
def test_broken_content_is_resumed_where_it_broke(connect: Connect, broken: Callable[[], Fault]) -> None:
    """What came before is not sent again."""
    with _holding() as github:
        github.script("raw", _everything, broken(), times=2)
        assert _fetched(connect(github)) == CONTENT
        first, *resumed = _raw_requests(github)
    assert first is None
    assert len(resumed) == 2
    assert all(given is not None and given.startswith("bytes=") for given in resumed[-1:])


def test_content_is_resumed_where_ranges_are_not_served(connect: Connect) -> None:
    """What came before is skipped."""

    async def whole(exchange: Exchange) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(CONTENT)
        await exchange.send(head + CONTENT)

    with _holding() as github:
        github.script("raw", _everything, faults.short_body())
        github.script("raw", _everything, whole)
        assert _fetched(connect(github)) == CONTENT
        assert _raw_requests(github) == [None, f"bytes={len(CONTENT) // 2}-"]


@pytest.mark.parametrize("content_range", [b"bytes 0-9/10", b"bytes */10", b"nonsense", b""])
def test_another_range_than_was_asked_for_is_not_taken(connect: Connect, content_range: bytes) -> None:
    """It would be put in the wrong place."""
    wrong = b"HTTP/1.1 206 Partial Content\r\nContent-Range: %b\r\nContent-Length: 10\r\n\r\n0123456789" % content_range
    with _holding() as github:
        github.script("raw", _everything, faults.short_body())
        github.script("raw", _everything, _saying(wrong))
        assert _fetched(connect(github)) == CONTENT
        assert len(_raw_requests(github)) == 3


def test_partial_content_is_not_taken_for_the_whole(connect: Connect) -> None:
    """No range was asked for."""
    part = b"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-3/9\r\nContent-Length: 4\r\n\r\nline"
    with _holding() as github:
        github.script("raw", _everything, _saying(part), times=None)
        with pytest.raises(SourceUnavailable):
            _fetched(connect(github))


def test_content_that_turns_out_shorter_than_listed_is_a_mismatch(connect: Connect) -> None:
    """The range that is asked for then does not exist."""
    short = b"HTTP/1.1 200 OK\r\n\r\nline"
    with _holding() as github:
        github.script("raw", _everything, _saying(short))
        github.script("raw", _everything, faults.status(416))
        with pytest.raises(IntegrityMismatch):
            _fetched(connect(github))
        assert _raw_requests(github) == [None, "bytes=4-"]


def test_no_byte_of_wrong_content_that_fits_one_chunk_is_yielded(connect: Connect) -> None:
    """It is verified as a whole."""
    with _holding(b"import requests\n") as github:
        github.script("raw", _everything, faults.wrong_bytes(), times=None)
        source = connect(github)
        with pytest.raises(IntegrityMismatch):
            next(source.open_file(_file(source), Deadline(10.0)))
        assert _raw_requests(github) == [None] * 3


def test_wrong_content_is_asked_for_anew_while_none_was_yielded(connect: Connect) -> None:
    """A cache may have been wrong."""
    with _holding(b"import requests\n") as github:
        github.script("raw", _everything, faults.wrong_bytes(), times=2)
        assert _fetched(connect(github)) == b"import requests\n"
        assert _raw_requests(github) == [None] * 3


def test_retries_and_mismatches_are_logged_without_queries(connect: Connect, caplog: pytest.LogCaptureFixture) -> None:
    """On some Enterprise Servers, an address contains a token."""
    caplog.set_level("INFO")
    with _holding(b"import requests\n") as github:
        github.script("raw", _everything, faults.server_error())
        github.script("raw", _everything, faults.wrong_bytes())
        source = connect(github)
        file = _file(source)
        assert _fetched(source, evolve(file, raw_url=f"{file.raw_url}?token=s3cret")) == b"import requests\n"
    assert f"{file.raw_url}: {github.raw_origin} answered with status 502; trying again in 0.0 s" in caplog.text
    assert f"{file.raw_url}: the content does not hash to the blob id in the listing" in caplog.text
    assert "s3cret" not in caplog.text


def test_wrong_content_that_was_yielded_in_part_is_not_mended(connect: Connect) -> None:
    """It can't be taken back."""
    with _holding(bytes(MIB)) as github:
        github.script("raw", _everything, faults.wrong_bytes())
        source = connect(github)
        with pytest.raises(IntegrityMismatch):
            _fetched(source)
        assert _raw_requests(github) == [None]


@pytest.mark.parametrize("size", [0, 4, len(CONTENT) - 1])
def test_answer_that_announces_less_than_listed_is_not_begun(connect: Connect, size: int) -> None:
    """It can only end in a mismatch."""
    short = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + CONTENT[:size]
    with _holding() as github:
        github.script("raw", _everything, _saying(short), times=2)
        assert _fetched(connect(github)) == CONTENT
        assert _raw_requests(github) == [None] * 3


def test_head_that_drips_is_given_up_as_a_silent_one_is(connect: Connect) -> None:
    """The read time-out is for the whole head."""
    with _holding() as github:
        github.script("raw", _everything, faults.header_drip(), times=2)
        assert _fetched(connect(github, read_timeout_s=0.5)) == CONTENT
        assert len(_raw_requests(github)) == 3


@pytest.mark.parametrize("chunked", [False, True])
def test_more_content_than_listed_ends_at_once(connect: Connect, chunked: bool) -> None:
    """Not when all of it has come: here it never ends."""

    async def endless(exchange: Exchange) -> None:
        await exchange.send(b"HTTP/1.1 200 OK\r\n" + (b"Transfer-Encoding: chunked\r\n\r\n" if chunked else b"\r\n"))
        while True:
            await exchange.send(b"10000\r\n" * chunked + CONTENT[:0x10000] + b"\r\n" * chunked)

    with _holding(CONTENT[:1_000]) as github:
        github.script("raw", _everything, endless, times=None)
        with pytest.raises(IntegrityMismatch, match="more content"):
            _fetched(connect(github))
        assert len(_raw_requests(github)) == 3


def test_size_alone_is_verified_where_there_is_no_blob_id(connect: Connect) -> None:
    """In both directions."""
    with _holding() as github:
        source = connect(github)
        file = evolve(_file(source), blob_id=None)
        assert _fetched(source, file) == CONTENT
        for size_bytes in (len(CONTENT) - 1, len(CONTENT) + 1):
            with pytest.raises(IntegrityMismatch):
                _fetched(source, evolve(file, size_bytes=size_bytes))


def test_content_without_a_listed_size_ends_where_it_ends(connect: Connect) -> None:
    """There is nothing to compare it with."""
    with _holding() as github:
        source = connect(github)
        assert _fetched(source, evolve(_file(source), size_bytes=None)) == CONTENT


@pytest.mark.parametrize("framing", [b"Content-Length: 999999", b"Transfer-Encoding: chunked", b"X: y"])
def test_verified_content_does_not_wait_for_an_end_that_never_comes(connect: Connect, framing: bytes) -> None:
    """If it did, the deadline would pass."""
    body = b"%x\r\n%b\r\n" % (len(CONTENT), CONTENT) if b"chunked" in framing else CONTENT
    with _holding() as github:
        answer = b"HTTP/1.1 200 OK\r\n%b\r\n\r\n%b" % (framing, body)
        github.script("raw", _everything, _saying(answer, close=False), times=None)
        assert _fetched(connect(github, read_timeout_s=60.0)) == CONTENT
        assert len(_raw_requests(github)) == 1


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, SourceUnavailable),
        (401, AccessForbidden),
        (403, AccessForbidden),
        (404, ContentGone),
        (410, ContentGone),
        (422, SourceUnavailable),
        (451, AccessForbidden),
    ],
)
def test_refusal_is_not_asked_for_again(connect: Connect, status: int, error: type[Exception]) -> None:
    """It would be the same."""
    with _holding() as github:
        github.script("raw", _everything, faults.status(status), times=None)
        with pytest.raises(error, match=str(status)):
            _fetched(connect(github))
        assert len(_raw_requests(github)) == 1


@pytest.mark.parametrize("status", [101, 201, 204, 205, 226, 300, 303, 304, 500, 502, 503, 504, 599])
def test_strange_answer_is_asked_for_again_twice(connect: Connect, status: int) -> None:
    """The next one may be better."""
    with _holding() as github:
        strange = b"HTTP/1.1 %d Strange\r\nContent-Length: 0\r\n\r\n" % status
        github.script("raw", _everything, _saying(strange), times=None)
        with pytest.raises(SourceUnavailable, match=str(status)):
            _fetched(connect(github))
        assert len(_raw_requests(github)) == 3


def test_redirect_within_the_origin_is_followed(connect: Connect) -> None:
    """Relative ones, too."""
    with _holding() as github:
        source = connect(github)
        file = _file(source)
        github.script("raw", lambda target: target.startswith("/old"), faults.redirect(file.raw_url, 301))
        github.script("raw", lambda target: target.startswith("/older"), faults.redirect("old", 307))
        assert _fetched(source, evolve(file, raw_url=f"{github.raw_origin}/older")) == CONTENT


def test_sixth_redirect_is_not_followed(connect: Connect) -> None:
    """Even if each leads somewhere else."""
    with _holding() as github:
        github.script("raw", _everything, faults.redirect(lambda target: f"{target}x"), times=None)
        with pytest.raises(SourceUnavailable, match="circle"):
            _fetched(connect(github))
        assert len(_raw_requests(github)) == 6


@pytest.mark.parametrize(
    "location",
    [
        "https://evil.example/",
        "//evil.example/",
        "http://[",
        "http://127.0.0.1/",
        "{api}/",
        "{raw}\\@evil/",
        "javascript:1",
    ],
)
def test_redirect_off_the_origin_is_not_followed(connect: Connect, location: str) -> None:
    """Nothing is sent there."""
    with _holding() as github:
        to = location.format(api=github.api_url, raw=github.raw_origin)
        github.script("raw", _everything, faults.redirect(to), times=None)
        with pytest.raises(ForbiddenOrigin):
            _fetched(connect(github))
        assert len(_raw_requests(github)) == 1
        assert len(github.requests) == 2


def test_redirect_to_another_origin_is_not_followed_even_if_content_may_come_from_there(connect: Connect) -> None:
    """Only the listing names the origin of a file."""
    with _holding() as github, _holding() as other:
        source = connect(github, raw_origins=[github.raw_origin, other.raw_origin])
        github.script("raw", _everything, faults.redirect(_file(connect(other)).raw_url))
        with pytest.raises(ForbiddenOrigin):
            _fetched(source)
        assert _raw_requests(other) == []


def test_several_raw_origins_may_be_allowed(connect: Connect) -> None:
    """Each with connections of its own."""
    with _holding() as github, _holding() as other:
        source = connect(github, raw_origins=[github.raw_origin, other.raw_origin], concurrency=1)
        file = _file(source)
        there = GistFile("a.py", None, file.size_bytes, _file(connect(other)).raw_url, file.blob_id)
        for _ in range(2):
            assert _fetched(source, file) == _fetched(source, there) == CONTENT


def test_connections_are_never_more_than_allowed(connect: Connect) -> None:
    """However many threads want one."""
    with LoopbackGitHub({"octo": real_gists(60)}, latency_s=0.01) as github:
        source = connect(github, concurrency=4)
        files = [gist.files[0] for gist in listed(source)]
        with ThreadPoolExecutor(16) as executor:
            contents = list(executor.map(partial(_fetched, source), files))
        assert contents == [gist.files[0].content for gist in github.users["octo"]]
        assert github.most_connections["raw"] == 4


def test_one_connection_serves_file_after_file(connect: Connect) -> None:
    """A new one would cost round trips."""
    with LoopbackGitHub({"octo": real_gists(40)}) as github:
        source = connect(github)
        for gist in listed(source):
            _fetched(source, gist.files[0])
        assert github.most_connections["raw"] == 1


def test_content_that_is_left_early_costs_its_connection(connect: Connect) -> None:
    """To read the rest would take longer than a new connection."""
    with _holding(bytes(4 * MIB)) as github:
        source = connect(github, concurrency=1)
        file = _file(source)
        for _ in range(2):
            chunks = source.open_file(file, Deadline(10.0))
            next(chunks)
            chunks.close()
        assert len(_fetched(source, file)) == 4 * MIB
        assert github.connections_made["raw"] == 3


def test_connection_that_was_closed_meanwhile_is_replaced(connect: Connect) -> None:
    """Without a failure that would count as a try."""
    with _holding() as github:
        source = connect(github, first_pause_s=1_000.0)
        file = _file(source)
        for _ in range(3):
            assert _fetched(source, file) == CONTENT
            github.script("raw", _everything, faults.no_length())


def test_abandoned_content_frees_its_connection(connect: Connect) -> None:
    """Without being closed."""
    with _holding(bytes(4 * MIB)) as github:
        source = connect(github, concurrency=1)
        file = _file(source)
        chunks: Iterator[bytes] = source.open_file(file, Deadline(10.0))
        next(chunks)
        del chunks
        gc.collect()
        assert len(_fetched(source, file)) == 4 * MIB


def test_file_that_waits_for_its_turn_gives_empty_chunks_until_the_deadline(connect: Connect) -> None:
    """So the thread that reads it can turn to something else."""
    with _holding(bytes(4 * MIB)) as github:
        source = connect(github, concurrency=1)
        file = _file(source)
        holder = source.open_file(file, Deadline(30.0))
        next(holder)
        deadline = Deadline()
        threading.Timer(0.2, deadline.cancel).start()
        chunks: list[bytes] = []
        with pytest.raises(DeadlineExceeded):
            chunks.extend(source.open_file(file, deadline))
        assert set(chunks) <= {b""}
        holder.close()


def test_slots_are_granted_in_the_order_of_the_requests(connect: Connect) -> None:
    """However often the others ask: a file that others wait for must not wait for these."""
    with _holding(bytes(MIB)) as github:
        source = connect(github, concurrency=1)
        file = _file(source)
        holder, first, second = (source.open_file(file, Deadline(30.0)) for _ in range(3))
        assert next(holder)
        assert (next(first), next(second), next(second)) == (b"", b"", b"")
        holder.close()
        assert next(second) == b""
        assert next(first)
        first.close()
        assert next(second)
        second.close()


def test_closed_source_keeps_no_connection(connect: Connect) -> None:
    """One that is in use is closed after it."""
    with _holding(bytes(4 * MIB)) as github:
        source = connect(github)
        file = _file(source)
        chunks = source.open_file(file, Deadline(10.0))
        next(chunks)
        source.close()
        assert sum(len(chunk) for chunk in chunks) > 0
        until = time.monotonic() + 5.0
        while github.open_connections and time.monotonic() < until:
            time.sleep(0.01)
        assert github.open_connections == 0


def test_memory_does_not_grow_with_the_size_of_a_file(connect: Connect) -> None:
    """Content is never held as a whole."""
    size = 64 * MIB
    block = bytes(MIB)
    known = sha1(b"blob %d\0" % size)
    for _ in range(size // MIB):
        known.update(block)
    streamed = Streamed(size, lambda: iter([block] * (size // MIB)), blob_id=known.hexdigest())
    with _holding(streamed) as github:
        source = connect(github)
        file = _file(source)
        tracemalloc.start()
        received = 0
        for chunk in source.open_file(file, Deadline(60.0)):
            received += len(chunk)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert received == size
    assert peak < 8 * MIB


def test_bomb_is_never_unpacked(connect: Connect) -> None:
    """Compressed content is not decoded."""
    with _holding(b"import requests\n" * 10) as github:
        github.script("raw", _everything, faults.gzip_bomb(), times=None)
        source = connect(github)
        file = _file(source)
        tracemalloc.start()
        with pytest.raises(IntegrityMismatch):
            _fetched(source, file)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 4 * MIB
