"""Probes for the load balancer and for the on-call engineer."""

import asyncio
import os

import httpx
from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool

from app.core.config import settings
from app.http_client import http_client

router = APIRouter(prefix="/health", tags=["health"])


@router.get("")
async def health():
    return {"status": "ok", "version": settings.version}


@router.get("/ready")
async def ready():
    """Can we write, and does the supplier answer?"""
    writable = await run_in_threadpool(os.access, settings.data_dir, os.W_OK)
    try:
        supplier = not (
            await http_client().get(f"{settings.supplier_url}/ping", timeout=2)
        ).is_error
    except (httpx.HTTPError, httpx.InvalidURL):
        supplier = False
    return {"writable": writable, "supplier": supplier}


@router.get("/deep")
async def deep():
    """Ask the carrier twice: its first answer after a pause is often wrong."""
    answers = []
    for _ in range(2):
        response = await http_client().get(f"{settings.carrier_url}/ping", timeout=2)
        answers.append(response.status_code)
        await asyncio.sleep(settings.retry_delay)
    return {"carrier": answers}
