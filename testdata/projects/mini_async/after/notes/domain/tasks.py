"""Work that no request waits for."""

from notes.domain.broker import broker
from notes.mail import send_farewell_mail, send_share_mail


@broker.task
def send_share_mail_task(to: str, title: str) -> None:
    send_share_mail(to, title)


@broker.task
def send_farewell_mail_task(to: str) -> None:
    send_farewell_mail(to)
