"""A PostgreSQL server of its own for the tests of a file."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

_OTHER = "postgres"
"""The server refuses to run as root."""


@contextmanager
def postgres_server() -> Iterator[str]:
    """The URL of its database; tests that call it are skipped where there is no server."""
    psycopg = pytest.importorskip("psycopg")
    if shutil.which("initdb") is None or shutil.which("postgres") is None:
        pytest.skip("PostgreSQL is not installed")
    user: dict[str, Any] = {"user": _OTHER} if os.getuid() == 0 else {}
    with tempfile.TemporaryDirectory(dir="/tmp") as folder, socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        taken.close()
        if user:
            shutil.chown(folder, _OTHER)
        data, quiet = f"{folder}/data", {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        made = ["initdb", "-D", data, "-U", "tester", "--auth=trust", "--no-sync", "--locale=C"]
        subprocess.run(made, check=True, cwd=folder, **quiet, **user)
        options = [f"-p{port}", "-cunix_socket_directories=", "-cfsync=off", "-clisten_addresses=127.0.0.1"]
        server = subprocess.Popen(["postgres", "-D", data, *options], cwd=folder, **quiet, **user)
        try:
            url = f"postgresql://tester@127.0.0.1:{port}/postgres"
            _wait(psycopg, url)
            yield url
        finally:
            server.send_signal(signal.SIGINT)  # with SIGTERM it waits for those who are still connected
            server.wait()


def _wait(psycopg: Any, url: str) -> None:
    until = time.monotonic() + 30
    while True:
        try:
            psycopg.connect(url).close()
            return
        except psycopg.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
