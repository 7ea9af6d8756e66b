"""The group of commands; each is imported when it is called."""

from __future__ import annotations

import difflib
import gc
import importlib
import sys
import warnings
from typing import NoReturn

import click

from .. import __version__
from .shared.guard import debug_option, fail, guarded
from .shared.loading import Loading

# `--help` and `--version` must answer before anything heavy is imported: the one-liners stand here
COMMANDS = {
    "check": "Show what blocks the event loop, and what would be done about it.",
    "routes": "List every handler: its colour now and afterwards, and what it blocks on.",
    "apply": "Make the code async; with --dry-run only show the diff.",
    "report": "Write a page for the review: handlers, diffs, reasons, what stays.",
    "undo": "Bring back what the last apply changed.",
    "watch-tests": "Run your tests, and list the blocking calls that really happen.",
    "explain": "Show the page of a code, or what becomes of a function and why.",
    "graph": "Print who calls whom, as JSON, Graphviz or Mermaid.",
    "rules": "List all codes.",
    "config": "Show what is in force, and where each value comes from.",
    "completion": "Print the completion script of a shell.",
}


_DEEPEST = 10_000
"""Frames: a chain of functions that call each other is followed to its end, four frames for each."""


class LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        name = cmd_name.replace("-", "_")
        with Loading():
            command = getattr(importlib.import_module(f".commands.{name}", __package__), name)
        assert isinstance(command, click.Command)
        if not any(parameter.name == "debug" for parameter in command.params):
            command.params.append(debug_option())
        command.short_help = COMMANDS[cmd_name]
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            near = difflib.get_close_matches(args[0], COMMANDS, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(COMMANDS)}"
            fail(f"no command {args[0]}; {hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, "-V", "--version", prog_name="async-fix")
def cli() -> None:
    """Make a legacy FastAPI code base async without breaking it.

    \b
    async-fix check api/             what blocks, through which chain, and why
    async-fix routes api/            every handler on a line
    async-fix apply --dry-run api/   the diff, and what stays as it is
    async-fix apply api/             write it
    async-fix undo                   take it back

    Exit codes: 0 nothing to do, 1 findings (or, with --dry-run, changes), 2 usage or internal error,
    130 interrupted.
    """


cli.params.append(debug_option())


def run(arguments: list[str] | None = None) -> NoReturn:
    """One command, to its exit code."""
    # what is made lives as long as the run, or is no circle: looking for garbage finds next to none
    gc.disable()
    sys.setrecursionlimit(_DEEPEST)
    for category in (SyntaxWarning, DeprecationWarning):
        # what Python thinks of the user's code (`"\d"`) is not about the change, and must not end the run
        warnings.simplefilter("ignore", category)
    try:
        guarded(lambda: cli.main(args=arguments, prog_name="async-fix", standalone_mode=False))
    finally:
        # nor when Python ends: taking all circles apart would take a fifth of a run
        gc.freeze()
