"""Sales prices: what the supplier asks, our margin, and a volume discount."""

from decimal import ROUND_HALF_UP, Decimal

from app.services.suppliers import supplier_price

MARGIN = Decimal("1.25")
CENT = Decimal("0.01")


def volume_discount(quantity: int) -> Decimal:
    if quantity >= 50:
        return Decimal("0.90")
    if quantity >= 10:
        return Decimal("0.95")
    return Decimal("1")


def quote(sku: str, quantity: int = 1, currency: str = "EUR") -> Decimal:
    """Price of `quantity` pieces, rounded to cents."""
    base = supplier_price(sku, currency)
    price = base * MARGIN * quantity * volume_discount(quantity)
    return price.quantize(CENT, rounding=ROUND_HALF_UP)
