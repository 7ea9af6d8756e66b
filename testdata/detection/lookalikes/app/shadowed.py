"""Names of libraries and built-ins that mean something else where they stand."""

import time

import requests
from fastapi import APIRouter

router = APIRouter()


class Opener:
    def open(self, name: str) -> str:
        return name

    def input(self, text: str) -> str:
        return text


@router.get("/parameter")
async def parameter(url: str, requests: str = ""):
    return requests.upper() + url  # quiet


@router.get("/local")
async def local(url: str):
    requests = {"a": url}
    return requests.get("a")  # quiet


@router.get("/open")
async def in_open(name: str):
    def open(name: str) -> str:
        return name.upper()

    return open(name)  # quiet


@router.get("/input")
async def in_input(name: str):
    input = str.upper
    return input(name)  # quiet


@router.get("/loop")
async def loop():
    return [time.get("a") for time in ({"a": 1}, {"a": 2})]  # quiet


@router.get("/with")
async def in_with(name: str):
    opener = Opener()
    return opener.open(name), opener.input(name)  # quiet


@router.get("/lambda")
async def in_lambda():
    get = lambda key: key * 2  # noqa: E731
    return get("a")  # quiet


@router.get("/nested")
async def nested():
    class requests:  # noqa: N801
        @staticmethod
        def get(url: str) -> str:
            return url

    return requests.get("a")  # quiet


@router.get("/constants")
async def constants():
    return requests.codes.ok, requests.codes["not_found"]  # quiet


@router.get("/errors")
async def errors():
    error = requests.HTTPError("no")  # quiet
    return isinstance(error, requests.RequestException), time.strftime("%Y")  # quiet


@router.get("/unused")
async def unused():
    def later() -> str:
        return requests.get("https://never.example.com").text

    names = {"later": later}
    return sorted(names)  # quiet


@router.get("/reference")
async def reference():
    return requests.get.__name__, time.sleep.__doc__  # quiet


@router.get("/string")
async def string():
    return "requests.get('x')", f"{time.time()} time.sleep(1)"  # quiet


@router.get("/branch")
async def branch(items: list[str]):
    for requests in items:
        requests.strip()  # quiet
    return len(items)
