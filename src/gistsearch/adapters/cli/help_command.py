"""`gistsearch help`: the help of a command, a topic, or the whole manual."""

from __future__ import annotations

from typing import cast

import click

from gistsearch.adapters.cli.help_format import DocumentedCommand
from gistsearch.adapters.cli.topics import NAMES, read_topic


def help_command() -> click.Command:
    """Return the command."""
    return DocumentedCommand(
        "help",
        usage=["[COMMAND | TOPIC]", "--man"],
        params=[
            click.Argument(["subject"], required=False, shell_complete=_complete),
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


def _help(subject: str | None, *, man: bool) -> int:
    root = click.get_current_context().find_root()
    group = cast("click.Group", root.command)
    if man:
        from gistsearch.adapters.cli.manual import man_page

        click.echo(man_page(group), nl=False)
    elif subject is None:
        click.echo(f"{group.get_help(root)}\n\n{_topics()}")
    elif subject in NAMES:
        topic = read_topic(subject)
        click.echo(f"{topic.title}\n\n{topic.text}")
    elif command := group.commands.get(subject):
        with command.make_context(subject, [], parent=root, resilient_parsing=True) as context:
            click.echo(command.get_help(context))
    else:
        raise click.UsageError(f"no command or topic '{subject}'; there are {', '.join([*group.commands, *NAMES])}")
    return 0


def _topics() -> str:
    rows = [f"  {name:<12} {read_topic(name).title}" for name in NAMES]
    return "\n".join(["Topics:", *rows])


def _complete(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    group = cast("click.Group", ctx.find_root().command)
    return [name for name in (*group.commands, *NAMES) if name.startswith(incomplete)]
