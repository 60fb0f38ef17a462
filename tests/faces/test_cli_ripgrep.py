"""The command line finds what ripgrep finds: every flag that both have, over files of every kind.

The files lie on disk for `rg --crlf` and in gists for us. What differs on purpose, or because of a fault in ripgrep, is
listed in `DIFFERENCES` with its reason; docs/command-line.md lists the same for users.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from attrs import frozen

from gistsearch.adapters.memory import InMemoryGists, MemoryGist
from tests.faces.cli_fixtures import ORIGIN, CommandLine
from tests.ripgrep import RG, needs_ripgrep

_TEXT = "foo one\nbar Foo\n\nfoobar foo;\n  foo\nint a = 1;\nü foo Ü\n# ## #\nlast foo\n"
_CRLF = _TEXT.replace("\n", "\r\n")
FILES = {
    "lf": _TEXT.encode(),
    "crlf": _CRLF.encode(),
    "no_final": _TEXT.rstrip("\n").encode(),
    "crlf_no_final": _CRLF.rstrip("\r\n").encode(),
    "mixed": b"foo\r\nbar\nfoo;\r\n\r\n\nfoo\r\n",
    "lone_cr": b"foo\rbar\nbaz\r\rfoo\r\n\rfoo\n",
    "ends_in_cr": b"a\nfoo\r",
    "bom": b"\xef\xbb\xbf" + _TEXT.encode(),
    "bom_crlf": b"\xef\xbb\xbf" + _CRLF.encode(),
    "utf16le": b"\xff\xfe" + _TEXT.encode("utf-16-le"),
    "utf16be": b"\xfe\xff" + _CRLF.encode("utf-16-be"),
    "invalid": b"foo \xff\xfe foo\n\xc3 foo\nbar \xe2\x82\nfoo\xc3\xbc\n",
    "nul": b"foo\nbar\0foo\nfoo\n",
    "nul_late": b"foo\n" * 30 + b"\0\nfoo\n",
    "long": b"x" * 3_000 + b"foo" + b"y" * 3_000 + b" foo\nfoo\n",
    "empty": b"",
    "newline": b"\n",
    "crlf_only": b"\r\n",
    "blank": b"\n\nfoo\n\n",
    "tabs": b"\tfoo\t\n foo \n",
    "wide": "日本語 foo 日本\n".encode(),
}
LITERAL = ["foo", "foo|bar", "ü", "(?i)FOO", "oo", "#", "F"]
ASCII_CLASSES = [r"\bfoo\b", r"\w+"]
ANCHORED = ["[^;]$", ".$", r"\s$", "^.{7}$"]
EMPTY = ["^$", "^", "$", "x*"]
PATTERNS = LITERAL + ASCII_CLASSES + ANCHORED + EMPTY
FLAGS = [
    *([], ["-i"], ["-S"], ["-s"], ["-w"], ["-F"], ["-v"], ["-a"], ["-U"], ["-N"], ["-q"]),
    *(["-c"], ["-l"], ["-o"], ["-m1"], ["-m2"], ["-A1"], ["-B1"], ["-C1"], ["-C2"], ["-C2", "-A0"]),
    *(["-iw"], ["-is"], ["-si"], ["-iS"], ["-Fw"], ["-Fi"], ["-e", "one"], ["-e", "one", "-e", "last"]),
    *(["-vc"], ["-vl"], ["-vm1"], ["-vC1"], ["-vi"], ["-vw"], ["-va"], ["-vo"], ["-vq"]),
    *(["-co"], ["-oi"], ["-ow"], ["-om1"], ["-oN"], ["-ao"], ["-ac"], ["-cm1"], ["-lm1"], ["-m1", "-A2"]),
    *(["-Uo"], ["-Uc"], ["-Uco"], ["-UC1"], ["-Uw"], ["-Um1"]),
]


@frozen
class Case:
    """One file of one search."""

    flags: Sequence[str]
    pattern: str
    file: str

    def has(self, letters: str) -> bool:
        """Return whether one of these flags is given."""
        given = "".join(flag for flag in self.flags if flag.startswith("-") and flag != "-e")
        return any(letter in given for letter in letters)


@frozen
class Difference:
    """What we do differently, and why."""

    reason: str
    applies: Callable[[Case], bool]


NON_ASCII = {"lf", "crlf", "no_final", "crlf_no_final", "bom", "bom_crlf", "utf16le", "utf16be", "invalid", "wide"}
DIFFERENCES = [
    Difference(
        "A NUL byte is an ordinary character. In ripgrep it ends a line, and keeps lines before it from being printed.",
        lambda case: case.file in ("nul", "nul_late") and not case.has("a"),
    ),
    Difference(
        "LF and CRLF end lines, and nothing else. In ripgrep no class matches a lone CR, and `$` matches before one at"
        " the end of a file.",
        lambda case: case.file in ("lone_cr", "ends_in_cr") and case.pattern in ANCHORED + EMPTY,
    ),
    Difference(
        "`\\b` and `\\w` know ASCII alone (RE2).",
        lambda case: case.pattern in ASCII_CLASSES and case.file in NON_ASCII and not case.has("F"),
    ),
    Difference(
        "An empty match counts once for each position. Ripgrep adds one after a line feed, drops some next to matches,"
        " and with -w takes the CR of CRLF into account.",
        lambda case: case.pattern in EMPTY and case.has("ow") and not case.has("F"),
    ),
    Difference(
        "A line after the last of -m that matches, too, is context, as in grep.",
        lambda case: case.has("m") and case.has("A"),
    ),
    Difference(
        "With -U, -c counts matches. Ripgrep does only if the pattern can match a line feed.",
        lambda case: case.has("U") and case.has("c") and not case.has("o"),
    ),
    Difference(
        "With -U, a match of line feeds alone is a match: -o prints the empty ends of lines that it joins. Ripgrep"
        " finds an empty line after the last line end, and with -w takes the CR of CRLF into account.",
        lambda case: case.has("U") and case.has("omCw") and case.pattern in ANCHORED + EMPTY,
    ),
]
BINARY = ": binary file matches"

Found = dict[str, list[str]]
"""The lines of each file, each after its number and the mark that follows it."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files on disk."""
    folder = tmp_path_factory.mktemp("files")
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture
def gistsearch(capsys: pytest.CaptureFixture[str]) -> CommandLine:
    """The command line over the same files, each in a gist of its name."""
    return CommandLine(capsys, InMemoryGists({"octo": [MemoryGist({name: FILES[name]}, id=name) for name in FILES]}))


@needs_ripgrep
@pytest.mark.parametrize("flags", FLAGS, ids=" ".join)
def test_command_line_finds_what_ripgrep_finds(flags: list[str], folder: Path, gistsearch: CommandLine) -> None:
    """The same lines with the same numbers, the same counts, the same exit status."""
    for pattern in PATTERNS:
        theirs, their_status = _ripgrep(folder, flags, pattern)
        ours, status = _ours(gistsearch, flags, pattern)
        cases = {name: Case(flags, pattern, name) for name in FILES}
        same = [name for name, case in cases.items() if not any(known.applies(case) for known in DIFFERENCES)]
        assert {name: _comparable(ours, theirs, name) for name in same} == {name: theirs.get(name) for name in same}
        assert status == their_status or their_status not in (0, 1) or len(same) < len(FILES)


@needs_ripgrep
@pytest.mark.parametrize("difference", DIFFERENCES, ids=lambda difference: difference.reason[:40])
def test_each_difference_is_one(difference: Difference, folder: Path, gistsearch: CommandLine) -> None:
    """A difference that is gone is to be taken off the list."""
    assert RG
    assert any(
        _comparable(_ours(gistsearch, flags, pattern)[0], theirs, name) != theirs.get(name)
        for flags in FLAGS
        for pattern in PATTERNS
        if any(difference.applies(Case(flags, pattern, name)) for name in FILES)
        for theirs in [_ripgrep(folder, flags, pattern)[0]]
        for name in FILES
        if difference.applies(Case(flags, pattern, name))
    )


def _ripgrep(folder: Path, flags: Sequence[str], pattern: str) -> tuple[Found, int]:
    """Run ripgrep; with `-0`, a NUL byte follows each name."""
    assert RG
    words = ["--no-config", "--crlf", "--no-heading", "--color=never", "-nH0", "-e", pattern, *flags, "--", *FILES]
    ran = subprocess.run([RG, *words], cwd=folder, capture_output=True, check=False, timeout=60)
    text = ran.stdout.decode(errors="replace")
    if "l" in "".join(flags[:1]):
        return {name: [] for name in text.split("\0") if name}, ran.returncode
    found: Found = {}
    for line in text.split("\n"):
        name, separator, rest = line.removesuffix("\r").partition("\0")
        if binary := re.match(r"(\w+): binary file matches", name):
            found.setdefault(binary[1], []).append("binary")
        elif separator:
            found.setdefault(name, []).append(rest)
    return found, ran.returncode


def _ours(gistsearch: CommandLine, flags: Sequence[str], pattern: str) -> tuple[Found, int]:
    ran = gistsearch("search", "-e", pattern, *flags, "octo")
    assert not ran.err
    found: Found = {}
    for line in ran.out.replace(f"{ORIGIN}octo/", "").split("\n"):
        if named := re.fullmatch(r"(\w+)(?::\1(: binary file matches|[:-].*))?", line, re.DOTALL):
            lines = found.setdefault(named[1], [])
            lines += ["binary" if named[2] == BINARY else named[2][1:]] if named[2] else []
        else:
            assert line in ("", "--")
    return found, ran.status


def _comparable(ours: Found, theirs: Found, name: str) -> list[str] | None:
    """Return our lines, those that are cut replaced by ripgrep's if they are pieces of them."""
    lines = ours.get(name)
    whole = theirs.get(name)
    if lines is None or whole is None or len(lines) != len(whole):
        return lines
    return [their if "[…]" in our and _is_piece(our, their) else our for our, their in zip(lines, whole, strict=True)]


def _is_piece(our: str, their: str) -> bool:
    number = re.match(r"(?:\d+[:-])?", our)
    return (
        number is not None and their.startswith(number[0]) and our.removeprefix(number[0]).replace("[…]", "") in their
    )
