"""RE2 behind the matcher port: what goes beyond the published suite."""

from __future__ import annotations

import time

import pytest

from gistsearch.adapters.re2 import Re2Compiler
from gistsearch.ports.matching import InvalidPattern, MatchOptions


def found(patterns: list[str], text: str, **options: bool) -> list[str]:
    """Return what the patterns match in a text."""
    buffer = text.encode()
    matcher = Re2Compiler().compile(patterns, MatchOptions(**options))
    return [buffer[start:end].decode() for start, end in matcher.find(buffer, 0, len(buffer))]


@pytest.mark.parametrize(
    ("pattern", "ignores_case"),
    [
        ("foo", True),
        ("Foo", False),
        (r"\x66oo", True),
        (r"\x46oo", False),
        (r"\x{46}oo", False),
        (r"\106oo", False),
        (r"\x6Fo", True),
        (r"foo\S", True),
        (r"\bfoo\B", True),
        (r"\Afoo", True),
        ("(?P<Name>foo)", True),
        ("(?<Name>Foo)", False),
        ("(?U)foo", True),
        ("[f]oo", True),
        ("[F]oo", False),
        ("[A-Z]oo", False),
        ("[^A]oo", False),
        (r"[\W]foo", True),
        (r"[\x{41}]?foo", False),
        ("[[:upper:]]oo", True),
        (r"\p{Lu}oo", True),
        (r"\PLfoo", True),
        (r"\Qfoo\E", True),
        (r"\QFoo\E", False),
        (r"\Q\S\E", False),
        ("É", False),
        ("é", True),
    ],
)
def test_smart_case_looks_at_literal_characters_alone(pattern: str, ignores_case: bool) -> None:
    """Characters written as numbers are literals; the letters of escapes, names, classes and flags are not."""
    probe = Re2Compiler().compile([f"(?:{pattern})|q"], MatchOptions(smart_case=True))
    assert list(probe.find(b"Q", 0, 1)) == ([(0, 1)] if ignores_case else [])


@pytest.mark.parametrize("pattern", [r"\p{Lu}", r"\pL\p{Lu}{1,2}", "[[:upper:]]", r"^\p{Lu}+$"])
def test_smart_case_does_not_ignore_case_without_a_literal(pattern: str) -> None:
    """A class for uppercase letters by itself means these."""
    assert found([pattern], "abc", smart_case=True) == []


def test_smart_case_of_plain_text_looks_at_every_character() -> None:
    assert found([r"\S"], r"\s", smart_case=True, fixed_strings=True) == []
    assert found([r"\s"], r"\S", smart_case=True, fixed_strings=True) == [r"\S"]


def test_smart_case_does_not_undo_ignore_case() -> None:
    assert found(["FOO"], "foo", smart_case=True, ignore_case=True) == ["foo"]


@pytest.mark.parametrize("word", [False, True])
def test_several_patterns_are_one_search(word: bool) -> None:
    """Flags and group names concern their own pattern; of several that match in one place, the first one counts."""
    patterns = ["(?i)foo", "bar|baz", "(?P<n>x+)", "(?P<n>y)z?", "yz"]
    assert found(patterns, "FOO Bar baz xx yz", word=word) == ["FOO", "baz", "xx", "yz"]


def test_several_plain_texts_are_one_search() -> None:
    assert found(["a.b", "(", "a"], "a.b axb (", fixed_strings=True) == ["a.b", "a", "("]


@pytest.mark.parametrize(
    ("patterns", "bad", "part"),
    [
        (["a", "(b", "c"], "(b", "(b"),
        (["a)|(b"], "a)|(b", "a)|(b"),
        (["a)", "(b"], "a)", "a)"),
        (["a", r"(x)\1"], r"(x)\1", r"\1"),
        (["a", r"\C"], r"\C", r"\C"),
        (["a", r"\n"], r"\n", None),
        (["a", "\ud800"], "\ud800", None),
        (["a", r"[\w\pL]{900}"], r"[\w\pL]{900}", None),
    ],
)
def test_the_invalid_one_of_several_patterns_is_named(patterns: list[str], bad: str, part: str | None) -> None:
    """Also if it would be valid together with the others."""
    with pytest.raises(InvalidPattern) as refusal:
        Re2Compiler().compile(patterns, MatchOptions())
    assert (refusal.value.pattern, refusal.value.part) == (bad, part)


def test_many_words_are_searched_quickly() -> None:
    """A thousand words have room in RE2's automaton. Without it, this takes 50 times as long."""
    words = [f"word{number * 7919 % 100_003:06}" for number in range(1_000)]
    text = b"some text without any of them\n" * 70_000
    matcher = Re2Compiler().compile(words, MatchOptions())
    began = time.process_time()
    assert list(matcher.find(text, 0, len(text))) == []
    assert time.process_time() - began < 5.0  # 0.2 s; 20 s without the automaton


@pytest.mark.parametrize(
    "patterns",
    [
        [chr(0x4E00 + number) * 200 for number in range(1_000)],
        [rf"{number}\pL{{20}}" for number in range(1_000)],
        ["a" * 1_000] * 1_000,
    ],
    ids=["long plain text", "classes", "the same"],
)
def test_patterns_too_large_together_are_refused_soon(patterns: list[str]) -> None:
    """Although each of them is small enough; what they cost to compile is bounded."""
    began = time.process_time()
    with pytest.raises(InvalidPattern, match="together"):
        Re2Compiler().compile(patterns, MatchOptions())
    assert time.process_time() - began < 5.0


@pytest.mark.parametrize(
    ("pattern", "text", "words"),
    [
        (".", "###", ["#", "#", "#"]),
        ("#", "## #a", ["#", "#"]),
        ("foo|-bar", "foo-bar foo", ["foo", "foo"]),
        ("_", "___", []),
        ("a|ab|abc", "abc", ["abc"]),
        ("日本", "日本 日本語 日本", ["日本", "日本"]),
        ("e\u0301", "e\u0301 e\u0301x", ["e\u0301"]),
    ],
)
def test_whole_words(pattern: str, text: str, words: list[str]) -> None:
    """Words may touch each other if none of the characters where they meet is one of a word."""
    assert found([pattern], text, word=True) == words


def test_a_string_is_not_a_sequence_of_patterns() -> None:
    """It would be one of patterns that are a character each."""
    with pytest.raises(TypeError, match="not a string"):
        Re2Compiler().compile("ab", MatchOptions())


@pytest.mark.parametrize(
    ("pattern", "message"), [("(", "unclosed group: ("), ("[a", "unclosed class: [a"), ("a)", "unopened group: a)")]
)
def test_what_is_missing_is_said_in_words(pattern: str, message: str) -> None:
    """Not as RE2 does: `missing ): (`."""
    with pytest.raises(InvalidPattern) as refused:
        Re2Compiler().compile((pattern,), MatchOptions())
    assert str(refused.value) == message
