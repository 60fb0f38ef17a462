"""Help of commands: flags in sections, and examples."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import click

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
        super().__init__(name, **settings)  # pyright: ignore[reportArgumentType]
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


def write_examples(formatter: click.HelpFormatter, examples: Sequence[Example]) -> None:
    """Write commands, each above what it does."""
    with formatter.section("Examples"):
        for command, purpose in examples:
            formatter.write(f"{'':{formatter.current_indent}}{command}\n")
            with formatter.indentation():
                formatter.write_text(purpose)
