from app import crud
from app.bidding import Bidding
from app.closing import close_auction


def test_an_item_has_its_bids_and_its_seller(client, session, eva):
    made = client.post("/items", headers=eva, json={"title": "Clock"})
    assert made.status_code == 201
    assert made.json()["seller"]["name"] == "Eva"
    client.post("/items/1/bids", headers=eva, params={"amount": 5})
    assert client.get("/items/1").json()["bids"] == [{"amount": 5, "bidder": {"id": 1, "name": "Eva"}}]


def test_a_bid_must_be_higher(client, session, eva):
    client.post("/items", headers=eva, json={"title": "Clock"})
    assert client.post("/items/1/bids", headers=eva, params={"amount": 5}).status_code == 201
    assert client.post("/items/1/bids", headers=eva, params={"amount": 5}).status_code == 409


def test_the_closing_sees_what_the_api_wrote(client, session, eva):
    client.post("/items", headers=eva, json={"title": "Clock"})
    client.post("/items/1/bids", headers=eva, params={"amount": 7})
    assert Bidding(session).highest(crud.get_item(session, 1)).amount == 7
    assert close_auction(session, 1) == "Eva"
    session.close()
    assert client.get("/items/1").json()["is_open"] is False


def test_the_office_and_the_api_know_the_same_member(client, session, eva):
    assert client.get("/members/me", headers=eva).json()["name"] == "Eva"
    assert client.get("/items", headers={"X-Member": "9"}).status_code == 200
    assert client.post("/items", headers={"X-Member": "9"}, json={"title": "x"}).status_code == 401
