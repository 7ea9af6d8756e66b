"""SMS, chat and push: third parties that are told something."""

import logging

import requests
from fastapi import APIRouter, Depends, HTTPException, Request

from club.services.hooks import notify_chat, notify_push
from club.services.sms import SmsGateway, get_gateway, send_sms
from club.settings import settings

router = APIRouter(prefix="/alerts", tags=["alerts"])
log = logging.getLogger("club.alerts")


@router.post("/sms")
def sms(phone: str, text: str):
    send_sms(phone, text)
    return {"accepted": True}


@router.post("/sms-injected")
def sms_injected(phone: str, text: str, gateway: SmsGateway = Depends(get_gateway)):
    gateway.send(phone, text)
    return {"accepted": True}


@router.post("/sms-made")
def sms_made(phone: str, text: str):
    gateway = SmsGateway(settings.sms_url, settings.sms_key)
    gateway.send(phone, text)
    return {"accepted": True}


@router.post("/sms-answered")
def sms_answered(phone: str, text: str):
    try:
        send_sms(phone, text)
    except requests.RequestException:
        raise HTTPException(502, "no text message")
    return {"accepted": True}


@router.post("/chat")
def chat(text: str):
    notify_chat(f"office: {text}")
    return {"ok": True}


@router.post("/push")
def push(device: str, title: str):
    notify_push(device, title, badge=2)
    return {"ok": True}


@router.post("/webhook")
def webhook(event: str, request: Request):
    requests.post(
        f"{settings.federation_url}/hooks",
        json={"event": event, "agent": request.headers.get("x-agent", "none")},
        timeout=5,
    )
    return {"event": event}


@router.post("/webhook-logged")
def webhook_logged(event: str):
    try:
        response = requests.post(f"{settings.federation_url}/hooks", json={"event": event}, timeout=5)
        log.info("federation said %s", response.status_code)
    except requests.RequestException as exc:
        log.error("federation: %s", exc)
    return {"event": event}


@router.post("/webhook-checked")
def webhook_checked(event: str):
    response = requests.post(f"{settings.federation_url}/hooks", json={"event": event}, timeout=5)
    response.raise_for_status()
    return {"event": event}


@router.post("/webhook-used")
def webhook_used(event: str):
    response = requests.post(f"{settings.federation_url}/hooks", json={"event": event}, timeout=5)
    return {"event": event, "status": response.status_code}


@router.post("/many")
def many(phones: list[str], text: str):
    for phone in phones:
        if phone.startswith("+"):
            send_sms(phone, text)
        else:
            log.warning("no number: %s", phone)
    return {"count": len(phones)}
