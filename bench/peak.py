"""Run a command, and say last on standard error how much memory it took at most: `python -m bench.peak COMMAND...`.

What the operating system tells of a process begins with the peak of the process that made it, and stays across `exec`
(Linux). So whoever makes it has to be small, as this is.
"""

from __future__ import annotations

import resource
import subprocess
import sys


def main(command: list[str]) -> int:
    """Return the command's exit status."""
    status = subprocess.run(command, check=False).returncode  # noqa: S603  # the benchmarks' and the tests' own
    largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    sys.stderr.write(f"\n{largest * (1 if sys.platform == 'darwin' else 1024)}\n")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
