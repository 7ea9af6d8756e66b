"""Charging orders."""

from app.core.config import settings
from app.schemas import Order
from app.services.gateway import PaymentGateway


class PaymentService:
    """Holds the gateway, so tests can give it another one."""

    def __init__(self, gateway: PaymentGateway):
        self.gateway = gateway

    async def charge(self, order: Order, card_token: str) -> str:
        """Charge the order's total and return the receipt number."""
        answer = await self.gateway.send(
            "/charges",
            {"order": order.id, "amount": str(order.total), "card": card_token},
        )
        return answer["receipt"]


payments = PaymentService(
    PaymentGateway(settings.gateway_url, settings.retries, settings.retry_delay)
)
