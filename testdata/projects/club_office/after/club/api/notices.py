"""Mail by way of Celery."""

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool

from club.domain.tasks import send_notice_task
from club.jobs import send_dues, send_notice
from club.services.board import announce

router = APIRouter(prefix="/notices", tags=["notices"])


@router.post("/one")
async def one(to: str):
    await send_notice_task.kiq(to, subject="Court 3 is closed")
    return {"told": to}


@router.post("/written-out")
async def written_out(to: str):
    await send_notice_task.kiq(to, subject="The bar is open")
    return {"told": to}


@router.post("/all")
async def everybody(members: list[str], subject: str):
    return {"told": await announce(members, subject)}


@router.post("/in-an-hour")
async def in_an_hour(to: str):
    await run_in_threadpool(send_notice.apply_async, (to,), countdown=3600)
    return {"told": to}


@router.post("/dues")
async def dues(to: str, year: int):
    await run_in_threadpool(send_dues.delay, to, year)
    return {"year": year}
