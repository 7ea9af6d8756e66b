"""Decorators of the project around functions that turn: their wrappers turn along, or the database stays."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import DATABASE, FILL, HEADER, MAIN, MODELS, Outcome, answers, app, convert

GUARDED = """
def guarded(what: str):
    def decorator(func):
        @functools.wraps(func)
        def inner(*args, **kwargs):
            try:
                return func(*args, **kwargs)
            except ValueError:
                raise HTTPException(400, what)

        return inner

    return decorator


"""
COMMITTED = """
def committed(func):
    @functools.wraps(func)
    def wrapper(self, *args, **kwargs):
        try:
            result = func(self, *args, **kwargs)
            self.db.commit()
            return result
        except Exception:
            self.db.rollback()
            raise

    return wrapper


class Users:
    def __init__(self, db: Session):
        self.db = db

    @committed
    def add(self, name: str) -> User:
        user = User(name=name)
        self.db.add(user)
        return user


@router.get("/add")
def add(db: Session = Depends(get_db)):
    first = db.get(User, 1)
    user = Users(db).add("new")
    return user.name, user.id, first.name


"""
NAMED = """
class Names(Users):
    @committed
    @guarded("no number")
    def named(self, number: str) -> User | None:
        return self.db.get(User, int(number))


@router.get("/named/{number}")
def named(number: str, db: Session = Depends(get_db)):
    user = Names(db).named(number)
    return user.name if user else None


"""
OPENED = """
def opened(func):
    @functools.wraps(func)
    def wrapper(*args, **kwargs):
        with SessionLocal() as session:
            return func(session, *args, **kwargs)

    return wrapper


@opened
def count(session, like: str):
    return session.query(User).filter(User.name.like(like)).count()


@router.get("/count")
def counted():
    return count("%")


"""
ROUTE = """
@router.get("/first")
@guarded("none")
def first(db: Session = Depends(get_db)):
    return db.query(User).first().name


"""


def project(folder: Path, code: str) -> Outcome:
    api = f"import functools\n{HEADER}\n\n{code}"
    files = {"app/__init__.py": "", "app/db.py": DATABASE, "app/models.py": MODELS, "app/api.py": api}
    return convert(folder, {**files, "app/main.py": MAIN})


def test_the_answers_stay(tmp_path: Path) -> None:
    done = project(tmp_path, GUARDED + COMMITTED + NAMED + OPENED + ROUTE)
    assert done.obstacles == []
    urls = ("/add", "/named/1", "/named/7", "/named/x", "/count", "/first")
    before, after = answers(tmp_path, done, FILL, urls)
    assert [status for _, status, _ in before] == [200, 200, 200, 400, 200, 200]
    assert after == before
    text = done.texts["app/api.py"]
    assert text.count("return await func(*args, **kwargs)") == 1
    assert (
        "        async with SessionLocal() as session:\n            return await func(session, *args, **kwargs)\n"
        in text
    )
    assert "async def count(session, like: str):" in text
    assert "    @committed\n    async def add(self, name: str) -> User:" in text
    assert '@router.get("/first")\n@guarded("none")\nasync def first(' in text


def test_what_a_wrapper_returns_is_loaded_again_after_its_commit(tmp_path: Path) -> None:
    done = project(tmp_path, COMMITTED)
    text = done.texts["app/api.py"]
    assert "            await self.db.commit()\n            await self.db.refresh(result)\n" in text
    assert "    if first is not None:\n        await db.refresh(first)\n" in text
    assert "expire_on_commit" not in done.texts["app/db.py"]


def test_what_has_nothing_to_await_turns_with_the_wrapper_that_awaits_it(tmp_path: Path) -> None:
    plain = """
@guarded("no number")
def number(text: str) -> int:
    return int(text)


@router.get("/number/{text}")
def double(text: str):
    return 2 * number(text)


"""
    done = project(tmp_path, GUARDED + ROUTE + plain)
    assert done.obstacles == []
    before, after = answers(tmp_path, done, FILL, ("/first", "/number/4", "/number/x"))
    assert [status for _, status, _ in before] == [200, 200, 400]
    assert after == before
    assert "async def number(text: str) -> int:\n    return int(text)\n" in done.texts["app/api.py"]
    assert "    return 2 * await number(text)\n" in done.texts["app/api.py"]


def test_one_that_has_a_way_for_both_stays_as_it_is(tmp_path: Path) -> None:
    both = """
def both(func):
    if inspect.iscoroutinefunction(func):
        @functools.wraps(func)
        async def waiting(*args, **kwargs):
            return await func(*args, **kwargs)
        return waiting
    @functools.wraps(func)
    def wrapper(*args, **kwargs):
        return func(*args, **kwargs)
    return wrapper


"""
    done = project(tmp_path, "import inspect\n" + both + ROUTE.replace('@guarded("none")', "@both"))
    assert done.obstacles == []
    assert both in done.texts["app/api.py"]


REFUSED = {
    "a plain function that is called in a lambda": (
        GUARDED
        + ROUTE
        + '@guarded("no")\ndef plain(text: str):\n    return int(text)\n\n\nin_order = sorted(["2", "1"], key=lambda text: plain(text))\n',
        "plain(text) runs in a lambda or a class body, where nothing can be awaited",
    ),
    "a coroutine function": (
        GUARDED + ROUTE + '@guarded("no")\nasync def waiting(text: str):\n    return int(text)\n',
        "@guarded is to await what it decorates, and waiting is not to be async",
    ),
    "a call by hand": (
        GUARDED + ROUTE + 'other = guarded("no")(len)\n',
        "guarded is used here for more than to decorate a function",
    ),
    "a name for it": (
        OPENED + "shorter = opened\n",
        "opened is used here for more than to decorate a function",
    ),
    "handed to a thread": (
        "from concurrent.futures import ThreadPoolExecutor\n"
        + GUARDED.replace("func(*args", "ThreadPoolExecutor().submit(func, *args")
        + ROUTE,
        "first: @guarded hands it to others, who may call it",
    ),
    "under a lock of threads": (
        f"import threading\nLOCK = threading.Lock()\n{GUARDED.replace('try:', 'with LOCK:').partition('            except')[0]}        return inner\n    return decorator\n\n"
        + ROUTE,
        "func(*args, **kwargs) runs while a lock of threads is held",
    ),
    "called in a lambda": (
        GUARDED.replace("return func(*args, **kwargs)", "return (lambda: func(*args, **kwargs))()") + ROUTE,
        "func(*args, **kwargs) runs in a lambda or a class body, where nothing can be awaited",
    ),
    "a generator": (
        GUARDED
        + '@guarded("no")\ndef names(db: Session):\n    yield from db.scalars(select(User)).all()\n'
        + ROUTE,
        "@guarded is to await what it decorates, and names is not to be async",
    ),
    "an object in its place": (
        "class timed:\n    def __init__(self, func):\n        self.func = func\n\n    def __call__(self, *args, **kwargs):\n        return self.func(*args, **kwargs)\n"
        + ROUTE.replace('@guarded("none")', "@timed"),
        "first: the decorator (a class of the project) is not known to accept coroutine functions",
    ),
    "a session from nowhere": (
        GUARDED.replace(
            "            except", '                kwargs["db"].commit()\n            except'
        ).replace("return func", "func")
        + ROUTE,
        'kwargs["db"].commit: nobody knows whether it works on this database',
    ),
    "a caller that cannot await": (
        OPENED + "NUMBER = count('%')\n",
        "count() runs when app/api.py is imported",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_turn_as_a_whole_is_refused_by_name(tmp_path: Path, what: str) -> None:
    code, reason = REFUSED[what]
    done = project(tmp_path, code)
    assert any(text.endswith(reason) for text in done.obstacles), done.obstacles
    assert "app/api.py" not in done.texts or "AsyncSession" not in done.texts["app/api.py"]


@pytest.mark.parametrize(
    "body",
    [
        "    with db.begin():\n        return db.query(User).first()\n",
        "    try:\n        return db.query(User).first()\n    finally:\n        db.commit()\n",
    ],
)
def test_what_is_returned_before_the_commit_stays_loaded(tmp_path: Path, body: str) -> None:
    code = f"def found(db: Session) -> User:\n{body}\n\n@router.get('/x')\ndef handler(db: Session = Depends(get_db)):\n    return found(db).name\n"
    done = project(tmp_path, code)
    assert "expire_on_commit=False" in done.texts["app/db.py"]


def test_the_annotations_of_a_decorator_turn_with_it(tmp_path: Path) -> None:
    typed = GUARDED.replace("decorator(func)", "decorator(func: Callable[..., R]) -> Callable[..., R]")
    typed = typed.replace("**kwargs):", "**kwargs) -> R:")
    head = "import functools\nfrom typing import Callable, TypeVar\n\nR = TypeVar('R')\n\n"
    route = '@router.get("/x")\n@guarded("none")\ndef x(db: Session = Depends(get_db)) -> int:\n    return db.query(User).count()\n'
    text = app(tmp_path, head + typed + route).texts["app/api.py"]
    assert "    def decorator(func: Callable[..., Awaitable[R]]) -> Callable[..., Awaitable[R]]:\n" in text
    assert "        async def inner(*args, **kwargs) -> R:\n" in text
