"""SMS, chat and push: third parties that are told something."""

import logging

import httpx2
from fastapi import APIRouter, HTTPException, Request

from club.domain.tasks import (
    notify_chat_task,
    notify_push_task,
    send_made_sms_task,
    send_sms_task,
    send_webhook_logged_request_task,
    send_webhook_request_task,
    sms_send_sms_task,
)
from club.http_client import http_client
from club.services.sms import send_sms
from club.settings import settings

router = APIRouter(prefix="/alerts", tags=["alerts"])
log = logging.getLogger("club.alerts")


@router.post("/sms")
async def sms(phone: str, text: str):
    await send_sms_task.kiq(phone, text)
    return {"accepted": True}


@router.post("/sms-injected")
async def sms_injected(phone: str, text: str):
    await sms_send_sms_task.kiq(phone, text)
    return {"accepted": True}


@router.post("/sms-made")
async def sms_made(phone: str, text: str):
    await send_made_sms_task.kiq(phone, text)
    return {"accepted": True}


@router.post("/sms-answered")
async def sms_answered(phone: str, text: str):
    try:
        await send_sms(phone, text)
    except (httpx2.HTTPError, httpx2.InvalidURL):
        raise HTTPException(502, "no text message")
    return {"accepted": True}


@router.post("/chat")
async def chat(text: str):
    await notify_chat_task.kiq(f"office: {text}")
    return {"ok": True}


@router.post("/push")
async def push(device: str, title: str):
    await notify_push_task.kiq(device, title, badge=2)
    return {"ok": True}


@router.post("/webhook")
async def webhook(event: str, request: Request):
    await send_webhook_request_task.kiq(
        {"event": event, "agent": request.headers.get("x-agent", "none")}
    )
    return {"event": event}


@router.post("/webhook-logged")
async def webhook_logged(event: str):
    await send_webhook_logged_request_task.kiq(event)
    return {"event": event}


@router.post("/webhook-checked")
async def webhook_checked(event: str):
    response = await http_client().post(
        f"{settings.federation_url}/hooks", json={"event": event}, timeout=5
    )
    response.raise_for_status()
    return {"event": event}


@router.post("/webhook-used")
async def webhook_used(event: str):
    response = await http_client().post(
        f"{settings.federation_url}/hooks", json={"event": event}, timeout=5
    )
    return {"event": event, "status": response.status_code}


@router.post("/many")
async def many(phones: list[str], text: str):
    for phone in phones:
        if phone.startswith("+"):
            await send_sms_task.kiq(phone, text)
        else:
            log.warning("no number: %s", phone)
    return {"count": len(phones)}
