"""What is looked up in the bundled files, and that all of them refer to what is there."""

from __future__ import annotations

import time

import pytest
from async_fix.codemods.catalogue import CallForm, Catalogue, Effect, load
from async_fix.codemods.catalogue.loader import FOLDER, read_file
from async_fix.codemods.catalogue.verify import check_owner

FILES = sorted(path.name for path in FOLDER.glob("*.toml"))
TASK_CATEGORIES = {"archive", "document", "email", "image", "ml", "pdf", "push", "sms", "video"}


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load()


@pytest.mark.parametrize("file", FILES)
def test_every_file_can_be_read(file: str) -> None:
    library = read_file(FOLDER / file)
    assert library.owners


def test_everything_that_is_referred_to_is_there(catalogue: Catalogue) -> None:
    for owner in catalogue.owners():
        check_owner(catalogue, owner)


def test_what_is_iterated_gives_its_items_and_no_iterator(catalogue: Catalogue) -> None:
    """Else `dict(zip(NAMES, row))` holds generators, which nobody may take out of a thread."""
    given = {
        f"{owner.name}.{word}": entry.returns
        for owner in catalogue.owners()
        for word in ("__iter__", "__aiter__")
        if (entry := catalogue.find_method(owner.name, word)) is not None
    }
    assert given["sqlite3.Row.__iter__"] == "json.ColumnValue"
    iterators = ("typing.Generator", "typing.Iterator", "typing.AsyncGenerator", "typing.AsyncIterator")
    assert [name for name, returns in given.items() if returns and returns.startswith(iterators)] == []


def test_every_twin_of_a_known_library_is_async_or_made_at_once(catalogue: Catalogue) -> None:
    checked = 0
    for owner in catalogue.owners():
        for word in owner.calls:
            entry = catalogue.find(f"{owner.name}.{word}") if word != "*" else None
            if entry is None or entry.twin is None or not catalogue.knows_root(entry.twin.partition(".")[0]):
                continue
            twin = catalogue.find(entry.twin)
            assert twin is not None, f"{entry.name} -> {entry.twin}"
            assert twin.effect in (Effect.ASYNC, Effect.FAST), f"{entry.name} -> {entry.twin}"
            checked += 1
    assert checked > 400


def test_slow_work_is_of_a_kind_that_a_task_can_be_named_after(catalogue: Catalogue) -> None:
    slow = {
        f"{owner.name}.{word}": owner.categories.get(word, owner.category)
        for owner in catalogue.owners()
        for word, (effect, _) in owner.calls.items()
        if effect is Effect.SLOW
    }
    assert len(slow) > 300
    assert {name: kind for name, kind in slow.items() if kind not in TASK_CATEGORIES} == {}


@pytest.mark.parametrize(
    ("name", "effect", "category", "returns"),
    [
        ("requests.get", Effect.BLOCKING, "http", "requests.Response"),
        ("requests.api.get", Effect.BLOCKING, "http", "requests.Response"),
        ("requests.sessions.Session.post", Effect.BLOCKING, "http", "requests.Response"),
        ("requests.Response.json", Effect.FAST, "http", "json.Value"),
        ("httpx.AsyncClient.get", Effect.ASYNC, "http", "httpx.Response"),
        ("httpx2.Client.get", Effect.BLOCKING, "http", "httpx2.Response"),
        ("redis.Redis.get", Effect.BLOCKING, "cache", "redis.Value"),
        ("redis.Redis.pipeline", Effect.FAST, "cache", "redis.client.Pipeline"),
        ("redis.client.Pipeline.set", Effect.FAST, "cache", "redis.client.Pipeline"),
        ("redis.client.Pipeline.execute", Effect.BLOCKING, "cache", "builtins.list"),
        ("redis.asyncio.Redis.get", Effect.ASYNC, "cache", "redis.Value"),
        ("redis.asyncio.client.Pipeline.set", Effect.FAST, "cache", "redis.asyncio.client.Pipeline"),
        ("redis.asyncio.client.Pipeline.execute", Effect.ASYNC, "cache", "builtins.list"),
        ("sqlalchemy.orm.Session.execute", Effect.BLOCKING, "orm-session", "sqlalchemy.engine.Result"),
        ("sqlalchemy.orm.Session.add", Effect.FAST, "orm-session", None),
        ("sqlalchemy.orm.Query.filter", Effect.FAST, "orm-session", "sqlalchemy.orm.Query"),
        ("sqlalchemy.orm.Query.first", Effect.BLOCKING, "orm-session", None),
        ("sqlalchemy.orm.sessionmaker.__call__", Effect.FAST, "orm-session", "sqlalchemy.orm.Session"),
        ("sqlalchemy.orm.scoped_session.commit", Effect.BLOCKING, "orm-session", None),
        ("sqlalchemy.ext.asyncio.AsyncSession.commit", Effect.ASYNC, "database", None),
        ("sqlalchemy.future.select", Effect.FAST, "", "sqlalchemy.Select"),
        ("sqlalchemy.func.count", Effect.FAST, "", "sqlalchemy.ColumnElement"),
        ("sqlmodel.Session.exec", Effect.BLOCKING, "orm-session", "sqlalchemy.engine.ScalarResult"),
        ("sqlmodel.Session.refresh", Effect.BLOCKING, "orm-session", None),
        ("fastapi_pagination.ext.sqlalchemy.paginate", Effect.BLOCKING, "orm-session", None),
        ("passlib.context.CryptContext.verify", Effect.BLOCKING, "password-hashing", "builtins.bool"),
        ("passlib.hash.bcrypt.hash", Effect.BLOCKING, "password-hashing", "builtins.str"),
        ("hashlib.scrypt", Effect.BLOCKING, "password-hashing", "builtins.bytes"),
        ("PIL.Image.open", Effect.SLOW, "image", "PIL.Image.Image"),
        ("fpdf.FPDF.output", Effect.SLOW, "pdf", "builtins.bytearray"),
        ("fpdf.fpdf.FPDF.cell", Effect.FAST, "pdf", None),
        ("smtplib.SMTP_SSL.send_message", Effect.SLOW, "email", "builtins.dict"),
        ("twilio.rest.Client.messages.create", Effect.SLOW, "sms", None),
        ("openai.AsyncOpenAI.chat.completions.create", Effect.ASYNC, "sdk", "pydantic.Data"),
        ("openai.OpenAI.chat.completions.create", Effect.BLOCKING, "sdk", "pydantic.Data"),
        ("stripe.PaymentIntent.create", Effect.BLOCKING, "sdk", "stripe.Resource"),
        ("starlette.datastructures.UploadFile.read", Effect.ASYNC, "", "builtins.bytes"),
        ("fastapi.UploadFile.read", Effect.ASYNC, "", "builtins.bytes"),
        ("fastapi.Request.json", Effect.ASYNC, "", "json.Value"),
        ("fastapi.concurrency.run_in_threadpool", Effect.ASYNC, "", None),
        ("fastapi.HTTPException", Effect.FAST, "", "fastapi.HTTPException"),
        ("taskiq.AsyncTaskiqDecoratedTask.kiq", Effect.ASYNC, "", "taskiq.AsyncTaskiqTask"),
        ("datetime.datetime.now", Effect.FAST, "", "datetime.datetime"),
        ("builtins.str.split", Effect.FAST, "", "builtins.list"),
        ("pathlib.Path.read_text", Effect.BLOCKING, "file", "builtins.str"),
        ("time.sleep", Effect.BLOCKING, "sleep", None),
    ],
)
def test_find(catalogue: Catalogue, name: str, effect: Effect, category: str, returns: str | None) -> None:
    entry = catalogue.find(name)
    assert entry is not None
    assert (entry.effect, entry.category, entry.returns) == (effect, category, returns)


@pytest.mark.parametrize(
    ("name", "form", "twin"),
    [
        ("requests.get", CallForm.AWAIT, "httpx.AsyncClient.get"),
        ("requests.Response.iter_content", CallForm.ASYNC_FOR, "httpx.Response.aiter_bytes"),
        ("httpx.Client", CallForm.CONSTRUCT, "httpx.AsyncClient"),
        ("httpx.Client.close", CallForm.AWAIT, "httpx.AsyncClient.aclose"),
        ("httpx.Client.stream", CallForm.ASYNC_WITH, "httpx.AsyncClient.stream"),
        ("httpx.AsyncClient.stream", CallForm.ASYNC_WITH, None),
        ("redis.Redis.hset", CallForm.AWAIT, "redis.asyncio.Redis.hset"),
        ("redis.asyncio.Redis.scan_iter", CallForm.ASYNC_FOR, None),
        ("redis.Redis.pipeline", CallForm.KEEP, "redis.asyncio.Redis.pipeline"),
        ("sqlalchemy.orm.Session.refresh", CallForm.AWAIT, "sqlalchemy.ext.asyncio.AsyncSession.refresh"),
        ("sqlalchemy.orm.Query.all", CallForm.MANUAL, "sqlalchemy.ext.asyncio.AsyncSession.execute"),
        ("sqlalchemy.Engine.begin", CallForm.ASYNC_WITH, "sqlalchemy.ext.asyncio.AsyncEngine.begin"),
        (
            "pymongo.collection.Collection.aggregate",
            CallForm.AWAIT_ASYNC_FOR,
            "pymongo.asynchronous.collection.AsyncCollection.aggregate",
        ),
        ("smtplib.SMTP.send_message", CallForm.THREAD, None),
        ("time.sleep", CallForm.AWAIT, "asyncio.sleep"),
    ],
)  # fmt: skip
def test_what_the_call_becomes(catalogue: Catalogue, name: str, form: CallForm, twin: str | None) -> None:
    entry = catalogue.find(name)
    assert entry is not None
    assert (entry.call_form, entry.twin) == (form, twin)


@pytest.mark.parametrize(
    "name",
    [
        "base64.b64encode",
        "builtins.len",
        "builtins.sorted",
        "collections.Counter",
        "collections.defaultdict",
        "contextlib.suppress",
        "copy.deepcopy",
        "csv.DictWriter",
        "csv.writer",
        "dataclasses.asdict",
        "datetime.datetime.isoformat",
        "datetime.timedelta",
        "decimal.Decimal",
        "enum.Enum",
        "functools.partial",
        "hashlib.sha256",
        "hmac.new",
        "io.BytesIO.getvalue",
        "io.StringIO.write",
        "itertools.chain",
        "json.dumps",
        "json.loads",
        "logging.Logger.info",
        "logging.getLogger",
        "math.ceil",
        "os.environ.get",
        "os.getenv",
        "os.path.join",
        "random.choice",
        "re.sub",
        "secrets.token_urlsafe",
        "string.Template",
        "typing.cast",
        "urllib.parse.urlencode",
        "uuid.uuid4",
        "zlib.crc32",
        "zoneinfo.ZoneInfo",
        "fastapi.Depends",
        "fastapi.responses.JSONResponse",
        "fastapi.encoders.jsonable_encoder",
        "pydantic.BaseModel.model_dump",
        "pydantic.Field",
        "jose.jwt.decode",
        "jwt.encode",
        "orjson.dumps",
        "loguru.logger.info",
        "structlog.get_logger",
    ],
)
def test_handlers_may_call_it_on_the_loop(catalogue: Catalogue, name: str) -> None:
    cls, _, word = name.rpartition(".")
    attribute = catalogue.attribute_type(*cls.rsplit(".", 1)) if "." in cls else None
    entry = catalogue.find(f"{attribute}.{word}" if attribute else name)
    assert entry is not None
    assert entry.effect is Effect.FAST


@pytest.mark.parametrize(
    "name",
    [
        "requests.no_such",
        "fastapi.no_such.thing",
        "my_app.services.send",
        "builtins.exec",
        "redis.Redis.vset",
        "redis.asyncio.Redis.vset",
        "typing.Callable.__call__",
        "collections.abc.Callable.__call__",
        "contextvars.Context.run",
    ],
)
def test_nothing_is_guessed(catalogue: Catalogue, name: str) -> None:
    assert catalogue.find(name) is None


def test_base_classes_are_climbed(catalogue: Catalogue) -> None:
    assert "starlette.applications.Starlette" in catalogue.bases("fastapi.FastAPI")
    assert "builtins.OSError" in catalogue.bases("requests.exceptions.ReadTimeout")
    assert catalogue.find_method("fastapi.UploadFile", "seek") == catalogue.find("fastapi.UploadFile.seek")
    assert catalogue.is_class("requests.exceptions.ConnectTimeout")


@pytest.mark.parametrize(
    ("name", "gives"),
    [
        ("io.TextIOWrapper.read", "builtins.str"),
        ("io.BufferedReader.read", "builtins.bytes"),
        ("typing.BinaryIO.readline", "builtins.bytes"),
        ("io.IOBase.read", None),
    ],
)
def test_a_class_says_what_the_methods_of_its_base_give(
    catalogue: Catalogue, name: str, gives: str | None
) -> None:
    entry = catalogue.find(name)
    assert entry is not None
    assert entry.effect is Effect.BLOCKING
    assert entry.returns == gives


def test_attributes_have_types(catalogue: Catalogue) -> None:
    assert catalogue.attribute_type("fastapi.UploadFile", "file") == "typing.BinaryIO"
    assert catalogue.attribute_type("fastapi.Request", "headers") == "starlette.datastructures.Headers"
    assert (
        catalogue.attribute_type("requests.Session", "headers") == "requests.structures.CaseInsensitiveDict"
    )
    assert catalogue.attribute_type("pymongo.MongoClient", "shop") == "pymongo.database.Database"
    assert (
        catalogue.attribute_type("pymongo.AsyncMongoClient", "shop")
        == "pymongo.asynchronous.database.AsyncDatabase"
    )
    assert catalogue.attribute_type("pymongo.MongoClient", "close") is None
    file = catalogue.find_method("tempfile.SpooledTemporaryFile", "read")
    assert file is not None
    assert file.effect is Effect.BLOCKING


def test_only_files_of_libraries_that_are_asked_for_are_read() -> None:
    read_file.cache_clear()
    catalogue = load()
    assert all(catalogue.knows_root(root) for root in ("fastapi", "requests", "sqlalchemy"))
    assert read_file.cache_info().currsize == 0
    catalogue.find("requests.get")
    assert read_file.cache_info().currsize < 5


def test_reading_everything_takes_no_time() -> None:
    times = []
    for _ in range(3):
        read_file.cache_clear()
        start = time.process_time()
        assert sum(1 for _ in load().owners()) > 1000
        times.append(time.process_time() - start)
    assert min(times) < 0.5
