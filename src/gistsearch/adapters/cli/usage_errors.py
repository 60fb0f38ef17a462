"""What is wrong with a command line, in one line that says what to do."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from difflib import get_close_matches

import click

_RIPGREPS = {
    "-0": "--null",
    "-E": "--encoding",
    "-L": "--follow",
    "-M": "--max-columns",
    "-P": "--pcre2",
    "-T": "--type-not",
    "-b": "--byte-offset",
    "-d": "--max-depth",
    "-j": "--threads",
    "-r": "--replace",
    "-u": "--unrestricted",
    "-x": "--line-regexp",
    "-z": "--search-zip",
}
"""Short flags that only ripgrep has."""
_LONG_RIPGREPS = frozenset(
    f"--{name}"
    for name in (
        *("column", "count-matches", "crlf", "files", "files-without-match", "hidden", "iglob", "ignore-file"),
        *("max-filesize", "multiline-dotall", "no-ignore", "passthru", "pre", "sortr", "trim", "vimgrep"),
    )
) | frozenset(_RIPGREPS.values())
"""Long flags that only ripgrep has. One of ours that looks like them means something else."""
_LONG_FLAG = re.compile(r"--[A-Za-z][A-Za-z-]*")


class UnknownCommand(click.UsageError):
    """Indicates that a word is no command."""

    def __init__(self, words: Sequence[str], commands: Sequence[str], inner: Sequence[str], ctx: click.Context) -> None:
        """
        Args:
            words: the one that is none, and those after it.
            commands: the names of those that there are.
            inner: those of groups among them, as `store sync`.
            ctx: of their group.
        """
        program, _, group = ctx.command_path.partition(" ")
        name = f"{group} {words[0]}".strip()
        if meant := next((command for command in inner if command.split()[-1] == words[0]), None):
            super().__init__(f"unknown command '{name}'; did you mean '{meant}'?", ctx)
        elif close := get_close_matches(words[0], commands, n=1):
            super().__init__(f"unknown command '{name}'; did you mean '{f'{group} {close[0]}'.strip()}'?", ctx)
        elif group:
            super().__init__(f"unknown command '{name}'; there are {', '.join(commands)}", ctx)
        else:
            meant = shlex.join([program, "search", *words])
            super().__init__(f"unknown command '{name}'; to search for it: {meant}", ctx)


def explain(error: click.ClickException, arguments: Sequence[str]) -> str:
    """Return the message for an error of click's.

    Args:
        error: what click raised.
        arguments: the whole command line after the name of the program.
    """
    match error:
        case click.NoSuchOption():
            return _unknown_flag(error, arguments)
        case click.MissingParameter() if error.param and error.ctx:
            usage = f"'{error.ctx.command_path} --help' explains it"
            return f"{error.param.metavar or error.param.name} is missing; {usage}"
        case click.BadParameter() if error.param:
            return f"{'/'.join(error.param.opts)}: {_plain(error.message)}"
        case _:
            return _plain(error.format_message())


def _unknown_flag(error: click.NoSuchOption, arguments: Sequence[str]) -> str:
    name = error.option_name
    known = _flags(error.ctx.command if error.ctx else None)
    if error.ctx and isinstance(error.ctx.command, click.Group):
        search = error.ctx.command.commands.get("search")
        if name in _flags(search):
            return f"{name} is a flag of search: {shlex.join(['gistsearch', 'search', *arguments])}"
    word = next((argument for argument in arguments if argument.startswith(name)), name)
    takes_pattern = "-e" in known
    if takes_pattern and name in _RIPGREPS:
        advice = f"if {word} is the pattern, write -e {shlex.quote(word)}"
        if len(word) == len(name):
            advice = "'gistsearch search --help' lists all flags"
        return f"there is no {name} here (ripgrep's {_RIPGREPS[name]}); {advice}"
    if takes_pattern and name in _LONG_RIPGREPS:
        return f"ripgrep's {name} does not exist here; 'gistsearch search --help' lists all flags"
    if takes_pattern and not _LONG_FLAG.fullmatch(word.partition("=")[0]):
        return f"unknown flag {name}; if it is the pattern, write -e {shlex.quote(word)}"
    if close := get_close_matches(name, known, n=1):
        return f"unknown flag {name}; did you mean {close[0]}?"
    return f"unknown flag {name}; '{error.ctx.command_path if error.ctx else 'gistsearch'} --help' lists all"


def _flags(command: click.Command | None) -> list[str]:
    parameters = command.params if command else []
    return [name for parameter in parameters for name in (*parameter.opts, *parameter.secondary_opts)]


def _plain(message: str) -> str:
    """Return click's message in our form: no capital at its beginning, no full stop at its end."""
    message = " ".join(message.split()).removesuffix(".")
    return message[:1].lower() + message[1:] if message[1:2].islower() else message
