"""Orders in orders.json."""

from app.core.errors import NotFoundError
from app.repositories.json_store import JsonStore, store
from app.schemas import Order


class OrderRepository:
    collection = "orders"

    def __init__(self, store: JsonStore):
        self.store = store

    def get(self, order_id: str) -> Order:
        row = self.store.load(self.collection).get(order_id)
        if row is None:
            raise NotFoundError("order", order_id)
        return Order.model_validate(row)

    def all(self) -> list[Order]:
        rows = self.store.load(self.collection)
        return [Order.model_validate(rows[key]) for key in sorted(rows)]

    def for_user(self, user_id: str) -> list[Order]:
        return [order for order in self.all() if order.user_id == user_id]

    def save(self, order: Order) -> Order:
        self.store.put(self.collection, order.id, order.model_dump(mode="json"))
        return order

    def next_id(self) -> str:
        return f"o-{self.store.next_number('order'):04d}"


orders = OrderRepository(store)
