"""Text messages through the provider's HTTP API."""

from app.core.config import settings
from app.http_client import http_client


async def send_sms(phone: str, text: str) -> str:
    """Send one message and return the provider's id."""
    response = await http_client().post(
        settings.sms_url, json={"to": phone, "text": text[:160]}, timeout=10
    )
    response.raise_for_status()
    return response.json()["id"]
