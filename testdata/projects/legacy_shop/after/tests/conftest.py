"""A shop with an empty data folder, a stub for every neighbour, and a mail sink."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from tests.stubs import HttpStub, MailSink

STUB = HttpStub()
SINK = MailSink()
DATA = Path(tempfile.mkdtemp(prefix="shop-"))

# settings are read at import, so this has to come before `app`
os.environ.update(
    SHOP_DATA_DIR=str(DATA),
    SHOP_SUPPLIER_URL=f"{STUB.url}/supplier",
    SHOP_WAREHOUSE_URL=f"{STUB.url}/warehouse",
    SHOP_GATEWAY_URL=f"{STUB.url}/gateway",
    SHOP_CARRIER_URL=f"{STUB.url}/carrier",
    SHOP_PARTNER_URL=f"{STUB.url}/partners",
    SHOP_ANALYTICS_URL=f"{STUB.url}/analytics",
    SHOP_SMS_URL=f"{STUB.url}/sms",
    SHOP_SMTP_HOST="127.0.0.1",
    SHOP_SMTP_PORT=str(SINK.port),
    SHOP_RETRY_DELAY="0.01",
    SHOP_PASSWORD_ROUNDS="1000",
    SHOP_FROZEN_TIME="2026-03-02T09:30:00+00:00",
    SHOP_SEED="tests",
)
# tasks are done before kiq() returns
os.environ.setdefault("TASKIQ_IN_PLACE", "1")

from fastapi.testclient import TestClient  # noqa: E402

from app.main import app  # noqa: E402


def pytest_unconfigure():
    SINK.controller.stop()
    STUB.server.shutdown()
    STUB.server.server_close()
    shutil.rmtree(DATA, ignore_errors=True)


@pytest.fixture
def stub():
    STUB.reset()
    return STUB


@pytest.fixture
def mails():
    SINK.mails.clear()
    return SINK.mails


@pytest.fixture
def data_dir():
    for entry in DATA.iterdir():
        if entry.is_dir():
            shutil.rmtree(entry)
        else:
            entry.unlink()
    return DATA


@pytest.fixture
def client(data_dir, stub, mails):
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def user(client):
    """Headers of a registered user."""
    eva = {"email": "eva@example.com", "name": "Eva", "password": "correct horse"}
    client.post("/users/register", json=eva | {"phone": "+491"})
    answer = client.post("/users/login", json=eva)
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


@pytest.fixture
def order(client, user, mails):
    """The id of a fresh order; its confirmation mail is forgotten."""
    lines = [{"sku": "chair-1", "quantity": 2}]
    answer = client.post("/orders", json={"lines": lines}, headers=user)
    mails.clear()
    return answer.json()["id"]


@pytest.fixture
def paid_order(client, stub, order, mails):
    stub.reply("POST", "/gateway/charges", (200, {"receipt": "rc-1"}))
    client.post(f"/orders/{order}/pay", json={"card_token": "tok"})
    mails.clear()
    return order
