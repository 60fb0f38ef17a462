"""What a terminal may be shown."""

from __future__ import annotations

import sys
import unicodedata
from contextlib import suppress

_JOINERS = "\u200c\u200d"  # Emoji and some scripts are written with them; they move nothing.

PATH, NUMBER, MATCH, FAINT = "35", "32", "1;31", "2"
"""The colours of ripgrep, as SGR parameters."""


def visible(text: str) -> str:
    """Write out everything that would act on a terminal or deceive its reader: control and format characters."""
    if text.isprintable():
        return text
    return "".join(character if _is_harmless(character) else _escape(character) for character in text)


def complain(message: str) -> None:
    """Say on standard error what is wrong; where it can't be written to, go on all the same."""
    with suppress(OSError):
        sys.stderr.write(f"gistsearch: {visible(message)}\n")


def coloured(text: str, colour: str) -> str:
    """Wrap text, which has to be visible already, into a colour."""
    return f"\x1b[{colour}m{text}\x1b[0m"


def _is_harmless(character: str) -> bool:
    return (
        character.isprintable() or character == "\t" or character in _JOINERS or unicodedata.category(character) == "Zs"
    )


def _escape(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")
