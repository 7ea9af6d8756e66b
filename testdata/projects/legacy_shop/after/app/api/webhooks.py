"""Calls from and to our partners."""

import hmac
import json
import logging

from fastapi import APIRouter, Header, HTTPException, Request
from fastapi.concurrency import run_in_threadpool

from app.api.deps import Orders
from app.core.clock import now
from app.core.config import settings
from app.domain.tasks import send_broadcast_request_task, send_record_visit_request_task
from app.repositories.json_store import store
from app.schemas import BroadcastIn, PartnerIn
from app.services.auth import sign
from app.services.events import publish, recent_events
from app.services.storage import append_delivery

logger = logging.getLogger(__name__)

router = APIRouter(prefix="/webhooks", tags=["webhooks"])


@router.post("/payment")
async def payment_hook(request: Request, orders: Orders, x_signature: str = Header("")):
    """The bank tells us about a transfer."""
    body = await request.body()
    if not hmac.compare_digest(x_signature, sign(body.decode())):
        raise HTTPException(400, "bad signature")
    event = json.loads(body)
    order = await run_in_threadpool(orders.get, event["order"])
    order.status = "paid"
    await run_in_threadpool(orders.save, order)
    await publish("order.paid", order.id)
    return {"order": order.id, "status": order.status}


@router.post("/partners", status_code=201)
async def add_partner(partner: PartnerIn):
    await run_in_threadpool(
        store.put, "partners", partner.name, {"events": partner.events}
    )
    return partner


@router.post("/broadcast", status_code=202)
async def broadcast(body: BroadcastIn):
    told = 0
    for name, partner in sorted(
        (await run_in_threadpool(store.load, "partners")).items()
    ):
        if body.event not in partner["events"]:
            continue
        await send_broadcast_request_task.kiq(name, body.event, body.text)
        told += 1
    await run_in_threadpool(
        append_delivery, {"at": now().isoformat(), "event": body.event, "told": told}
    )
    return {"told": told}


@router.post("/visit", status_code=202)
async def record_visit(page: str, referer: str = Header("")):
    await send_record_visit_request_task.kiq(page, referer)
    return {"ok": True}


@router.get("/deliveries")
async def get_deliveries(limit: int = 10):
    path = settings.data_dir / "deliveries.jsonl"

    def read_file():
        if not path.exists():
            return []
        with path.open(encoding="utf-8") as f:
            records = [json.loads(line) for line in f]
        return records[-limit:]

    return await run_in_threadpool(read_file)


@router.get("/events")
async def get_events():
    return await recent_events()
