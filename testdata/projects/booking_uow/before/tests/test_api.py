import os
import tempfile

os.environ.setdefault("BOOKING_DATA", tempfile.mkdtemp())

from fastapi.testclient import TestClient

from booking.initial_data import main
from booking.main import app

client = TestClient(app)


def setup_module():
    main()


def test_rooms():
    assert {"name": "Tower", "beds": 1} in client.get("/rooms").json()


def test_a_booking():
    stay = {"room": "Attic", "guest": "Eve", "first": "2026-05-01", "last": "2026-05-04"}
    made = client.post("/bookings", json=stay)
    assert made.status_code == 201
    assert client.post("/bookings", json=stay).status_code == 409
    assert client.get("/guests/Eve/bookings").json()[0]["room"] == "Attic"
    assert client.delete(f"/bookings/{made.json()['id']}").json() == {"cancelled": "Eve"}
