"""Thin client of the warehouse."""

from app.core.config import settings
from app.http_client import http_client


async def warehouse_get(path, **params):
    response = await http_client().get(
        settings.warehouse_url + path, params=params, timeout=settings.http_timeout
    )
    response.raise_for_status()
    return response.json()
