"""Typed values on the way, and results that the answer needs."""

from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool

from club.domain.tasks import send_booking_task, send_invoice_task, send_reminder_task
from club.schemas import Booking, Invoice
from club.services.mailer import send_invoice

router = APIRouter(prefix="/invoices", tags=["invoices"])


@router.post("/typed")
async def typed(number: UUID, email: str, amount: Decimal, due: date):
    await send_invoice_task.kiq(number, email, amount, due)
    return {"number": number}


@router.post("/fields")
async def fields(invoice: Invoice):
    await send_invoice_task.kiq(invoice.id, invoice.email, invoice.amount, invoice.due)
    return invoice


@router.post("/result")
async def result(invoice: Invoice):
    ok = await run_in_threadpool(
        send_invoice, invoice.id, invoice.email, invoice.amount, invoice.due
    )
    return {"sent": ok}


@router.post("/asked")
async def asked(invoice: Invoice):
    if not await run_in_threadpool(
        send_invoice, invoice.id, invoice.email, invoice.amount, invoice.due
    ):
        return {"detail": "not sent"}
    return {"detail": "ok"}


@router.post("/booking")
async def booking(data: Booking):
    await send_booking_task.kiq(data)
    return {"court": data.court}


@router.post("/reminder")
async def reminder(data: Booking):
    await send_reminder_task.kiq(data.email, data.starts - timedelta(hours=1))
    return {"court": data.court}


@router.post("/booking-later")
async def booking_later(data: Booking):
    await send_booking_task.kiq(data)
    return {"court": data.court}
