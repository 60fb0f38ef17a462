"""What holds for every test: it connects to no other machine and uses nobody's store; how hard hypothesis tries."""

from __future__ import annotations

import ipaddress
import os
import sys
from typing import Any, cast

from hypothesis import HealthCheck, Phase, settings

settings.register_profile("dev", deadline=None, print_blob=True, max_examples=50)
settings.register_profile("ci", deadline=None, print_blob=True, max_examples=50, derandomize=True, database=None)
settings.register_profile(
    "nightly", deadline=None, print_blob=True, max_examples=20_000, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "mutation", deadline=None, max_examples=10, derandomize=True, database=None, phases=[Phase.explicit, Phase.generate]
)
settings.load_profile("ci" if os.environ.get("CI") else "dev")  # `--hypothesis-profile nightly` wins over it.


def pytest_xdist_auto_num_workers() -> int:
    """Run one process more than there are processors, as many tests wait."""
    return (os.cpu_count() or 1) + 1


class ConnectionToTheOutside(BaseException):
    """Indicates that a test tried to reach another machine. No code under test catches it."""


def _stay_at_home(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.getaddrinfo":
        host = arguments[0]
    elif event in ("socket.connect", "socket.sendto") and isinstance(arguments[1], tuple):  # A Unix socket has a path.
        host = cast("object", arguments[1][0])
    else:
        return
    if not _is_local(host):
        raise ConnectionToTheOutside(f"{event} {host!r}")


def _is_local(host: object) -> bool:
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if not isinstance(host, str) or host in ("", "localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


os.environ["GISTSEARCH_STORE"] = "off"
sys.addaudithook(_stay_at_home)
