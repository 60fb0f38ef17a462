"""A client as the challenge's skeleton suggests: gist after gist, request after request.

Run as `python -m bench.sequential API_URL PATTERN`; prints the URLs of the matching gists.
"""

from __future__ import annotations

import json
import re
import sys
from typing import Any

import urllib3


def main(api_url: str, pattern: str) -> None:
    http = urllib3.PoolManager(headers={"User-Agent": "sequential"})
    expression = re.compile(pattern)
    url: str | None = f"{api_url}/users/octo/gists?per_page=100"
    while url:
        page = http.request("GET", url)
        gists: list[dict[str, Any]] = json.loads(page.data)
        for gist in gists:
            for file in gist["files"].values():
                if expression.search(http.request("GET", file["raw_url"]).data.decode(errors="replace")):
                    sys.stdout.write(gist["html_url"] + "\n")
                    break
        following = re.search(r'<([^>]+)>; rel="next"', page.headers.get("link", ""))
        url = following and following[1]


if __name__ == "__main__":
    main(*sys.argv[1:])
