EVA = {"X-Name": "eva"}


def test_a_shelf_with_books(client):
    client.post("/readers", json={"name": "eva"})
    made = client.post("/shelves", json={"label": "Travel", "books": ["Roughing It"]}, headers=EVA)
    assert made.status_code == 201
    assert made.json() == {
        "id": 1,
        "label": "Travel",
        "owner": {"id": 1, "name": "eva"},
        "books": [{"title": "Roughing It"}],
    }
    assert client.get("/shelves/all").json() == [made.json()]


def test_strangers_are_sent_away(client):
    assert client.get("/me", headers=EVA).status_code == 401
    assert client.post("/shelves", json={"label": "Travel"}, headers=EVA).status_code == 401
