"""Clients that applications keep, of which only the way to them resembles those that block."""

import os
from typing import Any

import boto3
import redis.asyncio as redis
from azure.identity import DefaultAzureCredential
from elasticsearch import AsyncElasticsearch
from fastapi import APIRouter, Depends, Request
from google import genai
from neo4j import AsyncGraphDatabase
from ollama import AsyncClient
from together import AsyncTogether

router = APIRouter()
gemini = genai.Client(api_key="k")
graph = AsyncGraphDatabase.driver("bolt://graph")
llm = AsyncTogether()
ollama = AsyncClient()


class RedisSingleton:
    _instance: redis.Redis | None = None

    @classmethod
    def get(cls) -> redis.Redis:
        if cls._instance is None:
            cls._instance = redis.Redis(connection_pool=redis.ConnectionPool.from_url(os.environ["REDIS_URL"]))  # quiet
        return cls._instance


def get_cache(request: Request) -> redis.Redis:
    return request.app.state.cache  # quiet


@router.get("/cache/{key}")
async def read(key: str, cache: redis.Redis = Depends(get_cache)):
    await RedisSingleton.get().setex(key, 60, "1")  # quiet
    async with cache.pipeline() as pipe:
        pipe.incr(key)  # quiet
        await pipe.execute()  # quiet
    return await cache.get(key)  # quiet


@router.get("/gemini")
async def ask(q: str):
    answer = await gemini.aio.models.generate_content(model="m", contents=q)  # quiet
    async for part in await gemini.aio.models.generate_content_stream(model="m", contents=q):  # quiet
        print(part.text)  # quiet
    return answer.text  # quiet


@router.get("/graph")
async def related(name: str):
    async with graph.session() as session:  # quiet
        found = await session.run("MATCH (a) RETURN a")  # quiet
        return [row["a"] async for row in found]  # quiet


@router.get("/llm")
async def chat(q: str):
    answer = await llm.chat.completions.create(model="m", messages=[])  # quiet
    local = await ollama.chat(model="m", messages=[])  # quiet
    return [answer.choices[0].message.content, local["message"]["content"]]  # quiet


class Search:
    def __init__(self) -> None:
        self.client = AsyncElasticsearch("http://search:9200")

    async def names(self) -> list[Any]:
        found = await self.client.search(index="a")  # quiet
        return found["hits"]["hits"]  # quiet


search = Search()


@router.get("/search")
async def names():
    return await search.names()  # quiet


s3 = boto3.client("s3")


@router.get("/link/{key}")
async def link(key: str):
    DefaultAzureCredential()  # quiet
    form = s3.generate_presigned_post("b", key)  # quiet
    return [form, s3.generate_presigned_url("get_object", Params={"Bucket": "b", "Key": key})]  # quiet
