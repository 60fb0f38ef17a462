"""The composition root: settings in, ready use cases and entry points out.

Everything is imported where it is made: a command line starts with what it needs, and no more.
"""

from gistsearch.container.commands import command_line, search_setup, store_setup
from gistsearch.container.parts import SEARCHES_AT_FULL_SPEED, make_compiler, make_members, make_source
from gistsearch.container.runs import work
from gistsearch.container.service import Container, serve

__all__ = [
    "SEARCHES_AT_FULL_SPEED",
    "Container",
    "command_line",
    "make_compiler",
    "make_members",
    "make_source",
    "search_setup",
    "serve",
    "store_setup",
    "work",
]
