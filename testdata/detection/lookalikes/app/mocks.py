"""Test doubles that stand where a client stood."""

from types import SimpleNamespace
from unittest.mock import AsyncMock, MagicMock, Mock

from fastapi import APIRouter

router = APIRouter()
requests = MagicMock()
session = Mock(name="session")
redis = AsyncMock()
client = SimpleNamespace(get=lambda url: url, close=lambda: None)


class FakeSession:
    def __init__(self, answers: dict[str, str]) -> None:
        self.answers = answers

    def get(self, url: str, timeout: float = 1) -> str:
        return self.answers[url]

    def close(self) -> None:
        self.answers.clear()


class FakeRedis(dict):
    def setex(self, key: str, ttl: int, value: str) -> None:
        self[key] = value


fake = FakeSession({"a": "b"})
store = FakeRedis()


@router.get("/magic")
async def magic(url: str):
    return str(requests.get(url))  # quiet


@router.get("/mock")
async def mock():
    session.commit()  # quiet
    session.execute.assert_called_once()  # quiet
    return session.query().first.call_count  # quiet


@router.get("/async-mock")
async def async_mock(key: str):
    return await redis.get(key)  # quiet


@router.get("/namespace")
async def namespace(url: str):
    client.close()  # quiet
    return client.get(url)  # quiet


@router.get("/fake")
async def in_fake(url: str):
    try:
        return fake.get(url, timeout=3)  # quiet
    finally:
        fake.close()  # quiet


@router.get("/fake-redis")
async def fake_redis(key: str):
    store.setex(key, 60, "1")  # quiet
    return store.get(key)  # quiet
