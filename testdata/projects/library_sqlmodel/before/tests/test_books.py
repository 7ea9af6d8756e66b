from fastapi.testclient import TestClient
from sqlmodel import Session

from library.models import Author, Book


def test_create_author(client: TestClient):
    response = client.post("/authors", json={"name": "Ada Palmer", "born": 1981})
    assert response.status_code == 201
    assert response.json() == {"id": 1, "name": "Ada Palmer", "born": 1981}


def test_an_author_has_books(session: Session, client: TestClient):
    author = Author(name="Ada Palmer")
    session.add(author)
    session.commit()
    session.add(Book(title="Too Like the Lightning", author_id=author.id))
    session.commit()

    data = client.get(f"/authors/{author.id}").json()

    assert [book["title"] for book in data["books"]] == ["Too Like the Lightning"]


def test_update_book(session: Session, client: TestClient):
    book = Book(title="Lavinia")
    session.add(book)
    session.commit()

    response = client.patch(f"/books/{book.id}", json={"copies": 4})

    assert response.json()["copies"] == 4
    session.refresh(book)
    assert book.copies == 4


def test_delete_book(session: Session, client: TestClient):
    session.add(Book(title="Lavinia"))
    session.commit()

    assert client.delete("/books/1").json() == {"deleted": "Lavinia"}
    assert session.get(Book, 1) is None


def test_no_such_book(client: TestClient):
    assert client.patch("/books/7", json={}).status_code == 404
