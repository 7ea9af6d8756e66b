"""State of the process, and objects that are changed on the way."""

import threading

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool

from club.domain.tasks import send_mail_task
from club.schemas import Booking
from club.services.mailer import send_mail

router = APIRouter(prefix="/courts", tags=["courts"])
booked: list[int] = []
lock = threading.Lock()
last_mail = ""


class Board:
    def __init__(self) -> None:
        self.lines: list[str] = []

    async def tell(self, to: str, text: str) -> None:
        self.lines.append(text)
        await send_mail_task.kiq(to, "Board", text)


board = Board()


@router.post("/book")
async def book(data: Booking):
    def send_mail_in_thread():
        with lock:
            booked.append(data.court)
            send_mail(data.email, f"Court {data.court}", "is yours")

    await run_in_threadpool(send_mail_in_thread)
    return {"booked": booked}


@router.post("/tell")
async def tell(to: str, text: str):
    await board.tell(to, text)
    return {"lines": board.lines}


@router.post("/remember")
async def remember(to: str):
    global last_mail
    await send_mail_task.kiq(to, "Remembered", "x")
    last_mail = to
    return {"last": last_mail}


def _mark_and_mail(data: Booking) -> None:
    data.players.append("the trainer")
    send_mail(data.email, "With trainer", ", ".join(data.players))


@router.post("/trainer")
async def trainer(data: Booking):
    await run_in_threadpool(_mark_and_mail, data)
    return data
