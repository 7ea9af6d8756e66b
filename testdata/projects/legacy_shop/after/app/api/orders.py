"""Orders, from the basket to the parcel."""

import asyncio
import json
import logging
import smtplib
from decimal import Decimal

import httpx
from fastapi import APIRouter, Depends, HTTPException, Response
from fastapi.concurrency import run_in_threadpool

from app.api.deps import (
    AuditTrail,
    CurrentUser,
    Orders,
    Pagination,
    audit_trail,
    get_products,
)
from app.core.clock import now
from app.core.config import settings
from app.domain.tasks import (
    send_cancellation_task,
    send_order_email_task,
    send_receipt_task,
    send_reminder_task,
    send_sms_task,
)
from app.repositories.products import ProductRepository
from app.schemas import InvoiceMailIn, Order, OrderIn, PaymentIn
from app.services.gateway import GatewayError, PaymentDeclined
from app.services.invoices import build_invoice, store_invoice
from app.services.mailer import send_invoice_email
from app.services.payments import payments
from app.services.shipping import shipping

logger = logging.getLogger(__name__)

router = APIRouter(prefix="/orders", tags=["orders"])


@router.post("", status_code=201)
async def create_order(
    body: OrderIn,
    user: CurrentUser,
    orders: Orders,
    products: ProductRepository = Depends(get_products),
    trail: AuditTrail = Depends(audit_trail),
) -> Order:
    total = Decimal(0)
    for line in body.lines:
        total += products.get(line.sku).price * line.quantity

    def save_order():
        order = Order(
            id=orders.next_id(),
            user_id=user.id,
            email=user.email,
            phone=body.phone or user.phone,
            notify=body.notify,
            lines=body.lines,
            total=total,
            created=now().isoformat(),
        )
        orders.save(order)
        return order

    order = await run_in_threadpool(save_order)
    trail.add("order.created", order.id)

    await send_order_email_task.kiq(user.email, order.id, user.name)

    return order


@router.get("")
async def list_orders(
    user: CurrentUser, orders: Orders, pages: Pagination = Depends(Pagination)
) -> list[Order]:
    return pages.cut(await run_in_threadpool(orders.for_user, user.id))


@router.get("/{order_id}")
async def get_order(order_id: str, user: CurrentUser, orders: Orders) -> Order:
    order = await run_in_threadpool(orders.get, order_id)
    if order.user_id != user.id:
        raise HTTPException(403, "not your order")
    return order


@router.post("/{order_id}/pay")
async def pay_order(
    order_id: str,
    payment: PaymentIn,
    orders: Orders,
    trail: AuditTrail = Depends(audit_trail),
) -> Order:
    order = await run_in_threadpool(orders.get, order_id)
    if order.status != "new":
        raise HTTPException(409, f"order is {order.status}")
    try:
        order.receipt = await payments.charge(order, payment.card_token)
    except PaymentDeclined as exc:
        raise HTTPException(402, str(exc)) from exc
    except GatewayError as exc:
        logger.error("payment of %s failed: %s", order_id, exc)
        raise HTTPException(502, "payment provider is not reachable") from exc
    order.status = "paid"
    await run_in_threadpool(orders.save, order)
    trail.add("order.paid", order.id)
    if order.notify:
        await send_receipt_task.kiq(order.email, order.id, str(order.total))
    return order


@router.post("/{order_id}/cancel")
async def cancel_order(order_id: str, user: CurrentUser, orders: Orders) -> Order:
    order = await get_order(order_id, user, orders)
    if order.status == "shipped":
        raise HTTPException(409, "too late")
    order.status = "cancelled"
    await run_in_threadpool(orders.save, order)
    await send_cancellation_task.kiq(user.email, order.id)
    return order


@router.get("/{order_id}/invoice.pdf")
async def download_invoice(order_id: str, orders: Orders):
    def build_pdf():
        order = orders.get(order_id)
        return build_invoice(order)

    pdf = await run_in_threadpool(build_pdf)
    return Response(
        content=pdf,
        media_type="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="{order_id}.pdf"'},
    )


@router.post("/{order_id}/invoice", status_code=202)
async def file_invoice(order_id: str, orders: Orders):
    """Put the invoice into the accountant's folder."""
    order = await run_in_threadpool(orders.get, order_id)
    if order.status == "new":
        raise HTTPException(409, "not paid yet")
    await run_in_threadpool(store_invoice, order.id)
    return {"order": order.id, "invoice": "filed"}


@router.post("/{order_id}/invoice/email")
async def email_invoice(order_id: str, body: InvoiceMailIn, orders: Orders):
    def send_pdf():
        order = orders.get(order_id)
        pdf = build_invoice(order)
        try:
            send_invoice_email(body.to, order.id, pdf)
        except smtplib.SMTPException as exc:
            raise HTTPException(502, f"{body.to} does not take mail") from exc
        return pdf

    pdf = await run_in_threadpool(send_pdf)
    return {"sent_to": body.to, "bytes": len(pdf)}


@router.post("/{order_id}/ship")
async def ship_order(
    order_id: str, orders: Orders, trail: AuditTrail = Depends(audit_trail)
) -> Order:
    order = await run_in_threadpool(orders.get, order_id)
    if order.status != "paid":
        raise HTTPException(409, f"order is {order.status}")
    try:
        pieces = sum(line.quantity for line in order.lines)
        order.tracking = await shipping.book(order.id, pieces)
    except (
        httpx.HTTPError,
        httpx.InvalidURL,
        json.JSONDecodeError,
        UnicodeDecodeError,
    ) as exc:
        raise HTTPException(502, "carrier did not take the parcel") from exc
    order.status = "shipped"
    await run_in_threadpool(orders.save, order)
    trail.add("order.shipped", order.id)
    if order.phone:
        await send_sms_task.kiq(
            order.phone, f"Order {order.id} is on its way: {order.tracking}"
        )
    return order


@router.get("/{order_id}/tracking")
async def track_order(order_id: str, orders: Orders):
    order = await run_in_threadpool(orders.get, order_id)
    if not order.tracking:
        raise HTTPException(404, "not shipped")
    return await shipping.track(order.tracking)


@router.get("/{order_id}/status")
async def wait_for_status(
    order_id: str, orders: Orders, wanted: str = "paid", tries: int = 2
):
    """Long poll: the checkout page calls this while the bank page is open."""
    for _ in range(tries):
        order = await run_in_threadpool(orders.get, order_id)
        if order.status == wanted:
            return {"order": order_id, "status": order.status, "reached": True}
        await asyncio.sleep(settings.retry_delay)
    return {"order": order_id, "status": order.status, "reached": False}


@router.post("/{order_id}/remind", status_code=202)
async def remind(order_id: str, orders: Orders):
    order = await run_in_threadpool(orders.get, order_id)
    await send_reminder_task.kiq(order.email, order.id)
    return {"order": order.id, "reminder": "queued"}
