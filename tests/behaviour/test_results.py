"""Results that the answer needs, from a real worker: waited for, or asked for later."""

from __future__ import annotations

import hashlib
from typing import Any

import httpx
import pytest
from replaying.case import Exchange
from replaying.processes import Project
from replaying.replay import request_of
from replaying.serving import around_it, server, worker
from replaying.stubs import REDIS_SERVER, RedisServer, wait_until

pytestmark = [
    pytest.mark.parametrize("project", ["club_office"], indirect=True),
    pytest.mark.skipif(REDIS_SERVER is None, reason="redis-server is not installed"),
]
CARD, INVOICE, REFUSED = "GET /files/card/7", "POST /invoices/result", "it was not sent"


def test_a_request_waits_for_the_worker(project: Project) -> None:
    """The same answers as before; 504 when there is no worker."""
    tree = project.converted("--results", "wait")
    impatient = "import club.domain.results\nclub.domain.results.TIMEOUT = 0.4"
    with around_it(project) as (_, environment), RedisServer() as redis:
        environment = {**environment, "TASKIQ_BROKER_URL": redis.url}
        with server(project.case, tree, environment, impatient) as client:
            assert _ask(client, project, CARD).status_code == 504
        with server(project.case, tree, environment) as client, worker(tree, environment):
            for name in (CARD, INVOICE, REFUSED):
                answer = _ask(client, project, name)
                assert (answer.status_code, _body(answer)) == _before(project, name), name


def test_a_result_is_asked_for_later(project: Project) -> None:
    """202 and a task id at once; the answer of before at the second endpoint, when a worker has come."""
    tree = project.converted("--results", "poll")
    with around_it(project) as (_, environment), RedisServer() as redis:
        environment = {**environment, "TASKIQ_BROKER_URL": redis.url}
        with server(project.case, tree, environment) as client:
            pages = {
                CARD: f"/files/card/7/result/{_accepted(client, project, CARD)}",
                INVOICE: f"/invoices/result/result/{_accepted(client, project, INVOICE)}",
            }
            assert {client.get(page).status_code for page in pages.values()} == {202}
            with worker(tree, environment):
                for name, page in pages.items():
                    answer = _when_done(client, page)
                    assert (answer.status_code, _body(answer)) == _before(project, name), name


def _when_done(client: httpx.Client, page: str) -> httpx.Response:
    wait_until(lambda: client.get(page).status_code != 202, "the task is done")
    return client.get(page)


def _exchange(project: Project, name: str) -> Exchange:
    return next(each for each in project.case.exchanges if each.name.partition(" ")[2] == name)


def _ask(client: httpx.Client, project: Project, name: str) -> httpx.Response:
    return client.request(**request_of(project.case, _exchange(project, name), {}))


def _accepted(client: httpx.Client, project: Project, name: str) -> str:
    answer = _ask(client, project, name)
    assert answer.status_code == 202
    return str(answer.json()["task_id"])


def _before(project: Project, name: str) -> tuple[int, Any]:
    wanted = _exchange(project, name).name
    answer = next(each for each in project.answers_before["exchanges"] if each["name"] == wanted)
    return answer["status"], answer["body"]


def _body(answer: httpx.Response) -> Any:
    if answer.headers["content-type"] == "application/json":
        return answer.json()
    return {"bytes": len(answer.content), "sha256": hashlib.sha256(answer.content).hexdigest()}
