"""Mail by way of Celery."""

from fastapi import APIRouter

from club import jobs
from club.jobs import send_dues, send_notice
from club.services.board import announce

router = APIRouter(prefix="/notices", tags=["notices"])


@router.post("/one")
def one(to: str):
    send_notice.delay(to, subject="Court 3 is closed")
    return {"told": to}


@router.post("/written-out")
async def written_out(to: str):
    jobs.send_notice.apply_async(args=(to,), kwargs={"subject": "The bar is open"})
    return {"told": to}


@router.post("/all")
def everybody(members: list[str], subject: str):
    return {"told": announce(members, subject)}


@router.post("/in-an-hour")
def in_an_hour(to: str):
    send_notice.apply_async((to,), countdown=3600)
    return {"told": to}


@router.post("/dues")
def dues(to: str, year: int):
    send_dues.delay(to, year)
    return {"year": year}
