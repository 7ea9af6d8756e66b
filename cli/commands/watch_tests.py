"""`async-fix watch-tests -- COMMAND`: the tool checks itself against what your tests really do."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ..shared.guard import fail
from ..shared.options import common


class _WithCommand(click.Command):
    """What stands behind `--` is another program's, options and all."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        at = args.index("--") if "--" in args else len(args)
        ctx.meta[__name__] = args[at + 1 :]
        return super().parse_args(ctx, args[:at])

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        return [*super().collect_usage_pieces(ctx), "-- COMMAND..."]


@click.command("watch-tests", cls=_WithCommand)
@common
@click.pass_context
def watch_tests(ctx: click.Context, paths: tuple[Path, ...], quiet: bool, color: bool | None) -> None:
    """Run your tests, and list the blocking calls that really happen on an event loop.

    COMMAND runs pytest, in the environment of your project; blockbuster must be installed there. Each call
    is shown with the handler that it holds up and with what `check` says of its place; calls that `check`
    does not know are marked. Nothing is written.

    \b
    async-fix watch-tests app/api -- pytest -q

    Exit codes: 0 the command succeeded and nothing blocked, 1 else, 2 usage or internal error.
    """
    command = ctx.meta[__name__]
    if not command:
        fail("there is no command to run: async-fix watch-tests app/api -- pytest -q")
    from ..shared.places import Places
    from ..shared.run import checked, consoles, show_problems, start
    from ..watching.watched import assign, run_watched, tell

    out, messages = consoles(color)
    run = start(paths, messages)
    places = Places(run.project.root)
    report = checked(run, messages)
    show_problems(report.problems, messages, places)
    if not report.handlers:
        sys.exit(2)
    code, seen = run_watched(command, run.project.root)
    if seen is None:
        shown = " ".join(command)
        fail(f"nothing was watched: `{shown}` ended with {code}, and did not run pytest to its end")
    calls = assign(seen, run, report)
    if calls or not quiet:
        tell(out, calls, places)
    sys.exit(1 if code or calls else 0)
