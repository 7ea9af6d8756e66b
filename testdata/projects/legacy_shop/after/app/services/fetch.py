"""HTTP to the supplier. Used by the API and by the nightly script."""

import requests

from app.core.config import settings


def get_json(path, params=None):
    response = requests.get(
        f"{settings.supplier_url}{path}",
        params=params,
        headers={"X-Api-Key": settings.supplier_key},
        timeout=settings.http_timeout,
    )
    response.raise_for_status()
    return response.json()
