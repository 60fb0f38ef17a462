"""Ways to misbehave: each makes a fault, real bytes on a real socket, for `LoopbackGitHub.script`."""

from __future__ import annotations

from collections.abc import Callable

from tests.loopback_github.broken_wire import (
    accepted_then_silent,
    bad_chunk_size,
    bad_length,
    body_drip,
    doubled_length,
    early_hints_first,
    garbage_status,
    header_drip,
    huge_header,
    many_headers,
    no_length,
    reset_before_headers,
    reset_mid_body,
    short_body,
    truncated_chunk,
)
from tests.loopback_github.connection import Fault
from tests.loopback_github.wrong_answers import (
    blocked,
    corrupt_gzip,
    cut_gzip,
    deep_json,
    gzip_bomb,
    link_header,
    malformed_json,
    other_shape_json,
    rate_limited,
    redirect,
    redirect_loop,
    server_error,
    status,
    unknown_encoding,
    wrong_bytes,
    wrong_content_type,
)
from tests.loopback_github.wrong_answers import changed_listing as changed_listing
from tests.loopback_github.wrong_answers import login_page as login_page

_FACTORIES: tuple[Callable[[], Fault], ...] = (
    accepted_then_silent,
    reset_before_headers,
    reset_mid_body,
    short_body,
    no_length,
    bad_length,
    doubled_length,
    truncated_chunk,
    bad_chunk_size,
    header_drip,
    body_drip,
    huge_header,
    many_headers,
    early_hints_first,
    garbage_status,
    corrupt_gzip,
    cut_gzip,
    gzip_bomb,
    unknown_encoding,
    malformed_json,
    other_shape_json,
    deep_json,
    wrong_content_type,
    wrong_bytes,
    server_error,
    redirect_loop,
    blocked,
)

ALL_FAULTS: dict[str, Callable[[], Fault]] = {
    **{factory.__name__: factory for factory in _FACTORIES},
    "no_length_and_cut": lambda: no_length(cut=True),
    "unicorn": lambda: server_error(html=True),
    "unicorn_as_json": lambda: server_error(html=True, content_type="application/json; charset=utf-8"),
    "limited_with_retry_after": lambda: rate_limited(retry_after=60, remaining=0),
    "limited_with_reset": lambda: rate_limited(429, remaining=0, reset=4_102_444_800),
    "limited_untold": lambda: rate_limited(429),
    "limited_nonsense": lambda: rate_limited(retry_after="soon", remaining=-5, reset="5.5"),
    "limited_secondary": lambda: rate_limited(secondary=True),
    "redirect_off_the_origin": lambda: redirect("https://evil.example/"),
    "link_to_another_host": lambda: link_header('<https://evil.example/gists?page=2>; rel="next"'),
    "link_to_itself": link_header,
    "not_found": lambda: status(404),
    "gone": lambda: status(410),
    "legal_reasons": lambda: blocked(451),
}
"""A factory for each fault of an upstream that answers at all, by name."""
