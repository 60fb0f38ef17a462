"""The conformance suite of the matcher port."""

from __future__ import annotations

import time
import tracemalloc
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from itertools import pairwise, zip_longest
from typing import ClassVar

import pytest

from gistsearch.ports.matching import InvalidPattern, Matcher, MatcherCompiler, MatchOptions, Span
from gistsearch.testing.cases import PORT_CASES, Case
from gistsearch.testing.timeouts import at_once, within

SHORT_BYTES = 24
"""Haystacks up to this length are searched in each of their ranges."""
MANY = 20_000
"""Matches; in one list, they take more than 100 bytes each."""

TOO_MUCH = {
    "counted thrice": "((a{100}){100}){100}",
    "counted ten times": "((((((((((a{9}){9}){9}){9}){9}){9}){9}){9}){9}){9})",
    "counted high": "a{1000000000}",
    "counted beyond any number": "a{99999999999999999999}",
    "classes counted": r"[\w\W]{1000}[\s\S]{1000}",
    "optional many times": "a?" * 300 + "a" * 300,
    "nested": "(" * 450 + "a" + ")" * 450,
    "nested and repeated": "(" * 300 + "a" + ")*" * 300,
    "only opened": "(" * 1_000,
    "only brackets": "[" * 1_000,
    "many branches": "|".join("abcdefghij" * 50),
    "long": "é" * 1_000,
    "no text": "a\ud800",
    "nothing": "",
}
SLOW = {
    "nested plus": "(a+)+$",
    "nested star": "(a*)*$",
    "the same twice": "(a|a)+$",
    "overlapping": "(a|aa)+$",
    "optional": "(a?){30}a{30}$",
    "rows of anything": ".*.*.*.*.*.*.*.*=$",
}
STUBBORN = b"a" * 28 + b"!"
"""A backtracking engine tries everything on this, which takes seconds to hours."""


class MatcherSuite:
    """What every `MatcherCompiler` and its `Matcher` must ensure, as tests.

    Subclass it under a name that begins with `Test`, and override the fixture `compiler`:

        class TestMyEngine(MatcherSuite):
            @pytest.fixture
            def compiler(self) -> MatcherCompiler:
                return MyEngine()
    """

    cases: ClassVar[tuple[Case, ...]] = PORT_CASES
    """The corpus. Add `RE2_CASES` if your engine has RE2's syntax, or cases of your own (`read_cases`)."""
    exceptions: ClassVar[Mapping[str, str]] = {}
    """Cases that this engine fails, by name, each with its reason. They are reported as expected failures; a case that
    the engine passes nevertheless is a failure."""
    patience_s = 10.0
    """Seconds after which something that should have ended counts as hanging."""

    @pytest.fixture
    def compiler(self) -> MatcherCompiler:
        """Return the compiler under test."""
        raise NotImplementedError("override the fixture `compiler`: it returns the compiler under test")

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Parametrize tests with the cases of the subclass."""
        searched = [case for case in self.cases if not case.refused and case.name not in self.exceptions]
        for name, cases in {
            "case": self.cases,
            "short_case": [case for case in searched if len(case.haystack) <= SHORT_BYTES],
            "line_case": [case for case in searched if not case.multiline],
        }.items():
            if name in metafunc.fixturenames:
                metafunc.parametrize(name, cases, ids=lambda case: case.name)

    def test_exceptions_are_of_the_corpus(self) -> None:
        """No two cases have the same name, and each exception names a case and a reason."""
        names = Counter(case.name for case in self.cases)
        assert [name for name, count in names.items() if count > 1] == []
        assert [name for name, reason in self.exceptions.items() if name not in names or not reason.strip()] == []

    def test_corpus(self, compiler: MatcherCompiler, case: Case) -> None:
        """The engine finds what the corpus states."""
        try:
            matcher = compiler.compile(case.patterns, case.options)
        except InvalidPattern as error:
            result, allowed = str(error), case.refused
        else:
            start, end = case.within or (0, len(case.haystack))
            result = _found(matcher, case.haystack, start, end)
            allowed = tuple(result) in case.answers
        if case.name not in self.exceptions:
            assert allowed, (
                f"expected one of {case.answers}, or a refusal: {case.refused}; the engine's result is {result}"
            )
        elif allowed:
            pytest.fail(f"the engine passes this case, so it is no exception: {self.exceptions[case.name]}")
        else:
            pytest.xfail(self.exceptions[case.name])

    def test_spans_are_in_order_wherever_they_are_looked_for(self, compiler: MatcherCompiler, short_case: Case) -> None:
        """In each range: within it, left to right, disjoint; no empty match after another one or inside a character."""
        buffer, matcher = short_case.haystack, compiler.compile(short_case.patterns, short_case.options)
        for start in range(len(buffer) + 1):
            for end in range(start, len(buffer) + 1):
                spans = _found(matcher, buffer, start, end)
                context = f"{spans} in {start}..{end}"
                assert all(start <= s <= e <= end for s, e in spans), context
                assert all(one[1] <= next_[0] for one, next_ in pairwise(spans)), context
                assert all(one[1] < next_[1] for one, next_ in pairwise(spans)), context
                assert not any(s == e and _is_within_character(buffer, s) for s, e in spans), context

    def test_lines_do_not_affect_each_other(self, compiler: MatcherCompiler, line_case: Case) -> None:
        """Without `multiline`, no match contains a line feed, and a line gives the same matches by itself."""
        buffer, matcher = line_case.haystack, compiler.compile(line_case.patterns, line_case.options)
        spans = _found(matcher, buffer, 0, len(buffer))
        assert [span for span in spans if b"\n" in buffer[slice(*span)]] == []
        for start, end in _lines(buffer):
            here = [(s, e) for s, e in spans if start <= s <= end]
            line = buffer[start : end + 1]
            assert _found(matcher, buffer, start, end) == here
            assert [(s + start, e + start) for s, e in _found(matcher, line, 0, end - start)] == here

    def test_spans_are_found_one_by_one(self, compiler: MatcherCompiler) -> None:
        """The iterator is lazy: the first of very many matches takes no memory for the others."""
        matcher, buffer = compiler.compile(["a"], MatchOptions()), b"a" * MANY
        tracemalloc.start()
        try:
            assert next(matcher.find(buffer, 0, MANY)) == (0, 1)
            assert tracemalloc.get_traced_memory()[1] < MANY * 32
        finally:
            tracemalloc.stop()

    def test_searches_do_not_disturb_each_other(self, compiler: MatcherCompiler) -> None:
        """One matcher serves several searches in turn."""
        matcher = compiler.compile(["a+"], MatchOptions())
        one, other = b"a aa aaa", b"aaaa a"
        in_turn = zip_longest(matcher.find(one, 0, len(one)), matcher.find(other, 0, len(other)))
        assert list(in_turn) == [((0, 1), (0, 4)), ((2, 4), (5, 6)), ((5, 8), None)]

    def test_threads_share_a_matcher(self, compiler: MatcherCompiler) -> None:
        """One matcher serves several threads at once."""
        matcher = compiler.compile(["a+b?"], MatchOptions())
        buffers = [(b"a" * number + b"b") * 5_000 for number in range(1, 9)]
        calls = [partial(_found, matcher, buffer, 0, len(buffer)) for buffer in buffers]
        expected = [
            [(at, at + size) for at in range(0, len(buffer), size)] for size, buffer in enumerate(buffers, start=2)
        ]
        assert at_once(self.patience_s, [*calls]) == expected

    def test_threads_share_a_compiler(self, compiler: MatcherCompiler) -> None:
        """One compiler serves several threads at once."""

        def found(number: int) -> list[Span]:
            return _found(compiler.compile([f"a{{{number}}}"], MatchOptions()), b"a" * 20, 0, 20)

        spans = at_once(self.patience_s, [partial(found, number) for number in range(11, 19)])
        assert spans == [[(0, number)] for number in range(11, 19)]

    @pytest.mark.parametrize("fixed_strings", [False, True], ids=["expression", "plain text"])
    @pytest.mark.parametrize("pattern", TOO_MUCH.values(), ids=TOO_MUCH)
    def test_compiling_ends(self, compiler: MatcherCompiler, pattern: str, *, fixed_strings: bool) -> None:
        """Any pattern is soon compiled, or refused with `InvalidPattern` and no other error."""
        options = MatchOptions(ignore_case=True, fixed_strings=fixed_strings, word=True)
        with suppress(InvalidPattern):
            within(self.patience_s, lambda: compiler.compile([pattern], options))

    @pytest.mark.parametrize("pattern", SLOW.values(), ids=SLOW)
    def test_matching_ends(self, compiler: MatcherCompiler, pattern: str) -> None:
        """A pattern on which a backtracking engine takes forever soon finds nothing."""
        matcher = compiler.compile([pattern], MatchOptions())
        began = time.monotonic()  # An engine that holds the interpreter's lock outlasts any time limit.
        assert within(self.patience_s, lambda: _found(matcher, STUBBORN, 0, len(STUBBORN))) in ([], [(29, 29)])
        assert time.monotonic() - began < self.patience_s

    @pytest.mark.parametrize("pattern", ["(", "a)", "[a", "*a", "a{2,1}", "a\\"])
    def test_refusal_says_what_is_wrong(self, compiler: MatcherCompiler, pattern: str) -> None:
        """Bad syntax is refused in words; the part named, if any, is part of the pattern."""
        with pytest.raises(InvalidPattern) as refusal:
            compiler.compile([pattern], MatchOptions())
        assert str(refusal.value).strip()
        assert refusal.value.part is None or refusal.value.part in pattern

    def test_a_refusal_names_the_pattern_among_several(self, compiler: MatcherCompiler) -> None:
        """So that users know which one to mend."""
        with pytest.raises(InvalidPattern) as refusal:
            compiler.compile(["a", "(", "b"], MatchOptions())
        assert refusal.value.pattern == "("


def _found(matcher: Matcher, buffer: bytes, start: int, end: int) -> list[Span]:
    return [(s, e) for s, e in matcher.find(buffer, start, end)]


def _lines(buffer: bytes) -> list[Span]:
    """Return the start and the end of each line, without its line feed."""
    spans: list[Span] = []
    start = 0
    for line in buffer.split(b"\n"):
        spans.append((start, start + len(line)))
        start += len(line) + 1
    return spans


def _is_within_character(buffer: bytes, position: int) -> bool:
    """Return whether a position is inside a valid UTF-8 character."""
    for start in range(max(0, position - 3), position):
        for end in range(position + 1, min(start + 4, len(buffer)) + 1):
            try:
                if len(buffer[start:end].decode()) == 1:
                    return True
            except UnicodeDecodeError:
                continue
    return False
