"""Runs `python <arguments>` in forks of one interpreter that has imported the frameworks.

To import them takes a second, and the projects of the tests are run hundreds of times.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import io
import json
import os
import runpy
import signal
import subprocess
import sys
import tempfile
import threading
import traceback
import warnings
from collections.abc import Mapping
from functools import cache
from itertools import takewhile
from pathlib import Path
from typing import Any, NoReturn, TextIO

_IMPORTED = (
    "PIL.JpegImagePlugin",
    "PIL.PngImagePlugin",
    "aiosmtpd.controller",
    "aiosqlite",
    "anyio._backends._asyncio",
    "anyio.pytest_plugin",
    "async_fix.cli.commands.apply",
    "async_fix.cli.group",
    "async_fix.codemods.engine.outcome",
    "celery.app.trace",
    "fastapi.testclient",
    "fpdf",
    "httpcore",
    "httpcore2",
    "httpx",
    "hypothesis",
    "pydantic.v1",
    "pytest",
    "pytest_timeout",
    "redis.asyncio",
    "replaying.loop_watch",
    "replaying.stubs",
    "requests",
    "rich.console",
    "sqlalchemy.dialects.sqlite.aiosqlite",
    "sqlalchemy.ext.asyncio",
    "sqlmodel",
    "taskiq",
    "tomlkit",
    "xdist.plugin",
)
SECONDS = 240
_BUFFERED = (io.BufferedRandom, io.BufferedWriter, io.TextIOWrapper)
_WATCHED: dict[bool, dict[str, str]] = {True: {"PYTHONASYNCIODEBUG": "1"}, False: {}}


def run(
    *arguments: str | Path,
    cwd: Path,
    environment: Mapping[str, str] | None = None,
    strict: bool = True,
) -> subprocess.CompletedProcess[str]:
    """To its end, and not longer than `SECONDS`; where it is strict, asyncio watches itself and a coroutine
    that nobody awaits is an error."""
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder) / "out", Path(folder) / "err"
        job = {
            "arguments": list(map(str, arguments)),
            "cwd": str(cwd),
            "environment": {**(os.environ if environment is None else environment), **_WATCHED[strict]},
            "strict": strict,
            "output": [str(out), str(err)],
        }
        server = _server()
        assert server.stdin is not None
        assert server.stdout is not None
        server.stdin.write(json.dumps(job) + "\n")
        server.stdin.flush()
        code = int(server.stdout.readline())
        return subprocess.CompletedProcess(job["arguments"], code, out.read_text(), err.read_text())


@cache
def _server() -> subprocess.Popen[str]:
    """One for each process of pytest; ends with it."""
    paths = os.pathsep.join([str(Path(__file__).parent), *filter(None, [os.environ.get("PYTHONPATH")])])
    server = subprocess.Popen(
        [sys.executable, "-m", "forked"],
        env={**os.environ, "PYTHONPATH": paths},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    atexit.register(server.communicate)
    return server


def _import_asyncio() -> None:
    """Where it watches itself it notes where each future was made, which takes as long as all the rest that
    most programs do, and is told to nobody. What is written in C takes this function when it is imported."""
    assert "asyncio" not in sys.modules
    extract = traceback.extract_stack
    traceback.extract_stack = list  # type: ignore[assignment]
    import asyncio.constants

    traceback.extract_stack = extract
    asyncio.constants.DEBUG_STACK_DEPTH = 0


def _serve(jobs: TextIO) -> dict[str, Any] | None:
    """Says the exit code of each job. Gives the job in the process that is to do it."""
    for line in jobs:
        child = os.fork()
        if not child:
            job: dict[str, Any] = json.loads(line)
            return job
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)
    return None


def _become(job: Mapping[str, Any]) -> None:
    signal.alarm(SECONDS)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for number, path in enumerate(job["output"], start=1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), number)
    os.chdir(job["cwd"])
    os.environ.clear()
    os.environ.update(job["environment"])
    sys.path[0] = job["cwd"]
    if job["strict"]:
        warnings.simplefilter("error", RuntimeWarning)
    kind, *rest = job["arguments"]
    if kind == "-m":
        sys.argv = rest
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
    elif kind == "-c":
        sys.argv = [kind, *rest[1:]]
        exec(compile(rest[0], "<string>", "exec"), {"__name__": "__main__"})
    else:
        sys.argv = job["arguments"]
        runpy.run_path(kind, run_name="__main__")


def _leave(code: int, last: str) -> NoReturn:
    """As an interpreter ends, but for the modules that the server has imported, the `last` of them and those
    before it: to take them apart one by one, or only to look at each, copies much of the memory of the
    server, which takes longer than most programs run."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for name in list(takewhile(last.__ne__, reversed(sys.modules))):
        del sys.modules[name]
    _flush()
    gc.collect()  # coroutines that nobody has awaited say so now
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code & 0xFF)


def _flush() -> None:
    """In a circle a file may be taken apart after what it writes to."""
    for each in gc.get_objects():
        if issubclass(type(each), _BUFFERED) and not each.closed:
            each.flush()


if __name__ == "__main__":
    _import_asyncio()
    for name in _IMPORTED:
        importlib.import_module(name)
    runpy.run_module("warming")
    for thread in set(threading.enumerate()) - {threading.main_thread()}:
        thread.join()  # those that end: a fork has none of them
    sys.dont_write_bytecode = True  # what a fork imports lies in a folder that is compared
    gc.collect()
    gc.freeze()  # or each fork would look at all of it again when it ends
    last = next(reversed(sys.modules))
    mine = _serve(sys.stdin)
    if mine is not None:
        try:
            _become(mine)
        except SystemExit as end:
            if not isinstance(end.code, int | None):
                raise  # says it on stderr
            _leave(end.code or 0, last)
        except Exception:
            sys.excepthook(*sys.exc_info())
            _leave(1, last)
        _leave(0, last)
