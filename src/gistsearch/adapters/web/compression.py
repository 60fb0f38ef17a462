"""Compresses answers for clients that ask for it."""

from __future__ import annotations

import gzip

from flask import Response, request

MIN_BYTES = 1_000
"""Shorter answers fit into one packet either way."""
LEVEL = 5


def compress(response: Response) -> Response:
    """Compress an answer if the client accepts gzip. Streams are left alone: they must not wait in a compressor."""
    response.vary.add("Accept-Encoding")
    if response.is_streamed or response.status_code != 200:
        return response
    if request.accept_encodings["gzip"] > 0 and len(data := response.get_data()) >= MIN_BYTES:
        response.set_data(gzip.compress(data, LEVEL, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
    return response
