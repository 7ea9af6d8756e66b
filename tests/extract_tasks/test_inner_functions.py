"""Inner functions of several statements that are handed on, and every form in which a thread is started."""

from __future__ import annotations

from pathlib import Path

import pytest
from projects import Migrated, handler, source

HEAD = """
import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from threading import Thread, Timer

from fastapi import BackgroundTasks, HTTPException, Request
from pydantic import BaseModel

from app.mail import send_welcome

pool = ThreadPoolExecutor(2)
seen = {}


class User(BaseModel):
    email: str
    name: str


"""


def _project(folder: Path, bodies: dict[str, str]) -> Migrated:
    takes = "user: User, background: BackgroundTasks, request: Request"
    routes = [
        f'@router.post("/{name}")\nasync def {name}({takes}):\n'
        + "".join(f"    {line}".rstrip() + "\n" for line in source(body).splitlines())
        for name, body in bodies.items()
    ]
    return handler(folder, HEAD + "\n\n".join(routes))


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Migrated:
    return _project(tmp_path_factory.mktemp("moved"), MOVED)


@pytest.fixture(scope="module")
def stayed(tmp_path_factory: pytest.TempPathFactory) -> Migrated:
    return _project(tmp_path_factory.mktemp("stayed"), {name: body for name, (body, _) in STAYED.items()})


MOVED = {
    "commented": '''
        def send_invitation():
            """Tell them."""
            # the long way
            name = user.name.title()
            if not name:
                return
            send_welcome(user.email, name)  # here
            # done

        thread = threading.Thread(target=send_invitation, daemon=True)
        thread.start()
        return {}
        ''',
    "given": """
        try:
            def job(to, name, lang):
                print(name)
                send_welcome(to, name, lang=lang)
            background.add_task(job, user.email, lang="de", name=user.name)
        except Exception as error:
            raise HTTPException(500, str(error))
        return {}
        """,
    "only_sometimes": """
        if user.name:
            def send_later():
                msg = EmailMessage()
                msg["To"] = user.email
                with smtplib.SMTP("localhost") as smtp:
                    smtp.send_message(msg)
            pool.submit(send_later)
        return {}
        """,
    "on_the_loop": """
        loop = asyncio.get_running_loop()
        def job():
            print("mail")
            send_welcome(user.email, "x")
        loop.run_in_executor(None, job)
        return {}
        """,
    "committed": """
        def notify_member():
            print("member")
            send_welcome(user.email, user.name)
        request.app.state.db.commit()
        background.add_task(notify_member)
        return {}
        """,
    "by_position": """
        Thread(None, send_welcome, "mailer", (user.email, "x")).start()
        return {}
        """,
    "by_dict": """
        Thread(target=send_welcome, args=[user.email, "x"], kwargs=dict(lang="de")).start()
        return {}
        """,
    "in_thread_on_loop": """
        asyncio.create_task(asyncio.to_thread(send_welcome, user.email, name="x"))
        return {}
        """,
}


def test_its_statements_and_comments_are_the_task(moved: Migrated) -> None:
    first = moved.tasks.partition("\n\n\n")[0]
    assert f"{first}\n" == source(
        '''
        @broker.task
        def send_invitation_task(user_name: str, email: str) -> None:
            """Tell them."""
            # the long way
            name = user_name.title()
            if not name:
                return
            send_welcome(email, name)  # here
            # done
        '''
    )


CALLS = {
    "commented": "await send_invitation_task.kiq(user.name, user.email)",
    "given": 'background.add_task(send_given_email_task.kiq, user.name, user.email, "de")',
    "only_sometimes": "await send_only_sometimes_email_task.kiq(user.email)",
    "on_the_loop": "await send_on_the_loop_email_task.kiq(user.email)",
    "committed": "await notify_member_task.kiq(user.email, user.name)",
    "by_position": 'await send_welcome_task.kiq(user.email, "x")',
    "by_dict": 'await send_welcome_task.kiq(user.email, "x", lang="de")',
    "in_thread_on_loop": 'await send_welcome_task.kiq(user.email, name="x")',
}


@pytest.mark.parametrize("route", MOVED)
def test_its_place_queues_the_task(moved: Migrated, route: str) -> None:
    body = moved.body(route)
    assert CALLS[route] in body, body
    assert not any(word in body for word in ("def job", "Thread(", "get_running_loop", "def send")), body


def test_a_parameter_takes_what_is_given_for_it(moved: Migrated) -> None:
    assert (
        source(
            """
        def send_given_email_task(name: str, to: str, lang: str) -> None:
            print(name)
            send_welcome(to, name, lang=lang)
        """
        )
        in moved.tasks
    )


STAYED = {
    "has_a_name_in_common": (
        """
        name = "x"
        def job():
            name = user.name
            send_welcome(user.email, name)
        background.add_task(job)
        return {"name": name}
        """,
        "job() and the function around it have names in common (name)",
    ),
    "is_set_later": (
        """
        name = "x"
        def job():
            print(name)
            send_welcome(user.email, name)
        background.add_task(job)
        name = "y"
        return {}
        """,
        "what job() reads is set or changed after it is handed on",
    ),
    "is_changed_later": (
        """
        def job():
            print("mail")
            send_welcome(user.email, "x")
        background.add_task(job)
        user.email = "other@example.com"
        return {}
        """,
        "what job() reads is set or changed after it is handed on",
    ),
    "grows_later": (
        """
        names: list[str] = []
        def job():
            send_welcome(user.email, names[0])
            print("mail")
        background.add_task(job)
        names.append("x")
        return {}
        """,
        "what job() reads is set or changed after it is handed on",
    ),
    "changes_memory": (
        """
        def job():
            seen[user.email] = True
            send_welcome(user.email, "x")
        background.add_task(job)
        return {}
        """,
        "job() changes seen, and a worker would change its own",
    ),
    "reads_the_request": (
        """
        def job():
            print(request.client.host)
            send_welcome(user.email, request.client.host)
        background.add_task(job)
        return {}
        """,
        "request is the request",
    ),
    "counts": (
        """
        sent = 0
        def job():
            nonlocal sent
            sent += 1
            send_welcome(user.email, "x")
        background.add_task(job)
        return {}
        """,
        "job is made inside the function",
    ),
    "gives_a_value": (
        """
        def job():
            print("mail")
            send_welcome(user.email, "x")
            return user
        background.add_task(job)
        return {}
        """,
        "job() gives a value",
    ),
    "has_a_default": (
        """
        def job(name="x"):
            print(name)
            send_welcome(user.email, name)
        background.add_task(job)
        return {}
        """,
        "job is made inside the function",
    ),
    "hands_on_itself": (
        """
        def job(*more):
            send_welcome(user.email, "x")
            list(map(job, more))
        background.add_task(job)
        return {}
        """,
        "job is made inside the function",
    ),
    "is_in_a_loop": (
        """
        for name in ("a", "b"):
            def job():
                print(name)
                send_welcome(user.email, name)
            background.add_task(job)
        return {}
        """,
        "what job() reads is set or changed after it is handed on",
    ),
    "is_looked_at": (
        """
        def job():
            print("mail")
            send_welcome(user.email, "x")
        future = pool.submit(job)
        return {"done": future.done()}
        """,
        "its result is used",
    ),
    "is_committed_later": (
        """
        def job():
            print("mail")
            send_welcome(user.email, "x")
        background.add_task(job)
        request.app.state.db.commit()
        return {}
        """,
        "the transaction is committed after the slow work",
    ),
    "starts_later": (
        """
        Timer(5, send_welcome, args=(user.email, "x")).start()
        return {}
        """,
        "it starts after a delay, which needs a scheduler",
    ),
    "is_joined": (
        """
        thread = Thread(target=send_welcome, args=(user.email, "x"))
        thread.start()
        thread.join()
        return {}
        """,
        "the thread thread is used afterwards",
    ),
}


@pytest.mark.parametrize("route", STAYED)
def test_it_stays_and_the_reason_is_told(stayed: Migrated, route: str) -> None:
    _, reason = STAYED[route]
    assert ".kiq(" not in stayed.body(route)
    assert any(reason in text for text in (*stayed.behind, *stayed.stays)), stayed.behind


def test_nothing_of_what_stays_is_made_a_task(stayed: Migrated) -> None:
    assert stayed.tasks == ""


@pytest.mark.parametrize(
    "handed_on", ["background.add_task(job)", "asyncio.create_task(job())", "asyncio.ensure_future(job())"]
)
@pytest.mark.parametrize("more", ["", '    print("sent")\n'])
def test_an_async_one_queues_its_work_itself(tmp_path: Path, handed_on: str, more: str) -> None:
    """Of one that does nothing else the call had been planned twice: in it, and where it is handed on."""
    work = "    send_welcome(user.email, user.name)\n"
    done = _project(tmp_path, {"join": f"async def job():\n{work}{more}\n{handed_on}\nreturn {{}}\n"})
    queued = "    async def job():\n        await send_welcome_task.kiq(user.email, user.name)\n"
    assert queued in done.body("join")
    assert handed_on in done.body("join")
    assert not done.behind
