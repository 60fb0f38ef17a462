"""Globs for file names: `*`, `?`, `[a-z]`, `[!a-z]`.

Not the standard library's `fnmatch`: it turns globs into regular expressions of the backtracking engine, and keeps the
last 32,768 that strangers sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

_Fits = Callable[[str], bool]


def glob_matcher(glob: str) -> Callable[[str], bool]:
    """Return what tells whether a glob fits a whole name, capitals and all, in time of at most their lengths' product.

    A `[` that no `]` closes means itself.
    """
    parts = list(_parts(glob))

    def fits(name: str) -> bool:
        at = position = 0
        behind_star, retry_from = -1, 0  # the last `*`: what comes behind it, and where that was tried last
        while position < len(name):
            part = parts[at] if at < len(parts) else _nothing
            if part is None:
                at += 1
                behind_star, retry_from = at, position
            elif part(name[position]):
                at, position = at + 1, position + 1
            elif behind_star >= 0:
                retry_from += 1
                at, position = behind_star, retry_from
            else:
                return False
        return all(part is None for part in parts[at:])

    return fits


def _parts(glob: str) -> Iterator[_Fits | None]:
    """Yield what each character of a name has to fit; None for a `*`."""
    at = 0
    while at < len(glob):
        character, at = glob[at], at + 1
        if character == "*":
            yield None
        elif character == "?":
            yield bool
        elif character == "[" and (end := glob.find("]", at + 1 + (glob[at : at + 1] == "!"))) > 0:
            yield _class(glob[at:end])
            at = end + 1
        else:
            yield character.__eq__


def _nothing(_: str) -> bool:
    return False


def _class(members: str) -> _Fits:
    negated = members.startswith("!")
    members = members.removeprefix("!")
    ranges: list[tuple[str, str]] = []
    while members:
        if len(members) > 2 and members[1] == "-":
            ranges.append((members[0], members[2]))
            members = members[3:]
        else:
            ranges.append((members[0], members[0]))
            members = members[1:]
    return lambda character: any(low <= character <= high for low, high in ranges) != negated
