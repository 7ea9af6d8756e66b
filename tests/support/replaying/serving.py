"""A converted project as it is run: server, worker, and the world around them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx

from .case import Case, read_case
from .processes import Project, running
from .replay import World, world
from .stubs import free_port, wait_until

# a connection for each request: after an error the server may close the one it has
FRESH = httpx.Limits(max_keepalive_connections=0)


def tasks_module(tree: Path) -> str:
    """Where the tool put the tasks, as the project imports it."""
    found = sorted(tree.rglob("domain/tasks.py"))
    assert found, "no domain/tasks.py was made"
    return ".".join(found[0].relative_to(tree).with_suffix("").parts)


@contextlib.contextmanager
def around_it(project: Project) -> Iterator[tuple[World, dict[str, str]]]:
    with world(read_case(project.case_file)) as around:
        yield around, {key: value for key, value in around.environment.items() if "TASKIQ" not in key}


@contextlib.contextmanager
def server(
    case: Case, tree: Path, environment: Mapping[str, str], before: str = ""
) -> Iterator[httpx.Client]:
    """`before` are statements that the process of the server runs first."""
    port = free_port()
    start = f"import uvicorn\n{before}\nuvicorn.run({case.app!r}, port={port}, log_level='warning')"
    with (
        running("-c", start, cwd=tree, environment=environment),
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=90, limits=FRESH) as client,
    ):
        wait_until(lambda: _is_up(client), "the server answers")
        yield client


def _is_up(client: httpx.Client) -> bool:
    try:
        return client.get("/openapi.json").is_success
    except httpx.TransportError:
        return False


@contextlib.contextmanager
def worker(tree: Path, environment: Mapping[str, str]) -> Iterator[None]:
    module = tasks_module(tree)
    broker = f"{module.removesuffix('.tasks')}.broker:broker"
    command = ("-m", "taskiq", "worker", broker, module, "--workers", "1", "--log-level", "WARNING")
    # a worker that listens to a Redis stream takes half a minute to end; by then its work is compared
    with running(*command, cwd=tree, environment=environment, patience=0.5):
        yield
