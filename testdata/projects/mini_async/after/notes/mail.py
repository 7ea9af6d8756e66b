from __future__ import annotations

import smtplib
from email.message import EmailMessage

from notes import settings


def send_share_mail(to: str, title: str) -> None:
    _send(to, f"Shared with you: {title}")


def send_farewell_mail(to: str) -> None:
    _send(to, "Your notes are deleted")


def _send(to: str, subject: str) -> None:
    message = EmailMessage()
    message["From"] = "notes@example.com"
    message["To"] = to
    message["Subject"] = subject
    with smtplib.SMTP(settings.SMTP_HOST, settings.SMTP_PORT) as smtp:
        smtp.send_message(message)
