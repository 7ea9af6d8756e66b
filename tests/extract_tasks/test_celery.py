"""Tasks of Celery that async code starts and forgets become tasks of Taskiq, where the user asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from projects import LEFT, PACKAGES, ROUTES, Migrated, migrate, source

WORKER = """\
from celery import Celery, chain, shared_task
from celery.utils.log import get_task_logger

from app import mail

celery_app = Celery("shop", broker="memory://")
logger = get_task_logger(__name__)


@celery_app.task
def welcome(to: str, name: str = "you", *, lang: str = "en") -> None:
    logger.info("to %s", to)
    mail.send_welcome(to, name, lang=lang)


@shared_task(name="orders.count", ignore_result=True, acks_late=True, serializer="json")
def count(order_id: int) -> None:
    print("counted", order_id)


@shared_task(serializer="pickle")
def pickled(order_id: int) -> None:
    print(order_id)


@shared_task(bind=True)
def bound(self, order_id: int) -> None:
    print(self.request.id, order_id)


@celery_app.task(autoretry_for=(OSError,), max_retries=3)
def retried(order_id: int) -> None:
    print(order_id)


@celery_app.task
def again(order_id: int) -> None:
    raise again.retry(countdown=1)


@celery_app.task
def chained(order_id: int) -> None:
    chain(count.si(order_id), count.si(order_id + 1)).delay()


@celery_app.task
def loose(data) -> None:
    print(data)


def plain(order_id: int) -> None:
    print(order_id)


class Mailing:
    def delay(self, order_id: int) -> None:
        print(order_id)
"""
HEAD = """\
from contextlib import suppress
from email.message import EmailMessage

import kombu.exceptions
from celery import chain, group
from fastapi import APIRouter, Request

from app import mail, worker
from app.service import join, report
from app.worker import again, bound, celery_app, chained, count, loose, pickled, retried, welcome

router = APIRouter()


"""
MOVES = {
    "delay": ("welcome.delay(to, name='Ann')", "await welcome_task.kiq(to, name='Ann')"),
    "by its module": ("worker.welcome.delay(to)", "await welcome_task.kiq(to)"),
    "options written out": (
        "welcome.apply_async((to, 'Bea'), {'lang': 'de'})",
        "await welcome_task.kiq(to, 'Bea', lang='de')",
    ),
    "options by name": (
        "welcome.apply_async(kwargs=dict(to=to), args=[])",
        "await welcome_task.kiq(to=to)",
    ),
    "a shared task of another name": ("count.delay(order_id=7)", "await count_task.kiq(order_id=7)"),
    "only where it is wanted": ("if to:\n        count.delay(7)", "if to:\n        await count_task.kiq(7)"),
    "for each": (
        "for each in to.split():\n        welcome.delay(each)",
        "for each in to.split():\n        await welcome_task.kiq(each)",
    ),
    "in a helper": ("join(to)", "await join(to)"),
    "kept under a name that nobody reads": ("made = count.delay(7)", "await count_task.kiq(7)"),
    "where any failure is answered": (
        "try:\n        count.delay(7)\n    except Exception:\n        return {}",
        "    await count_task.kiq(7)\n    except Exception:",
    ),
}
STAYS = {
    "its result is read": ("print(count.delay(7).id)", "its result is used"),
    "after a delay": ("count.apply_async((7,), countdown=60)", "needs a scheduler"),
    "at a time": ("count.apply_async(args=[7], eta=None)", "needs a scheduler"),
    "in a queue of its own": (
        "count.apply_async([7], queue='slow')",
        "queue of apply_async() has no counterpart",
    ),
    "options from elsewhere": ("count.apply_async([7], **options)", "** of apply_async() has no"),
    "with what runs next": (
        "count.apply_async([7], link=count.si(8))",
        "link of apply_async() has no counterpart",
    ),
    "arguments from elsewhere": ("count.apply_async(numbers)", "which function runs, and with what"),
    "a task that is given itself": ("bound.delay(7)", "bind of the task bound() has no"),
    "a task that takes more than JSON": ("pickled.delay(7)", "serializer of the task pickled() has no"),
    "a task that is tried again": (
        "retried.delay(7)",
        "autoretry_for of the task retried() has no counterpart",
    ),
    "a task that tries itself again": ("again.delay(7)", "again() asks Celery for something (again)"),
    "a task that goes on with others": ("chained.delay(7)", "chained() asks Celery for something (chain)"),
    "a chain": ("chain(count.si(7), count.si(8)).delay()", "a chain or a group of Celery has no"),
    "a group": ("group([count.s(7)]).apply_async()", "a chain or a group of Celery has no"),
    "a signature": ("count.s(7).delay()", "a chain or a group of Celery has no"),
    "whose error is told apart": (
        "try:\n        count.delay(7)\n    except kombu.exceptions.OperationalError:\n        return {}",
        "kombu of the broker of Celery is handled",
    ),
    "where no connection is told apart": (
        "try:\n        count.delay(7)\n    except (ValueError, ConnectionError):\n        return {}",
        "ConnectionError of the broker of Celery is handled",
    ),
    "whose error is suppressed": (
        "with suppress(kombu.exceptions.OperationalError):\n        count.delay(7)",
        "kombu of the broker of Celery is handled",
    ),
    "only its name": ("celery_app.send_task('orders.count', args=[7])", "the task is only named"),
    "what cannot be told": ("loose.delay(getattr(worker, to))", "what is passed as data cannot be told"),
    "the request": ("loose.delay(request)", "request is the request"),
}
OTHERS = (
    "print(count.name)",
    "worker.Mailing().delay(7)",
    "getattr(worker, to).delay(7)",
    "worker.plain(7)",
    "report(7)",
)
SERVICE = """\
from app.worker import count, welcome


def join(to: str) -> None:
    welcome.delay(to, "Joe")
    print("joined")


def report(order_id: int) -> None:
    count.delay(order_id)


if __name__ == "__main__":
    report(7)
"""
ON = LEFT.replace("[tool.async-fix]\n", '[tool.async-fix]\ncelery = "taskiq"\n')


def project(folder: Path, lines: Mapping[str, str] | list[str], config: str = ON, **more: str) -> Migrated:
    """A handler for each line."""
    handlers = [
        f'@router.post("/h{number}")\n'
        f"def h{number}(to: str, numbers: list[int], request: Request, options: dict[str, int] = {{}}):\n"
        f'    {line}\n    return {{"to": to}}\n\n\n'
        for number, line in enumerate(lines)
    ]
    files = {
        **PACKAGES,
        ROUTES: HEAD + "".join(handlers),
        "app/worker.py": WORKER,
        "app/service.py": SERVICE,
        "pyproject.toml": config,
    }
    return migrate(folder, files | {path.replace("__", "/") + ".py": text for path, text in more.items()})


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Migrated:
    return project(tmp_path_factory.mktemp("moved"), [line for line, _ in MOVES.values()])


@pytest.fixture(scope="module")
def stayed(tmp_path_factory: pytest.TempPathFactory) -> Migrated:
    return project(tmp_path_factory.mktemp("stayed"), [*(line for line, _ in STAYS.values()), *OTHERS])


@pytest.mark.parametrize("shape", MOVES)
def test_what_is_started_and_forgotten_is_queued(moved: Migrated, shape: str) -> None:
    body = moved.body(f"h{list(MOVES).index(shape)}")
    assert body.startswith("async def ")
    assert f"    {MOVES[shape][1]}\n" in body


def test_a_helper_queues_it_itself(moved: Migrated) -> None:
    assert moved.body("join", "app/service.py") == source(
        """
        async def join(to: str) -> None:
            await welcome_task.kiq(to, "Joe")
            print("joined")
        """
    )


def test_a_task_runs_the_function_of_the_other(moved: Migrated) -> None:
    """Which stays one of Celery's: for others, and for what is in its queue already."""
    assert moved.tasks == source(
        """
        @broker.task
        def welcome_task(to: str, name: str = "you", *, lang: str = "en") -> None:
            welcome.run(to, name, lang=lang)


        @broker.task
        def count_task(order_id: int) -> None:
            count.run(order_id)
        """
    )
    assert "app/worker.py" not in moved.after
    assert "welcome_task runs in a worker of Taskiq, no longer in one of Celery" in moved.behaviour


def test_the_application_runs(moved: Migrated) -> None:
    printed = moved.runs(
        """
        from fastapi.testclient import TestClient

        from app import mail
        from app.main import app as application

        mail.send_welcome = lambda to, name, lang: print("mail", to, name, lang)
        with TestClient(application) as client:
            for number in (0, 1, 2, 3, 4, 5, 7):
                answer = client.post(f"/h{number}", params={"to": "ann"}, json={"numbers": [], "options": {}})
                assert answer.json() == {"to": "ann"}, answer.text
        """,
        TASKIQ_IN_PLACE="1",
    )
    assert printed.splitlines() == [
        "mail ann Ann en",
        "mail ann you en",
        "mail ann Bea de",
        "mail ann you en",
        "counted 7",
        "counted 7",
        "mail ann Joe en",
        "joined",
    ]


@pytest.mark.parametrize("shape", STAYS)
def test_what_taskiq_has_no_counterpart_for_stays(stayed: Migrated, shape: str) -> None:
    line, why = STAYS[shape]
    body = stayed.body(f"h{list(STAYS).index(shape)}")
    assert "kiq" not in body
    assert line.split("(")[0].split(".")[0].split()[-1] in body
    assert any(why in text for text in stayed.celery), stayed.celery


def test_other_calls_of_these_names_and_what_scripts_start_stay(stayed: Migrated) -> None:
    assert stayed.tasks == ""
    assert "app/service.py" not in stayed.after


LINE = ["count.delay(7)"]
TEST = """\
from unittest.mock import patch


def test_it():
    with patch("app.worker.count.delay"):
        pass
"""
SIGNALS = "from celery.signals import task_failure\n\ntask_failure.connect(print)\n"
ROUTED = "from app.worker import celery_app\n\ncelery_app.conf.task_routes = {'orders.*': 'slow'}\n"
LIMITED = "from app.worker import celery_app\n\ncelery_app.conf.update(task_time_limit=30)\n"
KEYS = "CONFIG = {'task_annotations': {'*': {'rate_limit': '10/s'}}}\n"
BASE = "from celery import Celery\n\nother = Celery('other', task_cls='app.base:Task')\n"


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"tests__test_it": TEST}, "tests replace app.worker.count.delay"),
        ({"app__signals": SIGNALS}, "signals of Celery would not be sent"),
        ({"app__routing": ROUTED}, "task_routes of Celery in app/routing.py has no counterpart in Taskiq"),
        ({"app__keys": KEYS}, "task_annotations of Celery in app/keys.py has no counterpart in Taskiq"),
        ({"app__limit": LIMITED}, "task_time_limit of Celery in app/limit.py has no counterpart in Taskiq"),
        ({"app__other": BASE}, "task_cls of Celery in app/other.py has no counterpart in Taskiq"),
    ],
)
def test_what_is_told_of_all_tasks_keeps_them(tmp_path: Path, more: dict[str, str], why: str) -> None:
    done = project(tmp_path, LINE, **more)
    assert done.tasks == ""
    assert [text for text in done.celery if why in text]


OTHERWISE = """\
msg = EmailMessage()
    msg["To"] = to
    if len(numbers) > 3:
        count.delay(7)
    else:
        mail.deliver(msg)"""


@pytest.mark.parametrize("config", [ON, LEFT])
def test_a_task_does_not_queue_what_the_handler_queued(tmp_path: Path, config: str) -> None:
    done = project(tmp_path, [OTHERWISE], config)
    assert "deliver" not in done.tasks
    assert "await run_in_threadpool(mail.deliver, msg)\n" in done.body("h0")


def test_nobody_is_moved_from_celery_who_does_not_ask(tmp_path: Path) -> None:
    done = project(tmp_path, [line for line, _ in MOVES.values()], LEFT)
    assert done.tasks == ""
    assert done.celery == ()
