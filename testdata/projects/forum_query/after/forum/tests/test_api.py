def join(client, nick):
    return client.post("/members", json={"nick": nick})


def test_a_topic(client):
    join(client, "ann")
    made = client.post(
        "/topics", json={"title": "Hello", "text": "I am new"}, headers={"X-Nick": "ann"}
    ).json()
    assert made["by"] == "ann"
    assert made["posts"][0]["text"] == "I am new"
    assert client.post(f"/topics/{made['id']}/views").json()["views"] == 1
    assert client.get(f"/topics/{made['id']}").json()["views"] == 1


def test_a_nick_is_taken(client):
    assert join(client, "ann").status_code == 201
    assert join(client, "ann").status_code == 409


def test_pages(client):
    join(client, "ann")
    for number in range(3):
        client.post(
            "/topics", json={"title": f"T{number}", "text": "."}, headers={"X-Nick": "ann"}
        )
    page = client.get("/topics", params={"page": 2}).json()
    assert [topic["title"] for topic in page["topics"]] == ["T0"]
    assert page["pages"] == 2


def test_banned(client):
    for nick in ("ann", "bob"):
        join(client, nick)
    client.post("/topics", json={"title": "Buy", "text": "now"}, headers={"X-Nick": "bob"})
    gone = client.delete("/members/bob", headers={"X-Nick": "ann"})
    assert gone.json() == {"hidden": 1, "by": "ann"}
    again = client.post("/topics", json={"title": "Buy", "text": "."}, headers={"X-Nick": "bob"})
    assert again.status_code == 401
