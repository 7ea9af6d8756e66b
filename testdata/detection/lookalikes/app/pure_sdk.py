"""The parts of blocking libraries that do not wait for anything."""

import boto3.dynamodb.conditions
import httpx
import redis
import requests
import sqlalchemy as sa
import stripe
from bson import ObjectId
from elasticsearch import NotFoundError
from fastapi import APIRouter, Request
from google.cloud.firestore_v1 import FieldFilter
from jwt import PyJWKClient
from minio.error import S3Error
from PIL import Image
from pymongo import ASCENDING, UpdateOne
from qdrant_client.models import Distance, PointStruct, VectorParams
from requests.auth import HTTPBasicAuth
from sendgrid.helpers.mail import Mail
from sqlalchemy.orm import selectinload
from twilio.request_validator import RequestValidator
from twilio.twiml.messaging_response import MessagingResponse

router = APIRouter()
session = requests.Session()


@router.get("/session")
async def in_session():
    session.headers.update({"A": "b"})  # quiet
    session.cookies.clear()  # quiet
    return requests.Request("GET", "https://a.example.com").prepare().url  # quiet


@router.get("/auth")
async def auth():
    return HTTPBasicAuth("a", "b").username, requests.utils.quote("a b")  # quiet


@router.get("/httpx")
async def in_httpx():
    request = httpx.Request("GET", "https://a.example.com")  # quiet
    return str(httpx.URL("https://a").join("/b")), httpx.Timeout(5).read, request.method  # quiet


@router.get("/redis")
async def in_redis():
    pipe = redis.Redis().pipeline()  # quiet
    pipe.set("a", 1)  # quiet
    return len(pipe)


@router.get("/mongo")
async def mongo(key: str):
    update = UpdateOne({"_id": ObjectId(key)}, {"$set": {"a": 1}})  # quiet
    return str(update), ASCENDING


@router.get("/statement")
async def statement():
    return str(sa.select(sa.func.count()).where(sa.text("a = 1")).order_by(sa.desc("a")))  # quiet


@router.get("/condition")
async def condition():
    return str(boto3.dynamodb.conditions.Key("a").eq("b"))  # quiet


@router.post("/hook")
async def hook(request: Request):
    payload = await request.body()
    event = stripe.Webhook.construct_event(payload, "sig", "secret")  # quiet
    return event["type"]


@router.post("/twiml")
async def twiml(url: str):
    answer = MessagingResponse()  # quiet
    answer.message("hi")  # quiet
    return str(answer), RequestValidator("t").validate(url, {}, "s")  # quiet


@router.post("/mail")
async def mail(to: str):
    message = Mail("a@example.com", to, "s", "t")  # quiet
    return message.get()  # quiet


@router.get("/points")
async def points():
    config = VectorParams(size=3, distance=Distance.COSINE)  # quiet
    return PointStruct(id=1, vector=[0.1]).id, config.size  # quiet


@router.get("/blank")
async def blank():
    blank = Image.new("RGB", (1, 1))  # either
    return blank.size, FieldFilter("a", "==", 1).op_string  # quiet


@router.get("/keys")
async def keys():
    return PyJWKClient("https://a.example.com/keys").uri  # quiet


@router.get("/raise")
async def in_raise(kind: str):
    try:
        return {"a": 1}[kind]
    except (NotFoundError, S3Error, redis.RedisError, requests.Timeout):
        return None


@router.get("/options")
async def options():
    return selectinload("*"), sa.inspect(sa.table("a")), sa.bindparam("a")  # quiet
