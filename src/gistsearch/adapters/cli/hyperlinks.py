"""Hyperlinks in a terminal (OSC 8, https://gist.github.com/egmontkob/eb114294efbcd5adb1944c9f3cb5feda)."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Mapping
from urllib.parse import quote

from attrs import frozen

from gistsearch.ports.gists import Gist, GistFile

DEFAULT_FORMAT = "{url}#{anchor}-L{line}"
NAMES = ("default", "none")
VARIABLES = ("url", "anchor", "line", "path", "raw_url", "id")
"""What a format may contain, in braces."""

_VARIABLE = re.compile(r"\{([^{}]*)\}")
_TRANSLITERATED = str.maketrans(
    {"ß": "ss", "Æ": "AE", "æ": "ae", "Œ": "OE", "œ": "oe", "Ø": "O", "ø": "o", "Ł": "L", "ł": "l", "Đ": "D", "đ": "d"}
    | {"Ð": "D", "ð": "d", "Þ": "Th", "þ": "th", "ı": "i"}
)
_URL_CHARACTERS = "!#$%&'()*+,/:;=?@[]~"
_PROGRAMS = {"Hyper", "iTerm.app", "WezTerm", "vscode", "ghostty", "rio", "Tabby"}
_TERMS = ("xterm-kitty", "alacritty", "foot", "xterm-ghostty", "wezterm", "contour")
_FIRST_VTE = 5000


@frozen
class LinkFormat:
    """Where a line number links to: an address with variables in braces; empty: nowhere."""

    template: str = DEFAULT_FORMAT

    @classmethod
    def parse(cls, text: str) -> LinkFormat:
        """Return the format that `--hyperlink-format` names.

        Raises:
            ValueError: it has an unknown variable or a brace without its partner.
        """
        if text in NAMES:
            return cls(DEFAULT_FORMAT if text == "default" else "")
        for name in _VARIABLE.findall(text):
            if name not in VARIABLES:
                known = ", ".join(f"{{{variable}}}" for variable in VARIABLES)
                raise ValueError(f"has an unknown variable {{{name}}}; there are {known}")
        if set(_VARIABLE.sub("", text)) & set("{}"):
            raise ValueError("has a brace without its partner")
        return cls(text)

    def link(self, text: str, gist: Gist, file: GistFile, line: int) -> str:
        """Return text as a link to a line of a file."""
        values = {
            "url": gist.url,
            "anchor": file_anchor(file.filename),
            "line": str(line),
            "path": quote(file.filename, safe=""),
            "raw_url": file.raw_url,
            "id": gist.id,
        }
        address = _VARIABLE.sub(lambda variable: values[variable[1]], self.template)
        return f"\x1b]8;;{quote(address, safe=_URL_CHARACTERS)}\x1b\\{text}\x1b]8;;\x1b\\"


def file_anchor(filename: str) -> str:
    """Return the anchor of a file on its gist's page: `file-hello-world-py` for `Hello World.py`.

    GitHub names files as Rails' `parameterize` does: letters without their accents, in lower case, every run of other
    characters but `_` and `-` a single `-`, and none at either end (so `.bashrc` is `file-bashrc`).
    """
    letters = unicodedata.normalize("NFD", filename.translate(_TRANSLITERATED).lower())
    without_accents = "".join(letter for letter in letters if not unicodedata.combining(letter))
    slug = re.sub(r"-{2,}", "-", re.sub(r"[^a-z0-9_-]+", "-", without_accents)).strip("-")
    return f"file-{slug}"


def shows_hyperlinks(environment: Mapping[str, str] = os.environ) -> bool:
    """Return whether the terminal is known to understand hyperlinks. Some others would show their addresses as text."""
    vte = environment.get("VTE_VERSION", "")
    return (
        any(environment.get(name) for name in ("WT_SESSION", "KONSOLE_VERSION", "DOMTERM"))
        or environment.get("TERM_PROGRAM") in _PROGRAMS
        or environment.get("TERM", "").startswith(_TERMS)
        or (vte.isdecimal() and int(vte) >= _FIRST_VTE)
    )
