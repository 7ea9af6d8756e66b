from app import models


def test_a_new_note_has_its_owner_and_its_tags(client, eva):
    made = client.post("/notes", headers=eva, json={"title": "Milk", "tags": ["shop", "home"]})
    assert made.status_code == 201
    assert made.json()["owner"]["name"] == "Eva"
    assert [tag["name"] for tag in made.json()["tags"]] == ["home", "shop"]


def test_notes_come_in_pages(client, eva):
    for number in range(5):
        client.post("/notes", headers=eva, json={"title": f"Note {number}"})
    page = client.get("/notes", headers=eva, params={"page": 2}).json()
    assert [note["title"] for note in page["items"]] == ["Note 3", "Note 4"]
    assert (page["pages"], page["total"]) == (2, 5)


def test_a_tag_finds_each_note_once(client, eva):
    client.post("/notes", headers=eva, json={"title": "Milk", "tags": ["shop", "home"]})
    assert client.get("/notes", headers=eva, params={"tag": "shop"}).json()["total"] == 1


def test_what_a_change_leaves_behind(client, eva, session):
    note = client.post("/notes", headers=eva, json={"title": "Milk"}).json()
    changed = client.patch(f"/notes/{note['id']}", headers=eva, json={"title": "Bread"})
    assert changed.json()["title"] == "Bread"
    assert session.query(models.Note).one().title == "Bread"


def test_the_archive(client, eva):
    client.post("/notes", headers=eva, json={"title": "Milk"})
    assert client.post("/archive", headers=eva).json() == {"archived": 1, "by": "Eva"}
    assert client.get("/notes", headers=eva).json()["total"] == 0
    assert client.delete("/archive", headers=eva).json() == {"gone": 1}


def test_a_name_is_taken_once(client, eva):
    assert client.post("/users", json={"name": "Eva"}).status_code == 409
    assert client.get("/users/free/Eva").json() == {"free": False}


def test_an_unknown_key(client):
    assert client.get("/users/me", headers={"X-Key": "nobody"}).status_code == 401
