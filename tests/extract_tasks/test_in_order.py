"""Requests of one handler come to a service in the order in which they are sent, whether they move or not."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from projects import HEAD, PACKAGES, ROUTES, TASKS, Migrated, migrate

CRM = """
import asyncio

import requests

BASE = "https://crm.example"


class Client:
    def __init__(self, base: str):
        self.base = base

    def add_contact(self, name: str) -> None:
        requests.post(f"{self.base}/contacts", json={"name": name}, timeout=5)

    def notify_deal(self, name: str) -> None:
        requests.post(f"{self.base}/deals", json={"name": name}, timeout=5)

    def find_contact(self, name: str) -> dict:
        return requests.get(f"{self.base}/contacts/{name}", timeout=5).json()


client = Client(BASE)


def notify_contact(name: str) -> None:
    requests.post(f"{BASE}/contacts", json={"name": name}, timeout=5)


def notify_deal(name: str) -> None:
    requests.post(BASE + "/deals", json={"name": name}, timeout=5)


async def asked_by_a_thread(name: str):
    return await asyncio.to_thread(requests.get, f"{BASE}/contacts/{name}", timeout=(1, 5))


def register(name: str) -> dict:
    card = {"name": name, "length": len(name)}
    requests.post(f"{BASE}/contacts", json=card, timeout=5)
    return card
"""
IMPORTS = """
import requests

from app.crm import BASE, asked_by_a_thread, client, notify_contact, notify_deal, register
from fastapi import BackgroundTasks, HTTPException
"""
POST = 'requests.post(f"{BASE}/contacts", json={"name": name}, timeout=5)'
NEXT = 'requests.post(f"{BASE}/deals", json={"name": name, "n": n}, timeout=5)'
ELSEWHERE = 'requests.post("https://mail.example/deals", json={"name": name, "n": n}, timeout=5)'


def done(folder: Path, body: str, parameters: str = "name: str, n: int", keyword: str = "def") -> Migrated:
    lines = textwrap.indent(textwrap.dedent(body).strip("\n"), "    ")
    route = f'{IMPORTS}\n\n@router.post("/x")\n{keyword} h({parameters}):\n{lines}\n    return {{}}\n'
    return migrate(folder, {**PACKAGES, "app/crm.py": CRM, ROUTES: HEAD + route})


def order(text: str) -> list[str]:
    parts = [part for part in ("/contacts", "/deals", "notify_contact(", "notify_deal(") if part in text]
    return sorted(parts, key=text.rindex)


ONE_TASK = {
    "one below the other": f"{POST}\n{NEXT}",
    "with something made between": f"{POST}\nn = n * 2\n{NEXT}",
    "the second at times": f"{POST}\nif n > 3:\n    {NEXT}",
    "each may fail": "".join(f"try:\n    {each}\nexcept OSError:\n    pass\n" for each in (POST, NEXT)),
    "in each round": "for i in range(n):\n    requests.post(BASE + '/contacts', None, {'n': i})",
    "by helpers": "notify_contact(name)\nnotify_deal(name)",
}


@pytest.mark.parametrize("name", ONE_TASK)
def test_one_task_sends_both(name: str, tmp_path: Path) -> None:
    found = done(tmp_path, ONE_TASK[name])
    assert found.after[ROUTES].count(".kiq(") == 1
    assert found.after[TASKS].count("@broker.task") == 1
    assert order(found.after[TASKS])[0] in ("/contacts", "notify_contact(")


ASKED = "found = requests.get(BASE + '/contacts').json()\nreturn found"
WAITED_FOR = {
    "its effect is asked for": f"{POST}\n{ASKED}",
    "a method asks": "client.notify_deal(name)\nreturn client.find_contact(name)",
    "the handler may end between them": f"{POST}\nif n == 3:\n    raise HTTPException(404)\n{NEXT}",
    "the next round sends one": f"for number in range(n):\n    n = number\n    print(n)\n    {POST}",
    "a helper sends it below, and its caller asks": f"card = register(name)\n{ASKED}, card",
}


@pytest.mark.parametrize("name", WAITED_FOR)
def test_it_is_sent_before_the_next(name: str, tmp_path: Path) -> None:
    found = done(tmp_path, WAITED_FOR[name])
    texts = found.after[ROUTES] + found.after.get("app/crm.py", "")
    first = "/deals" if "client" in WAITED_FOR[name] else "/contacts"
    assert any("await http_client().post(" in line and first in line for line in texts.splitlines()), texts
    assert any("overtake" in told for told in found.stays), found.stays


@pytest.mark.parametrize(
    "asked",
    ["asked_by_a_thread(name)", "asyncio.to_thread(requests.get, BASE + '/contacts', timeout=(1, 5))"],
)
def test_what_a_thread_asks_is_asked_as_well(asked: str, tmp_path: Path) -> None:
    body = f"import asyncio\n{POST}\nreturn (await {asked}).json()"
    found = done(tmp_path, body, keyword="async def")
    assert "await http_client().post(" in found.after[ROUTES]
    assert TASKS not in found.after
    assert any("the request of line" in told and "overtake" in told for told in found.stays), found.stays


APART = {
    "to two services": f"{POST}\n{ELSEWHERE}",
    "one or the other": f"if n > 3:\n    {POST}\nelse:\n    {NEXT}",
    "one, and then the end": f"if n > 3:\n    {POST}\n    return {{'n': n}}\n{NEXT}",
    "one asks before": f"if requests.get(BASE).json():\n    n = 4\n{POST}",
}


@pytest.mark.parametrize("name", APART)
def test_what_comes_behind_no_other_is_a_task_of_its_own(name: str, tmp_path: Path) -> None:
    found = done(tmp_path, APART[name])
    assert found.after[ROUTES].count(".kiq(") == APART[name].count("requests.post")
    assert not any("overtake" in told for told in found.stays)


@pytest.mark.parametrize("url", ["url", 'f"{BASE}/hooks/{url}"', 'BASE + url + "/hooks"'])
def test_each_round_asks_something_else(url: str, tmp_path: Path) -> None:
    body = f'for url in urls:\n    requests.post({url}, json={{"name": name}}, timeout=5)'
    found = done(tmp_path, body, "name: str, urls: list[str]")
    assert "    for url in urls:\n        await send_" in found.after[ROUTES]


def test_two_urls_that_are_given_are_two_services(tmp_path: Path) -> None:
    body = 'requests.post(url, json={"name": name})\nrequests.post(other, json={"name": name})'
    found = done(tmp_path, body, "name: str, url: str, other: str")
    assert found.after[ROUTES].count(".kiq(") == 2


@pytest.mark.parametrize("asked", [ASKED, "return client.find_contact(name)"])
def test_what_its_handler_asks_comes_before_a_background_task(asked: str, tmp_path: Path) -> None:
    found = done(
        tmp_path, f"tasks.add_task(notify_contact, name)\n{asked}", "name: str, tasks: BackgroundTasks"
    )
    assert "    tasks.add_task(notify_contact_task.kiq, name)" in found.after[ROUTES]
    assert not any("overtake" in told for told in found.behind), found.behind


def test_what_is_called_below_a_background_task_is_done_before_it(tmp_path: Path) -> None:
    body = "tasks.add_task(notify_contact, name)\nif n > 3:\n    notify_deal(name)"
    found = done(tmp_path, body, "name: str, n: int, tasks: BackgroundTasks")
    assert "    tasks.add_task(notify_contact_task.kiq, name)" in found.after[ROUTES]
    assert "await notify_deal(name)" in found.after[ROUTES]
    apart = "if n > 3:\n    tasks.add_task(notify_contact, name)\nelse:\n    notify_deal(name)"
    other = done(tmp_path / "apart", apart, "name: str, n: int, tasks: BackgroundTasks")
    assert other.after[ROUTES].count("_task.kiq") == 2


def test_background_tasks_take_turns_as_they_did(tmp_path: Path) -> None:
    body = "tasks.add_task(notify_contact, name)\ntasks.add_task(notify_deal, name)"
    found = done(tmp_path, body, "name: str, tasks: BackgroundTasks")
    assert "    tasks.add_task(notify_contact, name)\n    tasks.add_task(notify_deal" in found.after[ROUTES]
    assert any("overtake" in told for told in found.behind), found.behind
