"""Mail to members: one route for each way in which it is sent."""

import asyncio
import contextlib
import logging
import smtplib
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage

from fastapi import APIRouter, BackgroundTasks, HTTPException, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from club.domain.tasks import (
    greet_task,
    mailer_send_email_task,
    membership_greet_task,
    salute_task,
    send_built_elsewhere_email_task,
    send_comprehension_email_task,
    send_email_task,
    send_farewell_task,
    send_inline_email_task,
    send_inline_logged_email_task,
    send_inline_mime_email_task,
    send_inline_narrow_email_task,
    send_later_inner_email_task,
    send_later_message_email_task,
    send_later_message_first_email_task,
    send_later_tried_email_task,
    send_loop_shared_email_task,
    send_made_here_email_task,
    send_mail_task,
    send_retry_email_task,
    send_template_dump_email_task,
    send_template_task,
    send_thread_inner_email_task,
    send_thread_message_email_task,
    send_welcome_task,
    write_all_task,
    write_email_task,
)
from club.schemas import AccountIn, Level, MemberIn, Recipients
from club.services import membership
from club.services.mailer import deliver, send_mail
from club.services.membership import Secretary
from club.settings import settings

router = APIRouter(prefix="/members", tags=["members"])
logger = logging.getLogger(__name__)
executor = ThreadPoolExecutor(max_workers=2)


def get_secretary() -> Secretary:
    return Secretary()


# ------------------------------------------------------------ in the handler itself


@router.post("/inline")
async def inline(member: MemberIn):
    await send_inline_email_task.kiq(member.email, member.name)
    return {"name": member.name}


@router.post("/inline-mime")
async def inline_mime(member: MemberIn):
    await send_inline_mime_email_task.kiq(member.name, member.email)
    return {"name": member.name}


@router.post("/inline-logged")
async def inline_logged(member: MemberIn):
    try:
        await send_inline_logged_email_task.kiq(member.email)
    except Exception as e:
        logger.error("Failed to send mail: %s", e)
    return {"name": member.name}


@router.post("/inline-narrow")
async def inline_narrow(member: MemberIn):
    await send_inline_narrow_email_task.kiq(member.email, member.name)
    return {"name": member.name}


@router.post("/inline-answered")
async def inline_answered(member: MemberIn):
    msg = EmailMessage()
    msg["From"] = settings.mail_from
    msg["To"] = member.email
    msg["Subject"] = "Answered"

    def send_message():
        with smtplib.SMTP(settings.smtp_host, settings.smtp_port) as smtp:
            smtp.send_message(msg)

    try:
        await run_in_threadpool(send_message)
    except smtplib.SMTPException:
        raise HTTPException(502, "mail is down")
    return {"sent": True}


@router.post("/inline-flag")
async def inline_flag(member: MemberIn):
    sent = False
    try:
        await run_in_threadpool(send_mail, member.email, "Flag", "x")
        sent = True
    except Exception:
        logger.exception("mail")
    return {"sent": sent}


# ------------------------------------------------------------ helpers


def _greet(to: str, name: str):
    send_mail(to, f"Hi {name}", "from this module")


@router.post("/same-module")
async def same_module(member: MemberIn):
    await greet_task.kiq(member.email, member.name)
    return {"ok": True}


@router.post("/other-module")
async def other_module(member: MemberIn):
    await send_welcome_task.kiq(member.email, member.name, member.level, signed=False)
    return {"ok": True}


@router.post("/module-attribute")
async def module_attribute(member: MemberIn):
    await send_welcome_task.kiq(to=member.email, name=member.name)
    return {"ok": True}


@router.post("/made-here")
async def made_here(member: MemberIn):
    await send_made_here_email_task.kiq(member.email)
    return {"ok": True}


@router.post("/made-with")
async def made_with(member: MemberIn):
    await send_email_task.kiq(member.email, "Made", "with an argument")
    return {"ok": True}


@router.post("/singleton")
async def singleton(member: MemberIn):
    await mailer_send_email_task.kiq(member.email, "Single", "one for all")
    return {"ok": True}


@router.post("/injected")
async def injected(member: MemberIn):
    await write_email_task.kiq(member.email, "Dear member")
    return {"ok": True}


@router.post("/injected-annotated")
async def injected_annotated(member: MemberIn):
    await write_all_task.kiq([member.email, "chair@club.example"], "Dear both")
    return {"ok": True}


@router.post("/static")
async def static(member: MemberIn):
    await send_farewell_task.kiq(member.email, member.name)
    return {"ok": True}


@router.post("/template")
async def template(member: MemberIn):
    await send_template_task.kiq(
        member.email,
        "Dear {name}, you are {level}.",
        {"name": member.name, "level": member.level.value},
    )
    return {"ok": True}


@router.post("/template-dump")
async def template_dump(member: MemberIn):
    await send_template_dump_email_task.kiq(member)
    return {"ok": True}


@router.post("/built-elsewhere")
async def built_elsewhere(member: MemberIn):
    await send_built_elsewhere_email_task.kiq(member.email)
    return {"ok": True}


@router.post("/joined")
async def joined(member: MemberIn):
    return await membership.join(member.name, member.email)


@router.delete("/{number}")
async def left(number: int):
    name = await membership.leave(number)
    return {"left": name}


@router.post("/greeted")
async def greeted(member: MemberIn):
    await membership_greet_task.kiq(member.name, member.email)
    return Response(status_code=204)


@router.post("/account")
async def account(data: AccountIn):
    await send_mail_task.kiq(data.email, "Your account", f"{data.name}, it is open.")
    return {"name": data.name}


# ------------------------------------------------------------ around it


@router.post("/if")
async def conditional(member: MemberIn):
    if member.newsletter:
        await send_mail_task.kiq(member.email, "News", "The first issue")
    return {"newsletter": member.newsletter}


@router.post("/early")
async def early(member: MemberIn):
    if not member.email.endswith(".example"):
        return {"mailed": False}
    await send_mail_task.kiq(member.email, "Early", "x")
    return {"mailed": True}


@router.post("/and")
async def short_circuit(member: MemberIn):
    member.newsletter and await send_mail_task.kiq(member.email, "And", "x")
    return {"ok": True}


@router.post("/suppressed")
async def suppressed(member: MemberIn):
    with contextlib.suppress(Exception):
        await send_mail_task.kiq(member.email, "Suppressed", "x")
    return {"ok": True}


@router.post("/finally")
async def at_last(member: MemberIn):
    try:
        if member.name == "bad":
            raise HTTPException(400, "bad")
    finally:
        await send_mail_task.kiq(member.email, "Finally", "x")
    return {"ok": True}


@router.post("/loop")
async def loop(data: Recipients):
    for address in data.emails:
        await send_mail_task.kiq(address, data.subject, data.text)
    return {"count": len(data.emails)}


@router.post("/loop-counted")
async def loop_counted(data: Recipients):
    sent = 0
    for address in data.emails:
        await send_mail_task.kiq(address, data.subject, data.text)
        sent += 1
    return {"sent": sent}


@router.post("/loop-failures")
async def loop_failures(data: Recipients):
    failed = []

    def send_mails():
        for address in data.emails:
            try:
                send_mail(address, data.subject, data.text)
            except Exception:
                failed.append(address)

    await run_in_threadpool(send_mails)
    return {"failed": failed}


@router.post("/loop-shared")
async def loop_shared(data: Recipients):
    await send_loop_shared_email_task.kiq(data.emails, data.subject, data.text)
    return {"count": len(data.emails)}


@router.post("/comprehension")
async def comprehension(data: Recipients):
    await send_comprehension_email_task.kiq(data.subject, data.text, data.emails)
    return {"count": len(data.emails)}


@router.post("/retry")
async def retry(member: MemberIn):
    await send_retry_email_task.kiq(member.email)
    return {"ok": True}


@router.post("/asynchronous")
async def asynchronous(member: MemberIn):
    await send_welcome_task.kiq(member.email, member.name)
    return {"ok": True}


@router.post("/in-a-thread")
async def in_a_thread(member: MemberIn):
    await send_mail_task.kiq(member.email, "Thread", "waited for")
    return {"ok": True}


# ------------------------------------------------------------ later


@router.post("/later")
async def later(member: MemberIn):
    await send_welcome_task.kiq(member.email, member.name, signed=False)
    return {"ok": True}


@router.post("/later-first")
async def later_first(member: MemberIn, background: BackgroundTasks):
    background.add_task(send_mail_task.kiq, member.email, "First", "then the check")
    if member.level is Level.JUNIOR:
        raise HTTPException(403, "no juniors")
    return {"ok": True}


@router.post("/later-if")
async def later_if(member: MemberIn):
    if member.newsletter:
        await send_mail_task.kiq(to=member.email, subject="If", text="x")
    return {"ok": True}


@router.post("/later-loop")
async def later_loop(data: Recipients):
    for address in data.emails:
        await send_mail_task.kiq(address, data.subject, data.text)
    return {"ok": True}


@router.post("/later-method")
async def later_method(member: MemberIn):
    await mailer_send_email_task.kiq(member.email, "Method", "x")
    return {"ok": True}


def _remind(background: BackgroundTasks, to: str) -> None:
    background.add_task(send_mail_task.kiq, to, "Handed on", "x")


@router.post("/later-helper")
async def later_helper(member: MemberIn, background: BackgroundTasks):
    _remind(background, member.email)
    return {"ok": True}


@router.post("/later-nested")
async def later_nested(member: MemberIn):
    await send_mail_task.kiq(member.email, "Nested", member.name)
    return {"ok": True}


@router.post("/later-response")
async def later_response(member: MemberIn):
    tasks = BackgroundTasks()
    tasks.add_task(send_mail_task.kiq, member.email, "Response", "x")
    return JSONResponse({"ok": True}, background=tasks)


@router.post("/thread")
async def thread(member: MemberIn):
    await send_mail_task.kiq(member.email, "Thread", "x")
    return {"ok": True}


@router.post("/thread-named")
async def thread_named(member: MemberIn):
    await send_welcome_task.kiq(member.email, member.name, signed=False)
    return {"ok": True}


@router.post("/submitted")
async def submitted(member: MemberIn):
    await send_mail_task.kiq(member.email, "Submitted", "x")
    return {"ok": True}


@router.post("/executor")
async def in_executor(member: MemberIn):
    await send_mail_task.kiq(member.email, "Executor", "x")
    return {"ok": True}


@router.post("/lambda")
async def with_lambda(member: MemberIn):
    await send_mail_task.kiq(member.email, "Lambda", "x")
    return {"ok": True}


# ------------------------------------------------------------ handed on with what is made here


@router.post("/later-message")
async def later_message(member: MemberIn):
    await send_later_message_email_task.kiq(member.email, member.name)
    return {"ok": True}


@router.post("/later-message-first")
async def later_message_first(member: MemberIn, background: BackgroundTasks):
    background.add_task(send_later_message_first_email_task.kiq, member.email)
    if member.level is not Level.JUNIOR:
        raise HTTPException(403, "juniors only")
    return {"ok": True}


@router.post("/later-message-shown")
async def later_message_shown(member: MemberIn, background: BackgroundTasks):
    msg = EmailMessage()
    msg["From"] = settings.mail_from
    msg["To"] = member.email
    msg["Subject"] = f"Dear {member.name}"
    background.add_task(deliver, msg)
    return {"subject": msg["Subject"]}


@router.post("/thread-message")
async def thread_message(member: MemberIn):
    await send_thread_message_email_task.kiq(member.email)
    return {"ok": True}


@router.post("/later-partial")
async def later_partial(member: MemberIn):
    await send_mail_task.kiq(member.email, "Partial", text="x")
    return {"ok": True}


@router.post("/later-partial-first")
async def later_partial_first(member: MemberIn, background: BackgroundTasks):
    background.add_task(send_mail_task.kiq, member.email, "Partial", "only for juniors")
    if member.level is not Level.JUNIOR:
        raise HTTPException(403, "juniors only")
    return {"ok": True}


@router.post("/later-lambda-first")
async def later_lambda_first(member: MemberIn, background: BackgroundTasks):
    background.add_task(send_mail_task.kiq, member.email, "Lambda", "only for juniors")
    if member.level is not Level.JUNIOR:
        raise HTTPException(403, "juniors only")
    return {"ok": True}


@router.post("/later-lambda-rebound")
async def later_lambda_rebound(member: MemberIn, background: BackgroundTasks):
    subject = "Draft"
    background.add_task(lambda: send_mail(member.email, subject, "x"))
    subject = "Final"
    return {"ok": True}


@router.post("/later-inner")
async def later_inner(member: MemberIn):
    await send_later_inner_email_task.kiq(member.name, member.email, "Reminder")
    return {"ok": True}


@router.post("/thread-inner")
async def thread_inner(member: MemberIn):
    await send_thread_inner_email_task.kiq(member.email)
    return {"ok": True}


@router.post("/later-tried")
async def later_tried(member: MemberIn, background: BackgroundTasks):
    try:
        background.add_task(send_later_tried_email_task.kiq, member.email)
        return {"ok": True}
    except RuntimeError as error:
        raise HTTPException(503, "try again") from error


async def _salute(to: str, name: str, *, loud: bool = False) -> bool:
    try:
        await run_in_threadpool(send_mail, to, "Greeting", f"Hello {name}{'!' if loud else ''}")
    except OSError:
        return False
    return True


@router.post("/started")
async def started(member: MemberIn):
    await salute_task.kiq(member.email, member.name, loud=True)
    return {"ok": True}


@router.post("/started-together")
async def started_together(member: MemberIn):
    sent = await asyncio.gather(_salute(member.email, member.name), _salute(member.email, "all"))
    return {"sent": sent}
