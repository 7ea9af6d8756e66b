"""Brokers for each server: made where the project has none, of the kind that the config names."""

from __future__ import annotations

from pathlib import Path

import pytest
from projects import HEAD, MAIN, PACKAGES, ROUTES, Migrated, migrate

ROUTE = """\
from app.mail import send_welcome


@router.post("/x")
def h(to: str):
    send_welcome(to, "Ann")
    return {}
"""
MADE = {
    "redis": ("RedisStreamBroker(", "taskiq-redis", "redis://host:6379/0"),
    "rabbitmq": ("AioPikaBroker(url)", "taskiq-aio-pika", "amqp://user:password@host:5672/"),
    "nats": ("PullBasedJetStreamBroker(url)", "taskiq-nats", "nats://host:4222"),
}


def with_config(folder: Path, config: str, **more: str) -> Migrated:
    files = {path.replace("__", "/").replace("_py", ".py"): text for path, text in more.items()}
    return migrate(folder, {**PACKAGES, ROUTES: HEAD + ROUTE, "async-fix.toml": config, **files})


@pytest.mark.parametrize("kind", MADE)
def test_a_broker_is_made_for_the_server(tmp_path: Path, kind: str) -> None:
    done = with_config(tmp_path, f'broker = "{kind}"\n')
    made, distribution, url = MADE[kind]
    assert made in done.after["app/domain/broker.py"]
    assert f"TASKIQ_BROKER_URL={url}" in done.after["app/domain/broker.py"]
    steps = "\n".join(done.report.next_steps)
    assert f"set TASKIQ_BROKER_URL={url}" in steps
    assert distribution in steps
    done.runs("import app.main, app.domain.tasks")  # without any server


def test_the_broker_is_started_by_the_application_that_sends_tasks_and_by_no_other(tmp_path: Path) -> None:
    other = "from fastapi import FastAPI\n\nadmin = FastAPI()\n"
    done = with_config(tmp_path, "", app__admin_py=other)
    assert "await broker.startup()\n" in done.after["app/main.py"]
    assert "await broker.shutdown()\n" in done.after["app/main.py"]
    assert done.after.get("app/admin.py", other) == other


def test_a_folder_for_uploads_that_no_task_reads_need_not_be_shared(tmp_path: Path) -> None:
    done = with_config(tmp_path, 'uploads = "var/uploads"\n')
    assert "app/domain/tasks.py" in done.after
    assert not any("share var/uploads" in step for step in done.report.next_steps)


OWN = "import os\n\nfrom taskiq import InMemoryBroker\nfrom taskiq_redis import ListQueueBroker\n\n"
OWN_BROKERS = {
    "plain": "broker = InMemoryBroker()\n",
    "one of two": 'broker = ListQueueBroker("u") if os.getenv("URL") else InMemoryBroker()\n',
    "by an if": """\
if os.getenv("TEST"):
    broker = InMemoryBroker()
else:
    broker = ListQueueBroker("u")
""",
    "by a function": """\
def make():
    if os.getenv("TEST"):
        return InMemoryBroker()
    return ListQueueBroker("u")


broker = make()
""",
}


@pytest.mark.parametrize("made", OWN_BROKERS)
def test_a_broker_of_the_projects_own_is_kept(tmp_path: Path, made: str) -> None:
    done = with_config(tmp_path, 'broker = "rabbitmq"\n', app__queue_py=OWN + OWN_BROKERS[made])
    assert "app/domain/broker.py" not in done.after
    assert "from app.queue import broker\n" in done.after["app/domain/tasks.py"]
    steps = "\n".join(done.report.next_steps)
    assert "aio-pika" not in steps
    assert ("is an InMemoryBroker" in steps) == (made == "plain")


def test_the_broker_that_is_made_is_started_beside_one_that_is_no_taskiq_broker(tmp_path: Path) -> None:
    main = f"{MAIN}\n\n@app.on_event('startup')\nasync def start():\n    await app.state.broker.startup()\n"
    done = with_config(tmp_path, "", app__main_py=main)
    assert "is_worker_process" in done.after["app/main.py"]


def test_a_broker_that_keeps_no_results_is_told(tmp_path: Path) -> None:
    done = with_config(tmp_path, 'broker = "nats"\nresults = "wait"\n')
    assert (
        "a broker for nats keeps no results: what answers need is done in threads" in done.report.next_steps
    )


@pytest.mark.parametrize("name", ["Procfile", "compose.yaml"])
def test_where_the_worker_is_started_is_told(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("")
    done = with_config(tmp_path, "")
    command = "taskiq worker app.domain.broker:broker app.domain.tasks"
    assert any(step.startswith(f"add to {name}: ") and command in step for step in done.report.next_steps)


def test_a_poetry_pin_gets_the_versions_that_go_with_it(tmp_path: Path) -> None:
    poetry = '[tool.poetry.dependencies]\nfastapi = "*"\nredis = "^5.0.1"\n'
    (tmp_path / "pyproject.toml").write_text(poetry)
    done = with_config(tmp_path, "")
    assert "unacknowledged_lock_timeout" not in done.after["app/domain/broker.py"]
    assert "taskiq-redis==1.0.9" in "\n".join(done.report.next_steps)
