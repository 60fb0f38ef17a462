"""Git's name for a file's content: the blob id (https://git-scm.com/book/en/v2/Git-Internals-Git-Objects)."""

from __future__ import annotations

import hashlib


class BlobHasher:
    """Computes the blob id of content that arrives in chunks: `sha1(b"blob %d\\0" % size + content)`."""

    def __init__(self, size_bytes: int) -> None:
        """
        Args:
            size_bytes: the length of the whole content. The id covers it, so it has to be known beforehand.
        """
        self._hash = hashlib.sha1(b"blob %d\0" % size_bytes, usedforsecurity=False)

    def update(self, chunk: bytes) -> None:
        """Add the next bytes."""
        self._hash.update(chunk)

    def blob_id(self) -> str:
        """Return the id of the content so far, as 40 hexadecimal digits."""
        return self._hash.hexdigest()


def blob_id_of(content: bytes) -> str:
    """Return the blob id of content that is in memory, as 40 hexadecimal digits."""
    hasher = BlobHasher(len(content))
    hasher.update(content)
    return hasher.blob_id()
