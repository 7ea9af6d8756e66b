from fastapi.testclient import TestClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from helpdesk.models import Comment, Team


def open_ticket(client: TestClient, author_id: int, subject: str = "Printer") -> dict:
    answer = client.post(
        "/tickets", json={"subject": subject, "text": "does not print", "author_id": author_id}
    )
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_a_colleague_gets_the_ticket(client: TestClient, support: Team) -> None:
    ann, bob = support.agents
    ticket = open_ticket(client, ann.id)
    assert ticket["assignee"]["name"] == "Bob"
    assert ticket["assignee"]["team"]["name"] == "Support"
    assert ticket["comments"][0]["author"]["name"] == "Ann"


def test_comments_are_kept(client: TestClient, support: Team, session: Session) -> None:
    ann = support.agents[0]
    ticket = open_ticket(client, ann.id)
    more = client.post(f"/tickets/{ticket['id']}/comments", json={"text": "it does", "author_id": ann.id})
    assert [comment["text"] for comment in more.json()["comments"]] == ["does not print", "it does"]
    assert session.scalar(select(func.count()).select_from(Comment)) == 2


def test_a_closed_ticket(client: TestClient, support: Team) -> None:
    ticket = open_ticket(client, support.agents[0].id)
    assert client.post(f"/tickets/{ticket['id']}/close").json()["status"] == "closed"
    late = client.post(f"/tickets/{ticket['id']}/comments", json={"text": "?", "author_id": 1})
    assert late.status_code == 409


def test_a_removed_ticket_takes_its_comments_along(
    client: TestClient, support: Team, session: Session
) -> None:
    ticket = open_ticket(client, support.agents[0].id)
    assert client.delete(f"/tickets/{ticket['id']}").status_code == 204
    assert session.scalars(select(Comment)).all() == []


def test_a_team_has_agents(client: TestClient, support: Team) -> None:
    teams = client.get("/teams").json()
    assert [agent["name"] for agent in teams[0]["agents"]] == ["Ann", "Bob"]
