"""`gistsearch help`: the help of a command, a topic, or the whole manual."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import click

from gistsearch.adapters.cli.help_format import DocumentedCommand
from gistsearch.adapters.cli.topics import NAMES, read_topic


def help_command() -> click.Command:
    """Return the command."""
    return DocumentedCommand(
        "help",
        usage=["[COMMAND... | TOPIC]", "--man"],
        params=[
            click.Argument(["words"], nargs=-1, shell_complete=_complete),
            click.Option(["--man"], is_flag=True, help="Print everything as a man page, in roff."),
        ],
        callback=_help,
        short_help="Explain a command or a topic.",
        help=f"Explain a command or a topic. The topics are {', '.join(NAMES)}.",
        examples=(
            ("gistsearch help patterns", "The syntax of patterns, and what is not searched."),
            ("gistsearch help --man | man -l -", "The manual, where 'man gistsearch' does not find it."),
        ),
    )


def _help(words: Sequence[str], *, man: bool) -> int:
    root = click.get_current_context().find_root()
    group = cast("click.Group", root.command)
    if man:
        from gistsearch.adapters.cli.manual import man_page

        click.echo(man_page(group), nl=False)
    elif not words:
        click.echo(f"{group.get_help(root)}\n\n{_topics()}")
    elif len(words) == 1 and words[0] in NAMES:
        topic = read_topic(words[0])
        click.echo(f"{topic.title}\n\n{topic.text}")
    else:
        context = _context_of(words, root)
        click.echo(context.command.get_help(context))
    return 0


def _context_of(words: Sequence[str], root: click.Context) -> click.Context:
    """Return a context of the command that words name.

    Raises:
        UsageError: they name none.
    """
    context = root
    for word in words:
        command = context.command.commands.get(word) if isinstance(context.command, click.Group) else None
        if command is None:
            known = ", ".join([*cast("click.Group", root.command).commands, *NAMES])
            raise click.UsageError(f"no command or topic '{' '.join(words)}'; there are {known}")
        context = click.Context(command, info_name=word, parent=context)
    return context


def _topics() -> str:
    rows = [f"  {name:<12} {read_topic(name).title}" for name in NAMES]
    return "\n".join(["Topics:", *rows])


def _complete(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    group = cast("click.Group", ctx.find_root().command)
    words: Sequence[str] = ctx.params.get("words") or ()
    inner = group.commands.get(words[0]) if words else group
    names = inner.commands if isinstance(inner, click.Group) else ()
    return [name for name in (*names, *(() if words else NAMES)) if name.startswith(incomplete)]
