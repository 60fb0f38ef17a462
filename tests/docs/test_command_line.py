"""The examples of the guides to the command line and to the store print what they show."""

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
COMMANDS = "command-line.md"
STORE = "store.md"
GUIDES = {name: (ROOT / "docs" / name).read_text("utf-8") for name in (COMMANDS, STORE)}
HOME = "/home/octo"
"""The home directory in the guides."""
VARYING = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d|\d+\.\d kB|^\d\.\d{3} seconds$", re.MULTILINE)


def _examples(guide: str) -> list[tuple[str, str]]:
    """Return each command of a guide with what it prints."""
    blocks = re.findall(r"^```console\n(.*?)^```", guide, re.MULTILINE | re.DOTALL)
    return [
        (command, output)
        for block in blocks
        for command, output in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE)
    ]


def _lines(output: str) -> list[str]:
    """Return the lines of an output in an order of their own, as files may come in any."""
    return sorted(VARYING.sub("…", output).splitlines())


@pytest.mark.skipif(not shutil.which("bash"), reason="bash is not installed")
@pytest.mark.parametrize(("name", "store"), [(COMMANDS, "off"), (STORE, "")])
def test_examples_print_what_they_show(name: str, store: str, tmp_path: Path) -> None:
    """One after the other, in one shell, standard output and error together."""
    examples = _examples(GUIDES[name])
    python = shlex.join([sys.executable, "-m", "gistsearch"])
    script = [f'gistsearch() {{ {python} "$@"; }}', "exec 2>&1"]
    for number, (command, _) in enumerate(examples):
        script += [f"(exit $status); {command}", "status=$?", f"echo '# {number}'"]
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("GISTSEARCH_", "XDG_"))}
    ran = subprocess.run(
        ["bash", "-c", "status=0\n" + "\n".join(script)],
        env={**ours, "GISTSEARCH_STORE": store, "HOME": str(tmp_path), "PYTHONPATH": str(ROOT / "src")},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
        check=True,
    )
    printed = re.split(r"^# \d+\n", ran.stdout.replace(str(tmp_path), HOME), flags=re.MULTILINE)[:-1]
    shown = [(command, _lines(output)) for command, output in examples]
    assert [(command, _lines(output)) for (command, _), output in zip(examples, printed, strict=True)] == shown


@pytest.mark.parametrize(("name", "least"), [(COMMANDS, 31), (STORE, 12)])
def test_there_are_examples_for_what_people_do(name: str, least: int) -> None:
    """A block that the tests overlook would prove nothing."""
    examples = _examples(GUIDES[name])
    assert len(examples) >= least
    assert GUIDES[name].count("\n$ ") == len(examples)


def test_guide_names_no_flag_that_does_not_exist() -> None:
    """Neither in text nor in examples; the table of differences may name ripgrep's."""
    known = {name for parameter in search_parameters() for name in (*parameter.opts, *parameter.secondary_opts)}
    others = {"--help", "--man"}
    texts = [guide.partition("\n## What differs from ripgrep\n")[0] for guide in GUIDES.values()]
    named = set(re.findall(r"`(--?[A-Za-z][\w-]*)", "".join(texts)))
    assert named - known - others == set()
