"""What may be sent to a terminal, and how it looks there."""

from __future__ import annotations

import os
import sys
import unicodedata
from contextlib import suppress
from typing import TextIO

from attrs import frozen

PATH, NUMBER, MATCH, FAINT = "35", "32", "1;31", "2"
"""The colours of ripgrep, as SGR parameters."""

_JOINERS = "\u200c\u200d"  # Emoji and some scripts need them; they move nothing.


def escape_controls(text: str) -> str:
    """Spell out every character that would act on a terminal or deceive its reader: controls and format characters."""
    if text.isprintable():
        return text
    return "".join(character if _is_harmless(character) else _escape(character) for character in text)


def escape_json_controls(text: str) -> str:
    """Spell out the same characters in JSON text, where they can only occur within strings."""
    if text.isprintable():
        return text
    return "".join(character if _is_harmless(character) else _json_escape(character) for character in text)


def print_error(message: str, *details: str) -> None:
    """Print a message on standard error, and details on lines of their own; if that is full or closed, carry on."""
    lines = [f"gistsearch: {message}", *details]
    with suppress(OSError):
        sys.stderr.write("".join(f"{escape_controls(line)}\n" for line in lines))
        sys.stderr.flush()


@frozen
class Style:
    """How text is written to one output."""

    colour: bool = False
    safe: bool = False
    """Whether control characters in the text of a gist are spelled out."""

    def text(self, text: str) -> str:
        """Return text from a gist as it may be written."""
        return escape_controls(text) if self.safe else text

    def paint(self, text: str, colour: str) -> str:
        """Return text, in which control characters are spelled out already, in a colour."""
        return f"\x1b[{colour}m{text}\x1b[0m" if self.colour else text


def style_for(out: TextIO, colour: str) -> Style:
    """Return the style for an output.

    Args:
        out: where text is written to.
        colour: `always`, `never` or `auto`: in colour where `wants_colour` says so.
    """
    is_coloured = colour == "always" or (colour == "auto" and wants_colour(out))
    return Style(colour=is_coloured, safe=is_coloured or out.isatty())


def wants_colour(out: TextIO) -> bool:
    """Return whether an output takes colours if nothing else is asked for.

    After https://no-color.org and https://bixense.com/clicolors: `NO_COLOR` wins, then `CLICOLOR_FORCE`.
    """
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("CLICOLOR_FORCE", "0") not in ("", "0"):
        return True
    return out.isatty() and is_capable() and os.environ.get("CLICOLOR", "1") != "0"


def is_capable() -> bool:
    """Return whether the terminal understands escape sequences. On Windows, no TERM says nothing."""
    return os.environ.get("TERM", "xterm" if sys.platform == "win32" else "") not in ("", "dumb")


def columns() -> int:
    """Return how many columns the terminal has: `COLUMNS`, else what it says itself, else 80."""
    import shutil  # with its archives, which a search in a pipe does not need

    return shutil.get_terminal_size().columns


def display_width(text: str) -> int:
    """Return how many columns a text takes. East Asian characters take two."""
    from rich.cells import cell_len

    return cell_len(text)


def fit(text: str, width: int) -> str:
    """Cut text to a width in columns, with an ellipsis where it was cut."""
    from rich.cells import set_cell_size

    return text if display_width(text) <= width else set_cell_size(text, max(width - 1, 0)).rstrip() + "…"


def _is_harmless(character: str) -> bool:
    return (
        character.isprintable() or character == "\t" or character in _JOINERS or unicodedata.category(character) == "Zs"
    )


def _escape(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")


def _json_escape(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
