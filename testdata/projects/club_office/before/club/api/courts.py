"""State of the process, and objects that are changed on the way."""

import threading

from fastapi import APIRouter

from club.schemas import Booking
from club.services.mailer import send_mail

router = APIRouter(prefix="/courts", tags=["courts"])
booked: list[int] = []
lock = threading.Lock()
last_mail = ""


class Board:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def tell(self, to: str, text: str) -> None:
        self.lines.append(text)
        send_mail(to, "Board", text)


board = Board()


@router.post("/book")
def book(data: Booking):
    with lock:
        booked.append(data.court)
        send_mail(data.email, f"Court {data.court}", "is yours")
    return {"booked": booked}


@router.post("/tell")
def tell(to: str, text: str):
    board.tell(to, text)
    return {"lines": board.lines}


@router.post("/remember")
def remember(to: str):
    global last_mail
    send_mail(to, "Remembered", "x")
    last_mail = to
    return {"last": last_mail}


def _mark_and_mail(data: Booking) -> None:
    data.players.append("the trainer")
    send_mail(data.email, "With trainer", ", ".join(data.players))


@router.post("/trainer")
def trainer(data: Booking):
    _mark_and_mail(data)
    return data
