"""The carrier's API."""

import requests

from app.core.config import settings


class ShippingService:
    def __init__(self, base_url: str):
        self.base_url = base_url
        self.session = requests.Session()
        self.session.headers["X-Account"] = "legacy-shop"

    def book(self, order_id: str, pieces: int) -> str:
        response = self.session.post(
            f"{self.base_url}/parcels",
            json={"reference": order_id, "pieces": pieces},
            timeout=settings.http_timeout,
        )
        response.raise_for_status()
        return response.json()["tracking"]

    def track(self, tracking: str) -> dict:
        response = self.session.get(
            f"{self.base_url}/parcels/{tracking}", timeout=settings.http_timeout
        )
        if response.status_code == 404:
            return {"tracking": tracking, "state": "unknown"}
        response.raise_for_status()
        return response.json()


shipping = ShippingService(settings.carrier_url)
