"""Calls that take microseconds, though a word in them sounds like waiting."""

import base64
import collections
import datetime
import hashlib
import io
import itertools
import json
import logging
import math
import os
import os.path
import queue as queues
import re
import secrets
import threading
import time
import urllib.parse
import uuid
from collections import OrderedDict, defaultdict, deque
from contextvars import ContextVar
from functools import reduce
from operator import itemgetter
from pathlib import Path, PurePath
from string import Template
from urllib.parse import quote, urlencode, urljoin

import jwt
import orjson
from cachetools import TTLCache
from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import FileResponse, JSONResponse, RedirectResponse
from jose import jwt as jose_jwt
from pydantic import BaseModel, TypeAdapter
from starlette.concurrency import run_in_threadpool

router = APIRouter()
logger = logging.getLogger(__name__)
requests: dict[str, int] = {}
session: dict[str, dict] = defaultdict(dict)
cache = TTLCache(maxsize=100, ttl=60)
redis: OrderedDict[str, str] = OrderedDict()
client: ContextVar[str] = ContextVar("client", default="")
jobs = queues.Queue()
lock = threading.Lock()


class Item(BaseModel):
    name: str
    open: bool = True


@router.get("/dict")
async def in_dict(key: str):
    requests.update({key: 1})  # quiet
    session[key].pop("user", None)  # quiet
    return requests.get(key, 0)  # quiet


@router.get("/cache")
async def in_cache(key: str):
    cache[key] = 1
    redis.setdefault(key, "a")  # quiet
    return cache.get(key), redis.get(key)  # quiet


@router.get("/contextvar")
async def contextvar():
    client.set("a")  # quiet
    return client.get()  # quiet


@router.get("/headers")
async def headers(request: Request, response: Response):
    response.headers.setdefault("X", "1")  # quiet
    response.set_cookie("a", "b")  # quiet
    token = request.headers.get("Authorization")  # quiet
    return request.cookies.get("session"), request.query_params.get("q"), token  # quiet


@router.get("/state")
async def state(request: Request):
    return request.scope.get("user"), request.url_for("state")  # quiet


@router.get("/environment")
async def environment():
    return os.environ.get("HOME"), os.getenv("USER"), os.getpid(), os.cpu_count()  # quiet


@router.get("/joins")
async def joins(folder: str, name: str):
    return os.path.join(folder, name), os.path.basename(name), ",".join([folder, name])  # quiet


@router.get("/paths")
async def paths(name: str):
    found = Path("/data") / name
    return found.with_suffix(".txt").name, found.parent.joinpath("x").as_posix()  # quiet


@router.get("/pure")
async def pure(name: str):
    return PurePath(name).match("*.py"), PurePath(name).is_absolute()  # quiet


@router.get("/memory")
async def memory(text: str):
    with io.StringIO() as out:  # quiet
        out.write(text)  # quiet
        out.seek(0)  # quiet
        return out.read()  # quiet


@router.get("/bytes")
async def in_bytes(text: str):
    out = io.BytesIO(text.encode())  # quiet
    return base64.b64encode(out.read()).decode()  # quiet


@router.get("/json")
async def in_json(text: str):
    return json.dumps(json.loads(text)), orjson.loads(text)  # quiet


@router.get("/time")
async def in_time():
    started = time.time()  # quiet
    time.perf_counter()  # quiet
    return datetime.datetime.now(datetime.timezone.utc), time.monotonic() - started  # quiet


@router.get("/ids")
async def ids():
    return uuid.uuid4().hex, secrets.token_urlsafe(16)  # quiet


@router.get("/digest")
async def digest(text: str):
    return hashlib.sha256(text.encode()).hexdigest(), hashlib.md5(b"x").hexdigest()  # quiet


@router.get("/url")
async def url(base: str):
    return urljoin(base, "a"), urlencode({"a": 1}), quote(base)  # quiet


@router.get("/url-parse")
async def url_parse(text: str):
    return urllib.parse.urlparse(text).netloc, urllib.parse.parse_qs(text)  # quiet


@router.get("/match")
async def match(text: str):
    found = re.search(r"get (\w+)", text)  # quiet
    return found.group(1) if found else re.sub("a", "b", text)  # quiet


@router.get("/token")
async def token(user: str):
    made = jwt.encode({"sub": user}, "secret", algorithm="HS256")  # quiet
    jose_jwt.decode(made, "secret", algorithms=["HS256"])  # quiet
    return jwt.decode(made, "secret", algorithms=["HS256"])  # quiet


@router.get("/log")
async def log(text: str):
    logger.info("request %s", text)  # quiet
    logger.exception("failed")  # quiet
    logging.warning("x")  # quiet


@router.get("/model")
async def model(name: str):
    item = Item(name=name)  # quiet
    copy = item.model_copy(update={"name": "x"})  # quiet
    return Item.model_validate(copy.model_dump()), TypeAdapter(int).validate_python("1")  # quiet


@router.get("/deque")
async def in_deque():
    found = deque([1, 2])
    found.appendleft(0)  # quiet
    return found.popleft(), collections.Counter("aab").most_common(1)  # quiet


@router.get("/math")
async def in_math(n: int):
    return math.sqrt(n), sum(range(n)), reduce(max, [1, n])  # quiet


@router.get("/sorted")
async def in_sorted():
    rows = [{"a": 2}, {"a": 1}]
    rows.sort(key=lambda row: row["a"])  # quiet
    return sorted(rows, key=itemgetter("a")), list(itertools.chain([1], [2]))  # quiet


@router.get("/nowait")
async def nowait():
    jobs.put_nowait(1)  # quiet
    if not jobs.empty():  # quiet
        return jobs.get_nowait()  # quiet
    return jobs.qsize()  # quiet


@router.get("/try-lock")
async def try_lock():
    if lock.acquire(blocking=False):  # quiet
        lock.release()  # quiet
    return lock.locked()  # quiet


@router.get("/event")
async def event():
    ready = threading.Event()
    ready.set()  # quiet
    return ready.is_set(), threading.get_ident()  # quiet


@router.get("/template")
async def template(name: str):
    return Template("hi $name").substitute(name=name), "{}".format(name)  # quiet


@router.get("/responses")
async def responses(kind: str):
    if kind == "file":
        return FileResponse("/data/x.pdf")  # quiet
    if kind == "move":
        return RedirectResponse("/x")  # quiet
    if kind == "json":
        return JSONResponse({"a": 1})  # quiet
    raise HTTPException(404, "no such kind")  # quiet


@router.get("/pool")
async def pool(n: int):
    return await run_in_threadpool(math.factorial, n)  # quiet


@router.get("/texts")
async def texts(text: str):
    return text.split(), text.strip().lower().replace("a", "b"), text.encode("utf-8")  # quiet
