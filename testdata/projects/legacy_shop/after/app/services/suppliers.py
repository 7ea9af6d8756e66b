"""What the supplier sells us things for."""

import time
from decimal import Decimal

import requests

from app.core.config import settings
from app.services.fetch import get_json


class SupplierError(Exception):
    """The supplier did not answer, or not with a price."""


def supplier_price(sku: str, currency: str) -> Decimal:
    for attempt in range(1, settings.retries + 1):
        try:
            data = get_json(f"/prices/{sku}", {"currency": currency})
            return Decimal(str(data["price"]))
        except requests.HTTPError as exc:
            # 503 means "too many requests" over there, anything else is final
            if exc.response.status_code != 503 or attempt == settings.retries:
                raise SupplierError(f"no price for {sku}") from exc
            time.sleep(settings.retry_delay * attempt)
        except (requests.RequestException, KeyError) as exc:
            raise SupplierError(f"no price for {sku}") from exc
    raise SupplierError("retries is 0")
