"""The tasks that the tool makes: done by a real worker over a real Redis, and without any server.

The whole case of a project is asked of a real server. What the world saw in the end must be what it saw
before the conversion, wherever the tasks ran, and whenever the worker came.
"""

from __future__ import annotations

import contextlib
import json
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
from replaying.case import Exchange
from replaying.processes import Project, run
from replaying.rabbitmq import HAS_CLIENT, RABBITMQ_SERVER, RabbitServer
from replaying.replay import World, request_of
from replaying.serving import around_it, server, tasks_module, worker
from replaying.stubs import REDIS_SERVER, RedisServer, free_port, wait_until

needs_rabbitmq = pytest.mark.skipif(
    RABBITMQ_SERVER is None or not HAS_CLIENT, reason="rabbitmq-server or taskiq-aio-pika is not installed"
)
needs_redis = pytest.mark.skipif(REDIS_SERVER is None, reason="redis-server is not installed")
in_the_shop = pytest.mark.parametrize("project", ["legacy_shop"], indirect=True)
in_the_club = pytest.mark.parametrize("project", ["club_office"], indirect=True)
REFUSED = "redis://127.0.0.1:9/0"


@in_the_shop
def test_tasks_are_made(project: Project) -> None:
    """Guards the others: without tasks they would prove nothing."""
    assert len(_tasks(project)) >= 12


@in_the_club
def test_each_kind_of_work_is_made_a_task(project: Project) -> None:
    assert len(_tasks(project)) >= 35


@in_the_shop
@needs_redis
def test_real_worker_over_real_redis(project: Project) -> None:
    """It starts when half of the requests are through: what was queued before must not be lost."""
    exchanges = project.case.exchanges
    half = len(exchanges) // 2
    with around_it(project) as (around, environment), RedisServer() as redis:
        environment = {**environment, "TASKIQ_BROKER_URL": redis.url}
        with server(project.case, project.after, environment) as client, redis.client() as queue:
            _ask(exchanges[:half], project, client, around, environment)
            assert queue.xlen("taskiq"), "nothing is queued"
            with worker(project.after, environment):
                _ask(exchanges[half:], project, client, around, environment)
                _wait_for_the_same(project, around)


@in_the_club
@needs_redis
def test_the_worker_comes_when_the_application_has_ended(project: Project) -> None:
    """Nothing of what was accepted is lost, nor what comes behind a task that fails."""
    with around_it(project) as (around, environment), RedisServer() as redis:
        environment = {**environment, "TASKIQ_BROKER_URL": redis.url}
        with server(project.case, project.after, environment) as client:
            _ask(project.case.exchanges, project, client, around, environment)
        uploads = project.after / "var" / "uploads"
        assert len(list(uploads.iterdir())) >= 3, "no upload waits for the worker"
        with worker(project.after, environment):
            _wait_for_the_same(project, around)
            wait_until(lambda: not list(uploads.iterdir()), "the tasks have put the uploads away")


@in_the_club
@needs_rabbitmq
def test_real_worker_over_real_rabbitmq(project: Project, tmp_path: Path) -> None:
    """It comes when the application has ended, and finds all that was queued."""
    tree = tmp_path / "rabbitmq"
    shutil.copytree(project.before, tree)
    config = tree / "pyproject.toml"
    config.write_text(config.read_text().replace("[tool.async-fix]", '[tool.async-fix]\nbroker = "rabbitmq"'))
    project.convert(tree)
    with around_it(project) as (around, environment), RabbitServer() as rabbit:
        environment = {**environment, "TASKIQ_BROKER_URL": rabbit.url}
        with server(project.case, tree, environment) as client:
            _ask(project.case.exchanges, project, client, around, environment)
        with worker(tree, environment):
            _wait_for_the_same(project, around)


@in_the_club
def test_an_application_without_its_queue_does_not_start(project: Project) -> None:
    """It would answer 200 and lose the mail."""
    with around_it(project) as (_, environment):
        environment = {**environment, "TASKIQ_BROKER_URL": REFUSED}
        arguments = ("-m", "uvicorn", project.case.app, "--port", str(free_port()))
        done = run(*arguments, cwd=project.after, environment=environment)
        assert done.returncode != 0
        assert re.search(r"ConnectionError: .*127\.0\.0\.1:9\b", done.stderr)


@in_the_club
@needs_redis
def test_what_cannot_be_queued_is_told_to_the_client(project: Project) -> None:
    """A queue that goes away is an error of this request, not a mail that never comes."""
    exchange = next(e for e in project.case.exchanges if e.path == "/members/other-module")
    tolerated = next(e for e in project.case.exchanges if e.path == "/members/inline-logged")
    with around_it(project) as (around, environment), RedisServer() as redis:
        environment = {**environment, "TASKIQ_BROKER_URL": redis.url}
        with server(project.case, project.after, environment) as client:
            redis.stop()
            request = request_of(project.case, exchange, around.known)
            assert client.request(**request).status_code == 500
            request = request_of(project.case, tolerated, around.known)
            assert client.request(**request).status_code == 200, "it took failures of the mail, too"


@in_the_shop
def test_embedded_in_the_server(project: Project) -> None:
    """No Redis, no worker: what was accepted is done before the server ends."""
    with around_it(project) as (around, environment):
        with server(project.case, project.after, environment) as client:
            around.mail.start_over(0.3)  # so that something is left to do
            _ask(project.case.exchanges, project, client, around, environment)
        seen = _lines(around.mail.take_mails(), around.http.take_calls(), around.files())
        assert seen == _expected(project)


@in_the_shop
def test_in_place(project: Project) -> None:
    """`TASKIQ_IN_PLACE`: a task is done when `kiq` returns. The replay runs so; its mails tell it."""
    assert project.case.environment["TASKIQ_IN_PLACE"] == "1"
    after = project.answers_after["mails"]
    assert [mail["during"] for mail in after] == [mail["during"] for mail in project.answers_before["mails"]]


@in_the_shop
def test_tasks_are_plain_calls_too(project: Project) -> None:
    """`await x_task(...)` runs the body, in scripts and tests, without a broker's help."""
    with around_it(project) as (around, environment):
        module = tasks_module(project.after)
        done = run(
            "-c",
            f"import asyncio, inspect\nfrom {module} import send_receipt_task as task\n"
            "result = task('ann@example.com', 'o-1', '3.00')\n"
            "asyncio.run(result) if inspect.isawaitable(result) else None\n",
            cwd=project.after,
            environment=environment,
        )
        assert done.returncode == 0, done.stderr
        assert [mail["subject"] for mail in around.mail.take_mails()] == ["Receipt for o-1"]


def _tasks(project: Project) -> list[str]:
    module = tasks_module(project.after)
    listed = f"import json, {module} as tasks\nprint(json.dumps(sorted(tasks.broker.get_all_tasks())))"
    done = run("-c", listed, cwd=project.after)
    assert done.returncode == 0, done.stderr
    return [str(name) for name in json.loads(done.stdout)]


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
    expected = _expected(project)
    mails: list[Any] = []
    calls: list[Any] = []

    def seen() -> list[str]:
        mails.extend(around.mail.take_mails())
        calls.extend(around.http.take_calls())
        return _lines(mails, calls, around.files())

    with contextlib.suppress(TimeoutError):
        wait_until(lambda: seen() == expected, "the tasks are done")
    assert seen() == expected


def _expected(project: Project) -> list[str]:
    """As before; where the answer is meant to change, as in place."""
    before, after = project.answers_before, project.answers_after
    changed = {exchange.name for exchange in project.case.exchanges if exchange.changed}
    mails, calls = (
        [item for item in before[kind] if item["during"] not in changed]
        + [item for item in after[kind] if item["during"] in changed]
        for kind in ("mails", "calls")
    )
    return _lines(mails, calls, before["files"])


def _lines(mails: list[Any], calls: list[Any], files: Mapping[str, Mapping[str, str]]) -> list[str]:
    """What the world saw, in an order that does not depend on when a task ran.

    Nor on when the ends of dependencies ran: of two requests, one behind the other, they may swap.
    """
    seen = [{key: value for key, value in item.items() if key != "during"} for item in (*mails, *calls)]
    kept = (f"{name} {held['lines']}" for name, held in files.items())
    return sorted([*(json.dumps(item, sort_keys=True) for item in seen), *kept])
