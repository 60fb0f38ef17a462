"""The commands of `gistsearch`, and how the program ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from io import TextIOWrapper
from typing import TYPE_CHECKING, Any, Protocol

import click
from click.exceptions import Exit

from gistsearch.adapters.cli.help_format import DocumentedCommand, DocumentedGroup, write_examples
from gistsearch.adapters.cli.option_types import whole_number
from gistsearch.adapters.cli.options import search_parameters
from gistsearch.adapters.cli.store.commands import store_group
from gistsearch.adapters.cli.terminal import print_error
from gistsearch.adapters.cli.worker_command import Work, worker_command
from gistsearch.ports.store import StoreError

if TYPE_CHECKING:
    from gistsearch.adapters.cli.searching import OpenSearch
    from gistsearch.adapters.cli.store.setup import OpenStore

ERROR = 2
INTERRUPTED = 130
BROKEN_PIPE = 141

PROGRAM = "gistsearch"
COMPLETION_VARIABLE = "_GISTSEARCH_COMPLETE"
SHELLS = ("bash", "zsh", "fish")

EXAMPLES = (
    ("gistsearch search 'import requests' octocat", "Lines that contain 'import requests'."),
    (
        "gistsearch search -i -w todo octocat hubot -g '*.py'",
        "The word 'todo' in any case, in two users' Python files.",
    ),
    (
        "gistsearch search -l -e 'BEGIN .*KEY' -e 'AKIA[0-9A-Z]{16}' octocat",
        "Gists in which one of two patterns occurs.",
    ),
    ("gistsearch search -F -C2 'a[0]' https://gist.github.com/octocat", "Literal text, with two lines around it."),
    ("gistsearch search -U 'def main.*\\n\\s+return' -t py octocat", "A match that spans two lines."),
    ("gistsearch search --json fixme octocat | jq -r 'select(.type == \"match\").url'", "Results for a program."),
)

_SEARCH_HELP = (
    "Search every file of the public gists of each USER for PATTERN, a regular expression in RE2's syntax. A USER is a"
    " name, @name, or the address of a profile or a gist. Names and meanings of flags are ripgrep's; where two"
    " contradict each other, the last one wins."
)
_SEARCH_EPILOG = """GISTSEARCH_GITHUB_TOKEN, a GitHub token without any scope, raises GitHub's limit from 60 requests an
hour to 5,000; one request lists 100 gists.

Exit status: 0 something matched, 1 nothing did, 2 an error, or something could not be searched.

'gistsearch help patterns' explains the syntax of patterns; 'gistsearch help' lists further topics."""


class Serve(Protocol):
    """Serves HTTP until it is told to end."""

    def __call__(self, *, host: str | None, port: int | None, workers: int | None) -> None:
        """Serve; what is None is as the settings say."""
        raise NotImplementedError


def run(
    arguments: Sequence[str], version: str, open_search: OpenSearch, open_store: OpenStore, serve: Serve, work: Work
) -> int:
    """Run the command line and return its exit status.

    Args:
        arguments: the words after the name of the program.
        version: what `--version` prints.
        open_search: makes the use case for `search`.
        open_store: makes what `store` works on.
        serve: what `serve` does.
        work: what `worker` does.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace", newline="\n")
    try:
        status = _invoke(_commands(version, open_search, open_store, serve, work), arguments)
        sys.stdout.flush()
    except click.ClickException as error:
        from gistsearch.adapters.cli.usage_errors import explain

        print_error(explain(error, arguments))
        return ERROR
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        return BROKEN_PIPE
    except StoreError as error:
        print_error(str(error))
        return ERROR
    except OSError as error:  # such as a full disk
        print_error(f"standard output: {error.strerror or error}")
        return ERROR
    return status


def _invoke(commands: click.Group, arguments: Sequence[str]) -> int:
    """Do what click's own `main` does, except that Ctrl-C and closed pipes are left to the caller."""
    if instruction := os.environ.get(COMPLETION_VARIABLE):
        from click.shell_completion import shell_complete

        return shell_complete(commands, {}, PROGRAM, COMPLETION_VARIABLE, instruction)
    try:
        with commands.make_context(PROGRAM, list(arguments)) as context:
            return commands.invoke(context) or 0
    except Exit as over:  # --help and --version end like this
        return over.exit_code


class _Commands(DocumentedGroup):
    """The group of all commands."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        write_examples(formatter, EXAMPLES[:2])
        super().format_epilog(ctx, formatter)


def _commands(version: str, open_search: OpenSearch, open_store: OpenStore, serve: Serve, work: Work) -> click.Group:
    def search(backend: str | None, offline: bool, no_store: bool, **flags: Any) -> int:
        from gistsearch.adapters.cli.search_command import search_command

        if offline and no_store:
            raise click.UsageError("--offline searches the store and --no-store does without it: give one of them")
        store = "offline" if offline else "off" if no_store else None
        return search_command(open_search, backend, store, flags)

    def serve_http(host: str | None, port: int | None, workers: int | None) -> int:
        serve(host=host, port=port, workers=workers)
        return 0

    group = _Commands(
        PROGRAM,
        commands=[
            _search(search),
            _serve(serve_http),
            worker_command(work),
            store_group(open_store),
            _help(),
            _completion(),
        ],
        help="Search every file of a GitHub user's public gists with a regular expression.",
        epilog="'gistsearch search --help' explains the flags, 'gistsearch help' lists further topics.",
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    return click.version_option(version, "-V", "--version", prog_name=PROGRAM)(group)


def _search(callback: Callable[..., int]) -> click.Command:
    return DocumentedCommand(
        "search",
        usage=["[FLAGS] PATTERN USER...", "[FLAGS] -e PATTERN... | -f FILE USER..."],
        examples=EXAMPLES,
        default_section="Other",
        params=search_parameters(),
        callback=callback,
        short_help="Search the gists of users.",
        help=_SEARCH_HELP,
        epilog=_SEARCH_EPILOG,
    )


def _serve(callback: Callable[..., int]) -> click.Command:
    return DocumentedCommand(
        "serve",
        usage=["[--host HOST] [--port PORT] [--workers NUM]"],
        params=[
            click.Option(["--host"], metavar="HOST", help="Listen on HOST (default 127.0.0.1)."),
            click.Option(
                ["--port"],
                type=whole_number(0, 65_535),
                metavar="PORT",
                help="Listen on PORT (default 9876); 0 takes any that is free and says which.",
            ),
            click.Option(["--workers"], type=whole_number(1, 64), metavar="NUM", help="Run NUM processes (default 1)."),
        ],
        callback=callback,
        short_help="Serve searches over HTTP.",
        help="Serve searches over HTTP until Ctrl-C or SIGTERM: POST /api/v1/search.",
        epilog="Limits, keys and logs are set by environment variables: 'gistsearch help settings'.",
    )


def _help() -> click.Command:
    from gistsearch.adapters.cli.help_command import help_command

    return help_command()


def _completion() -> click.Command:
    def completion(shell: str) -> int:
        from click.shell_completion import get_completion_class

        complete = get_completion_class(shell)
        if complete is None:
            raise click.ClickException(f"click cannot complete in {shell}")
        group = click.get_current_context().find_root().command
        click.echo(complete(group, {}, PROGRAM, COMPLETION_VARIABLE).source())
        return 0

    return DocumentedCommand(
        "completion",
        usage=["bash | zsh | fish"],
        params=[click.Argument(["shell"], type=click.Choice(SHELLS))],
        callback=completion,
        short_help="Print a script that completes flags in a shell.",
        help="Print a script with which a shell completes commands, flags and their values.",
        examples=(
            ('eval "$(gistsearch completion bash)"', "For bash 4.4 or later, in ~/.bashrc."),
            ('eval "$(gistsearch completion zsh)"', "For zsh, in ~/.zshrc after compinit."),
            ("gistsearch completion fish | source", "For fish, in ~/.config/fish/config.fish."),
        ),
    )
