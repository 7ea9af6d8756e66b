"""Slow work, done by Taskiq workers."""

import logging
import smtplib
from datetime import date, datetime
from decimal import Decimal
from email.message import EmailMessage
from email.mime.text import MIMEText
from pathlib import Path
from uuid import UUID

import requests
from fpdf import FPDF
from PIL import Image

from club.domain.broker import broker
from club.domain.uploads import opened_upload
from club.jobs import send_notice
from club.schemas import Booking, Level, MemberIn
from club.services.documents import PRINTED, build_card, mail_card, pack_photos, save_card
from club.services.hooks import notify_chat, notify_push
from club.services.ladder import draw, rank
from club.services.mailer import (
    MailService,
    deliver,
    mail_service,
    send_booking,
    send_invoice,
    send_mail,
    send_template,
    send_welcome,
    send_with_attachment,
)
from club.services.pictures import make_thumbnail, save_photo
from club.settings import settings

logger = logging.getLogger(__name__)


@broker.task
async def send_sms_task(to: str, text: str) -> None:
    from club.services.sms import send_sms

    await send_sms(to, text)


@broker.task
async def sms_send_sms_task(to: str, text: str) -> None:
    from club.services.sms import get_gateway

    await get_gateway().send(to, text)


@broker.task
async def send_made_sms_task(phone: str, text: str) -> None:
    from club.services.sms import SmsGateway

    gateway = SmsGateway(settings.sms_url, settings.sms_key)
    await gateway.send(phone, text)


@broker.task
def notify_chat_task(text: str) -> None:
    notify_chat(text)


@broker.task
def notify_push_task(device: str, title: str, badge: int = 1) -> None:
    notify_push(device, title, badge)


@broker.task
def send_webhook_request_task(json: dict[str, str]) -> None:
    requests.post(
        f"{settings.federation_url}/hooks",
        json=json,
        timeout=5,
    )


@broker.task
def send_webhook_logged_request_task(event: str) -> None:
    try:
        response = requests.post(
            f"{settings.federation_url}/hooks", json={"event": event}, timeout=5
        )
        logger.info("federation said %s", response.status_code)
    except requests.RequestException as exc:
        logger.error("federation: %s", exc)


@broker.task
def send_mail_task(to: str, subject: str, text: str) -> None:
    send_mail(to, subject, text)


@broker.task
def rank_task(season: int, results: list[str]) -> None:
    rank(season, results)


@broker.task
def draw_task(season: int, names: list[str]) -> None:
    draw(season, names)


@broker.task
def save_card_task(number: int, name: str, target: Path) -> None:
    save_card(number, name, target)


@broker.task
def mail_card_task(number: int, name: str, to: str) -> None:
    mail_card(number, name, to)


@broker.task
def send_card_built_mailed_email_task(number: int, name: str, email: str) -> None:
    pdf = build_card(number, name)
    send_with_attachment(email, "Your card", f"{number}.pdf", pdf)


@broker.task
def generate_report_pdf_task(title: str, lines: list[str]) -> None:
    pdf = FPDF()
    pdf.set_creation_date(PRINTED)
    pdf.add_page()
    pdf.set_font("Helvetica", size=12)
    pdf.cell(text=title)
    for line in lines:
        pdf.ln()
        pdf.cell(text=line)
    pdf.output(str(settings.data / "reports" / f"{title}.pdf"))


@broker.task
def make_thumbnail_task(source: Path, target: Path, size: int = 64) -> None:
    make_thumbnail(source, target, size)


@broker.task
def process_photo_bytes_image_task(file_path: str, year: int) -> None:
    with opened_upload(file_path) as file:
        data = file.read()
        save_photo(data, str(settings.data / "photos" / f"{year}-b.png"))


@broker.task
def resize_photo_inline_image_task(name: Path, year: int) -> None:
    with Image.open(name) as image:
        image.thumbnail((32, 32))
        image.save(settings.data / "photos" / f"{year}-c-small.png")


@broker.task
def resize_photo_poster_image_task(file_path: str, year: int) -> None:
    with opened_upload(file_path) as file:
        with Image.open(file) as image:
            image.thumbnail((48, 48))
            image.save(settings.data / "photos" / f"{year}-poster.png")


@broker.task
def process_photo_later_image_task(file_path: str, year: int) -> None:
    with opened_upload(file_path) as file:
        data = file.read()
        save_photo(data, str(settings.data / "photos" / f"{year}-later.png"))


@broker.task
def pack_photos_task(year: int) -> None:
    pack_photos(year)


@broker.task
def send_invoice_task(number: UUID, to: str, amount: Decimal, due: date) -> None:
    send_invoice(number, to, amount, due)


@broker.task
def send_booking_task(booking: Booking) -> None:
    send_booking(booking)


@broker.task
def send_reminder_task(to: str, when: datetime) -> None:
    MailService.send_reminder(to, when)


@broker.task
def send_inline_email_task(email: str, name: str) -> None:
    msg = EmailMessage()
    msg["From"] = settings.mail_from
    msg["To"] = email
    msg["Subject"] = f"Hello {name}"
    msg.set_content("Glad to have you.")
    with smtplib.SMTP(settings.smtp_host, settings.smtp_port) as smtp:
        smtp.send_message(msg)


@broker.task
def send_inline_mime_email_task(name: str, email: str) -> None:
    body = f"<p>Hello {name}</p>"
    message = MIMEText(body, "html")
    message["Subject"] = "Hello"
    message["From"] = settings.mail_from
    message["To"] = email
    server = smtplib.SMTP(settings.smtp_host, settings.smtp_port)
    server.ehlo()
    server.sendmail(settings.mail_from, [email], message.as_string())
    server.quit()


@broker.task
def send_inline_logged_email_task(email: str) -> None:
    msg = EmailMessage()
    msg["From"] = settings.mail_from
    msg["To"] = email
    msg["Subject"] = "Logged"
    msg.set_content("x")
    with smtplib.SMTP(settings.smtp_host, settings.smtp_port) as smtp:
        smtp.send_message(msg)
    logger.info("mail sent to %s", email)


@broker.task
def send_inline_narrow_email_task(email: str, name: str) -> None:
    msg = EmailMessage()
    msg["From"] = settings.mail_from
    msg["To"] = email
    msg["Subject"] = "Narrow"
    try:
        with smtplib.SMTP(settings.smtp_host, settings.smtp_port) as smtp:
            smtp.send_message(msg)
    except smtplib.SMTPException as exc:
        logger.warning("no mail for %s: %s", name, exc)


@broker.task
def greet_task(to: str, name: str) -> None:
    from club.api.members import _greet

    _greet(to, name)


@broker.task
def send_welcome_task(
    to: str, name: str, level: Level = Level.SENIOR, *, signed: bool = True
) -> None:
    send_welcome(to, name, level, signed=signed)


@broker.task
def send_made_here_email_task(email: str) -> None:
    service = MailService()
    service.send(email, "Made", "in the handler")


@broker.task
def send_email_task(to: str, subject: str, text: str) -> None:
    MailService(sender="chair@club.example").send(to, subject, text)


@broker.task
def mailer_send_email_task(to: str, subject: str, text: str) -> None:
    mail_service.send(to, subject, text)


@broker.task
def write_email_task(to: str, text: str) -> None:
    from club.api.members import get_secretary

    get_secretary().write(to, text)


@broker.task
def write_all_task(addresses: list[str], text: str) -> None:
    from club.services.membership import Secretary

    Secretary().write_all(addresses, text)


@broker.task
def send_farewell_task(to: str, name: str) -> None:
    MailService.send_farewell(to, name)


@broker.task
def send_template_task(to: str, template: str, context: dict) -> None:
    send_template(to, template, context)


@broker.task
def send_template_dump_email_task(member: MemberIn) -> None:
    send_template(member.email, "Dear {name}.", context=member.model_dump())


@broker.task
def send_built_elsewhere_email_task(email: str) -> None:
    msg = EmailMessage()
    msg["From"] = settings.mail_from
    msg["To"] = email
    msg["Subject"] = "Built here, delivered there"
    msg.set_content("x")
    deliver(msg)


@broker.task
def membership_greet_task(name: str, email: str) -> None:
    from club.services.membership import greet

    greet(name, email)


@broker.task
def send_loop_shared_email_task(emails: list[str], subject: str, text: str) -> None:
    with smtplib.SMTP(settings.smtp_host, settings.smtp_port) as smtp:
        for address in emails:
            msg = EmailMessage()
            msg["From"] = settings.mail_from
            msg["To"] = address
            msg["Subject"] = subject
            msg.set_content(text)
            smtp.send_message(msg)


@broker.task
def send_comprehension_email_task(subject: str, text: str, emails: list[str]) -> None:
    [send_mail(address, subject, text) for address in emails]


@broker.task
def send_retry_email_task(email: str) -> None:
    for attempt in range(3):
        try:
            send_mail(email, "Retry", "x")
            break
        except smtplib.SMTPException:
            logger.warning("attempt %d", attempt)


@broker.task
def send_later_message_email_task(email: str, name: str) -> None:
    msg = EmailMessage()
    msg["From"] = settings.mail_from
    msg["To"] = email
    msg["Subject"] = "Made here, sent later"
    msg.set_content(f"Dear {name}")  # the text alone
    deliver(msg)


@broker.task
def send_later_message_first_email_task(email: str) -> None:
    msg = EmailMessage()
    msg["From"] = settings.mail_from
    msg["To"] = email
    msg["Subject"] = "Only for juniors"
    deliver(msg)


@broker.task
def send_thread_message_email_task(email: str) -> None:
    msg = EmailMessage()
    msg["From"] = settings.mail_from
    msg["To"] = email
    msg["Subject"] = "Made here, sent by a thread"
    deliver(msg)


@broker.task
def send_later_inner_email_task(member_name: str, email: str, subject: str) -> None:
    # only with a name
    name = member_name.strip()
    if not name:
        return
    send_mail(email, subject, f"Dear {name}")
    logger.info("reminded %s", name)


@broker.task
def send_thread_inner_email_task(email: str) -> None:
    msg = EmailMessage()
    msg["From"] = settings.mail_from
    msg["To"] = email
    msg["Subject"] = "From a thread"
    msg.set_content("x")
    deliver(msg)


@broker.task
def send_later_tried_email_task(email: str) -> None:
    msg = EmailMessage()
    msg["From"] = settings.mail_from
    msg["To"] = email
    msg["Subject"] = "Tried"
    msg.set_content("x")
    deliver(msg)


@broker.task
async def salute_task(to: str, name: str, *, loud: bool = False) -> None:
    from club.api.members import _salute

    await _salute(to, name, loud=loud)


@broker.task
def send_notice_task(to: str, subject: str = "Notice") -> None:
    send_notice.run(to, subject)
