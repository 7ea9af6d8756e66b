"""Which task a call queues: two tasks are one only where both do the same."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest
from projects import HEAD, MAIL, PACKAGES, ROUTES, TASKS, migrate


def test_two_helpers_of_one_name_with_the_same_parameters_stay_two(tmp_path: Path) -> None:
    """One task of that name would send one text to all."""
    letter = """
        import smtplib


        def send_letter(to: str) -> None:
            with smtplib.SMTP("localhost") as smtp:
                smtp.sendmail("a@example.com", to, "{}")
    """
    route = """
        from fastapi import APIRouter

        from app.{0} import send_letter

        router = APIRouter()


        @router.post("/{0}")
        def post_{0}(to: str):
            send_letter(to)
            return {{}}
    """
    names = ("thanks", "offers")
    files = {f"app/{name}.py": letter.format(name) for name in names}
    routes = {f"app/api/{name}.py": route.format(name) for name in names}
    done = migrate(tmp_path, {**PACKAGES, **files, **routes, ROUTES: HEAD})
    queued = [done.after[f"app/api/{name}.py"].partition("await ")[2].partition(".kiq")[0] for name in names]
    assert len({*queued}) == 2
    assert [done.after[TASKS].count(f"def {name}(to: str)") for name in queued] == [1, 1]


@pytest.mark.parametrize(
    ("imported", "name"),
    [
        ("from app.mail import send_welcome", "send_welcome_task"),
        ("from ..mail import send_welcome", "send_welcome_task"),
        ("from app.old_mail import send_welcome", "mail_send_welcome_task"),
        ("from .mail import send_welcome", "mail_send_welcome_task"),
    ],
)
def test_a_task_that_is_there_is_used_for_the_same_work_alone(
    tmp_path: Path, imported: str, name: str
) -> None:
    own = f"""
        {imported}

        from app.domain.broker import broker


        @broker.task
        def send_welcome_task(to: str, name: str, *, lang: str = "en") -> None:
            send_welcome(to, name, lang=lang)
    """
    broker = "from taskiq import InMemoryBroker\n\nbroker = InMemoryBroker()\n"
    files = {TASKS: own.lstrip("\n"), "app/domain/broker.py": broker, "app/domain/__init__.py": ""}
    files |= dict.fromkeys(("app/old_mail.py", "app/domain/mail.py"), MAIL)
    route = 'from app.mail import send_welcome\n\n\n@router.post("/x")\n'
    route += 'def h(to: str):\n    send_welcome(to, "Ann")\n    return {}\n'
    done = migrate(tmp_path, {**PACKAGES, **files, ROUTES: HEAD + route})
    assert f'    await {name}.kiq(to, "Ann")\n' in done.after[ROUTES]
    assert (TASKS in done.after) == (name != "send_welcome_task")


BLOCK = """

    @router.post("/{name}")
    def {name}(to: str):
        with smtplib.SMTP("localhost") as smtp:
            smtp.sendmail("a@example.com", to, "{text}")
        return {{"did": "{name}"}}
"""


def tasks_of(folder: Path, **texts: str) -> list[str]:
    parts = [textwrap.dedent(BLOCK.format(name=name, text=text)) for name, text in texts.items()]
    done = migrate(folder, {**PACKAGES, ROUTES: HEAD + "".join(parts)})
    assert done.after[ROUTES].count(".kiq(to)") == len(texts)
    return re.findall(r"def (\w+)", done.after[TASKS])


def test_blocks_that_do_the_same_are_one_task_named_by_what_it_does(tmp_path: Path) -> None:
    assert tasks_of(tmp_path, enrich="changed", dispose="changed", commit="changed") == ["send_email_task"]


def test_blocks_that_differ_are_named_by_where_they_come_from(tmp_path: Path) -> None:
    found = tasks_of(tmp_path, enrich="changed", dispose="gone")
    assert found == ["send_enrich_email_task", "send_dispose_email_task"]


def test_one_task_for_two_places_leaves_the_others_alone(tmp_path: Path) -> None:
    found = tasks_of(tmp_path, enrich="changed", dispose="gone", commit="changed")
    assert found == ["send_email_task", "send_dispose_email_task"]


def test_messages_that_one_helper_delivers_are_named_by_where_they_come_from(tmp_path: Path) -> None:
    """`deliver_email_task` would say of neither what it does, and of the first that it does it for all."""
    route = """

        @router.post("/{name}")
        def {name}(to: str):
            msg = EmailMessage()
            msg["Subject"] = "{name}"
            msg["To"] = to
            deliver(msg)
            return {{"did": "{name}"}}
    """
    parts = [textwrap.dedent(route.format(name=name)) for name in ("enrich", "dispose")]
    imports = HEAD.replace("from fastapi", "from app.mail import deliver\nfrom fastapi")
    done = migrate(tmp_path, {**PACKAGES, ROUTES: imports + "".join(parts)})
    found = re.findall(r"def (\w+)", done.after[TASKS])
    assert found == ["send_enrich_email_task", "send_dispose_email_task"]


CODES = """
    import aiosmtplib


    async def send_code(to: str, code: str) -> None:
        await aiosmtplib.send(f"{to}: {code}", recipients=[to])
"""
ASKED = """
    from fastapi import APIRouter, HTTPException

    from app.codes import send_code

    router = APIRouter()


    @router.post("/again")
    async def again(to: str):
        await send_code(to, "1234")
        return {}


    @router.post("/first")
    async def first(to: str):
        try:
            await send_code(to, "1234")
        except OSError:
            raise HTTPException(502)
        return {}
"""


def test_what_comes_to_queue_nothing_is_imported_at_the_top(tmp_path: Path) -> None:
    """Its own slow work may have moved, and the import would have been circular."""
    done = migrate(tmp_path, {**PACKAGES, "app/codes.py": CODES, ROUTES: ASKED})
    assert "from app.codes import send_code\n" in done.imports
    assert done.tasks == textwrap.dedent(
        """\
        @broker.task
        async def send_code_task(to: str, code: str) -> None:
            await send_code(to, code)
        """
    )


def test_what_another_run_may_come_to_use_is_imported_in_the_task(tmp_path: Path) -> None:
    """A later run for other routes may find work that moves in it."""
    routes = {ROUTES: ASKED, "app/web/routes.py": ASKED, "app/web/__init__.py": ""}
    done = migrate(tmp_path, {**PACKAGES, "app/codes.py": CODES, **routes})
    assert "    from app.codes import send_code\n" in done.tasks


def test_what_comes_to_queue_something_is_imported_in_the_task(tmp_path: Path) -> None:
    """Else neither of the two modules could be imported first."""
    more = '    router = APIRouter()\n    SENDER = FastMail(conf)\n\n\n    @router.post("/last")\n'
    more += "    async def last(to: str):\n        message = MessageSchema(recipients=[to])\n"
    more += "        await SENDER.send_message(message)\n        return {}\n"
    text = ASKED.replace("    router = APIRouter()\n", more)
    text = text.replace(
        "    from app.codes", "    from fastapi_mail import FastMail, MessageSchema\n    from app.codes"
    )
    done = migrate(tmp_path, {**PACKAGES, "app/codes.py": CODES, ROUTES: text})
    assert "    from app.api.routes import SENDER\n" in done.tasks
    assert "from app.codes import send_code\n" in done.imports


def test_a_task_is_the_same_wherever_it_imports_its_helper(tmp_path: Path) -> None:
    own = """
        from app.domain.broker import broker


        @broker.task
        async def send_code_task(to: str, code: str) -> None:
            from app.codes import send_code

            await send_code(to, code)
    """
    broker = "from taskiq import InMemoryBroker\n\nbroker = InMemoryBroker()\n"
    files = {TASKS: textwrap.dedent(own), "app/domain/broker.py": broker, "app/domain/__init__.py": ""}
    done = migrate(tmp_path, {**PACKAGES, **files, "app/codes.py": CODES, ROUTES: ASKED})
    assert '    await send_code_task.kiq(to, "1234")\n' in done.after[ROUTES]
    assert TASKS not in done.after


HOOKS = """\
import smtplib


def tell(event: str, payload: dict) -> None:
    with smtplib.SMTP("localhost") as smtp:
        smtp.sendmail("a@example.com", event, str(payload))
"""


@pytest.mark.parametrize(
    ("second", "types"),
    [
        ('{"name": name}', ["dict"]),
        ('{"counts": {"all": number}}', ["dict"]),
        ("{number: name}", ["dict", "dict[int, str]"]),
        ('{"names": {number: name}}', ["dict", "dict[str, dict[int, str]]"]),
    ],
    ids=["texts", "inside", "keys that are numbers", "such keys inside"],
)
def test_what_is_in_a_container_makes_a_task_of_its_own_where_json_would_change_it(
    tmp_path: Path, second: str, types: list[str]
) -> None:
    """JSON has no keys but texts: without the type `{1: "a"}` arrives as `{"1": "a"}`."""
    routes = """from app.hooks import tell


@router.post("/a")
def a(number: int):
    tell("a", {"id": number})
    return {}


@router.post("/b")
def b(number: int, name: str):
    tell("b", PAYLOAD)
    return {}
"""
    files = {**PACKAGES, "app/hooks.py": HOOKS, ROUTES: HEAD + routes.replace("PAYLOAD", second)}
    done = migrate(tmp_path, files)
    assert done.after[ROUTES].count(".kiq(") == 2
    assert sorted(re.findall(r"payload: (.+)\) -> None", done.after[TASKS])) == types


FILLED = """\
import smtplib


def send_letter(to: str, template: str, **context) -> None:
    with smtplib.SMTP("localhost") as smtp:
        smtp.sendmail("a@example.com", to, template.format(**context))
"""
FILLS = """\
from decimal import Decimal

from app.letters import send_letter


@router.post("/a")
def welcome(to: str, name: str, code: int):
    send_letter(to, "Hi {name}, {code}", name=name, code=code)
    return {}


@router.post("/b")
def news(to: str, titles: list[str]):
    send_letter(to, "{titles} {context}", titles=titles, context=f"for {to}")
    return {}


@router.post("/c")
def bill(to: str, total: Decimal):
    send_letter(to, "{total:.2f}", total=total)
    return {}
"""


def test_what_a_helper_takes_by_any_name_is_no_task_of_its_own_where_json_keeps_it(tmp_path: Path) -> None:
    done = migrate(tmp_path, {**PACKAGES, "app/letters.py": FILLED, ROUTES: HEAD + FILLS})
    assert 'send_letter_task.kiq(to, "Hi {name}, {code}", name=name, code=code)' in done.body("welcome")
    assert 'send_letter_task.kiq(to, "{titles} {context}", titles=titles, context=f"for' in done.body("news")
    assert "def send_letter_task(to: str, template: str, **context: Any) -> None:\n" in done.tasks
    assert "    send_letter(to, template, **context)\n" in done.tasks
    assert "(to: str, template: str, *, total: Decimal) -> None:\n" in done.tasks
    assert done.tasks.count("@broker.task") == 2
