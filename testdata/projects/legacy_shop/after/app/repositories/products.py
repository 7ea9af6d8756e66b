"""The catalogue: small and read all the time, so it lives in memory."""

from decimal import Decimal

from app.core.errors import NotFoundError
from app.schemas import Product


class ProductRepository:
    def __init__(self, products: list[Product]):
        self._products = {product.sku: product for product in products}

    def __contains__(self, sku: str) -> bool:
        return sku in self._products

    def all(self) -> list[Product]:
        return sorted(self._products.values(), key=lambda product: product.sku)

    def get(self, sku: str) -> Product:
        try:
            return self._products[sku]
        except KeyError:
            raise NotFoundError("product", sku) from None

    def add(self, product: Product) -> Product:
        self._products[product.sku] = product
        return product


products = ProductRepository(
    [
        Product(sku="chair-1", name="Oak chair", price=Decimal("89.00"), tags=["wood"]),
        Product(sku="desk-1", name="Standing desk", price=Decimal("349.50")),
        Product(sku="lamp-1", name="Desk lamp", price=Decimal("24.90"), tags=["light"]),
    ]
)
