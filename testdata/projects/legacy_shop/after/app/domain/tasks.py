"""Slow work, done by Taskiq workers."""

import logging
import smtplib
from email.message import EmailMessage
from pathlib import Path

import requests
from PIL import Image

from app.core.config import settings
from app.domain.broker import broker
from app.services.mailer import (
    send_cancellation,
    send_password_reset,
    send_receipt,
    send_reminder,
    send_text,
    send_welcome_email,
)
from app.services.sms import send_sms
from app.services.thumbnails import make_thumbnail

logger = logging.getLogger(__name__)


@broker.task
def send_order_email_task(email: str, order_id: str, name: str) -> None:
    # confirmation for the customer
    message = EmailMessage()
    message["From"] = settings.mail_from
    message["To"] = email
    message["Subject"] = f"Order {order_id}"
    message.set_content(f"Dear {name},\nwe are packing your order.\n")
    with smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=10) as smtp:
        smtp.send_message(message)


@broker.task
def send_cancellation_task(email: str, order_id: str) -> None:
    try:
        send_cancellation(email, order_id)
    except (smtplib.SMTPException, OSError) as exc:
        # the order is cancelled, with or without a mail
        logger.warning("no cancellation mail for %s: %s", order_id, exc)


@broker.task
def send_receipt_task(to: str, order_id: str, total: str) -> None:
    send_receipt(to, order_id, total)


@broker.task
async def send_sms_task(phone: str, text: str) -> None:
    await send_sms(phone, text)


@broker.task
def send_reminder_task(to: str, order_id: str) -> None:
    send_reminder(to, order_id)


@broker.task
def make_thumbnail_task(source: Path, target: Path, size: int) -> None:
    make_thumbnail(source, target, size)


@broker.task
def send_text_task(to: str, subject: str, text: str) -> None:
    send_text(to, subject, text)


@broker.task
def send_welcome_email_task(to: str, name: str, *, lang: str = "en") -> None:
    send_welcome_email(to, name, lang=lang)


@broker.task
def resize_avatar_image_task(target: Path, user_id: str) -> None:
    # a small copy for the page header
    with Image.open(target) as image:
        image.thumbnail((32, 32))
        image.save(target.with_name(f"{user_id}_small.png"))


@broker.task
def send_password_reset_task(to: str, code: str) -> None:
    send_password_reset(to, code)


@broker.task
def send_broadcast_request_task(name: str, event: str, text: str) -> None:
    requests.post(
        f"{settings.partner_url}/hooks/{name}",
        json={"event": event, "text": text},
        timeout=5,
    )


@broker.task
def send_record_visit_request_task(page: str, referer: str) -> None:
    # statistics only: nobody reads the answer
    requests.post(
        settings.analytics_url, json={"page": page, "referer": referer}, timeout=2
    )
