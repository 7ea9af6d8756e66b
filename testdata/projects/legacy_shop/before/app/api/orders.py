"""Orders, from the basket to the parcel."""

import logging
import smtplib
import time
from decimal import Decimal
from email.message import EmailMessage

import requests
from fastapi import APIRouter, BackgroundTasks, Depends, HTTPException, Response

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
from app.repositories.products import ProductRepository
from app.schemas import InvoiceMailIn, Order, OrderIn, PaymentIn
from app.services.gateway import GatewayError, PaymentDeclined
from app.services.invoices import build_invoice, store_invoice
from app.services.mailer import (
    send_cancellation,
    send_invoice_email,
    send_receipt,
    send_reminder,
)
from app.services.payments import payments
from app.services.shipping import shipping
from app.services.sms import send_sms

logger = logging.getLogger(__name__)

router = APIRouter(prefix="/orders", tags=["orders"])


@router.post("", status_code=201)
def create_order(
    body: OrderIn,
    user: CurrentUser,
    orders: Orders,
    products: ProductRepository = Depends(get_products),
    trail: AuditTrail = Depends(audit_trail),
) -> Order:
    total = Decimal(0)
    for line in body.lines:
        total += products.get(line.sku).price * line.quantity
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
    trail.add("order.created", order.id)

    # confirmation for the customer
    message = EmailMessage()
    message["From"] = settings.mail_from
    message["To"] = user.email
    message["Subject"] = f"Order {order.id}"
    message.set_content(f"Dear {user.name},\nwe are packing your order.\n")
    with smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=10) as smtp:
        smtp.send_message(message)

    return order


@router.get("")
def list_orders(
    user: CurrentUser, orders: Orders, pages: Pagination = Depends(Pagination)
) -> list[Order]:
    return pages.cut(orders.for_user(user.id))


@router.get("/{order_id}")
def get_order(order_id: str, user: CurrentUser, orders: Orders) -> Order:
    order = orders.get(order_id)
    if order.user_id != user.id:
        raise HTTPException(403, "not your order")
    return order


@router.post("/{order_id}/pay")
def pay_order(
    order_id: str,
    payment: PaymentIn,
    orders: Orders,
    trail: AuditTrail = Depends(audit_trail),
) -> Order:
    order = orders.get(order_id)
    if order.status != "new":
        raise HTTPException(409, f"order is {order.status}")
    try:
        order.receipt = payments.charge(order, payment.card_token)
    except PaymentDeclined as exc:
        raise HTTPException(402, str(exc)) from exc
    except GatewayError as exc:
        logger.error("payment of %s failed: %s", order_id, exc)
        raise HTTPException(502, "payment provider is not reachable") from exc
    order.status = "paid"
    orders.save(order)
    trail.add("order.paid", order.id)
    if order.notify:
        send_receipt(order.email, order.id, str(order.total))
    return order


@router.post("/{order_id}/cancel")
def cancel_order(order_id: str, user: CurrentUser, orders: Orders) -> Order:
    order = get_order(order_id, user, orders)
    if order.status == "shipped":
        raise HTTPException(409, "too late")
    order.status = "cancelled"
    orders.save(order)
    try:
        send_cancellation(user.email, order.id)
    except (smtplib.SMTPException, OSError) as exc:
        # the order is cancelled, with or without a mail
        logger.warning("no cancellation mail for %s: %s", order.id, exc)
    return order


@router.get("/{order_id}/invoice.pdf")
def download_invoice(order_id: str, orders: Orders):
    order = orders.get(order_id)
    pdf = build_invoice(order)
    return Response(
        content=pdf,
        media_type="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="{order_id}.pdf"'},
    )


@router.post("/{order_id}/invoice", status_code=202)
def file_invoice(order_id: str, orders: Orders):
    """Put the invoice into the accountant's folder."""
    order = orders.get(order_id)
    if order.status == "new":
        raise HTTPException(409, "not paid yet")
    store_invoice(order.id)
    return {"order": order.id, "invoice": "filed"}


@router.post("/{order_id}/invoice/email")
def email_invoice(order_id: str, body: InvoiceMailIn, orders: Orders):
    order = orders.get(order_id)
    pdf = build_invoice(order)
    try:
        send_invoice_email(body.to, order.id, pdf)
    except smtplib.SMTPException as exc:
        raise HTTPException(502, f"{body.to} does not take mail") from exc
    return {"sent_to": body.to, "bytes": len(pdf)}


@router.post("/{order_id}/ship")
def ship_order(
    order_id: str, orders: Orders, trail: AuditTrail = Depends(audit_trail)
) -> Order:
    order = orders.get(order_id)
    if order.status != "paid":
        raise HTTPException(409, f"order is {order.status}")
    try:
        pieces = sum(line.quantity for line in order.lines)
        order.tracking = shipping.book(order.id, pieces)
    except requests.RequestException as exc:
        raise HTTPException(502, "carrier did not take the parcel") from exc
    order.status = "shipped"
    orders.save(order)
    trail.add("order.shipped", order.id)
    if order.phone:
        send_sms(order.phone, f"Order {order.id} is on its way: {order.tracking}")
    return order


@router.get("/{order_id}/tracking")
def track_order(order_id: str, orders: Orders):
    order = orders.get(order_id)
    if not order.tracking:
        raise HTTPException(404, "not shipped")
    return shipping.track(order.tracking)


@router.get("/{order_id}/status")
async def wait_for_status(
    order_id: str, orders: Orders, wanted: str = "paid", tries: int = 2
):
    """Long poll: the checkout page calls this while the bank page is open."""
    for _ in range(tries):
        order = orders.get(order_id)
        if order.status == wanted:
            return {"order": order_id, "status": order.status, "reached": True}
        time.sleep(settings.retry_delay)
    return {"order": order_id, "status": order.status, "reached": False}


@router.post("/{order_id}/remind", status_code=202)
def remind(order_id: str, orders: Orders, background: BackgroundTasks):
    order = orders.get(order_id)
    background.add_task(send_reminder, order.email, order.id)
    return {"order": order.id, "reminder": "queued"}
