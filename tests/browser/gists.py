"""Gists that look like people's, for screenshots and for tests that only look."""

from __future__ import annotations

from gistsearch.adapters.memory import MemoryGist, MemoryRecord
from gistsearch.ports.gists import SourceUnavailable

_BACKUP = b"""#!/usr/bin/env bash
# Copy the photos to the bucket, once a night.
set -euo pipefail

export AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE
export AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY

aws s3 sync ~/photos "s3://$BUCKET/photos"
"""
_DEPLOY = """# Deploying the weather bot 🌦️

1. `pip install -r requirements.txt`
2. Put the key where the bot looks for it 👉 AKIAI44QH8DHBEXAMPLE
3. Start it: `python bot.py`

The old key (AKIAIOSFODNN7EXAMPLE) does not work any more.
""".encode()
_CLIENT = b"""from dataclasses import dataclass

import boto3


@dataclass
class Bucket:
    name: str
    key: str = "AKIAI44QH8DHBEXAMPLE"  # TODO: take this from the environment

    def client(self):
        return boto3.client("s3", aws_access_key_id=self.key)
"""

GISTS: list[MemoryRecord] = [
    MemoryGist({"notes.md": b"# Notes\n\n- water the plants\n"}, "Notes", languages={"notes.md": "Markdown"}),
    MemoryGist(
        {"backup.sh": _BACKUP},
        "Nightly backup of my photos",
        id="aa5a315d61ae9438b18d",
        languages={"backup.sh": "Shell"},
    ),
    MemoryGist(
        {"DEPLOY.md": _DEPLOY, "bucket.py": _CLIENT},
        "Weather bot",
        id="c0ffee254729296a45a3885639ac7e10",
        languages={"DEPLOY.md": "Markdown", "bucket.py": "Python"},
    ),
    MemoryGist(
        {"accounts.log": b"".join(b"12:%02d login of AKIA%016d\n" % (n % 60, n) for n in range(48))},
        id="8f1ba3f2bd30c05ad2b5a5a6e3f1e001",
        languages={},
    ),
    MemoryGist({"fib.c": b"int main(void) { return 0; }\n"}, "Fibonacci", languages={"fib.c": "C"}),
    MemoryGist({"last.txt": b"nothing here\n"}, languages={"last.txt": "Text"}),
]
"""Gists in which `AKIA[0-9A-Z]{16}` finds access keys, all of them from Amazon's documentation or made of digits."""

FLAWED: list[MemoryRecord] = [
    *GISTS,
    *(
        MemoryGist({f"photo-{n}.svg": SourceUnavailable("the connection was reset, 3 times in a row")}, "Photos")
        for n in range(3)
    ),
    MemoryGist({"many.txt": b"1\n"}, "A gist of very many files", files_truncated=True),
]
"""The same, and some that cannot be searched."""
