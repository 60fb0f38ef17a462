"""The man page, made from the same commands, flags and topics as the help. After man(7) and groff_man(7)."""

from __future__ import annotations

from collections.abc import Iterator

import click

from gistsearch.adapters.cli.help_format import DocumentedCommand, documented_commands
from gistsearch.adapters.cli.topics import NAMES, Topic, read_topic


def man_page(group: click.Group) -> str:
    """Return the manual of the whole program as roff."""
    return "\n".join(_lines(group)) + "\n"


def _lines(group: click.Group) -> Iterator[str]:
    context = group.make_context("gistsearch", [], resilient_parsing=True)
    commands = list(documented_commands(group))
    yield '.TH GISTSEARCH 1 "" "gistsearch" "User Commands"'
    yield ".nh"  # Names of variables are not hyphenated.
    yield ".SH NAME"
    yield r"gistsearch \- search every file of GitHub users' public gists with a regular expression"
    yield ".SH SYNOPSIS"
    forms = [(name, form) for name, command in commands for form in command.usage]
    for number, (name, form) in enumerate(forms):
        yield from [".br"] if number else []
        yield rf"\fBgistsearch {name}\fR {_escaped(form)}".rstrip()
    for name, command in commands:
        yield from _command(name, command, click.Context(command, info_name=name, parent=context))
    for name in NAMES:
        yield from _topic(read_topic(name))
    yield ".SH SEE ALSO"
    yield r"\fBgrep\fR(1), \fBrg\fR(1), https://github.com/google/re2/wiki/Syntax"


def _command(name: str, command: DocumentedCommand, context: click.Context) -> Iterator[str]:
    yield f".SH {name.upper()}"
    for paragraph in f"{command.help}\n\n{command.epilog or ''}".strip().split("\n\n"):
        yield ".PP"
        yield _escaped(paragraph.replace("\n", " "))
    for title, rows in command.sections(context):
        yield f".SS {_escaped(title)}"
        for names, purpose in rows:
            yield ".TP"
            yield rf"\fB{_escaped(names)}\fR"
            yield _escaped(purpose)
    if command.examples:
        yield ".SS Examples"
        for example, purpose in command.examples:
            yield ".TP"
            yield rf"\fB{_escaped(example)}\fR"
            yield _escaped(purpose)


def _topic(topic: Topic) -> Iterator[str]:
    yield f".SH {_escaped(topic.title.upper())}"
    for paragraph in topic.text.split("\n\n"):
        if paragraph.startswith(" "):
            yield from [".PP", ".nf", *map(_escaped, paragraph.split("\n")), ".fi"]
        else:
            yield from [".PP", _escaped(paragraph.replace("\n", " "))]


def _escaped(text: str) -> str:
    r"""Return text in which roff sees no commands: `\` and `-` are characters, `.` and `'` begin no request."""
    text = text.replace("\\", r"\e").replace("-", r"\-").replace("^", r"\(ha").replace("~", r"\(ti")
    return "\n".join(rf"\&{line}" if line.startswith((".", "'")) else line for line in text.split("\n"))
