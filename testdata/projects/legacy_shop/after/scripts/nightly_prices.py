"""Writes tomorrow's prices of all products to prices.json (run by cron)."""

import argparse
import json
import sys

from app.core.clock import now
from app.core.config import settings
from app.repositories.products import products
from app.services.pricing import quote
from app.services.suppliers import SupplierError


def collect(currency: str) -> dict[str, str]:
    prices = {}
    for product in products.all():
        try:
            prices[product.sku] = str(quote(product.sku, currency=currency))
        except SupplierError as exc:
            print(f"skipped: {exc}", file=sys.stderr)
    return prices


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--currency", default="EUR")
    args = parser.parse_args(argv)
    prices = collect(args.currency)
    target = settings.data_dir / "prices.json"
    target.write_text(json.dumps({"at": now().isoformat(), "prices": prices}))
    print(f"{len(prices)} prices written")
    return 0 if prices else 1


if __name__ == "__main__":
    sys.exit(main())
