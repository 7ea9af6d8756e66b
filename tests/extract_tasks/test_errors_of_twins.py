"""A `try` that moves around what awaits an async client then catches the errors of that client."""

from __future__ import annotations

from pathlib import Path

from projects import Migrated, handler, source

PUSH = """\
import requests

URL = "https://push.example.com"


def push(device: str) -> None:
    response = requests.post(f"{URL}/push", json={"to": device}, timeout=5)
    response.raise_for_status()


def tell(device: str) -> None:
    requests.post(f"{URL}/tell", json={"to": device}, timeout=5)


"""
TRIED = """
from fastapi import HTTPException
from json import JSONDecodeError
import requests
from app.push import push, tell


@router.post("/checked")
async def checked(device: str):
    try:
        push(device)
    except requests.HTTPError as e:
        raise HTTPException(502, f"{e.response.status_code}")
    return {}


"""


def tried(folder: Path, text: str) -> Migrated:
    return handler(folder, TRIED + text, push=PUSH)


def test_clauses_around_what_is_awaited_name_its_errors(tmp_path: Path) -> None:
    done = tried(
        tmp_path,
        """
@router.post("/{device}")
async def h(device: str):
    try:
        push(device)
    except (requests.Timeout, requests.HTTPError) as e:  # no device
        print(f"failed: {e}")
    except JSONDecodeError:
        pass
    return {}
""",
    )
    assert "    await push(device)\n" in done.body("checked")
    assert "try" not in done.body("h")
    assert "import requests" not in done.tasks
    assert done.tasks.replace("httpx2.", "httpx.") == source("""
        @broker.task
        async def send_push_task(device: str) -> None:
            try:
                await push(device)
            except (httpx.TimeoutException, httpx.HTTPStatusError) as e:  # no device
                print(f"failed: {e}")
            except JSONDecodeError:
                pass
    """)


def test_clauses_around_what_stays_with_requests_name_both(tmp_path: Path) -> None:
    done = tried(
        tmp_path,
        """
@router.post("/one/{device}")
async def one(device: str):
    try:
        tell(device)
    except requests.RequestException:
        pass
    return {}


@router.post("/two/{device}")
async def two(device: str):
    try:
        push(device)
        requests.post(device)
    except requests.RequestException:
        pass
    return {}
""",
    )
    assert done.tasks.replace("httpx2.", "httpx.") == source("""
        @broker.task
        async def send_two_request_task(device: str) -> None:
            try:
                await push(device)
                await asyncio.to_thread(requests.post, device)
            except (requests.RequestException, httpx.HTTPError, httpx.InvalidURL):
                pass


        @broker.task
        def tell_task(device: str) -> None:
            try:
                tell(device)
            except requests.RequestException:
                pass
    """)
