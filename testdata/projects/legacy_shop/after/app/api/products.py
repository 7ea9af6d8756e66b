"""Catalogue, prices, stock and pictures."""

import json
import shutil
from decimal import Decimal

import httpx
from fastapi import (
    APIRouter,
    Depends,
    File,
    HTTPException,
    Request,
    Response,
    UploadFile,
)
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse, PlainTextResponse

from app.api.deps import CurrentUser, Pagination, get_products
from app.core.config import settings
from app.domain.tasks import make_thumbnail_task
from app.http_client import http_client
from app.repositories.products import ProductRepository
from app.schemas import Product, ReserveIn
from app.services.inventory import availability
from app.services.pricing import quote
from app.services.storage import image_path, manual_path, thumbnail_path
from app.services.suppliers import SupplierError
from app.services.thumbnails import render_thumbnail

router = APIRouter(prefix="/products", tags=["products"])

PICTURES = {"image/png", "image/jpeg"}


@router.get("")
async def list_products(
    tag: str | None = None,
    pages: Pagination = Depends(),
    products: ProductRepository = Depends(get_products),
) -> list[Product]:
    rows = products.all()
    if tag:
        rows = [product for product in rows if tag in product.tags]
    return pages.cut(rows)


@router.post("", status_code=201)
async def create_product(
    product: Product,
    user: CurrentUser,
    products: ProductRepository = Depends(get_products),
) -> Product:
    if product.sku in products:
        raise HTTPException(409, f"{product.sku} exists")
    return products.add(product)


@router.get("/{sku}")
async def get_product(
    sku: str, products: ProductRepository = Depends(get_products)
) -> Product:
    return products.get(sku)


@router.get("/{sku}/price")
async def get_price(
    sku: str,
    quantity: int = 1,
    currency: str = "EUR",
    products: ProductRepository = Depends(get_products),
):
    product = products.get(sku)
    try:
        price = await run_in_threadpool(quote, product.sku, quantity, currency)
    except SupplierError as exc:
        raise HTTPException(502, str(exc)) from exc
    return {"sku": sku, "quantity": quantity, "price": price, "currency": currency}


@router.get("/{sku}/margin")
async def get_margin(sku: str, products: ProductRepository = Depends(get_products)):
    """List price against today's quote; the two handlers above do the work."""
    product = await get_product(sku, products)
    today = await get_price(sku, products=products)
    margin = product.price - Decimal(today["price"])
    return {"sku": sku, "list": product.price, "margin": margin}


@router.get("/{sku}/availability")
async def get_availability(sku: str, wanted: int = 1):
    try:
        return {"sku": sku, "state": await availability(sku, wanted)}
    except (
        httpx.HTTPError,
        httpx.InvalidURL,
        json.JSONDecodeError,
        UnicodeDecodeError,
    ) as exc:
        raise HTTPException(503, "warehouse is not reachable") from exc


@router.post("/{sku}/reserve", status_code=201)
async def reserve(
    sku: str, body: ReserveIn, user: CurrentUser, dry_run: bool = False
) -> dict:
    # the warehouse knows us by account, not by user
    try:
        response = await http_client().post(
            f"{settings.warehouse_url}/reservations",
            json={"sku": sku, "quantity": body.quantity, "note": body.note},
            params={"mode": "check" if dry_run else "book"},
            headers={"X-Account": "legacy-shop", "X-User": user.id},
            timeout=settings.http_timeout,
        )
        response.raise_for_status()
    except httpx.HTTPStatusError as exc:
        if exc.response.status_code == 409:
            raise HTTPException(409, "not enough pieces") from exc
        raise HTTPException(502, "warehouse refused") from exc
    except (httpx.HTTPError, httpx.InvalidURL) as exc:
        raise HTTPException(503, "warehouse is not reachable") from exc
    data = response.json()
    return {"reservation": data["id"], "expires": response.headers.get("X-Expires")}


@router.get("/{sku}/reviews")
async def get_reviews(sku: str, limit: int = 5):
    response = await http_client().get(
        f"{settings.partner_url}/reviews",
        params={"sku": sku, "limit": limit},
        timeout=settings.http_timeout,
    )
    if response.is_error:
        # reviews are decoration: an empty list beats an error page
        return {"sku": sku, "reviews": []}
    return {"sku": sku, "reviews": response.json()["items"]}


@router.post("/{sku}/image", status_code=201)
async def upload_image(
    sku: str,
    user: CurrentUser,
    file: UploadFile = File(...),
    products: ProductRepository = Depends(get_products),
):
    product = products.get(sku)
    if file.content_type not in PICTURES:
        raise HTTPException(415, "PNG or JPEG, please")
    target = image_path(sku)

    def copy_file():
        with target.open("wb") as out:
            shutil.copyfileobj(file.file, out)

    await run_in_threadpool(copy_file)
    product.image = target.name
    # the shop window shows the small one
    await make_thumbnail_task.kiq(target, thumbnail_path(sku), settings.thumbnail_size)
    return {"sku": sku, "image": target.name}


@router.get("/{sku}/image")
async def get_image(sku: str):
    path = image_path(sku)
    if not await run_in_threadpool(path.exists):
        raise HTTPException(404, "no picture")
    return FileResponse(path, media_type="image/png")


@router.get("/{sku}/thumbnail")
async def get_thumbnail(sku: str, size: int = 16):
    """A thumbnail of any size, made on the fly."""
    path = image_path(sku)

    def render_png():
        if not path.is_file():
            raise HTTPException(404, "no picture")
        return render_thumbnail(path, size)

    png = await run_in_threadpool(render_png)
    return Response(png, media_type="image/png", headers={"X-Size": str(size)})


@router.put("/{sku}/manual", status_code=204)
async def put_manual(sku: str, request: Request):
    text = await request.body()
    await run_in_threadpool(manual_path(sku).write_bytes, text)


@router.get("/{sku}/manual", response_class=PlainTextResponse)
async def get_manual(sku: str):
    path = manual_path(sku)

    def read_file():
        if not path.exists():
            raise HTTPException(404, "no manual")
        return path.read_text(encoding="utf-8")

    return await run_in_threadpool(read_file)
