ANN = {"name": "Ann", "email": "ann@club.example"}


def test_a_new_member_is_greeted(client, letters):
    response = client.post("/members/joined", json=ANN)
    assert response.json()["name"] == "Ann"
    assert letters == ["Welcome Ann", "New member"]


def test_who_is_no_member_cannot_leave(client, letters):
    assert client.delete("/members/99").status_code == 404
    assert letters == []


def test_mail_behind_the_response(client, letters):
    client.post("/members/later", json=ANN)
    assert letters == ["Welcome Ann"]
