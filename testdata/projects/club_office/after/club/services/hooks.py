import logging

import requests

from club.settings import settings

logger = logging.getLogger(__name__)


def notify_chat(text: str) -> None:
    try:
        requests.post(settings.chat_url, json={"text": text}, timeout=3)
    except requests.RequestException as exc:
        logger.warning("chat: %s", exc)


def notify_push(device: str, title: str, badge: int = 1) -> None:
    answer = requests.post(
        settings.push_url, json={"to": device, "title": title, "badge": badge}, timeout=3
    )
    if answer.status_code != 202:
        logger.error("push to %s failed: %s", device, answer.status_code)
