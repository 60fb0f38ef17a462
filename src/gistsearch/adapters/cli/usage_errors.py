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
"""Short flags that only ripgrep has. They are hardly meant as patterns."""
_LONG_FLAG = re.compile(r"--[A-Za-z][A-Za-z-]*")


class UnknownCommand(click.UsageError):
    """Indicates that the first word is no command."""

    def __init__(self, name: str, arguments: Sequence[str], commands: Sequence[str], ctx: click.Context) -> None:
        if close := get_close_matches(name, commands, n=1):
            super().__init__(f"unknown command '{name}'; did you mean '{close[0]}'?", ctx)
        else:
            meant = shlex.join(["gistsearch", "search", *arguments])
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
    if name in _RIPGREPS and len(word) == len(name):
        return f"there is no {name} here (ripgrep's {_RIPGREPS[name]}); 'gistsearch search --help' lists all flags"
    if not _LONG_FLAG.fullmatch(word.partition("=")[0]):
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
