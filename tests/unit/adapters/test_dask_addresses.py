"""Addresses of Dask schedulers."""

from __future__ import annotations

import pytest
from dask import config

from gistsearch.adapters.dask.addresses import scheduler_address


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("dask://host:8786", "tcp://host:8786"),
        ("dask://127.0.0.1:1/", "tcp://127.0.0.1:1"),
        ("DASK://Host:1", "tcp://host:1"),
        ("dask://[::1]:8786", "tcp://[::1]:8786"),
    ],
)
def test_an_address_is_given_to_dask_in_its_own_form(address: str, expected: str) -> None:
    assert scheduler_address(address) == expected


def test_tls_is_used_if_dask_is_to_encrypt() -> None:
    with config.set({"distributed.comm.require-encryption": True}):
        assert scheduler_address("dask://host:8786") == "tls://host:8786"


@pytest.mark.parametrize(
    "address",
    [
        *("", "dask://", "dask://:8786", "dask://host", "dask://host:0", "dask://host:70000", "dask://host:port"),
        *("http://host:1", "tcp://host:1", "host:1", "dask://me@host:1", "dask://host:1/path", "dask://host:1?query"),
        *("dask://[::1:8786", "dask://host:1#part"),
    ],
)
def test_anything_else_is_refused(address: str) -> None:
    """The message has it."""
    with pytest.raises(ValueError, match="is not of the form dask://HOST:PORT") as caught:
        scheduler_address(address)
    assert repr(address) in str(caught.value)
