from app.deep.gateway import Gateway, stock_of, tell


class OrderService:
    def __init__(self, gateway: Gateway | None = None) -> None:
        self.gateway = gateway or Gateway()

    def pay(self, order: int) -> dict:
        return self._charge(order, retries=2)

    def _charge(self, order: int, retries: int) -> dict:
        return self.gateway.charge(order)

    @staticmethod
    def stock(order: int) -> int:
        return stock_of(order)  # either


def audit(order: int) -> bool:
    return tell(f"order {order}")


def pay_and_tell(order: int) -> dict:
    paid = OrderService().pay(order)
    audit(order)
    return paid


def walk(depth: int) -> int:
    return back(depth - 1) if depth else 0


def back(depth: int) -> int:
    tell("back")
    return walk(depth)


async def refresh_all() -> list[bool]:
    return [tell(name) for name in ("a", "b")]  # blocks
