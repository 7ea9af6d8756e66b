"""The other ways to speak HTTP: httpx, urllib, urllib3, http.client, OAuth, SOAP."""

import http.client
import urllib.request as request
from http.client import HTTPSConnection
from urllib import request as url_request
from urllib.request import Request, build_opener, urlopen, urlretrieve

import httpx
import urllib3
from authlib.integrations.requests_client import OAuth2Session as AuthlibSession
from fastapi import APIRouter
from httpx import Client, get as httpx_get
from requests_oauthlib import OAuth2Session

router = APIRouter()
client = httpx.Client(base_url="https://api.example.com", timeout=10)
pool = urllib3.PoolManager(num_pools=4)


def make_client(token: str) -> httpx.Client:
    return httpx.Client(headers={"Authorization": f"Bearer {token}"})


@router.get("/httpx-function")
async def httpx_function(url: str):
    return httpx.get(url).json()  # blocks


@router.get("/httpx-from")
async def httpx_from(url: str):
    return httpx_get(url).json()  # blocks


@router.get("/httpx-global")
async def httpx_global():
    return client.get("/orders").json()  # blocks


@router.get("/httpx-with")
async def httpx_with(url: str):
    with httpx.Client(timeout=5) as c:  # either
        return c.post(url, json={}).json()  # blocks


@router.get("/httpx-factory")
async def httpx_factory(url: str, token: str):
    with make_client(token) as c:  # either
        return c.get(url).json()  # blocks


@router.get("/httpx-inline")
async def httpx_inline(url: str):
    return Client(follow_redirects=True).get(url).text  # blocks


@router.get("/httpx-stream")
async def httpx_stream(url: str):
    size = 0
    with client.stream("GET", url) as answer:  # blocks
        for chunk in answer.iter_bytes():  # blocks
            size += len(chunk)
    return size


@router.get("/httpx-stream-function")
async def httpx_stream_function(url: str):
    with httpx.stream("GET", url) as answer:  # blocks
        return answer.read().decode()  # blocks


@router.get("/httpx-send")
async def httpx_send():
    return client.send(client.build_request("GET", "/x")).text  # blocks


@router.get("/urlopen")
async def in_urlopen(url: str):
    with urlopen(url, timeout=3) as answer:  # blocks
        return answer.read().decode()  # blocks


@router.get("/urlopen-attribute")
async def urlopen_attribute(url: str):
    return request.urlopen(Request(url, headers={"A": "b"})).status  # blocks


@router.get("/urlopen-from")
async def urlopen_from(url: str):
    return url_request.urlopen(url).getcode()  # blocks


@router.get("/urlretrieve")
async def in_urlretrieve(url: str):
    urlretrieve(url, "/var/cache/page.html")  # blocks


@router.get("/opener")
async def opener(url: str):
    return build_opener().open(url).status  # blocks


@router.get("/urllib3")
async def in_urllib3(url: str):
    return pool.request("GET", url).status  # blocks


@router.get("/urllib3-top")
async def urllib3_top(url: str):
    return urllib3.request("GET", url).data.decode()  # blocks


@router.get("/connection")
async def connection(path: str):
    conn = HTTPSConnection("api.example.com", timeout=5)
    conn.request("GET", path)  # blocks
    answer = conn.getresponse()  # blocks
    return answer.read().decode()  # blocks


@router.get("/connection-module")
async def connection_module(path: str):
    conn = http.client.HTTPConnection("localhost", 8080)
    conn.request("HEAD", path)  # blocks
    return conn.getresponse().status  # blocks


@router.get("/oauth")
async def oauth(code: str):
    flow = OAuth2Session("id", redirect_uri="https://shop.example.com/back")
    flow.fetch_token("https://auth.example.com/token", code=code)  # blocks
    return flow.get("https://auth.example.com/me").json()  # blocks


@router.get("/authlib")
async def authlib(code: str):
    flow = AuthlibSession("id", "secret")
    return flow.fetch_token("https://auth.example.com/token", code=code)  # blocks
