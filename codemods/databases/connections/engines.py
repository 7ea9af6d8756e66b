"""Engines: the async driver in the URL, and arguments that an async engine does not take.

    engine = create_engine(f"sqlite:///{path}")        ->   create_async_engine(f"sqlite+aiosqlite:///{path}")
    engine = create_engine(os.environ["DATABASE_URL"]) ->   create_async_engine(
                                                                make_url(os.environ["DATABASE_URL"]).set(
                                                                    drivername="postgresql+psycopg"))

A setting keeps its value: alembic and scripts read it too.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ...analysis.syntax import span_of
from ...analysis.view import View, Views
from ...model import Code, ImportNeed, InsertStatements, ReplaceExpression, slot
from ..draft import Draft
from .drivers import ACROSS_LOOPS, Declared, dependencies
from .engine_options import Option, engine_options, entries
from .spoken import schemes_spoken_of
from .url_readers import feeds_only
from .urls import Finder, Literal, url_of

_REFUSED = {
    "creator": "connections that the project makes itself",
    "poolclass=SingletonThreadPool": "a connection for each thread",
    "executemany_mode": "an option of psycopg2",
    "use_batch_mode": "an option of psycopg2",
    "module": "a driver module",
    "strategy": "an engine strategy",
    "server_side_cursors": "an option of psycopg2",
}
_OF_SQLITE = frozenset({"check_same_thread"})
"""Handed to another driver it fails, as it did before."""
_QUEUE_POOL = ImportNeed("sqlalchemy.pool", "AsyncAdaptedQueuePool")
_OF_SQLITE_TOO = re.compile(r"""check_same_thread|["']sqlite""")
_SQLITE_URL = re.compile(r"""["']sqlite(\+pysqlite)?:/""")


def convert_engine(views: Views, view: View, draft: Draft, call: ast.Call, declared: Declared) -> None:
    """Edits the engine, or says what it has that no async engine takes; `draft.new_drivers` learns the
    driver."""
    url = url_of(call)
    if url is None:
        draft.obstacle(view, call, "an engine without a URL that can be read")
        return
    if declared.is_without_asyncio:
        text = "SQLAlchemy is pinned to a version before 1.4, which has no asyncio"
        draft.obstacle(view, call, text, "go to 1.4 or newer first")
        return
    options = engine_options(views, view, call)
    if options is None:
        draft.obstacle(view, call, "an engine with `**` arguments that are not written down here")
    written = Finder(views).literal(view, url)
    driver = declared.async_driver(written.scheme) if written else None
    if written and driver is None:
        draft.obstacle(view, url, f"no async driver is known for {written.scheme}")
        return
    may_be_sqlite = any(map(_is_of_sqlite, options or ()))
    if driver is None:
        driver = _guess(views, declared, is_of_sqlite=may_be_sqlite)
    if driver is None:
        text = "which database it is cannot be told from the URL or the declared drivers"
        draft.obstacle(view, url, text, "set `database-driver` in the config")
        return
    for option in options or ():
        _check_option(views, draft, option, driver, written.scheme if written else "")
    if not view.module.is_test:
        draft.sync_drivers.add(written.scheme if written and not written.is_default else "")
        draft.async_drivers.add(driver)
    if not (written and written.scheme == driver):
        draft.new_drivers.add(driver)
    others = _others(views, view, written, driver, declared, may_be_sqlite=may_be_sqlite)
    for each in (driver, *sorted(others)):
        draft.support.extend(d for d in dependencies(each, declared) if d not in draft.support)
    if view.module.is_test and driver not in ACROSS_LOOPS:
        own = driver.partition("+")[2]
        text = (
            f"tests and application would share connections of {own}, each of which belongs to one event loop"
        )
        draft.obstacle(view, call, text)
    is_rewritten = not others and written is not None and feeds_only(views, written, view, url)
    if not view.module.is_test:
        draft.urls.append((view, url if not is_rewritten else None))
    if others:
        draft.new_drivers |= others
        draft.edit(view, ReplaceExpression(span_of(url), Code(f"_async_url({view.source(url)})")))
        calls, drivers = draft.mapped.setdefault(view.path, ([], set()))
        calls.append(call)
        drivers |= {driver, *others}
        return
    if written and written.scheme == driver:
        return
    if written and is_rewritten:
        text = written.view.source(written.node)
        new = text.replace(f"{written.scheme}://", f"{driver}://", 1)
        if new != text:
            draft.edit(written.view, ReplaceExpression(span_of(written.node), Code(new)))
            return
    made = Code(
        f'{slot(0)}({view.source(url)}).set(drivername="{driver}")',
        (ImportNeed("sqlalchemy.engine", "make_url"),),
    )
    draft.edit(view, ReplaceExpression(span_of(url), made))


def _others(
    views: Views, view: View, written: Literal | None, driver: str, declared: Declared, *, may_be_sqlite: bool
) -> set[str]:
    """Drivers of the other databases that the URL may name: in other branches, or in an environment that the
    project is prepared for."""
    backends = {scheme.partition("+")[0] for scheme in (written.others if written else ())}
    if written is None:
        backends |= {*declared.backends()}
        spoken = schemes_spoken_of(views) | declared.databases
        is_guessed = not backends and any(each.startswith("sqlite") for each in spoken)
        backends |= {"sqlite"} if may_be_sqlite or is_guessed or _tests_use_sqlite(views) else set()
    elif written.is_default:
        backends |= {*declared.backends()}
        is_prepared = may_be_sqlite or bool(_OF_SQLITE_TOO.search(view.file.text))
        backends |= {"sqlite"} if is_prepared or tests_set_sqlite(views) else set()
    found = {declared.async_driver(each) for each in backends - {driver.partition("+")[0]}}
    return {each for each in found if each is not None}


def _is_of_sqlite(option: Option) -> bool:
    """`connect_args={"check_same_thread": False}`: no other driver takes that."""
    keys = option.value.keys if option.name == "connect_args" and isinstance(option.value, ast.Dict) else ()
    return any(isinstance(key, ast.Constant) and key.value in _OF_SQLITE for key in keys)


def _tests_use_sqlite(views: Views) -> bool:
    """Tests may set the environment before they import the application."""
    modules = views.inference.program.modules.values()
    tests = (module.path for module in modules if module.facts.is_test)
    return any(_SQLITE_URL.search(views.of(path).file.text) for path in tests)


def tests_set_sqlite(views: Views) -> bool:
    """`os.environ["DATABASE_URL"] = "sqlite://"` in tests, before they import the application."""
    finder = Finder(views)
    for module in views.inference.program.modules.values():
        if module.facts.is_test and "sqlite" in views.of(module.path).file.text:
            view = views.of(module.path)
            found = (finder.literal(view, value) for value in _put_in_environment(view))
            if any(written is not None and written.scheme.startswith("sqlite") for written in found):
                return True
    return False


def _put_in_environment(view: View) -> Iterator[ast.expr]:
    for node in view.file.of_kind(ast.Assign, ast.Call):
        if isinstance(node, ast.Assign):
            if any(isinstance(t, ast.Subscript) and _is_environment(t.value) for t in node.targets):
                yield node.value
        elif isinstance(node.func, ast.Attribute):
            is_put = _is_environment(node.func.value) or node.func.attr == "setenv"
            for given in node.args if is_put or any(map(_is_environment, node.args)) else ():
                yield from given.values if isinstance(given, ast.Dict) else (given,)


def _is_environment(node: ast.expr) -> bool:
    return ast.unparse(node).rpartition(".")[2] == "environ"


def map_urls(view: View, draft: Draft) -> None:
    """Which database it is shows when the program runs: a small function above the first of the engines picks
    the driver."""
    calls, drivers = draft.mapped.pop(view.path, ([], set()))
    if not calls:
        return
    first = min(calls, key=span_of)
    *_, statement, _ = (first, *view.file.above(first))
    rows = "".join(f'        "{driver.partition("+")[0]}": "{driver}",\n' for driver in sorted(drivers))
    text = (
        f"def _async_url(url: str) -> {slot(0)}:\n"
        '    """The same database through its async driver."""\n'
        f"    found = {slot(1)}(url)\n"
        f"    drivers = {{\n{rows}    }}\n"
        "    return found.set(drivername=drivers[found.get_backend_name()])\n"
    )
    needs = (ImportNeed("sqlalchemy.engine", "URL"), ImportNeed("sqlalchemy.engine", "make_url"))
    draft.edit(view, InsertStatements(span_of(statement), Code(text, needs)))


def _guess(views: Views, declared: Declared, *, is_of_sqlite: bool) -> str | None:
    """A URL from the environment: of a database that the chosen driver, the declared ones or the arguments
    are for, else of the one server that the code and the files around it speak of, with the driver that it
    names; SQLite is spoken of by much code that does not use it, and by settings of projects that do."""
    backends = declared.backends() or (["sqlite"] if is_of_sqlite else [])
    if backends:
        return declared.async_driver(backends[0])
    spoken = schemes_spoken_of(views) | declared.databases
    schemes = sorted(spoken, key=lambda each: ("+" in each, each))
    drivers = {_backend(driver): driver for each in schemes if (driver := declared.async_driver(each))}
    servers = [driver for backend, driver in drivers.items() if backend != "sqlite"]
    if not servers and any(each.startswith("sqlite") for each in declared.databases):
        return declared.async_driver("sqlite")
    return servers[0] if len(servers) == 1 else None


def _backend(driver: str) -> str:
    return driver.partition("+")[0]


def _check_option(views: Views, draft: Draft, option: Option, driver: str, scheme: str) -> None:
    view, name, node = option.view, option.name, option.value
    if name == "poolclass" and view.external(node).rpartition(".")[2] == "QueuePool":
        draft.edit(view, ReplaceExpression(span_of(node), Code(slot(0), (_QUEUE_POOL,))))
        return
    value = ast.unparse(node).rpartition(".")[2]
    why = _REFUSED.get(name) or _REFUSED.get(f"{name}={value}")
    if why:
        draft.obstacle(view, node, f"the engine is made with {why} ({name}=)")
    if name == "connect_args" and driver == "postgresql+asyncpg" and scheme != driver:
        found = entries(views, view, node)
        keys = sorted({each.name for each in found} - _OF_SQLITE) if found is not None else ["?"]
        if keys:
            draft.obstacle(view, node, f"connect_args ({', '.join(keys)}) have other names in asyncpg")
