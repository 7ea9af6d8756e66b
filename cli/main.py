"""`async-fix`: the group of commands; each is imported when it is called."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import click

from .. import __version__

_COMMANDS = ("check", "apply", "undo", "explain")


class LazyGroup(click.Group):
    """`--help` and `--version` must answer before anything heavy is imported."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command = getattr(importlib.import_module(f".{cmd_name}", __package__), cmd_name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_HELP.items()))


_HELP = {
    "check": "Show what blocks the event loop, and what would be done about it.",
    "apply": "Make the code async; with --dry-run only show the diff.",
    "undo": "Bring back what the last apply changed.",
    "explain": "Show the page of a finding's code.",
}


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-V", "--version", prog_name="async-fix")
def cli() -> None:
    """Make a legacy FastAPI code base async without breaking it.

    \b
    async-fix check api/             what blocks, and why
    async-fix apply --dry-run api/   the diff, and what stays as it is
    async-fix apply api/             write it
    """


def main(arguments: list[str] | None = None) -> Any:
    """The entry point. Exit codes: 0 nothing to do, 1 findings or changes, 2 usage or internal error."""
    try:
        return cli.main(args=arguments, prog_name="async-fix", standalone_mode=True)
    except KeyboardInterrupt:
        click.echo("async-fix: interrupted; nothing was written", err=True)
        sys.exit(2)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(2)
