"""Globs for file names as git and ripgrep read them: `*`, `?`, `[a-z]`, `[!a]`, `[^a]`, `{a,b}`, and `\\` to escape.

Not the standard library's `fnmatch`: it knows neither `{a,b}` nor escapes, and turns globs into regular expressions of
a backtracking engine.
"""

from __future__ import annotations

from collections.abc import Callable

from attrs import Factory, define

_Fits = Callable[[str], bool]


def glob_matcher(glob: str) -> Callable[[str], bool]:
    """Return a function that tells whether a glob matches a whole file name, case-sensitively.

    It takes time proportional to the product of their lengths at most. As file names have no directories here, a `/` or
    `**/` at the beginning of the glob changes nothing.

    Raises:
        ValueError: the glob is malformed; the message says how.
    """
    automaton = _Parser(_without_root(glob)).parse()
    return automaton.matches


def check_glob(glob: str) -> None:
    """Check the syntax of a glob; a leading `!`, which excludes, is allowed.

    Raises:
        ValueError: the glob is malformed; the message says how.
    """
    glob_matcher(glob.removeprefix("!"))


@define
class _State:
    """A state of an automaton: it reads a character that fits and goes to the next state, or it is a fork."""

    fits: _Fits | None = None
    following: list[int] = Factory(list[int])


class _Automaton:
    """A nondeterministic automaton (Thompson, "Regular Expression Search Algorithm", 1968).

    It starts in state 0 and accepts in the last one.
    """

    def __init__(self) -> None:
        self._states: list[_State] = []
        self._reached: dict[int, frozenset[int]] = {}

    def add(self, fits: _Fits | None = None) -> int:
        """Add a state that follows no other yet, and return its number."""
        self._states.append(_State(fits))
        return len(self._states) - 1

    def connect(self, state: int, following: int) -> None:
        """Let a state be followed by another one."""
        self._states[state].following.append(following)

    def matches(self, name: str) -> bool:
        """Return whether the automaton accepts a name."""
        current = self._readers(0)
        for character in name:
            after = [self._states[number] for number in current]
            current = frozenset[int]().union(
                *(
                    self._readers(following)
                    for state in after
                    if state.fits and state.fits(character)
                    for following in state.following
                )
            )
            if not current:
                return False
        return len(self._states) - 1 in current

    def _readers(self, state: int) -> frozenset[int]:
        """Return the states that read a character, and the last one, as far as they are reached without reading."""
        if state not in self._reached:
            found, unseen = {state}, [state]
            while unseen:
                one = self._states[unseen.pop()]
                new = [] if one.fits else [number for number in one.following if number not in found]
                found.update(new)
                unseen += new
            last = len(self._states) - 1
            self._reached[state] = frozenset(number for number in found if self._states[number].fits or number == last)
        return self._reached[state]


class _Parser:
    """Turns one glob into an automaton."""

    def __init__(self, glob: str) -> None:
        self._glob = glob
        self._at = 0
        self._automaton = _Automaton()
        self._end = self._automaton.add()  # the state that what comes next has to follow

    def parse(self) -> _Automaton:
        self._sequence("")
        if self._at < len(self._glob):
            raise ValueError("has a '}' without a '{'; write '\\}' for the character")
        self._append(self._automaton.add())
        return self._automaton

    def _append(self, state: int) -> None:
        self._automaton.connect(self._end, state)
        self._end = state

    def _read(self, fits: _Fits) -> None:
        """Append a state that reads one character."""
        self._append(self._automaton.add(fits))
        self._append(self._automaton.add())

    def _sequence(self, stops: str) -> bool:
        """Parse up to one of the characters in `stops`, or a `}`; return whether there was anything."""
        began_with = self._end
        while self._at < len(self._glob) and self._glob[self._at] not in stops + "}":
            character, self._at = self._glob[self._at], self._at + 1
            match character:
                case "*":
                    while self._glob[self._at : self._at + 1] == "*":
                        self._at += 1
                    loop = self._automaton.add(_any)
                    self._automaton.connect(loop, self._end)
                    self._automaton.connect(self._end, loop)
                    self._append(self._automaton.add())
                case "?":
                    self._read(_any)
                case "[":
                    self._read(self._class())
                case "{":
                    self._alternatives()
                case "\\":
                    self._read(self._escaped())
                case _:
                    self._read(character.__eq__)
        return self._end != began_with

    def _escaped(self) -> _Fits:
        if self._at == len(self._glob):
            raise ValueError("ends with a '\\' that escapes nothing; write '\\\\' for the character")
        self._at += 1
        return self._glob[self._at - 1].__eq__

    def _alternatives(self) -> None:
        """Parse a list in braces. As for ripgrep, an empty alternative is none."""
        begin, end = self._end, self._automaton.add()
        is_empty = True
        while True:
            self._end = first = self._automaton.add()
            if self._sequence(","):
                self._automaton.connect(begin, first)
                self._automaton.connect(self._end, end)
                is_empty = False
            if self._at == len(self._glob):
                raise ValueError("has a '{' without a '}'; write '\\{' for the character")
            self._at += 1
            if self._glob[self._at - 1] == "}":
                break
        self._end = begin if is_empty else end

    def _class(self) -> _Fits:
        negated = self._glob[self._at : self._at + 1] in ("!", "^")
        start = self._at + negated
        close = self._glob.find("]", start + 1)
        if close < 0:
            raise ValueError("has a '[' without a ']'; write '\\[' for the character")
        self._at = close + 1
        return _class(self._glob[start:close], negated)


def _without_root(glob: str) -> str:
    while glob.startswith(("/", "**/")):
        glob = glob[glob.index("/") + 1 :]
    return glob


def _any(_: str) -> bool:
    return True


def _class(members: str, negated: bool) -> _Fits:
    ranges: list[tuple[str, str]] = []
    while members:
        width = 3 if len(members) > 2 and members[1] == "-" else 1
        low, high = members[0], members[width - 1]
        if low > high:
            raise ValueError(f"has an empty range, {low}-{high}")
        ranges.append((low, high))
        members = members[width:]
    return lambda character: any(low <= character <= high for low, high in ranges) != negated
