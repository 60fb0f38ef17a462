"""The order of a host's addresses."""

from __future__ import annotations

import socket

from gistsearch.adapters.github.connecting import AddressInfo, interleaved


def _address(family: socket.AddressFamily, host: str) -> AddressInfo:
    return family, socket.SOCK_STREAM, 6, "", (host, 443)


def test_families_alternate_and_the_first_one_stays_first() -> None:
    """A dead family then costs one delay, however many addresses it has (RFC 8305, 4)."""
    six = [_address(socket.AF_INET6, f"2001:db8::{number}") for number in range(3)]
    four = [_address(socket.AF_INET, f"192.0.2.{number}") for number in range(2)]
    assert interleaved([*six, *four]) == [six[0], four[0], six[1], four[1], six[2]]
    assert interleaved([*four, *six]) == [four[0], six[0], four[1], six[1], six[2]]
    assert interleaved(four) == four
    assert interleaved([]) == []
