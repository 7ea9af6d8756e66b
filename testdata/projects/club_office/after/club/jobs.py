"""What a worker of Celery does for the office."""

import os

from celery import Celery

from club.services.mailer import send_mail

jobs = Celery("club", broker=os.environ.get("CLUB_CELERY_URL", "memory://"))
jobs.conf.task_always_eager = os.environ.get("CLUB_EAGER") == "1"


@jobs.task
def send_notice(to: str, subject: str = "Notice") -> None:
    send_mail(to, subject, "See the notice board.")


@jobs.task(bind=True, max_retries=3)
def send_dues(self, to: str, year: int) -> None:
    try:
        send_mail(to, f"Dues of {year}", "They are due by the end of March.")
    except OSError as exc:
        raise self.retry(exc=exc)
