"""Statements that become a task: before and after, as text."""

from __future__ import annotations

from async_fix.codemods.extract_tasks.sites import ValueKind
from async_fix.codemods.model import ImportNeed
from programs import ORDER, USER, Facts, handler, migrate, source

SMTP = {"smtplib.SMTP": "email", "smtp.send_message": "email"}
IMAGE = {"Image.open": "image", "image.thumbnail": "image", "image.save": "image"}
HEAD = """
import logging
import os
import smtplib
from email.message import EmailMessage

import requests
from PIL import Image

from app.config import HOST, settings

logger = logging.getLogger(__name__)

"""


def facts(**changes: object) -> Facts:
    known: dict[str, object] = {
        "kinds": {"user": ValueKind.MODEL, "order": ValueKind.ORM},
        "annotations": {"user": "UserIn"},
        "fields": {"user": USER, "order": ORDER},
        "project": {"save", "audit"},
    }
    return Facts(**{**known, **changes})  # type: ignore[arg-type]


def task(tasks: str) -> str:
    """The functions of the tasks module, without what stands above them."""
    return tasks[tasks.index("@broker.task") :]


def test_a_message_and_its_delivery_move_with_the_fields_that_they_read() -> None:
    done = migrate(
        HEAD
        + '''
@router.post("/signup")
def signup(user: UserIn):
    save(user)

    # greet the new user
    msg = EmailMessage()
    msg["Subject"] = f"Welcome {user.name}"
    msg["To"] = user.email
    msg.set_content("""Hello,
  here we are.
""")
    with smtplib.SMTP(HOST) as smtp:  # local relay
        smtp.send_message(msg)
    return {"id": user.id}
''',
        SMTP,
        facts(),
    )
    assert handler(done.text) == source(
        """
        async def signup(user: UserIn):
            save(user)

            await send_signup_email_task.kiq(user.name, user.email)
            return {"id": user.id}
        """
    )
    assert done.tasks == source(
        '''
        """Slow work, done by Taskiq workers."""

        import smtplib
        from email.message import EmailMessage

        from app.config import HOST
        from domain.broker import broker


        @broker.task
        def send_signup_email_task(name: str, email: str) -> None:
            # greet the new user
            msg = EmailMessage()
            msg["Subject"] = f"Welcome {name}"
            msg["To"] = email
            msg.set_content("""Hello,
          here we are.
        """)
            with smtplib.SMTP(HOST) as smtp:  # local relay
                smtp.send_message(msg)
        '''
    ).replace("  here", "  here").replace("\n          here", "\n  here")
    assert "smtplib" not in done.text, "its import went with the block"
    assert "from domain.tasks import send_signup_email_task" in done.text


def test_statements_that_have_nothing_to_do_with_it_stay_between() -> None:
    done = migrate(
        HEAD
        + """
def signup(user: UserIn):
    msg = EmailMessage()
    msg["To"] = user.email
    # who came
    audit(user.name)
    with smtplib.SMTP(HOST) as smtp:
        smtp.send_message(msg)
    return user
""",
        SMTP,
        facts(),
    )
    assert handler(done.text) == source(
        """
        async def signup(user: UserIn):
            # who came
            audit(user.name)
            await send_signup_email_task.kiq(user.email)
            return user
        """
    )
    assert task(done.tasks) == source(
        """
        @broker.task
        def send_signup_email_task(email: str) -> None:
            msg = EmailMessage()
            msg["To"] = email
            with smtplib.SMTP(HOST) as smtp:
                smtp.send_message(msg)
        """
    )


def test_a_connection_without_with_moves_from_its_opening_to_its_closing() -> None:
    server = {f"server.{name}": "email" for name in ("starttls", "login", "sendmail", "quit")}
    done = migrate(
        HEAD
        + """
def signup(user: UserIn):
    server = smtplib.SMTP(HOST, 587)
    server.starttls()
    server.login(settings.smtp_user, settings.smtp_password)
    text = f"Subject: Welcome\\n\\nHello {user.name}"
    server.sendmail(settings.sender, user.email, text)
    server.quit()
    return user
""",
        {"smtplib.SMTP": "email", **server},
        facts(),
    )
    assert "await send_signup_email_task.kiq(user.name, user.email)\n    return user" in done.text
    assert task(done.tasks) == source(
        """
        @broker.task
        def send_signup_email_task(name: str, email: str) -> None:
            server = smtplib.SMTP(HOST, 587)
            server.starttls()
            server.login(settings.smtp_user, settings.smtp_password)
            text = f"Subject: Welcome\\n\\nHello {name}"
            server.sendmail(settings.sender, email, text)
            server.quit()
        """
    )


def test_the_line_that_says_it_was_sent_goes_along_and_logs_as_the_tasks_module() -> None:
    done = migrate(
        HEAD
        + """
def signup(user: UserIn):
    logger.info("new user %s", user.id)
    with smtplib.SMTP(HOST) as smtp:
        smtp.sendmail("us@example.com", user.email, "Welcome")
    logger.info("welcome mail sent to %s", user.email)
    logger.info("done")
    return user
""",
        {"smtplib.SMTP": "email", "smtp.sendmail": "email"},
        facts(),
    )
    assert handler(done.text) == source(
        """
        async def signup(user: UserIn):
            logger.info("new user %s", user.id)
            await send_signup_email_task.kiq(user.email)
            logger.info("done")
            return user
        """
    )
    assert "\nlogger = logging.getLogger(__name__)\n\n\n@broker.task\n" in done.tasks
    assert any("logger of the tasks module" in note for note in done.notes)


def test_an_if_stays_where_it_is() -> None:
    done = migrate(
        HEAD
        + """
def signup(user: UserIn):
    if user.email:
        with smtplib.SMTP(HOST) as smtp:
            smtp.sendmail("us", user.email, "Welcome")
    return user
""",
        {"smtplib.SMTP": "email", "smtp.sendmail": "email"},
        facts(),
    )
    assert handler(done.text) == source(
        """
        async def signup(user: UserIn):
            if user.email:
                await send_signup_email_task.kiq(user.email)
            return user
        """
    )


def test_a_message_made_above_the_if_takes_the_if_along() -> None:
    done = migrate(
        HEAD
        + """
def signup(user: UserIn):
    msg = EmailMessage()
    msg["To"] = user.email
    if settings.mail:
        with smtplib.SMTP(HOST) as smtp:
            smtp.send_message(msg)
    return user
""",
        SMTP,
        facts(),
    )
    assert task(done.tasks) == source(
        """
        @broker.task
        def send_signup_email_task(email: str) -> None:
            msg = EmailMessage()
            msg["To"] = email
            if settings.mail:
                with smtplib.SMTP(HOST) as smtp:
                    smtp.send_message(msg)
        """
    )


def test_one_connection_for_many_mails_is_one_task_with_the_list() -> None:
    done = migrate(
        HEAD
        + """
def remind(addresses: list[str]):
    with smtplib.SMTP(HOST) as smtp:
        for address in addresses:
            msg = EmailMessage()
            msg["To"] = address
            smtp.send_message(msg)
    return {"count": len(addresses)}
""",
        SMTP,
        facts(annotations={"addresses": "list[str]"}, kinds={"addresses": ValueKind.COLLECTION}),
    )
    assert "await send_remind_email_task.kiq(addresses)" in done.text
    assert "def send_remind_email_task(addresses: list[str]) -> None:" in done.tasks


def test_a_connection_for_each_mail_is_one_task_for_each() -> None:
    done = migrate(
        HEAD
        + """
def remind(users: list[UserIn]):
    for user in users:
        msg = EmailMessage()
        msg["To"] = user.email
        with smtplib.SMTP(HOST) as smtp:
            smtp.send_message(msg)
    return {}
""",
        SMTP,
        facts(),
    )
    assert handler(done.text) == source(
        """
        async def remind(users: list[UserIn]):
            for user in users:
                await send_remind_email_task.kiq(user.email)
            return {}
        """
    )


def test_a_broad_except_that_logs_stays_around_the_queue() -> None:
    done = migrate(
        HEAD
        + """
def signup(user: UserIn):
    try:
        with smtplib.SMTP(HOST) as smtp:
            smtp.sendmail("us", user.email, "Welcome")
    except Exception:
        logger.exception("no mail")
    return user
""",
        {"smtplib.SMTP": "email", "smtp.sendmail": "email"},
        facts(),
    )
    assert handler(done.text) == source(
        """
        async def signup(user: UserIn):
            try:
                await send_signup_email_task.kiq(user.email)
            except Exception:
                logger.exception("no mail")
            return user
        """
    )
    assert not any("no longer sees an error" in note for note in done.notes), "it never did"


def test_an_except_for_mail_errors_goes_along() -> None:
    done = migrate(
        HEAD
        + """
def signup(user: UserIn):
    try:
        with smtplib.SMTP(HOST) as smtp:
            smtp.sendmail("us", user.email, "Welcome")
    except (smtplib.SMTPException, OSError) as exc:
        # nobody waits for it
        logger.warning("no mail for %s: %s", user.id, exc)
    return user
""",
        {"smtplib.SMTP": "email", "smtp.sendmail": "email"},
        facts(),
    )
    assert handler(done.text) == source(
        """
        async def signup(user: UserIn):
            await send_signup_email_task.kiq(user.email, user.id)
            return user
        """
    )
    assert task(done.tasks) == source(
        """
        @broker.task
        def send_signup_email_task(email: str, user_id: int) -> None:
            try:
                with smtplib.SMTP(HOST) as smtp:
                    smtp.sendmail("us", email, "Welcome")
            except (smtplib.SMTPException, OSError) as exc:
                # nobody waits for it
                logger.warning("no mail for %s: %s", user_id, exc)
        """
    )


def test_fields_of_one_name_say_whose_they_are() -> None:
    done = migrate(
        HEAD
        + """
def ship(user: UserIn, order: Order):
    with smtplib.SMTP(HOST) as smtp:
        smtp.sendmail(order.email, user.email, f"{user.name}: {order.total}")
    return {}
""",
        {"smtplib.SMTP": "email", "smtp.sendmail": "email"},
        facts(),
    )
    assert "await send_ship_email_task.kiq(order.email, user.email, user.name, order.total)" in done.text
    assert source(
        """
        @broker.task
        def send_ship_email_task(
            order_email: str, user_email: str, name: str, total: Decimal
        ) -> None:
            with smtplib.SMTP(HOST) as smtp:
                smtp.sendmail(order_email, user_email, f"{name}: {total}")
        """
    ) == task(done.tasks)
    assert "from decimal import Decimal" in done.tasks


def test_a_picture_is_made_smaller_and_its_source_removed_by_the_task() -> None:
    done = migrate(
        HEAD
        + """
def upload_avatar(source: str):
    image = Image.open(source)
    image.thumbnail((64, 64))
    image.save(source + ".small")
    audit(1)
    os.remove(source)
    return {"ok": True}
""",
        IMAGE,
        facts(annotations={"source": "str"}),
        is_handler=False,  # its caller made the file
    )
    assert handler(done.text) == source(
        """
        async def upload_avatar(source: str):
            audit(1)
            await resize_avatar_image_task.kiq(source)
            return {"ok": True}
        """
    )
    assert task(done.tasks).endswith('    image.save(source + ".small")\n    os.remove(source)\n')
    assert any("where the worker runs" in note for note in done.notes)


def test_a_finally_that_removes_what_the_work_reads_goes_along() -> None:
    done = migrate(
        HEAD
        + """
def upload_avatar(source: str):
    try:
        with Image.open(source) as image:
            image.thumbnail((64, 64))
            image.save(source + ".small")
    finally:
        os.remove(source)
    return {"ok": True}
""",
        IMAGE,
        facts(annotations={"source": "str"}),
        is_handler=False,  # its caller made the file
    )
    assert "await resize_avatar_image_task.kiq(source)\n    return" in done.text
    assert "    finally:\n        os.remove(source)\n" in done.tasks


def test_a_webhook_whose_answer_is_only_logged_moves_with_the_log() -> None:
    done = migrate(
        HEAD
        + """
def close(order: Order):
    answer = requests.post(settings.webhook, json={"order": order.id}, timeout=5)
    if answer.status_code != 200:
        logger.error("webhook: %s", answer.text)
    return {"id": order.id}
""",
        {"requests.post": "http"},
        facts(),
    )
    assert "await send_close_webhook_task.kiq(order.id)" in done.text
    assert task(done.tasks) == source(
        """
        @broker.task
        def send_close_webhook_task(order_id: int) -> None:
            answer = requests.post(settings.webhook, json={"order": order_id}, timeout=5)
            if answer.status_code != 200:
                logger.error("webhook: %s", answer.text)
        """
    )


def test_a_name_of_the_route_module_is_imported_inside_the_task() -> None:
    done = migrate(
        HEAD
        + """
SENDER = "us@example.com"


def signup(user: UserIn):
    with smtplib.SMTP(HOST) as smtp:
        smtp.sendmail(SENDER, user.email, "Welcome")
    return user
""",
        {"smtplib.SMTP": "email", "smtp.sendmail": "email"},
        facts(modules={"SENDER": ImportNeed("app.routes", "SENDER")}, late=frozenset({"app.routes"})),
    )
    assert task(done.tasks) == source(
        """
        @broker.task
        def send_signup_email_task(email: str) -> None:
            from app.routes import SENDER

            with smtplib.SMTP(HOST) as smtp:
                smtp.sendmail(SENDER, email, "Welcome")
        """
    )
    assert done.definitions[0].late_imports == (ImportNeed("app.routes", "SENDER"),)


def test_an_aliased_import_is_spelled_out() -> None:
    done = migrate(
        """
import smtplib as mail


def signup(user: UserIn):
    with mail.SMTP("localhost") as smtp:
        smtp.sendmail("us", user.email, "Welcome")
    return user
""",
        {"mail.SMTP": "email", "smtp.sendmail": "email"},
        facts(),
    )
    assert 'with smtplib.SMTP("localhost") as smtp:' in done.tasks


def test_two_and_three_blank_indents_become_four_and_strings_stay() -> None:
    done = migrate(
        """
import smtplib


def signup(user: UserIn):
  if user.id:
    with smtplib.SMTP("localhost") as smtp:
      smtp.sendmail("us", user.email, '''
 a
   b
''')
  return user
""",
        {"smtplib.SMTP": "email", "smtp.sendmail": "email"},
        facts(),
    )
    assert done.tasks.endswith(
        """def send_signup_email_task(email: str) -> None:
    with smtplib.SMTP("localhost") as smtp:
        smtp.sendmail("us", email, '''
 a
   b
''')
"""
    )
    assert "    await send_signup_email_task.kiq(user.email)\n  return user" in done.text


def test_a_commit_before_is_no_obstacle() -> None:
    done = migrate(
        HEAD
        + """
def signup(user: UserIn, db: Session):
    db.add(user)
    db.commit()
    with smtplib.SMTP(HOST) as smtp:
        smtp.sendmail("us", user.email, "Welcome")
    return user
""",
        {"smtplib.SMTP": "email", "smtp.sendmail": "email"},
        facts(kinds={"user": ValueKind.MODEL, "db": ValueKind.SESSION}),
    )
    assert "db.commit()\n    await send_signup_email_task.kiq(user.email)\n" in done.text


def test_the_user_is_told_what_the_response_says_too_early() -> None:
    done = migrate(
        HEAD
        + """
def signup(user: UserIn, token: str):
    with smtplib.SMTP(HOST) as smtp:
        smtp.sendmail("us", user.email, token)
    return {"message": "Mail sent"}
""",
        {"smtplib.SMTP": "email", "smtp.sendmail": "email"},
        facts(annotations={"user": "UserIn", "token": "str"}),
    )
    assert any("'Mail sent' before send_signup_email_task has run" in note for note in done.notes)
    assert any("token is stored in the queue in clear text" in note for note in done.notes)
    assert any(
        "if sending the e-mail fails, the client no longer sees an error" in note for note in done.notes
    )
