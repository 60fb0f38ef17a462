"""Gists of real source text: this interpreter's standard library, under names as people give them."""

from __future__ import annotations

import hashlib
import os
from functools import cache
from pathlib import Path

from attrs import evolve

from tests.loopback_github.content import LoopbackFile, LoopbackGist

_LIBRARY = Path(os.__file__).parent
_FOREIGN = {"site-packages", "dist-packages", "__pycache__"}

_USUAL_NAMES = 6
"""After so many files that keep their name, one gets another."""
_UNUSUAL_NAMES = (
    ("{stem} copy (2).py", "Python"),
    ("it's {stem}.py", "Python"),
    (".{stem}rc", None),
    ("{stem}", None),
    ("How I read {stem}, and why it took me a week", None),
    ("{stem} 100% #1?.py", "Python"),
    ("{stem} – naïve.txt", "Text"),
)
_DESCRIPTIONS = (
    "{path} of the standard library",
    None,
    "",
    "notes on {stem}",
    'Überlegungen zu {stem} ☕, <b>bold</b> & "quoted"',
)


def real_gists(count: int, files_per_gist: int = 1) -> list[LoopbackGist]:
    """Return gists of real source files, the same ones each time under one interpreter, newest first.

    Where there are more files to fill than sources, the sources come round again.
    """
    return [_gist(number, files_per_gist) for number in range(count)]


def _gist(number: int, files_per_gist: int) -> LoopbackGist:
    first = number * files_per_gist
    files: dict[str, LoopbackFile] = {}
    for position in range(first, first + files_per_gist):
        file = _file(position)
        if file.name in files:
            file = evolve(file, name=f"{position}-{file.name}")
        files[file.name] = file
    path = _path(first)
    description = _DESCRIPTIONS[number % len(_DESCRIPTIONS)]
    return LoopbackGist(
        list(files.values()),
        None if description is None else description.format(path=path.as_posix(), stem=path.stem),
        _id(number),
    )


def _id(number: int) -> str:
    """Old ids are decimal, newer ones 20 hex digits, the newest 32."""
    made = hashlib.md5(b"real gist %d" % number).hexdigest()
    return {0: str(1_000_000 + number), 1: made[:20]}.get(number % 5, made)


def _file(position: int) -> LoopbackFile:
    path = _path(position)
    name, language = path.name, "Python"
    turn, usual = divmod(position, _USUAL_NAMES + 1)
    if usual == _USUAL_NAMES:
        pattern, language = _UNUSUAL_NAMES[turn % len(_UNUSUAL_NAMES)]
        name = pattern.format(stem=path.stem)
    return LoopbackFile(name, _content(path), language)


def _path(position: int) -> Path:
    paths = _paths()
    return paths[position % len(paths)]


@cache
def _paths() -> tuple[Path, ...]:
    """Return the sources that are there, within the library."""
    found = (path.relative_to(_LIBRARY) for path in _LIBRARY.rglob("*.py"))
    return tuple(sorted(path for path in found if _FOREIGN.isdisjoint(path.parts)))


@cache
def _content(path: Path) -> bytes:
    return (_LIBRARY / path).read_bytes()
