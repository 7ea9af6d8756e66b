import json

import pytest

from app.services.auth import sign
from app.services.inventory import availability
from scripts import nightly_prices

KEY = {"X-Key": "reports-dev"}


def test_reports_need_the_key(client):
    assert client.get("/reports").status_code == 403
    assert client.get("/reports", headers=KEY).json() == {"reports": []}


def test_sales_report_can_be_sorted_streamed_and_deleted(client, order):
    name = client.post("/reports/sales", headers=KEY).json()["report"]
    line = f"{order},new,178.00\n"
    assert client.get(f"/reports/{name}/sorted", headers=KEY).text == line
    streamed = client.get(f"/reports/{name}/stream", headers=KEY).text
    assert streamed == line.replace("\n", "\r\n") or streamed == line
    assert client.delete(f"/reports/{name}", headers=KEY).status_code == 204
    assert client.delete(f"/reports/{name}", headers=KEY).status_code == 404


def test_totals_are_converted(client, stub, order):
    stub.reply("GET", "/supplier/rates", (200, {"rates": {"USD": 1.5}}))
    answer = client.post("/reports/totals", headers=KEY)
    assert answer.json() == {"currency": "USD", "totals": {"new": "267.00"}}
    assert client.get("/reports/totals", headers=KEY).json() == {
        "totals": {"new": "267.00"}
    }


def test_weekly_mail_goes_to_every_manager(client, mails):
    assert client.post("/reports/weekly/send", headers=KEY).json() == {"managers": 1}
    assert mails == [("boss@example.com", "Week 10")]


def test_bank_marks_an_order_as_paid(client, order, user):
    body = json.dumps({"order": order})
    headers = {"X-Signature": sign(body)}
    answer = client.post("/webhooks/payment", content=body, headers=headers)
    assert answer.json() == {"order": order, "status": "paid"}
    events = client.get("/webhooks/events").json()
    assert events[-1] == {"kind": "order.paid", "subject": order}


def test_broadcast_reaches_the_partners_that_asked_for_it(client, stub):
    client.post("/webhooks/partners", json={"name": "acme", "events": ["sale"]})
    client.post("/webhooks/partners", json={"name": "zeta", "events": []})
    answer = client.post("/webhooks/broadcast", json={"event": "sale", "text": "!"})
    assert answer.json() == {"told": 1}
    assert stub.bodies("/partners/hooks/acme") == [{"event": "sale", "text": "!"}]
    assert client.get("/webhooks/deliveries").json()[0]["told"] == 1


def test_visit_is_reported(client, stub):
    assert client.post("/webhooks/visit", params={"page": "/"}).status_code == 202
    assert stub.bodies("/analytics") == [{"page": "/", "referer": ""}]


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_availability_adds_up_the_shelves(stub):
    shelves = [{"pieces": 1}, {"pieces": 2}]
    stub.reply("GET", "/warehouse/stock/chair-1", (200, {"shelves": shelves}))
    assert await availability("chair-1", 3) == "in stock"
    assert await availability("chair-1", 4) == "partly"


def test_nightly_script_skips_what_has_no_price(data_dir, stub, capsys):
    stub.reply("GET", "/supplier/prices/chair-1", (200, {"price": 10}))
    assert nightly_prices.main(["--currency", "EUR"]) == 0
    assert json.loads((data_dir / "prices.json").read_text())["prices"] == {
        "chair-1": "12.50"
    }
    assert "no price for desk-1" in capsys.readouterr().err
