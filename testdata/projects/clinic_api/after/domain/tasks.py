"""Slow work, done by Taskiq workers."""

from domain.broker import broker
from mailer import send_cancellation, send_confirmation


@broker.task
def send_confirmation_task(email: str, doctor: str, slot: str) -> None:
    send_confirmation(email, doctor, slot)


@broker.task
def send_cancellation_task(email: str, visit_id: int) -> None:
    send_cancellation(email, visit_id)
