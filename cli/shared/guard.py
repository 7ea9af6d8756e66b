"""Whatever goes wrong becomes one line on stderr and exit code 2, 130 for Ctrl-C: no traceback that nobody
asked for."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import click

from .letters import in_one_line
from .loading import INTERRUPTED

USAGE_ERROR = 2
_PACKAGE = Path(__file__).resolve().parents[2]


class OutputClosed(Exception):  # noqa: N818 (what happened, and no fault)
    """Whoever read our output has gone, `head` for one."""


class State:
    """What an interrupted run must say, and how much else is wanted: tracebacks, the phases of the run."""

    debug = False
    verbose = False
    outcome = "nothing was written"


state = State()


def debug_option() -> click.Option:
    def chosen(context: click.Context, parameter: click.Parameter, value: bool) -> None:
        state.debug = state.debug or value

    return click.Option(
        ["--debug"],
        is_flag=True,
        expose_value=False,
        is_eager=True,
        callback=chosen,
        envvar="ASYNC_FIX_DEBUG",
        help="Show the traceback of an internal error.",
    )


def fail(message: str) -> NoReturn:
    """One clear line on stderr, exit code 2."""
    _say(message)
    sys.exit(USAGE_ERROR)


def emit(text: str) -> None:
    """One block of content on stdout."""
    try:
        click.echo(text)
    except BrokenPipeError:
        raise OutputClosed from None


def guarded(call: Callable[[], Any]) -> NoReturn:
    """Run a command to its exit code. Ends the process."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal that has no letter for it must not stop the run
            stream.reconfigure(errors="backslashreplace")
    code = _run(call)
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError as error:
        _to_nowhere()
        if not isinstance(error, BrokenPipeError):
            _say(f"the output could not be written: {error.strerror}")
        code = USAGE_ERROR
    sys.exit(code)


def _run(call: Callable[[], Any]) -> int:
    try:
        result = call()
        return result if isinstance(result, int) else 0
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else USAGE_ERROR if end.code else 0
    except click.UsageError as error:
        error.show()
    except click.ClickException as error:
        _say(error.format_message())
    except (KeyboardInterrupt, click.Abort):
        _say(f"interrupted; {state.outcome}")
        return INTERRUPTED
    except (OutputClosed, BrokenPipeError):
        _to_nowhere()
    except OSError as error:
        _internal(error) if state.debug or not error.strerror else _say(_of_system(error))
    except RecursionError as error:
        _internal(error) if state.debug else _say(f"{_TOO_DEEP}; {state.outcome}")
    except Exception as error:
        _say(str(error)) if _blames_config(error) else _internal(error)
    return USAGE_ERROR


def _blames_config(error: Exception) -> bool:
    """What the config names is looked for while the program is analysed."""
    from ...codemods.engine.settings.config import ConfigError

    return isinstance(error, ConfigError)


def _of_system(error: OSError) -> str:
    name = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, (str, bytes)) else ""
    return f"{name}{error.strerror}; {state.outcome}"


def _internal(error: Exception) -> None:
    if state.debug:
        traceback.print_exception(error)
    words = " ".join(str(error).split())
    words = words if len(words) <= 200 else f"{words[:197]}..."
    what = f"{type(error).__name__}{': ' if words else ''}{words}{_place(error)}; {state.outcome}"
    _say(f"internal error: {what}{'' if state.debug else _ADVICE}")


_TOO_DEEP = (
    "too deep to be followed: some code calls through thousands of functions one after another, or is nested "
    "as deep"
)
_ADVICE = "; run again with --debug or ASYNC_FIX_DEBUG=1 for the traceback, and please report it"


def _place(error: Exception) -> str:
    """Where in our own code it happened."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        path = Path(frame.filename).resolve()
        if any(path.is_relative_to(_PACKAGE / room) for room in ("cli", "codemods")):
            return f" ({path.relative_to(_PACKAGE).as_posix()}:{frame.lineno})"
    return ""


def _say(message: str) -> None:
    try:
        click.echo(in_one_line(f"async-fix: {message}"), err=True)
    except OSError:
        _to_nowhere()


def _to_nowhere() -> None:
    """What is still buffered for a closed output must not raise when the interpreter ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            os.dup2(nowhere, stream.fileno())
        except (OSError, ValueError, AttributeError):
            continue
