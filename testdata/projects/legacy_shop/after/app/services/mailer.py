"""All mail of the shop (except the order confirmation, see api/orders.py)."""

import smtplib
from email.message import EmailMessage

from app.core.config import settings


def _deliver(message: EmailMessage) -> None:
    message["From"] = settings.mail_from
    with smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=10) as smtp:
        smtp.send_message(message)


def send_text(to: str, subject: str, text: str) -> None:
    message = EmailMessage()
    message["To"] = to
    message["Subject"] = subject
    message.set_content(text)
    _deliver(message)


def send_welcome_email(to: str, name: str, *, lang: str = "en") -> None:
    greeting = "Willkommen" if lang == "de" else "Welcome"
    send_text(to, f"{greeting}, {name}!", "Your account is ready.\n")


def send_receipt(to: str, order_id: str, total: str) -> None:
    send_text(to, f"Receipt for {order_id}", f"We received {total} EUR. Thank you!\n")


def send_cancellation(to: str, order_id: str) -> None:
    send_text(to, f"Order {order_id} cancelled", "Nothing will be charged.\n")


def send_reminder(to: str, order_id: str) -> None:
    send_text(to, f"Order {order_id} is waiting", "It is still in your basket.\n")


def send_password_reset(to: str, code: str) -> None:
    send_text(to, "Your reset code", f"Enter {code} within ten minutes.\n")


def send_invoice_email(to: str, order_id: str, pdf: bytes) -> None:
    message = EmailMessage()
    message["To"] = to
    message["Subject"] = f"Invoice {order_id}"
    message.set_content("Your invoice is attached.\n")
    message.add_attachment(
        pdf, maintype="application", subtype="pdf", filename=f"{order_id}.pdf"
    )
    _deliver(message)
