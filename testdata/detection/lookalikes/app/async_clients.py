"""Async clients whose calls look like those of the blocking ones."""

import asyncio
import asyncio as aio
from contextlib import asynccontextmanager
from typing import Annotated

import aiofiles
import aiofiles.os
import aiohttp
import aioredis
import aiosmtplib
import aiosqlite
import anyio
import anyio.to_thread
import asyncpg
import httpx
import redis.asyncio
import redis.asyncio as redis_async
from aiokafka import AIOKafkaProducer
from anthropic import AsyncAnthropic
from anyio import Path
from elasticsearch import AsyncElasticsearch
from fastapi import APIRouter, Depends, Request, UploadFile
from httpx import AsyncClient
from motor.motor_asyncio import AsyncIOMotorClient
from neo4j import AsyncGraphDatabase
from openai import AsyncOpenAI
from psycopg import AsyncConnection
from pymongo import AsyncMongoClient
from qdrant_client import AsyncQdrantClient
from redis.asyncio import Redis
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

router = APIRouter()
requests = httpx.AsyncClient()
cache = redis_async.Redis()
mongo = AsyncIOMotorClient("mongodb://db")
users = AsyncMongoClient("mongodb://db").shop.users
engine = create_async_engine("postgresql+asyncpg://db/shop")
Session = async_sessionmaker(engine, expire_on_commit=False)
openai = AsyncOpenAI()
claude = AsyncAnthropic()
es = AsyncElasticsearch("http://search")
driver = AsyncGraphDatabase.driver("bolt://graph")
lock = asyncio.Lock()
queue = asyncio.Queue()
event = asyncio.Event()
slots = asyncio.Semaphore(3)


class Gateway:
    def __init__(self) -> None:
        self.session = AsyncClient()
        self.requests = self.session

    async def get(self, url: str) -> dict:
        return (await self.session.get(url)).json()  # quiet


async def get_db():
    async with Session() as db:
        yield db


async def get_cache() -> Redis:
    return Redis.from_url("redis://cache")  # quiet


DbDep = Annotated[AsyncSession, Depends(get_db)]


@asynccontextmanager
async def open_session():
    async with aiohttp.ClientSession() as session:
        yield session


@router.get("/named-requests")
async def named_requests(url: str):
    return (await requests.get(url)).json()  # quiet


@router.get("/with-client")
async def with_client(url: str):
    async with AsyncClient(timeout=5) as session:
        answer = await session.post(url, json={})  # quiet
        answer.raise_for_status()  # quiet
        return answer.json()  # quiet


@router.get("/stream")
async def stream(url: str):
    async with requests.stream("GET", url) as answer:  # quiet
        return [chunk async for chunk in answer.aiter_bytes()]  # quiet


@router.get("/gateway")
async def gateway(url: str):
    return await Gateway().get(url)  # quiet


@router.get("/gateway-inner")
async def gateway_inner(url: str):
    return (await Gateway().requests.get(url)).text  # quiet


@router.get("/aiohttp")
async def in_aiohttp(url: str):
    async with open_session() as session:
        async with session.get(url) as answer:  # quiet
            return await answer.json()  # quiet


@router.get("/redis")
async def in_redis(key: str):
    await cache.set(key, 1)  # quiet
    return await cache.get(key)  # quiet


@router.get("/redis-module")
async def redis_module(key: str):
    return await redis.asyncio.from_url("redis://x").hgetall(key)  # quiet


@router.get("/redis-injected")
async def redis_injected(key: str, store: Redis = Depends(get_cache)):
    return await store.incr(key)  # quiet


@router.get("/redis-pipeline")
async def redis_pipeline(key: str):
    async with cache.pipeline() as pipe:
        pipe.incr(key)  # quiet
        pipe.expire(key, 5)  # quiet
        return await pipe.execute()  # quiet


@router.get("/redis-lock")
async def redis_lock(key: str):
    async with cache.lock(key):  # quiet
        return [found async for found in cache.scan_iter("*")]  # quiet


@router.get("/aioredis")
async def old_redis(key: str):
    return await aioredis.from_url("redis://x").get(key)  # quiet


@router.get("/sleep")
async def in_sleep():
    await asyncio.sleep(1)  # quiet
    await aio.sleep(1)  # quiet
    await anyio.sleep(1)  # quiet


@router.get("/lock")
async def in_lock():
    async with lock:  # quiet
        await event.wait()  # quiet
    await lock.acquire()  # quiet
    lock.release()  # quiet


@router.get("/queue")
async def in_queue(job: str):
    await queue.put(job)  # quiet
    queue.put_nowait(job)  # quiet
    await queue.join()  # quiet
    return await queue.get()  # quiet


@router.get("/slots")
async def in_slots():
    async with slots:  # quiet
        return await asyncio.wait_for(event.wait(), 3)  # quiet


@router.get("/subprocess")
async def subprocess(name: str):
    process = await asyncio.create_subprocess_exec("ls", name)  # quiet
    await process.wait()  # quiet
    out, _ = await process.communicate()  # quiet
    shell = await asyncio.create_subprocess_shell("ls")  # quiet
    return shell.returncode


@router.get("/connection")
async def connection(host: str):
    reader, writer = await asyncio.open_connection(host, 80)  # quiet
    writer.write(b"GET / HTTP/1.0")  # quiet
    await writer.drain()  # quiet
    return (await reader.read(100)).decode()  # quiet


@router.get("/file")
async def file(name: str):
    async with aiofiles.open(name) as f:  # quiet
        return await f.read()  # quiet


@router.get("/file-lines")
async def file_lines(name: str):
    async with await anyio.open_file(name) as f:  # quiet
        return [line async for line in f]  # quiet


@router.get("/path")
async def path(name: str):
    found = Path(name)
    if await found.exists():  # quiet
        return await found.read_text()  # quiet
    await aiofiles.os.remove(name)  # quiet
    return ""


@router.post("/upload")
async def upload(file: UploadFile):
    await file.seek(0)  # quiet
    data = await file.read()  # quiet
    await file.close()  # quiet
    return len(data)


@router.post("/body")
async def body(request: Request):
    form = await request.form()  # quiet
    return form.get("name") or await request.json()  # quiet


@router.get("/db")
async def db_session(db: DbDep):
    found = (await db.execute(select(text("1")))).scalars().all()  # quiet
    await db.commit()  # quiet
    return found


@router.get("/db-untyped")
async def db_untyped(db=Depends(get_db)):
    return await db.scalar(text("SELECT 1"))  # quiet


@router.get("/engine")
async def in_engine():
    async with engine.begin() as conn:  # quiet
        return (await conn.execute(text("SELECT 1"))).scalar()  # quiet


@router.get("/asyncpg")
async def in_asyncpg():
    conn = await asyncpg.connect("postgres://db")  # quiet
    rows = await conn.fetch("SELECT 1")  # quiet
    await conn.execute("SELECT 1")  # quiet
    await conn.close()  # quiet
    return [dict(row) for row in rows]


@router.get("/psycopg")
async def psycopg():
    async with await AsyncConnection.connect("dbname=shop") as conn:  # quiet
        async with conn.cursor() as cur:  # quiet
            await cur.execute("SELECT 1")  # quiet
            return await cur.fetchall()  # quiet


@router.get("/sqlite")
async def sqlite():
    async with aiosqlite.connect("a.db") as conn:  # quiet
        async with conn.execute("SELECT 1") as cur:  # quiet
            return await cur.fetchone()  # quiet


@router.get("/motor")
async def motor(name: str):
    found = await mongo.shop.users.find_one({"name": name})  # quiet
    rest = await mongo["shop"]["users"].find().to_list(10)  # quiet
    return [found, *rest]


@router.get("/mongo")
async def in_mongo():
    await users.insert_one({"a": 1})  # quiet
    return [user async for user in users.find()]  # quiet


@router.get("/es")
async def in_es(q: str):
    return await es.search(index="docs", q=q)  # quiet


@router.get("/graph")
async def graph():
    async with driver.session() as session:
        result = await session.run("MATCH (n) RETURN n")  # quiet
        return await result.data()  # quiet


@router.get("/qdrant")
async def qdrant():
    return await AsyncQdrantClient("vectors").get_collections()  # quiet


@router.get("/chat")
async def chat(q: str):
    answer = await openai.chat.completions.create(model="m", messages=[])  # quiet
    return answer.choices[0].message.content


@router.get("/chat-stream")
async def chat_stream(q: str):
    found = await openai.chat.completions.create(model="m", messages=[], stream=True)  # quiet
    return [chunk async for chunk in found]


@router.get("/claude")
async def in_claude(q: str):
    async with claude.messages.stream(model="m", max_tokens=9, messages=[]) as found:  # quiet
        return await found.get_final_message()  # quiet


@router.get("/mail")
async def mail(to: str):
    await aiosmtplib.send("hi", hostname="mail")  # either


@router.get("/kafka")
async def kafka(text: str):
    producer = AIOKafkaProducer(bootstrap_servers="kafka")  # quiet
    await producer.start()  # quiet
    await producer.send_and_wait("orders", text.encode())  # quiet
    await producer.stop()  # quiet


@router.get("/slack")
async def slack(text: str):
    await AsyncWebClient(token="t").chat_postMessage(channel="c", text=text)  # quiet


@router.get("/gather")
async def gather(first: str, second: str):
    answers = await asyncio.gather(requests.get(first), requests.get(second))  # quiet
    return [answer.text for answer in answers]
