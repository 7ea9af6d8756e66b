"""Everything that goes out by mail."""

import logging
import smtplib
from datetime import date, datetime
from decimal import Decimal
from email.message import EmailMessage
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from uuid import UUID

from club.schemas import Booking, Level
from club.settings import settings

logger = logging.getLogger(__name__)


def send_mail(to: str, subject: str, text: str) -> None:
    message = EmailMessage()
    message["From"] = settings.mail_from
    message["To"] = to
    message["Subject"] = subject
    message.set_content(text)
    with smtplib.SMTP(settings.smtp_host, settings.smtp_port) as smtp:
        smtp.send_message(message)


def deliver(message: EmailMessage) -> None:
    with smtplib.SMTP(settings.smtp_host, settings.smtp_port) as smtp:
        smtp.send_message(message)


def send_welcome(to: str, name: str, level: Level = Level.SENIOR, *, signed: bool = True) -> None:
    end = "\nThe office" if signed else ""
    send_mail(to, f"Welcome {name}", f"You play as {level.value}.{end}")


def send_template(to: str, template: str, context: dict) -> None:
    text = template.format(**context)
    send_mail(to, "News from the club", text)


def send_invoice(number: UUID, to: str, amount: Decimal, due: date) -> bool:
    try:
        send_mail(to, f"Invoice {number}", f"{amount:.2f} until {due:%d.%m.%Y}")
    except (smtplib.SMTPException, OSError):
        logger.exception("invoice %s was not sent", number)
        return False
    return True


def send_booking(booking: Booking) -> None:
    players = ", ".join(booking.players)
    send_mail(booking.email, f"Court {booking.court}", f"{booking.starts:%H:%M} with {players}")


def send_with_attachment(to: str, subject: str, name: str, content: bytes) -> None:
    message = MIMEMultipart()
    message["From"] = settings.mail_from
    message["To"] = to
    message["Subject"] = subject
    message.attach(MIMEText("see the attachment"))
    part = MIMEApplication(content, Name=name)
    part["Content-Disposition"] = f'attachment; filename="{name}"'
    message.attach(part)
    server = smtplib.SMTP(settings.smtp_host, settings.smtp_port)
    try:
        server.sendmail(settings.mail_from, [to], message.as_string())
    finally:
        server.quit()


class MailService:
    """A service class as there is one in every second project."""

    def __init__(self, sender: str = settings.mail_from) -> None:
        self.sender = sender
        self.host = settings.smtp_host

    def send(self, to: str, subject: str, text: str) -> None:
        message = EmailMessage()
        message["From"] = self.sender
        message["To"] = to
        message["Subject"] = subject
        message.set_content(text)
        with smtplib.SMTP(self.host, settings.smtp_port) as smtp:
            smtp.send_message(message)

    @staticmethod
    def send_reminder(to: str, when: datetime) -> None:
        send_mail(to, "Reminder", f"You play at {when:%H:%M}")

    @classmethod
    def send_farewell(cls, to: str, name: str) -> None:
        cls().send(to, f"Goodbye {name}", "We are sorry to see you go.")


mail_service = MailService()
