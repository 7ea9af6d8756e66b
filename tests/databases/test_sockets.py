"""Tests that leave a WebSocket cut off what its handler awaits: the report says so where that can happen."""

from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import DATABASE, HEADER, MAIN, MODELS, convert

CHAT = """
from fastapi import WebSocket, WebSocketDisconnect


@router.websocket("/chat")
async def chat(websocket: WebSocket, db: Session = Depends(get_db)):
    await websocket.accept()
    try:
        while True:
            text = await websocket.receive_text()
            await websocket.send_json(len(text))
    except WebSocketDisconnect:
        {left}


@router.get("/users")
def users(db: Session = Depends(get_db)):
    return db.query(User).count()
"""
SAVES = "db.add(User(name='gone'))\n        db.commit()"
TEST = """
from fastapi.testclient import TestClient

from app.main import app


def test_it():
    with TestClient(app).{opens} as socket:
        socket.send_text("x")
        assert socket.receive_json() == 1
"""


@pytest.mark.parametrize(
    ("left", "opens", "is_told"),
    [
        (SAVES, "websocket_connect('/chat')", True),
        (SAVES, "stream('GET', '/chat')", False),
        ("print('gone')", "websocket_connect('/chat')", False),
    ],
)
def test_what_a_test_cuts_off_is_told(tmp_path: Path, left: str, opens: str, is_told: bool) -> None:
    files = {"app/__init__.py": "", "app/db.py": DATABASE, "app/models.py": MODELS, "app/main.py": MAIN}
    api = HEADER + CHAT.format(left=left)
    done = convert(tmp_path, {**files, "app/api.py": api, "tests/test_it.py": TEST.format(opens=opens)})
    assert done.obstacles == []
    assert any("leaves a WebSocket" in note for note in done.notes) is is_told
