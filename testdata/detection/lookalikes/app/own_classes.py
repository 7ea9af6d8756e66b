"""The project's own classes and functions, named like those of libraries."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Generic, TypeVar

from fastapi import APIRouter, Depends

from app import requests, subprocess
from app.requests import get, post
from app.time import sleep

router = APIRouter()
T = TypeVar("T")


class Session:
    """Not a database session, nor one of requests."""

    def __init__(self) -> None:
        self.rows: dict[str, int] = {}

    def get(self, key: str) -> int:
        return self.rows.get(key, 0)

    def commit(self) -> None:
        self.rows.clear()

    def execute(self, statement: str) -> list[str]:
        return [statement]

    def query(self, *what: str) -> "Session":
        return self

    def filter(self, *what: bool) -> "Session":
        return self

    def first(self) -> int:
        return 1

    def all(self) -> list[int]:
        return list(self.rows.values())


class Redis(Session):
    def set(self, key: str, value: int) -> None:
        self.rows[key] = value

    def pipeline(self) -> "Redis":
        return self


class Client:
    def send(self, message: str) -> str:
        return message.upper()

    def request(self, method: str, url: str) -> str:
        return f"{method} {url}"

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *exc: object) -> None:
        self.closed = True


class Repository(Generic[T]):
    def __init__(self) -> None:
        self.items: list[T] = []

    def save(self, item: T) -> T:
        self.items.append(item)
        return item

    def find_one(self, index: int) -> T:
        return self.items[index]

    def delete(self, item: T) -> None:
        self.items.remove(item)


@dataclass
class Queue:
    items: list[str] = field(default_factory=list)

    def put(self, item: str) -> None:
        self.items.append(item)

    def get(self) -> str:
        return self.items.pop()

    def join(self) -> str:
        return "".join(self.items)


class Thread:
    def join(self) -> str:
        return "joined"

    def wait(self) -> bool:
        return True


class Path:
    def read_text(self) -> str:
        return "text"

    def exists(self) -> bool:
        return True


class Method(Enum):
    GET = "get"

    def open(self) -> str:
        return self.value


class Mailer:
    sent: list[str] = []

    def sendmail(self, to: str) -> None:
        self.sent.append(to)


class Task:
    def delay(self, seconds: int) -> int:
        return seconds

    def apply_async(self) -> None:
        return None


class Image:
    @classmethod
    def open(cls, name: str) -> "Image":
        return cls()

    def save(self, name: str) -> str:
        return name

    def resize(self, size: tuple[int, int]) -> "Image":
        return self


def get_db() -> Iterator[Session]:
    yield Session()


def run(command: list[str]) -> int:
    return len(command)


def urlopen(url: str) -> str:
    return url


def hash_password(password: str) -> str:
    return password[::-1]


session = Session()
redis = Redis()
client = Client()
users: Repository[str] = Repository()


@router.get("/module")
async def module(url: str):
    return requests.get(url)  # quiet


@router.get("/from-module")
async def from_module(url: str):
    post(url)  # quiet
    return get(url)  # quiet


@router.get("/sleep")
async def in_sleep():
    return sleep(3)  # quiet


@router.get("/subprocess")
async def in_subprocess():
    return subprocess.run(["ls"])  # quiet


@router.get("/run")
async def in_run():
    return run(["ls"]), urlopen("x"), hash_password("x")  # quiet


@router.get("/session")
async def in_session(key: str):
    session.commit()  # quiet
    session.execute("SELECT 1")  # quiet
    return session.get(key)  # quiet


@router.get("/query")
async def query():
    return session.query("a").filter(True).first()  # quiet


@router.get("/injected")
async def injected(db: Session = Depends(get_db)):
    db.commit()  # quiet
    return db.query("x").all()  # quiet


@router.get("/injected-untyped")
async def injected_untyped(db=Depends(get_db)):
    return db.get("x")  # quiet


@router.get("/redis")
async def in_redis(key: str):
    redis.set(key, 1)  # quiet
    redis.pipeline().execute("x")  # quiet
    return redis.get(key)  # quiet


@router.get("/client")
async def in_client(url: str):
    with Client() as own:  # quiet
        own.send("x")  # quiet
        return own.request("GET", url)  # quiet


@router.get("/client-global")
async def client_global(url: str):
    return client.request("GET", url)  # quiet


@router.get("/repository")
async def repository(name: str):
    users.save(name)  # quiet
    users.delete(name)  # quiet
    return users.find_one(0)  # quiet


@router.get("/queue")
async def queue(item: str):
    own = Queue()
    own.put(item)  # quiet
    own.join()  # quiet
    return own.get()  # quiet


@router.get("/thread")
async def thread():
    return Thread().join(), Thread().wait()  # quiet


@router.get("/path")
async def path():
    return Path().read_text() if Path().exists() else ""  # quiet


@router.get("/enum")
async def in_enum():
    return Method.GET.open()  # quiet


@router.get("/mailer")
async def mailer(to: str):
    Mailer().sendmail(to)  # quiet


@router.get("/task")
async def task():
    Task().apply_async()  # quiet
    return Task().delay(3)  # quiet


@router.get("/image")
async def image(name: str):
    return Image.open(name).resize((1, 1)).save(name)  # quiet
