"""requests.Session in every form: module global, attribute, `with`, per call, subclass, factory, retries."""

from contextlib import closing, contextmanager

import requests
from fastapi import APIRouter
from requests import Session, session as make_session
from requests.adapters import HTTPAdapter
from requests.sessions import Session as LongName
from urllib3.util.retry import Retry

router = APIRouter()
http = requests.Session()
http.headers["User-Agent"] = "shop"
with_retries = requests.Session()
with_retries.mount("https://", HTTPAdapter(max_retries=Retry(total=3)))
_lazy: requests.Session | None = None


def get_session() -> requests.Session:
    global _lazy
    if _lazy is None:
        _lazy = requests.Session()
    return _lazy


def untyped_session():
    fresh = Session()
    fresh.auth = ("user", "secret")
    return fresh


@contextmanager
def opened():
    own = requests.Session()
    try:
        yield own
    finally:
        own.close()


class Api(requests.Session):
    def __init__(self, base: str) -> None:
        super().__init__()
        self.base = base

    def request(self, method, url, *args, **kwargs):
        return super().request(method, self.base + url, *args, **kwargs)


class Weather:
    def __init__(self) -> None:
        self.session = requests.Session()

    def today(self, city: str) -> dict:
        return self.session.get(f"https://weather.example.com/{city}").json()  # either


class Shared:
    session = requests.Session()

    @classmethod
    def load(cls, url: str) -> dict:
        return cls.session.get(url).json()


api = Api("https://api.example.com")
weather = Weather()


@router.get("/global")
async def module_global(url: str):
    return http.get(url).json()  # blocks


@router.get("/mounted")
async def mounted(url: str):
    return with_retries.get(url).json()  # blocks


@router.get("/with")
async def with_session(url: str):
    with requests.Session() as s:
        s.headers.update({"Accept": "text/html"})
        return s.get(url).text  # blocks


@router.get("/per-call")
async def per_call(url: str):
    return requests.Session().get(url).text  # blocks


@router.get("/local")
async def local(url: str):
    s = Session()
    answer = s.post(url, data={"a": 1})  # blocks
    s.close()
    return answer.text


@router.get("/lower-case")
async def lower_case(url: str):
    return make_session().get(url).text  # blocks


@router.get("/long-name")
async def long_name(url: str):
    s = LongName()
    return s.request("GET", url).text  # blocks


@router.get("/lazy")
async def lazy(url: str):
    return get_session().get(url).text  # blocks


@router.get("/untyped-factory")
async def untyped_factory(url: str):
    return untyped_session().get(url).text  # blocks


@router.get("/context-manager")
async def context_manager(url: str):
    with opened() as s:
        return s.get(url).text  # blocks


@router.get("/closing")
async def in_closing(url: str):
    with closing(requests.Session()) as s:
        return s.get(url).text  # blocks


@router.get("/subclass")
async def subclass():
    return api.get("/orders").json()  # blocks


@router.get("/attribute")
async def attribute(city: str):
    return weather.today(city)  # blocks


@router.get("/attribute-direct")
async def attribute_direct(url: str):
    return weather.session.get(url).json()  # blocks


@router.get("/class-attribute")
async def class_attribute(url: str):
    return Shared.load(url)  # blocks


@router.get("/prepared")
async def prepared(url: str):
    ready = requests.Request("GET", url).prepare()
    return http.send(ready).status_code  # blocks


@router.get("/streamed")
async def streamed(url: str):
    size = 0
    with requests.get(url, stream=True) as answer:  # blocks
        for chunk in answer.iter_content(8192):  # blocks
            size += len(chunk)
    return size


@router.get("/lines")
async def lines(url: str):
    answer = http.get(url, stream=True)  # blocks
    return [line.decode() for line in answer.iter_lines()]  # blocks
