from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from .utils import create_random_company, create_random_user


def test_read_company(client: TestClient, db: Session) -> None:
    company = create_random_company(db)
    answer = client.get(f"/api/v1/companies/{company.id}", headers={"X-Token": "admin-token"})
    assert answer.status_code == 200
    assert answer.json()["name"] == company.name
    assert answer.json()["owner"]["id"] == company.owner_id


def test_create_company(client: TestClient, db: Session) -> None:
    user = create_random_user(db)
    headers = {"X-Token": user.token}
    made = client.post("/api/v1/companies/", headers=headers, json={"name": "Ferro"}).json()
    assert made["contacts"] == []
    client.post("/api/v1/contacts/", headers=headers, json={"name": "Ann", "company_id": made["id"]})
    companies = client.get("/api/v1/companies/", headers=headers).json()
    assert [contact["name"] for contact in companies[0]["contacts"]] == ["Ann"]


def test_no_token(client: TestClient) -> None:
    assert client.get("/api/v1/users/", headers={"X-Token": "?"}).status_code == 403
