"""Help of commands: flags in sections, and examples."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import click

USAGE_ERROR = 2
"""The exit status of a command line that cannot be understood."""

Example = tuple[str, str]
"""A command, and what it does."""


class DocumentedCommand(click.Command):
    """A command whose help shows how it is used, its flags by section, and examples."""

    def __init__(
        self,
        name: str,
        *,
        usage: Sequence[str],
        examples: Sequence[Example] = (),
        default_section: str = "Flags",
        **settings: object,
    ) -> None:
        """
        Args:
            name: what it is called by.
            usage: what may follow its name, one form a line.
            examples: shown at the end.
            default_section: the section of flags that have none of their own.
            settings: as for `click.Command`.
        """
        super().__init__(name, **settings)  # pyright: ignore[reportArgumentType]  # `Any` values, of many types
        self.usage = usage
        self.default_section = default_section
        self.examples = examples

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for number, form in enumerate(self.usage):
            formatter.write_usage(ctx.command_path, form, "       " if number else "Usage: ")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, rows in self.sections(ctx):
            with formatter.section(title):
                formatter.write_dl(rows, col_max=26)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        if self.examples:
            write_examples(formatter, self.examples)
        super().format_epilog(ctx, formatter)

    def sections(self, ctx: click.Context) -> Iterable[tuple[str, list[Example]]]:
        """Yield the titles of the sections, and the flags in each with their help."""
        rows: dict[str, list[Example]] = {}
        for parameter in self.get_params(ctx):
            if isinstance(parameter, click.Option) and (row := parameter.get_help_record(ctx)):
                rows.setdefault(getattr(parameter, "section", self.default_section), []).append(row)
        return rows.items()


class DocumentedGroup(click.Group):
    """A group of commands that answers a wrong word with what was probably meant, and no word with the help."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args and not ctx.resilient_parsing:
            click.echo(self.get_help(ctx), err=True)
            ctx.exit(USAGE_ERROR)
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if not ctx.resilient_parsing and not args[0].startswith("-") and args[0] not in self.commands:
            from gistsearch.adapters.cli.usage_errors import UnknownCommand

            inner = [name for name, _ in documented_commands(self) if " " in name]
            raise UnknownCommand(args, list(self.commands), inner, ctx)
        return super().resolve_command(ctx, args)


def documented_commands(group: click.Group) -> Iterator[tuple[str, DocumentedCommand]]:
    """Yield each command of a group and of the groups in it, with the words by which it is called."""
    for name, command in group.commands.items():
        match command:
            case DocumentedCommand():
                yield name, command
            case click.Group():
                yield from ((f"{name} {inner}", leaf) for inner, leaf in documented_commands(command))
            case _:
                pass


def write_examples(formatter: click.HelpFormatter, examples: Sequence[Example]) -> None:
    """Write commands, each above what it does."""
    with formatter.section("Examples"):
        for command, purpose in examples:
            formatter.write(f"{'':{formatter.current_indent}}{command}\n")
            with formatter.indentation():
                formatter.write_text(purpose)
