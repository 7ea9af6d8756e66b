"""How much of a product there is."""

from app.services.warehouse import warehouse_get


async def stock_level(sku: str) -> int:
    """Pieces on all shelves together."""
    data = await warehouse_get(f"/stock/{sku}", site="main")
    return sum(shelf["pieces"] for shelf in data["shelves"])


async def availability(sku: str, wanted: int) -> str:
    pieces = await stock_level(sku)
    if pieces == 0:
        return "sold out"
    return "in stock" if pieces >= wanted else "partly"
