import pytest
from fastapi.testclient import TestClient

from parcels.carrier import events, traced
from parcels.main import app


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture(scope="module")
def client():
    with TestClient(app) as client:
        yield client


def test_events_come_page_by_page():
    assert [event["km"] for event in events("p1")] == [3, 4]


def test_a_trace_has_a_name():
    with traced("test") as name:
        assert name == "test/1"


def test_claim(client):
    answer = client.post("/parcels/p1/claim")
    assert answer.json() == {"desk": "north", "trace": "claim p1/1", "asked": 0}


def test_wait(client):
    assert client.post("/parcels/p1/wait").json() == {"seen": ["here"]}


def test_journeys(client):
    answer = client.get("/journeys", params={"parcel": ["p1"]})
    assert answer.json() == {"km": 7, "places": {"desk": [0, 4], "port": [3]}}
