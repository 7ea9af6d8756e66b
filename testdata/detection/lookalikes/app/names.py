"""Words that only sound like blocking calls."""

import string
from collections import namedtuple
from decimal import Decimal

from fastapi import APIRouter, Query
from fastapi.security import OAuth2PasswordBearer
from starlette.datastructures import URL, Headers
from starlette.status import HTTP_200_OK

router = APIRouter()
oauth2 = OAuth2PasswordBearer(tokenUrl="token")
Request = namedtuple("Request", "get post")


@router.get("/tuple")
async def in_tuple():
    request = Request(get=len, post=str.upper)
    return request.get("abc"), request.post("x")  # quiet


@router.get("/headers")
async def headers():
    return Headers({"a": "b"}).get("a"), URL("http://a").replace(path="/x")  # quiet


@router.get("/query")
async def query(q: str = Query("a")):
    return q.join(["a", "b"]), q.find("a"), q.count("a")  # quiet


@router.get("/decimal")
async def decimal(n: str):
    return Decimal(n).quantize(Decimal("0.01")), Decimal(n).sqrt()  # quiet


@router.get("/list")
async def in_list():
    found = [3, 1]
    found.insert(0, 2)  # quiet
    found.remove(3)  # quiet
    found.sort()  # quiet
    return found.index(1), found.pop(), found.copy()  # quiet


@router.get("/set")
async def in_set():
    found = {1, 2}
    found.update([3])  # quiet
    found.discard(1)  # quiet
    return found.union({4}), found.pop()  # quiet


@router.get("/string")
async def in_string():
    return string.capwords("a b"), HTTP_200_OK, bytes.fromhex("00").hex()  # quiet


@router.get("/range")
async def in_range():
    return max(map(len, ["a", "bb"])), dict.fromkeys("ab"), any(filter(None, [0, 1]))  # quiet
