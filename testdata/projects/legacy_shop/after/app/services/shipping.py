"""The carrier's API."""

import httpx

from app.core.config import settings
from app.http_client import per_event_loop, tls_context


class ShippingService:
    def __init__(self, base_url: str):
        self.base_url = base_url
        self.session = per_event_loop(self._make_session)

    def _make_session(self) -> httpx.AsyncClient:
        client = httpx.AsyncClient(
            verify=tls_context,
            follow_redirects=True,
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=20),
        )
        client.headers["X-Account"] = "legacy-shop"
        return client

    async def book(self, order_id: str, pieces: int) -> str:
        response = await self.session().post(
            f"{self.base_url}/parcels",
            json={"reference": order_id, "pieces": pieces},
            timeout=settings.http_timeout,
        )
        response.raise_for_status()
        return response.json()["tracking"]

    async def track(self, tracking: str) -> dict:
        response = await self.session().get(
            f"{self.base_url}/parcels/{tracking}", timeout=settings.http_timeout
        )
        if response.status_code == 404:
            return {"tracking": tracking, "state": "unknown"}
        response.raise_for_status()
        return response.json()


shipping = ShippingService(settings.carrier_url)
