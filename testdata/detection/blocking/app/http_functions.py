"""The functions of requests, in the forms in which they are imported, renamed and handed on."""

import functools
import importlib

import requests
import requests as rq
import requests.api
from fastapi import APIRouter, HTTPException
from requests import get, post as send_post, request
from requests import api as http_api
from requests.api import put

from app.compat import requests as compat_requests
from app.star import *  # noqa: F403

router = APIRouter()
fetch = requests.get
METHODS = {"get": requests.get, "post": requests.post}
head_quickly = functools.partial(requests.head, timeout=3)
HTTP = requests


@router.get("/plain")
async def plain(url: str):
    return requests.get(url, timeout=5).json()  # blocks


@router.get("/renamed")
async def renamed(url: str):
    answer = rq.get(url)  # blocks
    return answer.text


@router.get("/from-import")
async def from_import(url: str):
    return get(url).status_code  # blocks


@router.post("/from-import-renamed")
async def from_import_renamed(url: str, body: dict):
    send_post(url, json=body).raise_for_status()  # blocks


@router.get("/generic")
async def generic(url: str, method: str = "GET"):
    return request(method, url).ok  # blocks


@router.get("/api-module")
async def api_module(url: str):
    return http_api.get(url).text  # blocks


@router.get("/api-attribute")
async def api_attribute(url: str):
    return requests.api.options(url).headers["Allow"]  # blocks


@router.put("/api-function")
async def api_function(url: str):
    return put(url, data=b"x").status_code  # blocks


@router.get("/module-alias")
async def module_alias(url: str):
    return fetch(url).text  # blocks


@router.get("/module-variable")
async def module_variable(url: str):
    return HTTP.get(url).text  # blocks


@router.get("/reexported")
async def reexported(url: str):
    return compat_requests.get(url).text  # blocks


@router.get("/star")
async def star(url: str):
    return download(url)  # noqa: F405  # blocks


@router.get("/table")
async def table(url: str):
    return METHODS["get"](url).text  # blocks


@router.get("/partial")
async def partial(url: str):
    return head_quickly(url).status_code  # blocks


@router.get("/local-alias")
async def local_alias(url: str):
    send = requests.patch
    return send(url, json={}).status_code  # blocks


@router.get("/local-import")
async def local_import(url: str):
    import requests as local

    return local.delete(url).status_code  # blocks


@router.get("/chosen")
async def chosen(url: str, write: bool = False):
    call = requests.post if write else requests.get
    return call(url).text  # blocks


@router.get("/getattr")
async def by_name(url: str):
    return getattr(requests, "get")(url).text  # blocks


@router.get("/import-module")
async def import_module(url: str):
    return importlib.import_module("requests").get(url).text  # blocks


@router.get("/comprehension")
async def comprehension(host: str):
    return [requests.get(f"{host}/{page}").json() for page in range(3)]  # blocks


@router.get("/mapped")
async def mapped(first: str, second: str):
    answers = list(map(requests.get, [first, second]))  # blocks
    return [answer.status_code for answer in answers]


@router.get("/generator")
async def generator(host: str):
    return sum(len(requests.get(f"{host}/{page}").content) for page in range(3))  # blocks


@router.get("/condition")
async def condition(url: str):
    if requests.head(url).status_code == 404:  # blocks
        raise HTTPException(404)
    return {}


@router.get("/walrus")
async def walrus(url: str):
    if (answer := requests.get(url)).ok:  # blocks
        return answer.json()
    return None


@router.get("/lambda")
async def in_lambda(url: str):
    load = lambda: requests.get(url)  # noqa: E731
    return load().text  # blocks


@router.get("/fallback")
async def fallback(url: str):
    try:
        return requests.get(url).json()  # blocks
    except requests.ConnectionError:
        return requests.get(url.replace("https", "http")).json()  # blocks
    finally:
        requests.post(f"{url}/log", json={"url": url})  # blocks
