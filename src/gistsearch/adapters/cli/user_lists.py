"""Whom to search in a run over many users: words, files, standard input, organizations."""

from __future__ import annotations

import codecs
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import BinaryIO

import click

from gistsearch.adapters.cli.arguments import RunOptions
from gistsearch.adapters.cli.missing import report_pause
from gistsearch.adapters.cli.option_types import read_username
from gistsearch.adapters.cli.terminal import print_error
from gistsearch.adapters.cli.usernames import each_once
from gistsearch.ports.gists import SourceError, SourceRateLimited

STANDARD_INPUT = "-"
MAX_LINE_BYTES = 1_024
MAX_BAD_LINES = 10
"""Lines without a name that are reported one by one."""


class UserLists:
    """Reads the lists that the command line names. A line that names no user is reported; the others are searched."""

    def __init__(self, options: RunOptions, list_members: Callable[[str], Iterator[str]]) -> None:
        """
        Args:
            options: which lists there are.
            list_members: yields the members of an organization.
        """
        self._options = options
        self._list_members = list_members
        self._bad_lines = 0
        self.are_complete = True
        """Whether everybody on the lists is known, as far as they have been read."""

    def read(self, words: Sequence[str]) -> tuple[str, ...]:
        """Read the lists, and return the names, each once.

        Args:
            words: users from the command line, who come first.

        Raises:
            UsageError: a file cannot be read.
        """
        of_files = map(self._read_file, self._options.user_files)
        members = map(self._members, self._options.organizations)
        return each_once(chain(words, *of_files, *members))

    def _read_file(self, name: str) -> Iterator[str]:
        if name == STANDARD_INPUT:
            yield from self._names(sys.stdin.buffer, "standard input")
            return
        try:
            with Path(name).open("rb") as file:
                yield from self._names(file, name)
        except OSError as error:
            raise click.UsageError(f"--users {name}: {error.strerror or error}") from error

    def _names(self, file: BinaryIO, file_name: str) -> Iterator[str]:
        lines = iter(lambda: file.readline(MAX_LINE_BYTES), b"")
        for number, line in enumerate(lines, 1):
            text = line.removeprefix(codecs.BOM_UTF8 if number == 1 else b"").partition(b"#")[0].strip()
            try:
                if text:
                    yield read_username(text.decode())
            except ValueError as error:
                self._report_line(f"{file_name}, line {number:,}", text, error)
        if self._bad_lines > MAX_BAD_LINES:
            print_error(f"{file_name}: {self._bad_lines:,} lines do not name a user")

    def _report_line(self, place: str, text: bytes, error: ValueError) -> None:
        self.are_complete = False
        self._bad_lines += 1
        if self._bad_lines <= MAX_BAD_LINES:
            reason = "is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error).partition(";")[0]
            print_error(f"{place}: '{text[:40].decode(errors='replace')}' {reason}")

    def _members(self, organization: str) -> list[str]:
        while True:
            try:
                return list(self._list_members(organization))
            except SourceRateLimited as error:
                if not self._options.waits:
                    return self._fail(organization, error)
                report_pause(error.reset_at)
                time.sleep(max(1.0, (error.reset_at - datetime.now(UTC)).total_seconds() + 1))
            except SourceError as error:
                return self._fail(organization, error)

    def _fail(self, organization: str, error: SourceError) -> list[str]:
        self.are_complete = False
        print_error(f"{organization}: {error}")
        return []
