"""Typed values on the way, and results that the answer needs."""

from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from fastapi import APIRouter, BackgroundTasks

from club.schemas import Booking, Invoice
from club.services.mailer import MailService, send_booking, send_invoice

router = APIRouter(prefix="/invoices", tags=["invoices"])


@router.post("/typed")
def typed(number: UUID, email: str, amount: Decimal, due: date):
    send_invoice(number, email, amount, due)
    return {"number": number}


@router.post("/fields")
def fields(invoice: Invoice):
    send_invoice(invoice.id, invoice.email, invoice.amount, invoice.due)
    return invoice


@router.post("/result")
def result(invoice: Invoice):
    ok = send_invoice(invoice.id, invoice.email, invoice.amount, invoice.due)
    return {"sent": ok}


@router.post("/asked")
def asked(invoice: Invoice):
    if not send_invoice(invoice.id, invoice.email, invoice.amount, invoice.due):
        return {"detail": "not sent"}
    return {"detail": "ok"}


@router.post("/booking")
def booking(data: Booking):
    send_booking(data)
    return {"court": data.court}


@router.post("/reminder")
def reminder(data: Booking):
    MailService.send_reminder(data.email, data.starts - timedelta(hours=1))
    return {"court": data.court}


@router.post("/booking-later")
def booking_later(data: Booking, tasks: BackgroundTasks):
    tasks.add_task(send_booking, data)
    return {"court": data.court}
