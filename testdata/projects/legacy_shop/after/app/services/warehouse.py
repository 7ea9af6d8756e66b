"""Thin client of the warehouse."""

import requests

from app.core.config import settings


def warehouse_get(path, **params):
    response = requests.get(
        settings.warehouse_url + path, params=params, timeout=settings.http_timeout
    )
    response.raise_for_status()
    return response.json()
