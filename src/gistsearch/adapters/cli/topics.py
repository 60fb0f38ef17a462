"""The topics of `gistsearch help`: texts in the folder `help_topics`, each with a title on its first line."""

from __future__ import annotations

from attrs import frozen

NAMES = ("patterns", "files", "output", "json", "exit-status", "settings")


@frozen
class Topic:
    """A text for users."""

    name: str
    title: str
    text: str
    """Paragraphs, separated by empty lines; indented ones are to be printed as they are."""


def read_topic(name: str) -> Topic:
    """Return a topic by its name, which must be one of `NAMES`."""
    from importlib.resources import files  # takes longer to import than everything else here

    file = files("gistsearch.adapters.cli") / "help_topics" / f"{name}.txt"
    title, _, text = file.read_text("utf-8").partition("\n\n")
    return Topic(name, title, text.rstrip("\n"))
