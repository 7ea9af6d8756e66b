"""The only place that asks for the time."""

from datetime import datetime, timezone

from app.core.config import settings


def now() -> datetime:
    if settings.frozen_time:
        return datetime.fromisoformat(settings.frozen_time)
    return datetime.now(timezone.utc)
