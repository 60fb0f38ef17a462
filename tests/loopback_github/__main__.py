"""Plays GitHub until it is interrupted: `python -m tests.loopback_github`."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from types import FrameType

from tests.loopback_github.server import LoopbackGitHub
from tests.loopback_github.sources import real_gists


def main() -> None:
    options = _options()
    github = LoopbackGitHub(
        {options.user: real_gists(options.gists, options.files_per_gist)},
        options.latency_ms / 1_000,
        port_api=options.port_api,
        port_raw=options.port_raw,
        record=False,
    )
    stopped = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        stopped.set()

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    with github:
        print(
            f"export GISTSEARCH_GITHUB_API_URL={github.api_url} GISTSEARCH_GITHUB_RAW_ORIGINS={github.raw_origin}",
            flush=True,
        )
        print(f"{options.user} has {options.gists} gists. Ctrl-C ends it.", file=sys.stderr, flush=True)
        stopped.wait()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.loopback_github", description=__doc__)
    parser.add_argument("--user", default="octo", help="who has the gists (%(default)s)")
    parser.add_argument("--gists", type=int, default=300, metavar="N", help="how many (%(default)s)")
    parser.add_argument(
        "--files-per-gist", type=int, default=1, metavar="N", help="how many files each has (%(default)s)"
    )
    parser.add_argument(
        "--latency-ms", type=float, default=0.0, metavar="MS", help="how long each answer takes to begin"
    )
    parser.add_argument("--port-api", type=int, default=0, metavar="PORT", help="where the API listens (anywhere)")
    parser.add_argument("--port-raw", type=int, default=0, metavar="PORT", help="where the content lies (anywhere)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
