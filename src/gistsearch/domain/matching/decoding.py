"""Bytes as they arrive → UTF-8 text whose lines end with a line feed."""

from __future__ import annotations

import codecs
from abc import abstractmethod
from typing import Protocol

_UTF16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


class Decoder(Protocol):
    """Turns content into searchable text, chunk by chunk."""

    @abstractmethod
    def feed(self, chunk: bytes) -> bytes:
        """Return the text of the next chunk, as far as it is known."""
        raise NotImplementedError

    @abstractmethod
    def end(self) -> bytes:
        """Return the rest of the text."""
        raise NotImplementedError


class TextDecoder(Decoder):
    """Turns content into searchable text, chunk by chunk. How the content is cut never changes the text.

    A UTF-8 byte order mark is skipped, content with a UTF-16 one is transcoded, and `\\r\\n` becomes `\\n`. Any other
    carriage return is text.
    """

    def __init__(self) -> None:
        self._head: bytes | None = b""  # the beginning, until it is long enough to contain a byte order mark
        self._utf16: codecs.IncrementalDecoder | None = None
        self._ends_with_cr = False  # whether a carriage return is held back until the next byte is known

    def feed(self, chunk: bytes) -> bytes:
        if self._head is not None:
            self._head += chunk
            if len(self._head) < len(codecs.BOM_UTF8):
                return b""
            chunk = self._without_mark(self._head)
        return self._with_line_feeds(self._transcoded(chunk))

    def end(self) -> bytes:
        rest = b"" if self._head is None else self._without_mark(self._head)
        rest = self._with_line_feeds(self._transcoded(rest, final=True))
        return rest + b"\r" if self._ends_with_cr else rest

    def _without_mark(self, head: bytes) -> bytes:
        self._head = None
        if encoding := _UTF16.get(head[:2]):
            self._utf16 = codecs.getincrementaldecoder(encoding)(errors="replace")
            return head[2:]
        return head.removeprefix(codecs.BOM_UTF8)

    def _transcoded(self, chunk: bytes, *, final: bool = False) -> bytes:
        return chunk if self._utf16 is None else self._utf16.decode(chunk, final).encode()

    def _with_line_feeds(self, text: bytes) -> bytes:
        if self._ends_with_cr and text:
            text, self._ends_with_cr = b"\r" + text, False
        if b"\r" not in text:
            return text
        if text.endswith(b"\r"):
            text, self._ends_with_cr = text[:-1], True
        return text.replace(b"\r\n", b"\n")


class DecodedText(Decoder):
    """Leaves text as it is. To decode it a second time could change it."""

    def feed(self, chunk: bytes) -> bytes:
        return chunk

    def end(self) -> bytes:
        return b""


def decoded(content: bytes) -> bytes:
    """Return the searchable text of some content."""
    decoder = TextDecoder()
    return decoder.feed(content) + decoder.end()
