"""Probes for the load balancer and for the on-call engineer."""

import os
import time

import requests
from fastapi import APIRouter

from app.core.config import settings

router = APIRouter(prefix="/health", tags=["health"])


@router.get("")
def health():
    return {"status": "ok", "version": settings.version}


@router.get("/ready")
def ready():
    """Can we write, and does the supplier answer?"""
    writable = os.access(settings.data_dir, os.W_OK)
    try:
        supplier = requests.get(f"{settings.supplier_url}/ping", timeout=2).ok
    except requests.RequestException:
        supplier = False
    return {"writable": writable, "supplier": supplier}


@router.get("/deep")
async def deep():
    """Ask the carrier twice: its first answer after a pause is often wrong."""
    answers = []
    for _ in range(2):
        response = requests.get(f"{settings.carrier_url}/ping", timeout=2)
        answers.append(response.status_code)
        time.sleep(settings.retry_delay)
    return {"carrier": answers}
