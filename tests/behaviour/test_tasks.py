"""The tasks that the tool makes: done by a real worker over a real Redis, and without any server.

The whole case of `legacy_shop` is asked of a real server. What the world saw in the end must be what it saw
before the conversion, wherever the tasks ran.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
from replaying.case import Exchange, read_case
from replaying.processes import Project, run, running
from replaying.replay import World, request_of, world
from replaying.stubs import REDIS_SERVER, RedisServer, free_port, wait_until

# a connection for each request: after an error the server may close the one it has
FRESH = httpx.Limits(max_keepalive_connections=0)

needs_redis = pytest.mark.skipif(REDIS_SERVER is None, reason="redis-server is not installed")
pytestmark = pytest.mark.xdist_group("legacy_shop")


def test_tasks_are_made(legacy_shop: Project) -> None:
    """Guards the others: without tasks they would prove nothing."""
    assert len(_tasks(legacy_shop)) >= 5


@needs_redis
def test_real_worker_over_real_redis(legacy_shop: Project) -> None:
    """It starts when half of the requests are through: what was queued before must not be lost."""
    exchanges = legacy_shop.case.exchanges
    half = len(exchanges) // 2
    with _shop(legacy_shop) as (around, environment), RedisServer() as redis:
        environment = {**environment, "TASKIQ_BROKER_URL": redis.url}
        with _server(legacy_shop.after, environment) as client, redis.client() as queue:
            _ask(exchanges[:half], legacy_shop, client, around, environment)
            assert queue.xlen("taskiq"), "nothing is queued"
            with _worker(legacy_shop, environment):
                _ask(exchanges[half:], legacy_shop, client, around, environment)
                _wait_for_the_same(legacy_shop, around)


def test_embedded_in_the_server(legacy_shop: Project) -> None:
    """No Redis, no worker: what was accepted is done before the server ends."""
    with _shop(legacy_shop) as (around, environment):
        with _server(legacy_shop.after, environment) as client:
            around.mail.start_over(0.3)  # so that something is left to do
            _ask(legacy_shop.case.exchanges, legacy_shop, client, around, environment)
        seen = _lines(around.mail.take_mails(), around.http.take_calls(), around.files())
        assert seen == _seen_before(legacy_shop)


def test_in_place(legacy_shop: Project) -> None:
    """`TASKIQ_IN_PLACE`: a task is done when `kiq` returns. The replay runs so; its mails tell it."""
    assert legacy_shop.case.environment["TASKIQ_IN_PLACE"] == "1"
    after = legacy_shop.answers_after["mails"]
    assert [mail["during"] for mail in after] == [
        mail["during"] for mail in legacy_shop.answers_before["mails"]
    ]


def test_tasks_are_plain_calls_too(legacy_shop: Project) -> None:
    """`await x_task(...)` runs the body, in scripts and tests, without a broker's help."""
    with _shop(legacy_shop) as (around, environment):
        module = _module(legacy_shop)
        done = run(
            "-c",
            f"import asyncio, inspect\nfrom {module} import send_receipt_task as task\n"
            "result = task('ann@example.com', 'o-1', '3.00')\n"
            "asyncio.run(result) if inspect.isawaitable(result) else None\n",
            cwd=legacy_shop.after,
            environment=environment,
        )
        assert done.returncode == 0, done.stderr
        assert [mail["subject"] for mail in around.mail.take_mails()] == ["Receipt for o-1"]


def _tasks(project: Project) -> list[str]:
    done = run(
        "-c",
        f"import json, {_module(project)} as tasks\nprint(json.dumps(sorted(tasks.broker.get_all_tasks())))",
        cwd=project.after,
    )
    assert done.returncode == 0, done.stderr
    return [str(name) for name in json.loads(done.stdout)]


def _module(project: Project) -> str:
    """Where the tool put the tasks, as the project imports it."""
    found = sorted(project.after.rglob("domain/tasks.py"))
    assert found, "no domain/tasks.py was made"
    return ".".join(found[0].relative_to(project.after).with_suffix("").parts)


@contextlib.contextmanager
def _shop(project: Project) -> Iterator[tuple[World, dict[str, str]]]:
    with world(read_case(project.case_file)) as around:
        yield around, {key: value for key, value in around.environment.items() if "TASKIQ" not in key}


@contextlib.contextmanager
def _server(tree: Path, environment: Mapping[str, str]) -> Iterator[httpx.Client]:
    port = free_port()
    arguments = ("-m", "uvicorn", "app.main:app", "--port", str(port), "--log-level", "warning")
    with (
        running(*arguments, cwd=tree, environment=environment),
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20, limits=FRESH) as client,
    ):
        wait_until(lambda: _is_up(client), "the server answers")
        yield client


def _is_up(client: httpx.Client) -> bool:
    try:
        return client.get("/openapi.json").is_success
    except httpx.TransportError:
        return False


@contextlib.contextmanager
def _worker(project: Project, environment: Mapping[str, str]) -> Iterator[None]:
    module = _module(project)
    broker = f"{module.removesuffix('.tasks')}.broker:broker"
    command = ("-m", "taskiq", "worker", broker, module, "--workers", "1", "--log-level", "WARNING")
    # a worker that listens to a Redis stream takes half a minute to end; by then its work is compared
    with running(*command, cwd=project.after, environment=environment, patience=0.5):
        yield


def _ask(
    exchanges: Sequence[Exchange],
    project: Project,
    client: httpx.Client,
    around: World,
    environment: Mapping[str, str],
) -> None:
    answers = {answer["name"]: answer for answer in project.answers_after["exchanges"]}
    for exchange in exchanges:
        if exchange.call:
            module, _, function = exchange.call.partition(":")
            call = f"import {module} as module\nmodule.{function}(*{list(exchange.args)!r})"
            assert run("-c", call, cwd=project.after, environment=environment).returncode == 0
            continue
        answer = client.request(**request_of(project.case, exchange, around.known))
        around.known.save(exchange, answer)
        assert answer.status_code == answers[exchange.name]["status"], exchange.name


def _wait_for_the_same(project: Project, around: World) -> None:
    expected = _seen_before(project)
    mails: list[Any] = []
    calls: list[Any] = []

    def seen() -> list[str]:
        mails.extend(around.mail.take_mails())
        calls.extend(around.http.take_calls())
        return _lines(mails, calls, around.files())

    with contextlib.suppress(TimeoutError):
        wait_until(lambda: seen() == expected, "the tasks are done")
    assert seen() == expected


def _seen_before(project: Project) -> list[str]:
    answers = project.answers_before
    return _lines(answers["mails"], answers["calls"], answers["files"])


def _lines(mails: list[Any], calls: list[Any], files: Mapping[str, str]) -> list[str]:
    """What the world saw, in an order that does not depend on when a task ran."""
    seen = [{key: value for key, value in item.items() if key != "during"} for item in (*mails, *calls)]
    return sorted([*(json.dumps(item, sort_keys=True) for item in seen), *map(" ".join, files.items())])
