import io

import pytest
from PIL import Image


@pytest.fixture
def png():
    buffer = io.BytesIO()
    Image.new("RGB", (80, 40), "red").save(buffer, format="PNG")
    return buffer.getvalue()


def test_catalogue_is_paged(client):
    answer = client.get("/products", params={"page": 2, "size": 2})
    assert [product["sku"] for product in answer.json()] == ["lamp-1"]


def test_unknown_product_is_404_with_a_reason(client):
    answer = client.get("/products/sofa-1")
    assert answer.status_code == 404
    assert answer.json() == {"detail": "product sofa-1 not found"}


def test_price_has_margin_and_volume_discount(client, stub):
    stub.reply("GET", "/supplier/prices/chair-1", (200, {"price": 10}))
    answer = client.get("/products/chair-1/price", params={"quantity": 10})
    assert answer.json()["price"] == 118.75
    assert stub.calls[0][2] == "currency=EUR"


def test_price_is_asked_again_when_the_supplier_is_busy(client, stub):
    stub.reply("GET", "/supplier/prices/chair-1", (503, None), (200, {"price": 10}))
    assert client.get("/products/chair-1/price").json()["price"] == 12.5
    assert len(stub.calls) == 2


def test_price_is_502_when_the_supplier_has_none(client):
    assert client.get("/products/chair-1/price").status_code == 502


def test_margin_compares_list_price_and_quote(client, stub):
    stub.reply("GET", "/supplier/prices/chair-1", (200, {"price": 60}))
    answer = client.get("/products/chair-1/margin")
    assert answer.json() == {"sku": "chair-1", "list": 89.0, "margin": 14.0}


def test_reservation_passes_on_who_asks(client, stub, user):
    stub.reply("POST", "/warehouse/reservations", (201, {"id": "r-1"}))
    answer = client.post(
        "/products/chair-1/reserve", json={"quantity": 2}, headers=user
    )
    assert answer.status_code == 201
    assert answer.json() == {"reservation": "r-1", "expires": None}
    assert stub.bodies("/warehouse/reservations")[0]["quantity"] == 2


def test_reservation_of_too_many_is_409(client, stub, user):
    stub.reply("POST", "/warehouse/reservations", (409, None))
    answer = client.post(
        "/products/chair-1/reserve", json={"quantity": 9}, headers=user
    )
    assert answer.status_code == 409


def test_upload_makes_a_thumbnail(client, data_dir, user, png):
    answer = client.post(
        "/products/chair-1/image",
        files={"file": ("c.png", png, "image/png")},
        headers=user,
    )
    assert answer.status_code == 201
    assert (data_dir / "uploads" / "chair-1.png").read_bytes() == png
    with Image.open(data_dir / "thumbs" / "chair-1.png") as thumbnail:
        assert thumbnail.size == (24, 12)


def test_thumbnail_of_something_else_is_422_and_logged(client, data_dir, user):
    client.post(
        "/products/lamp-1/image",
        files={"file": ("l.png", b"no picture", "image/png")},
        headers=user,
    )
    assert client.get("/products/lamp-1/thumbnail").status_code == 422
    assert "lamp-1.png is not a picture" in (data_dir / "errors.log").read_text()


def test_manual_is_kept(client):
    assert client.get("/products/desk-1/manual").status_code == 404
    client.put("/products/desk-1/manual", content="Push the button.\n")
    assert client.get("/products/desk-1/manual").text == "Push the button.\n"
