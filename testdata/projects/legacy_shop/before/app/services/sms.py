"""Text messages through the provider's HTTP API."""

import requests

from app.core.config import settings


def send_sms(phone: str, text: str) -> str:
    """Send one message and return the provider's id."""
    response = requests.post(
        settings.sms_url, json={"to": phone, "text": text[:160]}, timeout=10
    )
    response.raise_for_status()
    return response.json()["id"]
