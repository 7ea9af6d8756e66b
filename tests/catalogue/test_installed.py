"""The libraries that are installed here have the names that the catalogue gives, async where it says so."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import inspect
import sys
import warnings
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from async_fix.codemods.catalogue import CallForm, Catalogue, Effect, load
from async_fix.codemods.catalogue.build import classes_in
from async_fix.codemods.catalogue.loader import FOLDER, read_file
from async_fix.codemods.catalogue.schema import Owner

OTHER_VERSIONS = {
    "glob": "translate",
    "io.IOBase": "detach getbuffer getvalue peek read read1 readall readinto readinto1 reconfigure write",
    "os.DirEntry": "is_junction",
    "os": "lchmod",
    "os.path": "isdevdrive isjunction",
    "pathlib": "UnsupportedOperation",
    "pathlib.Path": (
        "__enter__ __exit__ copy copy_into from_uri full_match is_junction link_to move move_into walk"
        " with_segments"
    ),
    "starlette.middleware.sessions.SessionMiddleware": "*",  # needs itsdangerous
    "tarfile.ExFileObject": "(bases)",
    "typing.BinaryIO": "__iter__ __next__",
    "typing": "override",
    "typing.IO": "(bases)",
    "typing.TextIO": "__iter__ __next__",
    "uuid": "uuid6 uuid7 uuid8",
    "warnings": "deprecated",
    "authlib.integrations.httpx_client.AsyncOAuth1Client": "(bases)",
    "authlib.integrations.httpx_client.AsyncOAuth2Client": "(bases)",
    "concurrent.futures": "InterpreterPoolExecutor",
    "anyio.AsyncFile": "closed fileno isatty peek readable seekable writable",
    "anyio.Path": "copy copy_into from_uri full_match is_junction link_to move move_into walk",
    "asyncio.Queue": "shutdown",
    "arxiv.Result": "download_pdf download_source",
    "arxiv.Search": "results",
    "googleapiclient.discovery.Resource": "execute next_chunk send",  # made from a description
    "firebase_admin.messaging": "send_all send_multicast",
    "mailersend.MailerSendClient": "*",  # of version 2
    "mailersend.emails": "NewEmail",  # of version 1
    "mailersend.emails.NewEmail": "*",
    "mongoengine.Document": "objects",
    "mongoengine.Document.objects": "*",
    # what SQLModel's exec() gives is read as one, and is a Result where several columns are asked for
    "sqlalchemy.engine.ScalarResult": "scalars",
    "stripe.StripeObject": "copy get items keys to_dict_recursive values",
    "mistralai.Mistral": "*",
    "openai.ChatCompletion": "*",
    "openai.Embedding": "*",
    "mongomock.MongoClient": "(bases)",  # not derived from it, but with its methods
    "posthog": "identify",
    "posthog.Posthog": "identify",
    "pandas": "read_gbq",  # gone in version 3
    "pandas.ExcelWriter": "save",
    "peewee.ModelDelete": "(bases)",  # not derived from it, but with its methods
    "peewee.ModelInsert": "(bases)",
    "peewee.ModelUpdate": "(bases)",
    "peewee.Node": "__getitem__",
    "playhouse.sqlite_ext": "SqliteExtDatabase",  # gone in version 4
    "playhouse.sqlite_ext.SqliteExtDatabase": "*",
    "psutil.Process": "num_handles",  # of Windows
    "pypdf.PdfMerger": "*",
    "algoliasearch.search_client": "SearchClient",  # of version 3
    "algoliasearch.search_client.SearchClient": "*",
    "square.client.Client": "*",
    "vonage.Client": "*",
    "tempfile._TemporaryFileWrapper": "(bases) read readline",
    "tinydb.TinyDB": "(bases)",  # hands on what it does not know
    "queue": "ShutDown",
    "queue.Queue": "shutdown",
    "pydantic": "parse_file_as",  # of version 1
    "pydantic.tools": "parse_file_as",
    "pydantic.EmailStr": "(bases)",  # its values are plain texts
    "redis.asyncio.client.PubSub": "ssubscribe sunsubscribe",
    "redis.asyncio.ConnectionPool": "get_connection",  # behind a decorator in version 5
    "redis.RedisCluster": "(bases)",  # not derived from Redis, but with its methods
    "redis.asyncio.RedisCluster": "(bases)",
    "sqlalchemy.Connection": "connect",
    "sqlalchemy.Engine": "execute scalar",
    "sqlalchemy.ext.asyncio.async_scoped_session": "(bases)",
    "sqlalchemy.orm.Query": "paginate",
    "sqlalchemy.orm.scoped_session": "(bases)",
    "sqlalchemy.orm.sessionmaker": "close_all",
    "sqlite3.Connection": "enable_load_extension getconfig load_extension setconfig",
    "sqlmodel.SQLModel": "(bases)",
    "starlette.applications.Starlette": """add_event_handler add_websocket_route exception_handler
        middleware on_event route websocket_route""",
    "starlette.routing.Router": "add_event_handler on_event route websocket_route",
}
"""Owner -> names that not every version of the library (or of Python, or every system) has."""

MADE_BY_INSTANCES = (
    "asyncio.Condition.",
    "multiprocessing.synchronize.",
    "threading.",
    "urllib.error.HTTPError.",
)
"""Owners whose methods are those of another object, which each instance holds."""

PLAIN_DEF = (
    "aiomysql.Cursor",
    "asyncio",
    "asyncssh",
    "authlib",
    "beanie",
    "motor",
    "oracledb",
    "stripe",
    "tortoise",
)
"""Owners whose functions give an awaitable without being coroutine functions."""

AT_LEAST = {
    "builtins": 100,
    "datetime": 25,
    "fastapi": 55,
    "fpdf": 30,
    "httpx": 100,
    "httpx2": 100,
    "os": 200,
    "pathlib": 60,
    "PIL": 60,
    "pydantic": 12,
    "redis": 100,
    "requests": 80,
    "starlette": 90,
    "taskiq": 25,
}
"""Names that have to be looked at, by library."""


@cache
def catalogue() -> Catalogue:
    return load()


class MissingError(Exception):
    pass


def _named(module: Any, name: str) -> Any:
    """A module may tell in its own words that a name has moved."""
    try:
        return getattr(module, name, None)
    except ImportError:
        return None


def resolve(name: str) -> Any:
    """The object behind a dotted name; raises MissingError."""
    parts = name.split(".")
    found: Any = None
    for index in range(1, len(parts) + 1):
        prefix = ".".join(parts[:index])
        if found is None or inspect.ismodule(found):
            named = _named(found, parts[index - 1])
            try:
                module = importlib.import_module(prefix)
            except ImportError:
                pass
            else:  # `from .GithubException import GithubException` hides the module
                found = named if isinstance(named, type) else module
                continue
        if found is None:
            raise MissingError(name)
        try:
            found = inspect.getattr_static(found, parts[index - 1])
        except AttributeError:
            try:
                found = getattr(found, parts[index - 1])
            except Exception:
                raise MissingError(name) from None
        found = _plain(found)
    return found


def _plain(found: Any) -> Any:
    return found.__func__ if isinstance(found, (classmethod, staticmethod)) else found


def is_installed(root: str) -> bool:
    try:
        return importlib.util.find_spec(root) is not None
    except (ImportError, ValueError):
        return False


@cache
def _is_there(distribution: str | None) -> bool:
    """Is the distribution installed? Several share one name: `google.cloud`."""
    try:
        return distribution is None or bool(importlib.metadata.version(distribution))
    except importlib.metadata.PackageNotFoundError:
        return False


def owners_of(root: str) -> list[Owner]:
    return [o for o in catalogue().owners() if o.name.partition(".")[0] == root and _can_be_imported(o)]


def _can_be_imported(owner: Owner) -> bool:
    """Not `openai.OpenAI.chat`, which only instances have, and not `json.Value`, which nothing has."""
    parts = owner.name.split(".")
    behind_a_class = any(part[:1].isupper() for part in parts[:-1]) and "PIL" not in parts
    return not owner.virtual and not behind_a_class


class Verifier:
    def __init__(self, owner: Owner) -> None:
        self.owner = owner
        self.checked = 0
        self.elsewhere = set(OTHER_VERSIONS.get(owner.name, "").split())

    def problems(self) -> Iterator[str]:
        owner = self.owner
        if "*" in self.elsewhere or not _is_there(owner.distribution):
            return
        try:
            found = resolve(owner.name)
        except MissingError:
            yield f"{owner.name} does not exist"
            return
        if owner.is_class != isinstance(found, type) and not (owner.is_class and callable(found)):
            yield f"{owner.name} is {'no' if owner.is_class else 'a'} class"
        if isinstance(found, type) and "(bases)" not in self.elsewhere:
            yield from self._bases(found)
        for word, (effect, form) in owner.calls.items():
            if word != "*" and word not in self.elsewhere:
                yield from self._word(f"{owner.name}.{word}", effect, form)
        named = {*owner.returns, *owner.twins, *owner.cheap, *owner.transparent, *owner.accepts}
        for word in named - {*owner.calls, *self.elsewhere, "*"}:
            self.checked += 1
            yield from self._exists(f"{owner.name}.{word}")
        for word, base in owner.subclasses.items():
            if word not in self.elsewhere:
                yield from self._subclass(f"{owner.name}.{word}", base)
        yield from self._references()
        if owner.mirror and owner.twin:
            yield from self._mirrored(owner.twin)

    def _bases(self, found: type) -> Iterator[str]:
        for base in self.owner.bases:
            parent = self._known(base)
            if isinstance(parent, type) and not issubclass(found, parent):
                yield f"{self.owner.name} is not derived from {base}"

    def _word(self, name: str, effect: Effect, form: CallForm | None) -> Iterator[str]:
        try:
            found = resolve(name)
        except MissingError:
            if not name.startswith(MADE_BY_INSTANCES):
                yield f"{name} does not exist"
            return
        self.checked += 1
        coroutine = inspect.iscoroutinefunction(found)
        generator = inspect.isasyncgenfunction(inspect.unwrap(found)) if callable(found) else False
        if effect is not Effect.ASYNC and (coroutine or generator):
            yield f"{name} is async, and stands there as {effect.value}"
        elif effect is Effect.ASYNC and form is CallForm.AWAIT and generator:
            yield f"{name} is an async generator, and stands there as await"
        elif (
            effect is Effect.ASYNC
            and form is CallForm.AWAIT
            and not coroutine
            and not self._may_be_plain(found)
        ):
            yield f"{name} is no coroutine function, and stands there as await"
        elif form in (CallForm.ASYNC_FOR, CallForm.ASYNC_WITH) and coroutine:
            yield f"{name} is a coroutine function, and stands there as {form.value}"

    def _may_be_plain(self, found: Any) -> bool:
        returned = str(getattr(found, "__annotations__", {}).get("return", ""))
        names = ("Awaitable", "Coroutine", "Future")
        return self.owner.name.startswith(PLAIN_DEF) or any(name in returned for name in names)

    def _subclass(self, name: str, base: str) -> Iterator[str]:
        try:
            found = resolve(name)
        except MissingError:
            yield f"{name} does not exist"
            return
        self.checked += 1
        parent = self._known(base) if base else None
        if isinstance(found, type) and isinstance(parent, type) and not issubclass(found, parent):
            yield f"{name} is not derived from {base}"
        elif not callable(found):
            yield f"{name} is no class"

    def _references(self) -> Iterator[str]:
        owner = self.owner
        for written in {*owner.returns.values(), *owner.attributes.values()}:
            for part in classes_in(written):
                yield from self._exists(part)
        for word in {word for word in owner.twins.values() if "*" not in word}:
            yield from self._exists(word)
        for word in owner.attributes:
            if word != "*" and not owner.is_class and word not in self.elsewhere:
                yield from self._exists(f"{owner.name}.{word}")

    def _mirrored(self, twin: str) -> Iterator[str]:
        found = self._known(twin)
        if found is None:
            yield f"{twin} does not exist"
            return
        own = catalogue().owner(twin)
        for word in self.owner.calls:
            if (
                word == "*"
                or word in self.owner.twins
                or word.startswith("__")
                or (own and word in own.calls)
            ):
                continue
            if word not in self.elsewhere | set(OTHER_VERSIONS.get(twin, "").split()):
                self.checked += 1
                yield from self._exists(f"{twin}.{word}")

    def _exists(self, name: str) -> Iterator[str]:
        known = catalogue().owner(catalogue().canonical(name))
        if not is_installed(name.partition(".")[0]):
            return
        if known and (not _can_be_imported(known) or not _is_there(known.distribution)):
            return
        try:
            resolve(name)
        except MissingError:
            yield f"{name} does not exist"

    def _known(self, name: str) -> Any:
        try:
            return resolve(name)
        except MissingError:
            return None


ROOTS = sorted({owner.name.partition(".")[0] for owner in catalogue().owners()})
INSTALLED = [root for root in ROOTS if is_installed(root)]


@pytest.mark.parametrize("root", INSTALLED)
@pytest.mark.skipif(sys.version_info < (3, 11), reason="much of what stands there came with Python 3.11")
def test_names_exist_and_are_async_as_stated(root: str) -> None:
    checked = 0
    problems: list[str] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for owner in owners_of(root):
            verifier = Verifier(owner)
            problems += [f"{owner.file}: {problem}" for problem in verifier.problems()]
            checked += verifier.checked
    assert problems == []
    assert checked >= AT_LEAST.get(root, 0)


def alias_problems() -> list[str]:
    problems: list[str] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for path in sorted(FOLDER.glob("*.toml")):
            for other, canonical in read_file(path).aliases.items():
                if not all(is_installed(name.partition(".")[0]) for name in (other, canonical)):
                    continue
                try:
                    same = _is_like(resolve(other), resolve(canonical))
                except MissingError:
                    continue  # of another version
                alike = (
                    same
                    or inspect.ismodule(resolve(other))
                    or other.rpartition(".")[2] == canonical.rpartition(".")[2]
                )
                if not alike:
                    problems.append(f"{path.name}: {other} is not {canonical}")
    return problems


def _is_like(other: Any, canonical: Any) -> bool:
    both_classes = isinstance(other, type) and isinstance(canonical, type)
    return other is canonical or (
        both_classes and issubclass(canonical, other) | issubclass(other, canonical)
    )


def test_aliases_are_other_names_of_the_same_thing() -> None:
    assert alias_problems() == []
