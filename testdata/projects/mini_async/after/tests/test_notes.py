import httpx
import pytest
from fastapi.testclient import TestClient

from notes import mail
from notes.main import app
from notes.store import NoteIn, NoteStore

EVA = {"X-Owner": "eva"}


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture(scope="module")
def client():
    with TestClient(app) as client:
        client.post("/notes", json={"title": "Milk", "text": "two bottles"}, headers=EVA)
        yield client


@pytest.fixture
def sent(monkeypatch):
    sent = []
    monkeypatch.setattr(mail, "_send", lambda to, subject: sent.append((to, subject)))
    return sent


@pytest.mark.anyio
async def test_store_numbers_the_notes():
    store = NoteStore()
    first = await store.add("eva", NoteIn(title="a"))
    second = await store.add("eva", NoteIn(title="b"))
    assert [first.id, second.id] == [1, 2]


def test_owner_is_asked_for(client):
    assert client.get("/notes").status_code == 401


def test_words_and_archive(client):
    assert client.get("/notes/1/words", headers=EVA).json() == {"words": 2}
    assert client.post("/notes/1/archive", headers=EVA).json() == {"file": "1.txt"}
    assert client.get("/notes/1/archive", headers=EVA).json() == {"text": "two bottles"}


def test_language_is_asked_over_http(client, monkeypatch):
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json={"name": "English"}))
    fake = httpx.AsyncClient(transport=transport, base_url="http://spelling")
    monkeypatch.setattr(app.state, "client", fake)
    answer = client.get("/notes/1/languages", headers=EVA)
    assert answer.json() == {"language": "English"}


def test_mails(client, sent):
    client.post("/notes/1/share", params={"to": "max@example.com"}, headers=EVA)
    client.delete("/notes", params={"mail": "eva@example.com"}, headers=EVA)
    assert [to for to, _ in sent] == ["max@example.com", "eva@example.com"]


def test_pin_twice(client):
    assert client.put("/notes/1/pin", headers=EVA).status_code == 204
    assert client.put("/notes/1/pin", headers=EVA).status_code == 204
