"""The last events, for the dashboard."""

import asyncio
from collections import deque

_recent: deque[dict] = deque(maxlen=50)
_changed = asyncio.Event()


async def publish(kind: str, subject: str) -> None:
    _recent.append({"kind": kind, "subject": subject})
    _changed.set()
    await asyncio.sleep(0)  # let waiting dashboards run


async def recent_events() -> list[dict]:
    return list(_recent)
