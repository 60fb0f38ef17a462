"""The examples of the guide to the command line print what they show."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gistsearch.adapters.cli.options import search_parameters

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "command-line.md").read_text("utf-8")
BLOCKS = re.findall(r"^```console\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)


def _examples(block: str) -> list[tuple[str, str]]:
    """Return each command of a block with what it prints."""
    return [(command, output) for command, output in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE)]


EXAMPLES = [example for block in BLOCKS for example in _examples(block)]


@pytest.mark.skipif(not shutil.which("bash"), reason="bash is not installed")
def test_examples_print_what_they_show() -> None:
    """One after the other, in one shell, standard output and error together. Files may come in another order."""
    python = shlex.join([sys.executable, "-m", "gistsearch"])
    script = [f'gistsearch() {{ {python} "$@"; }}', "exec 2>&1"]
    for number, (command, _) in enumerate(EXAMPLES):
        script += [f"(exit $status); {command}", "status=$?", f"echo '# {number}'"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GISTSEARCH_")}
    ran = subprocess.run(
        ["bash", "-c", "status=0\n" + "\n".join(script)],
        env={**environment, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
        check=True,
    )
    printed = re.split(r"^# \d+\n", ran.stdout, flags=re.MULTILINE)[:-1]
    shown = [(command, sorted(output.splitlines())) for command, output in EXAMPLES]
    assert [
        (command, sorted(output.splitlines())) for (command, _), output in zip(EXAMPLES, printed, strict=True)
    ] == shown


def test_there_are_examples_for_what_people_do() -> None:
    """A block that the tests overlook would prove nothing."""
    assert len(EXAMPLES) > 30
    assert GUIDE.count("\n$ ") == len(EXAMPLES)


def test_guide_names_no_flag_that_does_not_exist() -> None:
    """Neither in text nor in examples; the table of differences may name ripgrep's."""
    known = {name for parameter in search_parameters() for name in (*parameter.opts, *parameter.secondary_opts)}
    others = {"--help", "--man", "--crlf", "-P", "-M", "-R", "-u", "--jsno", "->next", "->", "-o \\S+"}
    named = set(re.findall(r"`(--?[A-Za-z][\w-]*)", GUIDE))
    assert named - known - others == set()
