"""What is handed to somebody who runs it later: background tasks, the event loop, threads."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from projects import ROUTES, Migrated, handler, source

NOTIFY = """\
from fastapi_mail import ConnectionConfig, FastMail, MessageSchema

conf = ConnectionConfig(MAIL_USERNAME="a", MAIL_PASSWORD="b", MAIL_FROM="a@example.com")


async def send_news(to, context):
    message = MessageSchema(subject="News", recipients=[to], template_body=context)
    await FastMail(conf).send_message(message)


async def send_quietly(to: str, context) -> None:
    try:
        await send_news(to, context)
    except Exception:
        print("not sent")
"""


def _routes(folder: Path, body: str, parameters: str = "to: str, background: BackgroundTasks") -> Migrated:
    head = """
    import asyncio

    from fastapi import BackgroundTasks, HTTPException
    from fastapi_mail import FastMail, MessageSchema

    from app.mail import deliver
    from app.notify import conf, send_news, send_quietly


    def check(to: str) -> None:
        if not to:
            raise HTTPException(400)


    async def find(to: str) -> str:
        check(to)
        return to


    @router.post("/h")
    async def h(%s):
    """
    lines = "\n".join(f"        {line}" for line in source(body).splitlines())
    return handler(folder, head % parameters + lines.removeprefix("    ") + "\n", notify=NOTIFY)


def test_a_library_that_is_awaited_later_takes_its_message_along(tmp_path: Path) -> None:
    done = _routes(
        tmp_path,
        """
        message = MessageSchema(subject="Hi", recipients=[to])
        fm = FastMail(conf)
        background.add_task(fm.send_message, message, template_name="hi.html")
        return {}
        """,
    )
    assert done.body("h") == source(
        """
        async def h(to: str):
            await send_h_email_task.kiq(to)
            return {}
        """
    )
    assert done.tasks == source(
        """
        @broker.task
        async def send_h_email_task(to: str) -> None:
            message = MessageSchema(subject="Hi", recipients=[to])
            fm = FastMail(conf)
            await fm.send_message(message, template_name="hi.html")
        """
    )
    assert not done.behaviour, "its failure never reached the client"


def test_what_is_handed_over_line_by_line_keeps_its_lines(tmp_path: Path) -> None:
    done = _routes(
        tmp_path,
        """
        msg = EmailMessage()
        msg["To"] = to
        background.add_task(
            deliver,
            msg,  # as it is
        )
        return {}
        """,
    )
    assert done.tasks.endswith("    deliver(\n        msg,  # as it is\n    )\n")


@pytest.mark.parametrize("more", ["check(to)\nreturn {}", "return check(to)", "return await find(to)"])
def test_behind_the_response_where_more_happens(tmp_path: Path, more: str) -> None:
    """It may fail, in what is returned as well: then nothing was ever sent."""
    done = _routes(
        tmp_path, f'msg = EmailMessage()\nmsg["To"] = to\nbackground.add_task(deliver, msg)\n{more}'
    )
    rest = textwrap.indent(more, "    ")
    assert f"    background.add_task(deliver_email_task.kiq, to)\n{rest}\n" in done.body("h")


@pytest.mark.parametrize(
    "call",
    [
        'background.add_task(send_news, to, context={"name": to})',
        'asyncio.create_task(send_news(to, context={"name": to}))',
        'asyncio.ensure_future(send_news(to, context={"name": to}))',
        'await send_news(to, context={"name": to})',
    ],
)
def test_an_async_helper_that_awaits_a_delivery(tmp_path: Path, call: str) -> None:
    """Its untyped parameters keep it whole; the types are those of the arguments."""
    done = _routes(tmp_path, f"{call}\nreturn {{}}")
    assert 'await send_news_task.kiq(to, context={"name": to})' in done.body("h")
    assert "async def send_news_task(to: str, context: dict[str, str]) -> None:" in done.tasks
    assert "app/notify.py" not in done.after, "only a worker runs it now"


def test_the_helper_of_the_helper_is_queued_by_it(tmp_path: Path) -> None:
    """Nearest to the delivery wins, and nothing is queued twice."""
    done = _routes(tmp_path, "await send_quietly(to, {})\nawait send_news(to, {'name': to})\nreturn {}")
    assert done.tasks.count("@broker.task") == 2
    assert "send_quietly_task.kiq(to)" in done.body("h")


@pytest.mark.parametrize(
    "body",
    [
        "async with asyncio.TaskGroup() as g:\n    g.create_task(send_news(to, {'name': to}))\nreturn {}",
        "running = asyncio.create_task(send_news(to, {'name': to}))\nawait running\nreturn {}",
        "asyncio.create_task(send_news(to, {'name': to})).add_done_callback(print)\nreturn {}",
        "await asyncio.gather(send_news(to, {'name': to}))\nreturn {}",
        "try:\n    await send_news(to, {'a': to})\nexcept Exception:\n    raise HTTPException(502)",
        "sent = await send_news(to, {'name': to})\nreturn {'sent': sent}",
        "later = FastMail(conf).send_message(MessageSchema(recipients=[to]))\nawait later\nreturn {}",
    ],
)
def test_what_somebody_waits_for_stays(tmp_path: Path, body: str) -> None:
    assert not _routes(tmp_path, body).tasks


def test_a_message_that_is_looked_at_afterwards_stays(tmp_path: Path) -> None:
    done = _routes(
        tmp_path,
        """
        msg = EmailMessage()
        msg["To"] = to
        background.add_task(deliver, msg)
        return {"to": msg["To"]}
        """,
    )
    assert not done.tasks
    assert done.behind == ("app.mail:deliver stays: msg is EmailMessage, which cannot be sent",)


def test_a_message_that_is_made_outside_the_try_in_which_it_is_handed_on(tmp_path: Path) -> None:
    """What it is made of goes along, with what stands between; the `try` is about the handing on."""
    done = _routes(
        tmp_path,
        """
        msg = EmailMessage()
        cover = EmailMessage()
        msg["To"] = to
        msg["Subject"] = str(cover)
        try:
            background.add_task(deliver, msg)
            # deliver(msg)
            return {}
        except Exception as error:
            raise HTTPException(403) from error
        """,
    )
    assert done.body("h") == source(
        """
        async def h(to: str, background: BackgroundTasks):
            try:
                background.add_task(deliver_email_task.kiq, to)
                # deliver(msg)
                return {}
            except Exception as error:
                raise HTTPException(403) from error
        """
    )
    assert done.tasks == source(
        """
        @broker.task
        def deliver_email_task(to: str) -> None:
            msg = EmailMessage()
            cover = EmailMessage()
            msg["To"] = to
            msg["Subject"] = str(cover)
            deliver(msg)
        """
    )


def test_a_message_that_the_handler_of_the_try_looks_at_stays(tmp_path: Path) -> None:
    done = _routes(
        tmp_path,
        """
        msg = EmailMessage()
        msg["To"] = to
        try:
            background.add_task(deliver, msg)
        except Exception:
            print("not sent", msg)
        return {}
        """,
    )
    assert not done.tasks
    assert done.behind == ("app.mail:deliver stays: msg is EmailMessage, which cannot be sent",)


def test_a_message_whose_making_shapes_the_answer_stays(tmp_path: Path) -> None:
    """A bad address is refused by the message, long before it is sent."""
    done = _routes(
        tmp_path,
        """
        try:
            message = MessageSchema(subject="Hi", recipients=[to])
            background.add_task(FastMail(conf).send_message, message)
        except ValueError:
            raise HTTPException(422)
        return {}
        """,
    )
    assert not done.tasks


def test_why_a_delivery_stays_is_told_where_nothing_changes(tmp_path: Path) -> None:
    done = _routes(
        tmp_path,
        "try:\n    await send_news(to, {})\nexcept Exception:\n    raise HTTPException(502)",
    )
    assert "app.notify:send_news stays: its failure decides what the client is told" in done.stays


def test_a_test_mail_is_no_check(tmp_path: Path) -> None:
    done = handler(
        tmp_path,
        """
        from app.trial import send_test_email, verify_smtp_login


        @router.post("/h")
        def h(to: str):
            send_test_email(to)
            return {}


        @router.post("/login")
        def login(to: str):
            verify_smtp_login(to)
            return {}
        """,
        trial="from app.mail import send_welcome\n\n\n"
        "def send_test_email(to: str) -> None:\n    send_welcome(to, 'a')\n\n\n"
        "def verify_smtp_login(to: str) -> None:\n    send_welcome(to, 'b')\n",
    )
    assert "await send_test_email_task.kiq(to)" in done.body("h")
    assert "task" not in done.body("login")


WRAPPED = {
    "a partial": 'background.add_task(partial(send_welcome, to), "Ann")',
    "a lambda": 'background.add_task(lambda: send_welcome(to, "Ann"))',
    "an inner function": 'def mail():\n    send_welcome(to, "Ann")\n\nbackground.add_task(mail)',
    "a lambda in a thread": 'Thread(target=lambda: send_welcome(to, "Ann"), daemon=True).start()',
}


def _wrapped(folder: Path, body: str) -> Migrated:
    lines = "\n".join(f"            {line}" for line in body.splitlines())
    text = f"""
        from functools import partial
        from threading import Thread

        from fastapi import BackgroundTasks, HTTPException

        from app.mail import send_welcome


        def check(to: str) -> None:
            if not to:
                raise HTTPException(400)


        @router.post("/h")
        def h(to: str, background: BackgroundTasks):
{lines}
            return {{}}
    """
    return handler(folder, text)


@pytest.mark.parametrize("how", WRAPPED)
def test_what_a_call_is_wrapped_in_goes(tmp_path: Path, how: str) -> None:
    done = _wrapped(tmp_path, WRAPPED[how])
    parameters = "to: str, background: BackgroundTasks" if "thread" in how else "to: str"
    assert done.body("h") == (
        f'async def h({parameters}):\n    await send_welcome_task.kiq(to, "Ann")\n    return {{}}\n'
    )


def test_a_wrapping_that_is_waited_for_goes(tmp_path: Path) -> None:
    text = """
        import asyncio
        from functools import partial

        from app.mail import send_welcome


        @router.post("/one")
        async def one(to: str):
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(None, partial(send_welcome, to, name="Ann"))
            return {}


        @router.post("/two")
        async def two(to: str):
            await asyncio.to_thread(lambda: send_welcome(to, "Ann"))
            return {}


        @router.post("/both")
        async def both(to: str):
            await asyncio.gather(asyncio.to_thread(send_welcome, to, "Ann"), asyncio.sleep(0))
            return {}
    """
    done = handler(tmp_path, text)
    assert done.body("one") == (
        'async def one(to: str):\n    await send_welcome_task.kiq(to, name="Ann")\n    return {}\n'
    )
    assert 'await send_welcome_task.kiq(to, "Ann")\n' in done.body("two")
    assert done.stays == ("app.mail:send_welcome stays: it is waited for with others, or for a time",)


WRITTEN_OUT = {
    'Thread(None, send_welcome, None, (to, "Ann")).start()': 'await send_welcome_task.kiq(to, "Ann")',
    'Thread(target=send_welcome, args=[to], kwargs={"name": "Ann"}).start()': (
        'await send_welcome_task.kiq(to, name="Ann")'
    ),
    'Thread(target=send_welcome, args=(to,), kwargs=dict(name="Ann")).start()': (
        'await send_welcome_task.kiq(to, name="Ann")'
    ),
    'to and background.add_task(send_welcome, to, "Ann")': 'to and await send_welcome_task.kiq(to, "Ann")',
    'background.add_task(send_welcome, to, "Ann") if to else None': (
        'await send_welcome_task.kiq(to, "Ann") if to else None'
    ),
}


@pytest.mark.parametrize("call", WRITTEN_OUT)
def test_arguments_that_are_written_out_go_along(tmp_path: Path, call: str) -> None:
    assert f"    {WRITTEN_OUT[call]}\n" in _wrapped(tmp_path, call).body("h")


@pytest.mark.parametrize(
    "body",
    [
        "given = (None, send_welcome)\nThread(*given, args=(to, 'Ann')).start()",
        "given = (to, 'Ann')\nThread(target=send_welcome, args=given).start()",
        "given = {'name': 'Ann'}\nThread(target=send_welcome, args=(to,), kwargs=given).start()",
        "given = {'name': 'Ann'}\nThread(target=send_welcome, args=(to,), kwargs={**given}).start()",
        "given = {'name': 'Ann'}\nThread(target=send_welcome, args=(to,), kwargs=dict(**given)).start()",
        "threads = [Thread(target=send_welcome, args=(to, 'Ann'))]\nthreads[0].start()",
        "given = (send_welcome, to, 'Ann')\nbackground.add_task(*given)",
        "given = (to, 'Ann')\nbackground.add_task(send_welcome, *given)",
    ],
)
def test_arguments_that_cannot_be_seen_keep_it(tmp_path: Path, body: str) -> None:
    assert not _wrapped(tmp_path, body).tasks


@pytest.mark.parametrize("how", ["a partial", "a lambda", "an inner function"])
def test_no_wrapping_drops_the_coroutine_of_the_queue(tmp_path: Path, how: str) -> None:
    """BackgroundTasks calls a lambda in a thread, and a coroutine that it gives is never run."""
    done = _wrapped(tmp_path, f"{WRAPPED[how]}\ncheck(to)")
    assert '    background.add_task(send_welcome_task.kiq, to, "Ann")\n    check(to)\n' in done.body("h")
    assert "lambda" not in done.body("h")


@pytest.mark.parametrize(
    "body",
    [
        'background.add_task(lambda: send_welcome(to, "Ann"))\nto = "other"',
        'for to in [to]:\n    background.add_task(lambda: send_welcome(to, "Ann"))',
        'def mail():\n    send_welcome(to, "Ann")\n    check(to)\n\nbackground.add_task(mail)',
        'def mail():\n    send_welcome(to, "Ann")\n\nmail()\nbackground.add_task(mail)',
        'def mail(name="Ann"):\n    send_welcome(to, name)\n\nbackground.add_task(mail)',
        'background.add_task(lambda: send_welcome(to, "Ann") or check(to))',
    ],
)
def test_a_wrapping_that_does_more_stays(tmp_path: Path, body: str) -> None:
    assert "background.add_task(send_welcome_task" not in _wrapped(tmp_path, body).body("h")


KEEPING = """\
import logging

from app.mail import send_welcome

logger = logging.getLogger(__name__)


def send_kept(to: str) -> bool:
    data = {"to": to}
    try:
        send_welcome(data["to"], "Ann")
    except Exception:
        logger.exception("not sent")
        return False
    return True


def send_some_kept(to: str) -> None:
    try:
        send_welcome(to, "Ann")
    except ValueError:
        logger.exception("not sent")


def send_built(to: str) -> None:
    name = to.split("@")[0]
    try:
        send_welcome(to, name)
    except Exception:
        logger.exception("not sent")
"""


def _tried(folder: Path, call: str) -> Migrated:
    return handler(
        folder,
        f"""
        from fastapi import HTTPException

        from app.keeping import send_built, send_kept, send_some_kept


        @router.post("/h")
        def h(to: str):
            try:
                {call}
            except Exception:
                raise HTTPException(500)
            return {{}}
        """,
        keeping=KEEPING,
    )


def test_a_helper_that_logs_its_failures_cannot_shape_the_answer(tmp_path: Path) -> None:
    done = _tried(tmp_path, "send_kept(to)")
    assert "        await send_kept_task.kiq(to)\n    except Exception:\n" in done.body("h")
    assert not done.behaviour, "no client ever saw it fail"


@pytest.mark.parametrize(
    "call", ["send_some_kept(to)", "send_built(to)", "if not send_kept(to): raise OSError"]
)
def test_what_may_still_fail_shapes_it(tmp_path: Path, call: str) -> None:
    assert not _tried(tmp_path, call).tasks


def test_a_handler_that_stays_in_its_thread_hands_its_mail_on_all_the_same(tmp_path: Path) -> None:
    """`add_task(x_task.kiq, ..)` needs no `await`; what it calls otherwise, nobody knows."""
    done = handler(
        tmp_path,
        """
        from fastapi import BackgroundTasks

        from app.mail import send_welcome
        from app.strange import wrap


        @router.post("/h")
        @wrap
        def h(to: str, background: BackgroundTasks):
            background.add_task(send_welcome, to, "Ann")
            return {}
        """,
        strange="import functools\n\n\ndef wrap(call):\n    @functools.wraps(call)\n"
        "    def inner(*args, **kwargs):\n        return dict((lambda: call(*args, **kwargs))())\n\n"
        "    return inner\n",
    )
    assert done.body("h").startswith("def h(to: str, background: BackgroundTasks):\n")
    assert 'background.add_task(send_welcome_task.kiq, to, "Ann")' in done.body("h")
    assert done.report.refusals


AT_ONCE = """
import asyncio

from fastapi.concurrency import run_in_threadpool

from app.told import draw


@router.post("/waits")
async def waits(to: str):
    drawing = asyncio.create_task({})
    return [to, await drawing]


@router.post("/goes-on")
async def goes_on(to: str):
    drawing = asyncio.create_task({})
    return drawing.done()
"""
DRAW = "from PIL import Image\n\n\ndef draw(to):\n    return Image.open(to).resize((1, 1)).size\n"


@pytest.mark.parametrize("started", ["run_in_threadpool(draw, to)", "asyncio.to_thread(draw, to)"])
def test_what_is_awaited_further_on_keeps_the_request_waiting_and_is_told_once(
    tmp_path: Path, started: str
) -> None:
    done = handler(tmp_path, AT_ONCE.format(started, started), told=DRAW)
    assert done.stays == ("app.told:draw stays: its result is used",)
    assert done.behind == ("app.told:draw stays: its result is used",)


def test_what_only_some_work_behind_the_response_leaves_in_the_process_is_told(tmp_path: Path) -> None:
    """Who hands a function on told nothing of it, as some of it moves, and its own mails had no reason."""
    done = handler(
        tmp_path,
        """
        from fastapi import BackgroundTasks

        from app.mail import deliver, send_welcome


        async def send_both(data):
            send_welcome("admin@example.com", "admin")
            deliver(data.message)


        @router.post("/h")
        async def h(background: BackgroundTasks):
            background.add_task(send_both, make())
            return {}
        """,
    )
    assert 'await send_welcome_task.kiq("admin@example.com", "admin")' in done.after[ROUTES]
    assert [line.partition(": ")[0] for line in done.behind] == ["app.mail:deliver stays"]
