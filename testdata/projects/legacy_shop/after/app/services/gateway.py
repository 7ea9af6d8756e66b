"""Client of the payment provider."""

import asyncio
import logging

import httpx

from app.http_client import http_client

logger = logging.getLogger(__name__)


class GatewayError(Exception):
    """The provider could not be reached."""


class PaymentDeclined(Exception):
    """The provider answered, and said no."""


class PaymentGateway:
    def __init__(self, base_url: str, retries: int, delay: float):
        self.base_url = base_url
        self.retries = retries
        self.delay = delay

    async def send(self, path: str, payload: dict) -> dict:
        for attempt in range(1, self.retries + 1):
            try:
                response = await http_client().post(
                    f"{self.base_url}{path}", json=payload, timeout=10
                )
            except (
                httpx.NetworkError,
                httpx.RemoteProtocolError,
                httpx.ConnectTimeout,
                httpx.ProxyError,
            ) as exc:
                raise GatewayError(str(exc)) from exc
            if response.status_code == 402:
                raise PaymentDeclined(response.json()["reason"])
            if response.status_code < 500:
                response.raise_for_status()
                return response.json()
            logger.warning("payment attempt %d: %d", attempt, response.status_code)
            await asyncio.sleep(self.delay)
        raise GatewayError(f"no answer after {self.retries} attempts")
