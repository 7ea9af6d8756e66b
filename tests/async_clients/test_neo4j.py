"""A driver of Neo4j with its sessions, transactions and results, and their twins, against a small server."""

from __future__ import annotations

# ruff: noqa: E501 (small programs, each on one line)
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from bolt_server import bolt_server
from client_programs import Outcome, changed, migrate
from running import run

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")  # programs leave drivers open

HEAD = """
import neo4j
from fastapi import APIRouter, Depends, HTTPException
from neo4j import ManagedTransaction, Session, Transaction
from neo4j.exceptions import ClientError

from app.db import driver

router = APIRouter()


def names_of(session: Session, query: str):
    found = session.run(query)
    return [record["query"] for record in found]


def written(tx: Transaction, n):
    tx.run("CREATE", n=n).consume()


def first_of(tx: ManagedTransaction, query, **given):
    return told(tx.run(query, given).single())


def both_of(tx, query):
    return [data_of(tx, query), first_of_many(tx)]


def first_of_many(tx):
    for record in tx.run("NUMBERS", n=3):
        return record["n"]


def data_of(tx, query):
    return tx.run(query).data()


def told(record):
    return record["given"]


class Work:
    def do(self, session):
        return session.execute_write(self._do, "Q")

    def _do(self, tx, query):
        return data_of(tx, query)


def opened():
    return driver.session(database="neo4j")


"""
DB = 'from neo4j import GraphDatabase\n\ndriver = GraphDatabase.driver("URL", auth=("neo4j", "x"))\n'
WITH = "with driver.session() as session:\n"
CALLS = {
    "one record": WITH + '    return session.run("Q", a=[1, None], b={"c": 1.5}).single()["given"]',
    "one record with a name": WITH + '    record = session.run("Q").single()\nreturn record.data()',
    "no record": WITH + '    return session.run("NOTHING").single() is None',
    "not one record": WITH + '    try:\n        return session.run("NUMBERS", n=0).single(strict=True)\n    except neo4j.exceptions.ResultNotSingleError as error:\n        return str(error)',
    "all records": WITH + '    return session.run("NUMBERS", {"n": 2500}).data()[-1]',
    "values": WITH + '    return [session.run("NUMBERS", n=3).values(), session.run("NUMBERS", n=3).value("n")]',
    "a loop": WITH + '    found = []\n    for record in session.run("NUMBERS", n=3):\n        found.append(record["n"])\n    return found',
    "a loop that is left": WITH + '    for record in session.run("NUMBERS", n=3):\n        return record["n"]',
    "a loop over a name": WITH + '    result = session.run("NUMBERS", n=3)\n    keys = result.keys()\n    for record in result:\n        keys.append(record["n"])\n    return keys',
    "a list": WITH + '    return [dict(record) for record in session.run("NUMBERS", n=3)]',
    "a set and a dictionary": WITH + '    return [sorted({record["n"] for record in session.run("NUMBERS", n=3)}), {str(r["n"]): 1 for r in session.run("NUMBERS", n=2)}]',
    "a list of all": WITH + '    records = list(session.run("NUMBERS", n=3))\nreturn len(records)',
    "a sum": WITH + '    return sum(record["n"] for record in session.run("NUMBERS", n=3))',
    "some of them": WITH + '    result = session.run("NUMBERS", n=5)\n    first = result.peek()\n    return [first["n"], [each["n"] for each in result.fetch(2)], result.consume().query]',
    "a chain": 'session = driver.session()\nn = session.run("Q").single()["query"]\nsession.close()\nreturn n',
    "a session in a try": 'session = driver.session()\ntry:\n    return session.run("Q").data()\nfinally:\n    session.close()',
    "a function that takes the session": WITH + '    return names_of(session, "Q")',
    "a function that gives the session": 'with opened() as session:\n    return session.run("Q").single()["query"]',
    "a transaction": WITH + '    with session.begin_transaction() as tx:\n        tx.run("CREATE", n=1)\n        written(tx, 2)\n        tx.commit()\nreturn 1',
    "a transaction beside the session": 'with driver.session() as session, session.begin_transaction() as tx:\n    return tx.run("Q").data()',
    "a transaction that fails": WITH + '    with session.begin_transaction() as tx:\n        tx.run("CREATE", n=1)\n        raise HTTPException(409)',
    "a transaction that is taken back": WITH + '    tx = session.begin_transaction()\n    tx.run("CREATE", n=1)\n    tx.rollback()\n    return tx.closed()',
    "a function in a transaction": WITH + '    return [session.execute_read(first_of, "Q", a=1), session.execute_write(first_of, "Q")]',
    "functions that share one": WITH + '    return [session.execute_read(both_of, "Q"), Work().do(session)]',
    "an inner function in a transaction": 'def work(tx):\n    tx.run("CREATE", n=n)\n    return tx.run("Q").single()["query"]\nn = 1\n' + WITH + "    return session.execute_write(work)",
    "a function in a transaction that fails": 'def work(tx):\n    tx.run("CREATE", n=1)\n    raise HTTPException(409)\n' + WITH + "    return session.execute_write(work)",
    "a wrong query in a transaction": 'def work(tx):\n    tx.run("FAIL")\n' + WITH + "    return session.execute_write(work)",
    "two sessions": WITH + '    a = session.run("Q").single()["query"]\nwith driver.session(default_access_mode="READ") as session:\n    return [a, session.run("R").single()["query"]]',
    "a wrong query": WITH + '    try:\n        session.run("FAIL").consume()\n    except ClientError as error:\n        return [error.code, error.message]',
    "a wrong query that is not caught": WITH + '    session.run("FAIL")',
    "a query of the driver": 'records, summary, keys = driver.execute_query("Q", {"a": 1}, database_="neo4j", routing_=neo4j.RoutingControl.READ)\nreturn [[r.data() for r in records], summary.query, keys]',
    "a query of the driver with a name": 'result = driver.execute_query("NUMBERS", n=2)\nreturn [record["n"] for record in result.records]',
    "what the driver can": 'return [driver.supports_multi_db(), driver.verify_authentication(auth=("neo4j", "x"))]',
    "a result as a whole": WITH + '    result = session.run("NUMBERS", n=2).to_eager_result()\nreturn [[r["n"] for r in result.records], result.keys]',
    "a graph": WITH + '    graph = session.run("NUMBERS", n=2).graph()\nreturn [len(graph.nodes), len(graph.relationships)]',
    "bookmarks": WITH + '    session.run("Q").consume()\n    return sorted(session.last_bookmarks().raw_values)',
    "is it there": 'driver.verify_connectivity()\nreturn driver.get_server_info().agent',
    "a session that may be none": 'session = None\ntry:\n    session = driver.session()\n    return session.run("Q").single()["query"]\nfinally:\n    if session:\n        session.close()',
}  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[str, list[str]]]:
    pytest.importorskip("neo4j")
    with bolt_server() as found:
        yield found


def files(body: str, url: str = "bolt://127.0.0.1:9", db: str = DB, **more: str) -> dict[str, str]:
    routes = f'{changed(HEAD)}\n\n@router.get("/")\ndef call():\n' + textwrap.indent(body, "    ") + "\n"
    found = {"app/routes.py": routes, "app/db.py": changed(db.replace("URL", url))}
    return found | {path.replace("__", "/") + ".py": changed(text) for path, text in more.items()}


def same_outcome(outcome: Outcome, server: tuple[str, list[str]], folder: Path, name: str = "call") -> object:
    """On two event loops, as with `TestClient`: what is given, and what the database was sent."""
    _, seen = server
    given = []
    for which, texts in (("old", outcome.before), ("new", outcome.texts)):
        seen.clear()
        given.append((run(folder / which, texts, name, loops=2), list(seen)))
    assert given[1] == given[0]
    return given[0][0]


@pytest.mark.parametrize("what", CALLS)
def test_a_call_gives_and_sends_the_same(what: str, server: tuple[str, list[str]], tmp_path: Path) -> None:
    outcome = migrate(files(CALLS[what], server[0]))
    assert "driver()" in outcome.text, outcome.reasons
    assert "run_in_threadpool" not in outcome.text
    same_outcome(outcome, server, tmp_path)


FORMS = {
    "a getter that keeps it": """
        from neo4j import Driver, GraphDatabase

        _driver: Driver | None = None


        def get_driver() -> Driver:
            global _driver
            if _driver is None:
                _driver = GraphDatabase.driver("URL", auth=("neo4j", "x"))
            return _driver
    """,
    "a getter with a cache": """
        import functools

        import neo4j


        @functools.lru_cache
        def get_driver() -> neo4j.Driver:
            return neo4j.GraphDatabase.driver("URL", auth=neo4j.basic_auth("neo4j", "x"))
    """,
    "a getter that makes it": """
        from neo4j import GraphDatabase


        def get_driver():
            return GraphDatabase.driver("URL", auth=("neo4j", "x"))
    """,
}


@pytest.mark.parametrize("form", FORMS)
def test_a_driver_that_a_function_gives(form: str, server: tuple[str, list[str]], tmp_path: Path) -> None:
    body = 'with get_driver().session() as session:\n    return [names_of(session, "Q"), session.run("Q").data()]'
    texts = files(body, server[0], FORMS[form])
    texts["app/routes.py"] = (
        texts["app/routes.py"]
        .replace("driver.session(", "get_driver().session(")
        .replace("import driver", "import get_driver")
    )
    outcome = migrate(texts)
    assert "async with get_driver().session() as session:\n        return [await names_of(" in outcome.text, (
        outcome.reasons
    )
    assert "def get_driver() -> AsyncDriver:\n" in outcome.texts["app/db.py"]
    same_outcome(outcome, server, tmp_path)


GRAPH = """
    from neo4j import GraphDatabase


    class Graph:
        def __init__(self):
            self.driver = GraphDatabase.driver("URL", auth=("neo4j", "x"))

        def close(self):
            self.driver.close()

        def query(self, text, parameters=None):
            with self.driver.session() as session:
                result = session.run(text, parameters or {})
                return [record.data() for record in result]


    driver = Graph()
"""


def test_the_driver_of_an_object(server: tuple[str, list[str]], tmp_path: Path) -> None:
    texts = files('return driver.query("Q", {"a": 1})', server[0], GRAPH)
    texts["app/routes.py"] = texts["app/routes.py"].replace("driver.session(", "driver.driver.session(")
    outcome = migrate(texts)
    assert "async with self.driver().session() as session:" in outcome.texts["app/db.py"], outcome.reasons
    same_outcome(outcome, server, tmp_path)


APP = """
    from collections.abc import Iterator
    from contextlib import asynccontextmanager
    from typing import Annotated

    from fastapi import Depends, FastAPI, Request
    from fastapi.testclient import TestClient
    from neo4j import Driver, GraphDatabase, Session


    @asynccontextmanager
    async def lifespan(app: FastAPI):
        app.state.driver = GraphDatabase.driver("URL", auth=("neo4j", "x"))
        with app.state.driver.session() as session:
            session.run("CONSTRAINT").consume()
        yield
        app.state.driver.close()


    app = FastAPI(lifespan=lifespan)


    def get_session(request: Request) -> Iterator[Session]:
        driver: Driver = request.app.state.driver
        with driver.session(database="neo4j") as session:
            yield session


    SessionDep = Annotated[Session, Depends(get_session)]


    @app.get("/a")
    def ask(session: SessionDep):
        return session.run("Q").single()["query"]


    @app.get("/b")
    def ask_again(session: Session = Depends(get_session)):
        return [record["n"] for record in session.run("NUMBERS", n=2)]


    def call():
        with TestClient(app) as client:
            return [client.get("/a").json(), client.get("/b").json()]
"""


def test_a_driver_of_the_application_whose_sessions_are_injected(
    server: tuple[str, list[str]], tmp_path: Path
) -> None:
    outcome = migrate({"app/routes.py": changed(APP).replace("URL", server[0])})
    for text in (
        'async with app.state.driver.session() as session:\n        await (await session.run("CONSTRAINT")).consume()',
        "await app.state.driver.close()",
        "async def get_session(request: Request) -> AsyncIterator[AsyncSession]:\n",
        "    driver: AsyncDriver = request.app.state.driver\n    async with driver.session(",
        "SessionDep = Annotated[AsyncSession, Depends(get_session)]",
        'return [record["n"] async for record in await session.run("NUMBERS", n=2)]',
    ):
        assert text in outcome.text, (text, outcome.text, outcome.reasons)
    assert same_outcome(outcome, server, tmp_path) == [["Q", [0, 1]]] * 2


GIVEN = """
    from fastapi import Depends, FastAPI
    from fastapi.testclient import TestClient
    from neo4j import GraphDatabase


    class Database:
        def __init__(self):
            self._driver = GraphDatabase.driver("URL", auth=("neo4j", "x"), database="neo4j")

        def close(self):
            self._driver.close()

        def get_session(self):
            return self._driver.session()


    db = Database()
    app = FastAPI()


    def get_session():
        session = db.get_session()
        try:
            session.run("BEFORE").consume()
            yield session
            session.run("BEHIND")
        finally:
            session.close()


    @app.get("/a")
    async def ask(session=Depends(get_session)):
        result = session.run("Q")
        return result.single()["query"]


    def call():
        with TestClient(app) as client:
            return client.get("/a").json()
"""


def test_a_generator_that_waits_for_the_session_which_it_gives(
    server: tuple[str, list[str]], tmp_path: Path
) -> None:
    outcome = migrate({"app/routes.py": changed(GIVEN).replace("URL", server[0])})
    for text in (
        "async def get_session():\n    session = db.get_session()\n",
        'await (await session.run("BEFORE")).consume()',
        "        await session.close()\n",
        'result = await session.run("Q")\n    return (await result.single())["query"]',
    ):
        assert text in outcome.text, (text, outcome.text, outcome.reasons)
    assert same_outcome(outcome, server, tmp_path) == ["Q", "Q"]


KEPT = """
    from fastapi import Depends, FastAPI
    from fastapi.testclient import TestClient
    from neo4j import GraphDatabase, Session

    driver = GraphDatabase.driver("URL", auth=("neo4j", "x"))
    app = FastAPI()


    def get_session():
        with driver.session() as session:
            yield session


    class Numbers:
        def __init__(self, session: Session):
            self.session = session

        def below(self, n: int):
            return [record["n"] for record in self.session.run("NUMBERS", n=n)]

        def first(self):
            return self.session.run("NUMBERS", n=1).single()["n"]


    def get_numbers(session: Session = Depends(get_session)) -> Numbers:
        return Numbers(session)


    @app.get("/a")
    def ask(numbers: Numbers = Depends(get_numbers)):
        return numbers.below(3)


    @app.get("/b")
    def ask_first(session: Session = Depends(get_session)):
        return Numbers(session).first()


    def call():
        with TestClient(app) as client:
            return [client.get("/a").json(), client.get("/b").json()]
"""


def test_an_object_of_one_request_keeps_the_session(server: tuple[str, list[str]], tmp_path: Path) -> None:
    outcome = migrate({"app/routes.py": changed(KEPT).replace("URL", server[0])})
    for text in (
        "    def __init__(self, session: AsyncSession):\n        self.session = session\n",
        'return [record["n"] async for record in await self.session.run("NUMBERS", n=n)]',
        "return await Numbers(session).first()",
    ):
        assert text in outcome.text, (text, outcome.text, outcome.reasons)
    assert same_outcome(outcome, server, tmp_path) == [[[0, 1, 2], 0]] * 2


KEPT_LONGER = {
    "an object of the module": ("return Numbers(session)", "global numbers\n    numbers = Numbers(session)\n    return numbers"),
    "an object of the application": ("return Numbers(session)", "app.state.numbers = Numbers(session)\n    return app.state.numbers"),
    "an object that a cache keeps": ("def get_numbers(session: Session = Depends(get_session)) -> Numbers:\n    return Numbers(session)", "@functools.lru_cache\ndef get_numbers() -> Numbers:\n    return Numbers(driver.session())"),
    "a session that is made for each object": ("        self.session = session\n", "        self.session = driver.session() if session is None else session\n"),
    "a session of the class": ("        self.session = session\n", "        Numbers.session = session\n"),
    "a session that is replaced": ("        return self.session.run", "        self.session = None\n        return self.session.run"),
    "a session that is read by its name": ("    return Numbers(session)", "    print(getattr(Numbers(session), 'session'))\n    return Numbers(session)"),
}  # fmt: skip


@pytest.mark.parametrize("what", KEPT_LONGER)
def test_a_session_that_is_kept_otherwise_stays(what: str) -> None:
    old, new = KEPT_LONGER[what]
    text = "import functools\n\n" + changed(KEPT)
    assert old in text
    outcome = migrate({"app/routes.py": text.replace(old, new, 1)})
    assert "Async" not in outcome.text
    assert "await self.session" not in outcome.text


def test_a_generator_that_hands_the_session_on_stays() -> None:
    helped = changed(GIVEN).replace('session.run("BEFORE").consume()', "prepare(session)")
    more = '\n\ndef prepare(session):\n    session.run("BEFORE").consume()\n'
    outcome = migrate({"app/routes.py": helped + more})
    assert "Async" not in outcome.text
    assert any("get_session does more than give a Session" in each for each in outcome.reasons), (
        outcome.reasons
    )


SINGLE = 'return session.run("Q").single()["query"]'
STAYS = {
    "a session that is handed on": (WITH + f"    print(session)\n    {SINGLE}", "a Session is handed on"),
    "a session in a list": (WITH + f"    sessions = [session]\n    {SINGLE}", "a Session is handed on"),
    "a session that a library takes": (WITH + f"    HTTPException(409, session)\n    {SINGLE}", "a Session is handed on"),
    "a session on an object": (f"router.session = driver.session()\nsession = router.session\n{SINGLE}", ""),
    "a session entered with something else": (f'with driver.session() as session, open("a"):\n    {SINGLE}', "something that is not async"),
    "a name that is something else, too": (f"session = driver.session() if len(HEAD) else open('a')\n{SINGLE}", ""),
    "a name that is bound again": (f'session = driver.session()\nprint({SINGLE[7:]})\nsession = open("a")\nreturn session.read()', "is not only a Session"),
    "a result that is kept": (WITH + '    result = session.run("Q")\n    result = result.single()\n    return result["query"]', "is not only a Result"),
    "a result that is returned to the client": (WITH + '    return session.run("Q")', "a Result"),
    "a result by an expression": (WITH + '    return any(record["n"] for record in session.run("NUMBERS", n=2))', "bit by bit"),
    "a result step by step": (WITH + '    return list(zip(session.run("NUMBERS", n=2), [1]))', "read"),
    "a frame": (WITH + '    return session.run("Q").to_df().to_dict()', "neo4j.Result.to_df has no exact twin"),
    "a lambda in a transaction": (WITH + '    return session.execute_read(lambda tx: tx.run("Q").data())', "cannot be awaited where the library calls it"),
    "a function that is chosen": (WITH + '    work = {"a": data_of}[str("a")]\n    return session.execute_read(work, "Q")', "data_of is not only given to the library"),
    "one of two functions": (WITH + '    return session.execute_read(data_of if router else both_of, "Q")', "what the library calls is not seen"),
    "a function that is called, too": (WITH + '    with session.begin_transaction() as tx:\n        both_of(tx, "R")\n    return session.execute_read(both_of, "Q")', "both_of is not only given to the library"),
    "a function that others get, too": (WITH + '    print(both_of)\n    return session.execute_read(both_of, "Q")', "both_of is not only given to the library"),
    "a generator in a transaction": ('def work(tx):\n    yield tx.run("Q").data()\n' + WITH + "    return list(session.execute_read(work))", "cannot be awaited where the library calls it"),
    "a decorated function in a transaction": ('@neo4j.unit_of_work(timeout=5)\ndef work(tx):\n    return tx.run("Q").data()\n' + WITH + "    return session.execute_read(work)", ""),
    "a transaction that is handed on": ('def work(tx):\n    print(tx)\n    return tx.run("Q").data()\n' + WITH + "    return session.execute_read(work)", "a ManagedTransaction is handed on"),
    "a function in a transaction that blocks": ('def work(tx):\n    import time\n    with open("a") as file:\n        json.load(file)\n    return [tx.run("Q").data() for _ in map(work, [])]\n' + WITH + "    return session.execute_read(work)", ""),
    "a method that is kept": (WITH + '    run = session.run\n    return run("Q").single()["query"]', ""),
    "a transformer": ('return driver.execute_query("Q", result_transformer_=neo4j.Result.single)["query"]', "no exact twin with bookmark_manager_, result_transformer_"),
    "unknown keywords": ('more = {"a": 1}\nreturn driver.execute_query("Q", **more).records', "no exact twin with"),
    "bookmarks": (f"with driver.session(bookmark_manager=neo4j.GraphDatabase.bookmark_manager()) as session:\n    {SINGLE}", "no exact twin with bookmark_manager"),
    "an inner function": (WITH + '    def ask():\n        return session.run("Q").single()["query"]\n    return [ask() for _ in map(str, [1])] + sorted([2], key=lambda _: ask())', ""),
}  # fmt: skip


@pytest.mark.parametrize("what", STAYS)
def test_what_has_no_equal_stays(what: str) -> None:
    pytest.importorskip("neo4j")
    body, reason = STAYS[what]
    stays(migrate(files(body)), reason)


@pytest.mark.parametrize(
    "options",
    ['auth=("neo4j", "x"), resolver=print', '**{"auth": None}', 'auth=("neo4j", "x"), trust=1'],
)
def test_a_driver_with_options_that_nobody_knows_stays(options: str) -> None:
    db = f'from neo4j import GraphDatabase\n\ndriver = GraphDatabase.driver("URL", {options})\n'
    stays(migrate(files(f"{WITH}    {SINGLE}", db=db)), "made with arguments")


TESTS = {
    "a function in a transaction": "from app.routes import data_of, driver\n\n\ndef test_it():\n    driver.session().execute_read(data_of, 'Q')\n",
    "the session": "from app.routes import names_of\n\n\ndef test_it():\n    assert names_of(FakeSession(), 'Q') == []\n",
    "the factory": "from unittest.mock import patch\n\n\ndef test_it():\n    with patch('app.db.GraphDatabase'):\n        pass\n",
    "the driver": "from unittest.mock import patch\n\n\ndef test_it():\n    with patch('app.routes.driver'):\n        pass\n",
    "the library": "from unittest.mock import patch\n\n\ndef test_it():\n    with patch('neo4j.Session.run'):\n        pass\n",
    "a session of their own": "from app.db import driver\n\n\ndef test_it():\n    with driver.session() as session:\n        session.run('CLEAN')\n",
}


@pytest.mark.parametrize("what", TESTS)
def test_what_tests_use_or_replace_stays(what: str) -> None:
    body = WITH + '    return names_of(session, "Q")'
    stays(migrate(files(body, tests__test_it=TESTS[what])))


def test_an_override_of_an_injected_session_stays() -> None:
    test = "from app.routes import app, get_session\n\napp.dependency_overrides[get_session] = lambda: None\n"
    outcome = migrate({"app/routes.py": changed(APP), "tests/test_it.py": test})
    assert "AsyncSession" not in outcome.text
    assert "await session.run" not in outcome.text


def test_a_session_that_a_script_uses_as_well_stays() -> None:
    script = """
        from app.db import driver


        def main():
            with driver.session() as session:
                session.run("CLEAN")


        main()
    """
    stays(migrate(files(f"{WITH}    {SINGLE}", script=script)), "stays synchronous")


def test_a_version_without_the_async_driver_keeps_it() -> None:
    stays(migrate(files(f"{WITH}    {SINGLE}"), declared="neo4j==4.4.2"), "needs 5 or later")


def stays(outcome: Outcome, reason: str = "") -> None:
    assert "Async" not in outcome.text + outcome.texts["app/db.py"]
    assert not reason or any(reason in each for each in outcome.reasons), outcome.reasons
