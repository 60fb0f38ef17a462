"""Engines with one flaw each, under the published suite: `test_suites_fail.py` runs them and sees them fail."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from typing import ClassVar

import pytest
from attrs import evolve, frozen

from gistsearch.adapters.re2 import Re2Compiler
from gistsearch.ports.matching import InvalidPattern, Matcher, MatcherCompiler, MatchOptions, Span
from gistsearch.testing import MatcherSuite
from gistsearch.testing.matching import SLOW, TOO_MUCH
from tests.conformance.flaws import MATCHERS

SURROGATE = "nor is half of a surrogate pair"


@frozen
class Found(Matcher):
    """What another matcher finds. A flawed one calls it in the wrong way, or changes its answer."""

    inner: Matcher

    def find(self, buffer: bytes, start: int, end: int) -> Iterator[Span]:
        return self.inner.find(buffer, start, end)


class Flawless(MatcherCompiler):
    """RE2. A flawed compiler passes something else to it, or wraps its matcher in a flawed one."""

    Matcher: ClassVar[type[Found]] = Found
    exceptions: ClassVar[dict[str, str]] = {SURROGATE: "RE2's own flaw"}

    def compile(self, patterns: Sequence[str], options: MatchOptions) -> Matcher:
        return self.Matcher(Re2Compiler().compile(patterns, options))


class SearchesACopyOfTheRange(Flawless):
    class Matcher(Found):
        def find(self, buffer: bytes, start: int, end: int) -> Iterator[Span]:
            return ((s + start, e + start) for s, e in self.inner.find(buffer[start:end], 0, end - start))


class SearchesToTheEndOfTheBuffer(Flawless):
    class Matcher(Found):
        def find(self, buffer: bytes, start: int, end: int) -> Iterator[Span]:
            return self.inner.find(buffer, start, len(buffer))


class CrossesLines(Flawless):
    def compile(self, patterns: Sequence[str], options: MatchOptions) -> Matcher:
        return super().compile(patterns, evolve(options, multiline=True))


class KnowsTheFirstLineOnly(Flawless):
    """`^` matches where the buffer begins, and nowhere else."""

    def compile(self, patterns: Sequence[str], options: MatchOptions) -> Matcher:
        if options.multiline:
            patterns = [pattern.replace("^", r"(?-m:^)") for pattern in patterns]
        return super().compile(patterns, options)


class SeesThePreviousLine(Flawless):
    """Loses the first match of a line that does not begin the buffer."""

    class Matcher(Found):
        def find(self, buffer: bytes, start: int, end: int) -> Iterator[Span]:
            return (span for span in self.inner.find(buffer, start, end) if not span[0] or buffer[span[0] - 1] != 10)


class IgnoresIgnoreCase(Flawless):
    def compile(self, patterns: Sequence[str], options: MatchOptions) -> Matcher:
        return super().compile(patterns, evolve(options, ignore_case=False))


class IgnoresWord(Flawless):
    def compile(self, patterns: Sequence[str], options: MatchOptions) -> Matcher:
        return super().compile(patterns, evolve(options, word=False))


class IgnoresFixedStrings(Flawless):
    def compile(self, patterns: Sequence[str], options: MatchOptions) -> Matcher:
        return super().compile(patterns, evolve(options, fixed_strings=False))


class EndsAtNul(Flawless):
    class Matcher(Found):
        def find(self, buffer: bytes, start: int, end: int) -> Iterator[Span]:
            nul = buffer.find(b"\0", start, end)
            return self.inner.find(buffer, start, end if nul < 0 else nul)


class StopsAtWhatIsNoText(Flawless):
    class Matcher(Found):
        def find(self, buffer: bytes, start: int, end: int) -> Iterator[Span]:
            buffer.decode()
            return self.inner.find(buffer, start, end)


class CountsCharacters(Flawless):
    class Matcher(Found):
        def find(self, buffer: bytes, start: int, end: int) -> Iterator[Span]:
            for s, e in self.inner.find(buffer, start, end):
                yield len(buffer[:s].decode(errors="replace")), len(buffer[:e].decode(errors="replace"))


class TellsEmptyMatchesBehindOthers(Flawless):
    class Matcher(Found):
        def find(self, buffer: bytes, start: int, end: int) -> Iterator[Span]:
            for s, e in self.inner.find(buffer, start, end):
                yield s, e
                if s < e:
                    yield e, e


class TellsEmptyMatchesInCharacters(Flawless):
    class Matcher(Found):
        def find(self, buffer: bytes, start: int, end: int) -> Iterator[Span]:
            last = None
            for s, e in self.inner.find(buffer, start, end):
                if last is not None and s == e:
                    yield from ((at, at) for at in range(last + 1, s))
                yield s, e
                last = e


class IsEager(Flawless):
    class Matcher(Found):
        def find(self, buffer: bytes, start: int, end: int) -> Iterator[Span]:
            return iter(list(self.inner.find(buffer, start, end)))


class HasOneSearchAtATime(Flawless):
    class Matcher(Found):
        current: ClassVar[Iterator[Span]] = iter(())

        def find(self, buffer: bytes, start: int, end: int) -> Iterator[Span]:
            type(self).current = self.inner.find(buffer, start, end)
            while (span := next(self.current, None)) is not None:
                yield span


@frozen
class OwnersOnly(Found):
    owner: int = 0

    def find(self, buffer: bytes, start: int, end: int) -> Iterator[Span]:
        assert threading.get_ident() == self.owner
        return self.inner.find(buffer, start, end)


class MatchesInOneThread(Flawless):
    def compile(self, patterns: Sequence[str], options: MatchOptions) -> Matcher:
        return OwnersOnly(super().compile(patterns, options), threading.get_ident())


class CompilesOneAtATime(Flawless):
    def compile(self, patterns: Sequence[str], options: MatchOptions) -> Matcher:
        self.patterns = patterns
        time.sleep(0.001)
        return super().compile(self.patterns, options)


class TakesForeverToCompile(Flawless):
    def compile(self, patterns: Sequence[str], options: MatchOptions) -> Matcher:
        if patterns[0] == TOO_MUCH["counted thrice"]:
            time.sleep(1.0)
        return super().compile(patterns, options)


class TakesForeverToMatch(Flawless):
    def compile(self, patterns: Sequence[str], options: MatchOptions) -> Matcher:
        if patterns[0] == SLOW["nested plus"]:
            return Forever(super().compile(patterns, options))
        return super().compile(patterns, options)


class Forever(Found):
    def find(self, buffer: bytes, start: int, end: int) -> Iterator[Span]:
        time.sleep(1.0)
        return self.inner.find(buffer, start, end)


class RefusesNothing(Flawless):
    """Takes what it cannot read for plain text."""

    def compile(self, patterns: Sequence[str], options: MatchOptions) -> Matcher:
        try:
            return super().compile(patterns, options)
        except InvalidPattern:
            return super().compile(["a"], evolve(options, fixed_strings=True))


class RefusesWithItsOwnError(Flawless):
    def compile(self, patterns: Sequence[str], options: MatchOptions) -> Matcher:
        try:
            return super().compile(patterns, options)
        except InvalidPattern as error:
            raise RuntimeError(str(error)) from error


class RefusesWithoutAWord(Flawless):
    def compile(self, patterns: Sequence[str], options: MatchOptions) -> Matcher:
        try:
            return super().compile(patterns, options)
        except InvalidPattern as error:
            raise InvalidPattern("") from error


class FindsOnlyTheFirstPattern(Flawless):
    def compile(self, patterns: Sequence[str], options: MatchOptions) -> Matcher:
        return super().compile(patterns[:1], options)


class JoinsPatterns(Flawless):
    def compile(self, patterns: Sequence[str], options: MatchOptions) -> Matcher:
        return super().compile(["|".join(patterns)], options)


class IgnoresSmartCase(Flawless):
    def compile(self, patterns: Sequence[str], options: MatchOptions) -> Matcher:
        return super().compile(patterns, evolve(options, smart_case=False))


class TakesEveryCapitalForALetter(Flawless):
    def compile(self, patterns: Sequence[str], options: MatchOptions) -> Matcher:
        folds = options.smart_case and all(pattern == pattern.lower() for pattern in patterns)
        return super().compile(patterns, evolve(options, smart_case=False, ignore_case=folds or options.ignore_case))


class RefusesWithoutThePattern(Flawless):
    def compile(self, patterns: Sequence[str], options: MatchOptions) -> Matcher:
        try:
            return super().compile(patterns, options)
        except InvalidPattern as error:
            raise InvalidPattern(str(error), error.part) from error


class ExceptsWhatItCan(Flawless):
    exceptions: ClassVar = {**Flawless.exceptions, "ignore case": "it is said to be hard"}


class ExceptsWhatIsNoCase(Flawless):
    exceptions: ClassVar = {**Flawless.exceptions, "no such case": "it was renamed"}


class ExceptsWithoutAReason(Flawless):
    exceptions: ClassVar = {SURROGATE: " "}


def _suite(flawed: type[Flawless]) -> type[MatcherSuite]:
    flaws = MATCHERS if flawed is Flawless else {flawed.__name__: MATCHERS[flawed.__name__]}
    named = "".join(law for laws in flaws.values() for law in laws)

    class Suite(MatcherSuite):
        cases = tuple(
            case for case in MatcherSuite.cases if f"[{case.name}]" in named or case.name in flawed.exceptions
        )
        exceptions: ClassVar = flawed.exceptions
        patience_s = 10.0 if flawed is Flawless else 0.5

        @pytest.fixture
        def compiler(self) -> MatcherCompiler:
            return flawed()

    return Suite


FLAWED = (Flawless, *Flawless.__subclasses__())
globals().update({f"Test{flawed.__name__}": _suite(flawed) for flawed in FLAWED})
