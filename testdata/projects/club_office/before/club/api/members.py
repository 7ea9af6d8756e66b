"""Mail to members: one route for each way in which it is sent."""

import asyncio
import contextlib
import logging
import smtplib
import threading
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from email.mime.text import MIMEText
from functools import partial
from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Depends, HTTPException, Response
from fastapi.responses import JSONResponse

from club.schemas import AccountIn, Level, MemberIn, Recipients
from club.services import mailer, membership
from club.services.mailer import (
    MailService,
    deliver,
    mail_service,
    send_mail,
    send_template,
    send_welcome,
)
from club.services.membership import Secretary
from club.settings import settings

router = APIRouter(prefix="/members", tags=["members"])
logger = logging.getLogger(__name__)
executor = ThreadPoolExecutor(max_workers=2)


def get_secretary() -> Secretary:
    return Secretary()


# ------------------------------------------------------------ in the handler itself


@router.post("/inline")
def inline(member: MemberIn):
    msg = EmailMessage()
    msg["From"] = settings.mail_from
    msg["To"] = member.email
    msg["Subject"] = f"Hello {member.name}"
    msg.set_content("Glad to have you.")
    with smtplib.SMTP(settings.smtp_host, settings.smtp_port) as smtp:
        smtp.send_message(msg)
    return {"name": member.name}


@router.post("/inline-mime")
def inline_mime(member: MemberIn):
    body = f"<p>Hello {member.name}</p>"
    message = MIMEText(body, "html")
    message["Subject"] = "Hello"
    message["From"] = settings.mail_from
    message["To"] = member.email
    server = smtplib.SMTP(settings.smtp_host, settings.smtp_port)
    server.ehlo()
    server.sendmail(settings.mail_from, [member.email], message.as_string())
    server.quit()
    return {"name": member.name}


@router.post("/inline-logged")
def inline_logged(member: MemberIn):
    try:
        msg = EmailMessage()
        msg["From"] = settings.mail_from
        msg["To"] = member.email
        msg["Subject"] = "Logged"
        msg.set_content("x")
        with smtplib.SMTP(settings.smtp_host, settings.smtp_port) as smtp:
            smtp.send_message(msg)
        logger.info("mail sent to %s", member.email)
    except Exception as e:
        logger.error("Failed to send mail: %s", e)
    return {"name": member.name}


@router.post("/inline-narrow")
def inline_narrow(member: MemberIn):
    msg = EmailMessage()
    msg["From"] = settings.mail_from
    msg["To"] = member.email
    msg["Subject"] = "Narrow"
    try:
        with smtplib.SMTP(settings.smtp_host, settings.smtp_port) as smtp:
            smtp.send_message(msg)
    except smtplib.SMTPException as exc:
        logger.warning("no mail for %s: %s", member.name, exc)
    return {"name": member.name}


@router.post("/inline-answered")
def inline_answered(member: MemberIn):
    msg = EmailMessage()
    msg["From"] = settings.mail_from
    msg["To"] = member.email
    msg["Subject"] = "Answered"
    try:
        with smtplib.SMTP(settings.smtp_host, settings.smtp_port) as smtp:
            smtp.send_message(msg)
    except smtplib.SMTPException:
        raise HTTPException(502, "mail is down")
    return {"sent": True}


@router.post("/inline-flag")
def inline_flag(member: MemberIn):
    sent = False
    try:
        send_mail(member.email, "Flag", "x")
        sent = True
    except Exception:
        logger.exception("mail")
    return {"sent": sent}


# ------------------------------------------------------------ helpers


def _greet(to: str, name: str):
    send_mail(to, f"Hi {name}", "from this module")


@router.post("/same-module")
def same_module(member: MemberIn):
    _greet(member.email, member.name)
    return {"ok": True}


@router.post("/other-module")
def other_module(member: MemberIn):
    send_welcome(member.email, member.name, member.level, signed=False)
    return {"ok": True}


@router.post("/module-attribute")
def module_attribute(member: MemberIn):
    mailer.send_welcome(to=member.email, name=member.name)
    return {"ok": True}


@router.post("/made-here")
def made_here(member: MemberIn):
    service = MailService()
    service.send(member.email, "Made", "in the handler")
    return {"ok": True}


@router.post("/made-with")
def made_with(member: MemberIn):
    MailService(sender="chair@club.example").send(member.email, "Made", "with an argument")
    return {"ok": True}


@router.post("/singleton")
def singleton(member: MemberIn):
    mail_service.send(member.email, "Single", "one for all")
    return {"ok": True}


@router.post("/injected")
def injected(member: MemberIn, secretary: Secretary = Depends(get_secretary)):
    secretary.write(member.email, "Dear member")
    return {"ok": True}


@router.post("/injected-annotated")
def injected_annotated(member: MemberIn, secretary: Annotated[Secretary, Depends()]):
    secretary.write_all([member.email, "chair@club.example"], "Dear both")
    return {"ok": True}


@router.post("/static")
def static(member: MemberIn):
    MailService.send_farewell(member.email, member.name)
    return {"ok": True}


@router.post("/template")
def template(member: MemberIn):
    send_template(
        member.email,
        "Dear {name}, you are {level}.",
        {"name": member.name, "level": member.level.value},
    )
    return {"ok": True}


@router.post("/template-dump")
def template_dump(member: MemberIn):
    send_template(member.email, "Dear {name}.", context=member.model_dump())
    return {"ok": True}


@router.post("/built-elsewhere")
def built_elsewhere(member: MemberIn):
    msg = EmailMessage()
    msg["From"] = settings.mail_from
    msg["To"] = member.email
    msg["Subject"] = "Built here, delivered there"
    msg.set_content("x")
    deliver(msg)
    return {"ok": True}


@router.post("/joined")
def joined(member: MemberIn):
    return membership.join(member.name, member.email)


@router.delete("/{number}")
def left(number: int):
    name = membership.leave(number)
    return {"left": name}


@router.post("/greeted")
def greeted(member: MemberIn):
    membership.greet(member.name, member.email)
    return Response(status_code=204)


@router.post("/account")
def account(data: AccountIn):
    send_mail(data.email, "Your account", f"{data.name}, it is open.")
    return {"name": data.name}


# ------------------------------------------------------------ around it


@router.post("/if")
def conditional(member: MemberIn):
    if member.newsletter:
        send_mail(member.email, "News", "The first issue")
    return {"newsletter": member.newsletter}


@router.post("/early")
def early(member: MemberIn):
    if not member.email.endswith(".example"):
        return {"mailed": False}
    send_mail(member.email, "Early", "x")
    return {"mailed": True}


@router.post("/and")
def short_circuit(member: MemberIn):
    member.newsletter and send_mail(member.email, "And", "x")
    return {"ok": True}


@router.post("/suppressed")
def suppressed(member: MemberIn):
    with contextlib.suppress(Exception):
        send_mail(member.email, "Suppressed", "x")
    return {"ok": True}


@router.post("/finally")
def at_last(member: MemberIn):
    try:
        if member.name == "bad":
            raise HTTPException(400, "bad")
    finally:
        send_mail(member.email, "Finally", "x")
    return {"ok": True}


@router.post("/loop")
def loop(data: Recipients):
    for address in data.emails:
        send_mail(address, data.subject, data.text)
    return {"count": len(data.emails)}


@router.post("/loop-counted")
def loop_counted(data: Recipients):
    sent = 0
    for address in data.emails:
        send_mail(address, data.subject, data.text)
        sent += 1
    return {"sent": sent}


@router.post("/loop-failures")
def loop_failures(data: Recipients):
    failed = []
    for address in data.emails:
        try:
            send_mail(address, data.subject, data.text)
        except Exception:
            failed.append(address)
    return {"failed": failed}


@router.post("/loop-shared")
def loop_shared(data: Recipients):
    with smtplib.SMTP(settings.smtp_host, settings.smtp_port) as smtp:
        for address in data.emails:
            msg = EmailMessage()
            msg["From"] = settings.mail_from
            msg["To"] = address
            msg["Subject"] = data.subject
            msg.set_content(data.text)
            smtp.send_message(msg)
    return {"count": len(data.emails)}


@router.post("/comprehension")
def comprehension(data: Recipients):
    [send_mail(address, data.subject, data.text) for address in data.emails]
    return {"count": len(data.emails)}


@router.post("/retry")
def retry(member: MemberIn):
    for attempt in range(3):
        try:
            send_mail(member.email, "Retry", "x")
            break
        except smtplib.SMTPException:
            logger.warning("attempt %d", attempt)
    return {"ok": True}


@router.post("/asynchronous")
async def asynchronous(member: MemberIn):
    send_welcome(member.email, member.name)
    return {"ok": True}


@router.post("/in-a-thread")
async def in_a_thread(member: MemberIn):
    await asyncio.to_thread(send_mail, member.email, "Thread", "waited for")
    return {"ok": True}


# ------------------------------------------------------------ later


@router.post("/later")
def later(member: MemberIn, background: BackgroundTasks):
    background.add_task(send_welcome, member.email, member.name, signed=False)
    return {"ok": True}


@router.post("/later-first")
def later_first(member: MemberIn, background: BackgroundTasks):
    background.add_task(send_mail, member.email, "First", "then the check")
    if member.level is Level.JUNIOR:
        raise HTTPException(403, "no juniors")
    return {"ok": True}


@router.post("/later-if")
async def later_if(member: MemberIn, background: BackgroundTasks):
    if member.newsletter:
        background.add_task(send_mail, to=member.email, subject="If", text="x")
    return {"ok": True}


@router.post("/later-loop")
def later_loop(data: Recipients, background: BackgroundTasks):
    for address in data.emails:
        background.add_task(send_mail, address, data.subject, data.text)
    return {"ok": True}


@router.post("/later-method")
def later_method(member: MemberIn, background: BackgroundTasks):
    background.add_task(mail_service.send, member.email, "Method", "x")
    return {"ok": True}


def _remind(background: BackgroundTasks, to: str) -> None:
    background.add_task(send_mail, to, "Handed on", "x")


@router.post("/later-helper")
def later_helper(member: MemberIn, background: BackgroundTasks):
    _remind(background, member.email)
    return {"ok": True}


@router.post("/later-nested")
def later_nested(member: MemberIn, background: BackgroundTasks):
    def mail_it():
        send_mail(member.email, "Nested", member.name)

    background.add_task(mail_it)
    return {"ok": True}


@router.post("/later-response")
def later_response(member: MemberIn):
    tasks = BackgroundTasks()
    tasks.add_task(send_mail, member.email, "Response", "x")
    return JSONResponse({"ok": True}, background=tasks)


@router.post("/thread")
def thread(member: MemberIn):
    threading.Thread(target=send_mail, args=(member.email, "Thread", "x")).start()
    return {"ok": True}


@router.post("/thread-named")
def thread_named(member: MemberIn):
    worker = threading.Thread(
        target=send_welcome, args=(member.email, member.name), kwargs={"signed": False}, daemon=True
    )
    worker.start()
    return {"ok": True}


@router.post("/submitted")
def submitted(member: MemberIn):
    executor.submit(send_mail, member.email, "Submitted", "x")
    return {"ok": True}


@router.post("/executor")
async def in_executor(member: MemberIn):
    loop = asyncio.get_running_loop()
    loop.run_in_executor(None, send_mail, member.email, "Executor", "x")
    return {"ok": True}


@router.post("/lambda")
def with_lambda(member: MemberIn, background: BackgroundTasks):
    background.add_task(lambda: send_mail(member.email, "Lambda", "x"))
    return {"ok": True}


# ------------------------------------------------------------ handed on with what is made here


@router.post("/later-message")
def later_message(member: MemberIn, background: BackgroundTasks):
    msg = EmailMessage()
    msg["From"] = settings.mail_from
    msg["To"] = member.email
    msg["Subject"] = "Made here, sent later"
    msg.set_content(f"Dear {member.name}")  # the text alone
    background.add_task(deliver, msg)
    return {"ok": True}


@router.post("/later-message-first")
def later_message_first(member: MemberIn, background: BackgroundTasks):
    msg = EmailMessage()
    msg["From"] = settings.mail_from
    msg["To"] = member.email
    msg["Subject"] = "Only for juniors"
    background.add_task(deliver, msg)
    if member.level is not Level.JUNIOR:
        raise HTTPException(403, "juniors only")
    return {"ok": True}


@router.post("/later-message-shown")
def later_message_shown(member: MemberIn, background: BackgroundTasks):
    msg = EmailMessage()
    msg["From"] = settings.mail_from
    msg["To"] = member.email
    msg["Subject"] = f"Dear {member.name}"
    background.add_task(deliver, msg)
    return {"subject": msg["Subject"]}


@router.post("/thread-message")
def thread_message(member: MemberIn):
    msg = EmailMessage()
    msg["From"] = settings.mail_from
    msg["To"] = member.email
    msg["Subject"] = "Made here, sent by a thread"
    threading.Thread(target=deliver, args=(msg,)).start()
    return {"ok": True}


@router.post("/later-partial")
def later_partial(member: MemberIn, background: BackgroundTasks):
    background.add_task(partial(send_mail, member.email, "Partial"), text="x")
    return {"ok": True}


@router.post("/later-partial-first")
def later_partial_first(member: MemberIn, background: BackgroundTasks):
    background.add_task(partial(send_mail, member.email), "Partial", "only for juniors")
    if member.level is not Level.JUNIOR:
        raise HTTPException(403, "juniors only")
    return {"ok": True}


@router.post("/later-lambda-first")
def later_lambda_first(member: MemberIn, background: BackgroundTasks):
    background.add_task(lambda: send_mail(member.email, "Lambda", "only for juniors"))
    if member.level is not Level.JUNIOR:
        raise HTTPException(403, "juniors only")
    return {"ok": True}


@router.post("/later-lambda-rebound")
def later_lambda_rebound(member: MemberIn, background: BackgroundTasks):
    subject = "Draft"
    background.add_task(lambda: send_mail(member.email, subject, "x"))
    subject = "Final"
    return {"ok": True}


@router.post("/later-inner")
def later_inner(member: MemberIn, background: BackgroundTasks):
    def send_reminder(subject):
        # only with a name
        name = member.name.strip()
        if not name:
            return
        send_mail(member.email, subject, f"Dear {name}")
        logger.info("reminded %s", name)

    background.add_task(send_reminder, "Reminder")
    return {"ok": True}


@router.post("/thread-inner")
def thread_inner(member: MemberIn):
    def work():
        msg = EmailMessage()
        msg["From"] = settings.mail_from
        msg["To"] = member.email
        msg["Subject"] = "From a thread"
        msg.set_content("x")
        deliver(msg)

    worker = threading.Thread(None, work, "mailer", daemon=True)
    worker.start()
    return {"ok": True}


@router.post("/later-tried")
def later_tried(member: MemberIn, background: BackgroundTasks):
    msg = EmailMessage()
    msg["From"] = settings.mail_from
    msg["To"] = member.email
    msg["Subject"] = "Tried"
    msg.set_content("x")
    try:
        background.add_task(deliver, msg)
        return {"ok": True}
    except RuntimeError as error:
        raise HTTPException(503, "try again") from error


async def _salute(to: str, name: str, *, loud: bool = False) -> bool:
    try:
        send_mail(to, "Greeting", f"Hello {name}{'!' if loud else ''}")
    except OSError:
        return False
    return True


@router.post("/started")
async def started(member: MemberIn):
    asyncio.create_task(_salute(member.email, member.name, loud=True))
    return {"ok": True}


@router.post("/started-together")
async def started_together(member: MemberIn):
    sent = await asyncio.gather(_salute(member.email, member.name), _salute(member.email, "all"))
    return {"sent": sent}
