"""Whole projects at random."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from . import grammar
from .application import Application, main_file
from .files import File
from .maker import Draw, Known
from .routes import Routes
from .shapes import Shapes

_HELPERS = (
    *("function", "class", "generator", "context", "decorated", "recursive", "coroutine", "function"),
    *("closure", "singleton", "table", "partial", "applied", "counter", "data", "choice", "abstract"),
    *("async_generator", "async_context", "client", "client"),
    *("retrying", "counted", "context", "entered", "steps", "steps"),
)
_ROUTES = ("handler", "handler", "handler", "stream", "validated", "views", "socket", "body")


def surroundings() -> dict[str, str]:
    settings, mail = grammar.SETTINGS.lstrip(), grammar.MAIL.lstrip()
    return {"app/__init__.py": "", "app/settings.py": settings, "app/mail.py": mail}


@dataclass(frozen=True)
class Project:
    files: dict[str, str]
    requests: list[dict[str, Any]]
    """`name`, `method`, `url`, its `json`, and whether it is `alone`: its answer depends on others."""

    def __str__(self) -> str:
        return "\n".join(f"# {path}\n{text}" for path, text in self.files.items() if text)


def project_of(api: str, *urls: str, **modules: str) -> Project:
    """The project of a few routes, and `GET` of each of the `urls`; keywords are more modules."""
    main = main_file().text(lambda forms: forms[0])
    own = {f"app/{name}.py": textwrap.dedent(text).lstrip() for name, text in {"api": api, **modules}.items()}
    asked = [{"name": url, "method": "GET", "url": url, "alone": False} for url in urls]
    return Project({**surroundings(), "app/main.py": main, **own}, asked)


@st.composite
def projects(draw: Draw) -> Project:
    families = draw(st.sets(st.sampled_from(tuple(grammar.FAMILIES)), min_size=1, max_size=3))
    if "lock" in families:  # a thread that another one waits for must not ask for the lock
        families -= {"threads"}
    known = Known(frozenset(families))
    base = File("app.base")
    Shapes(draw, known).add_base(base)
    lower, higher = File("app.lower"), File("app.higher")
    makers = Shapes(draw, known)
    for kind in draw(st.lists(st.sampled_from(_HELPERS), max_size=5)):
        makers.add(lower, kind)
    for kind in draw(st.lists(st.sampled_from(_HELPERS), max_size=4)):
        makers.add(higher, kind)
    api = File("app.api", ["router = APIRouter()"])
    routes = Routes(draw, known)
    for _ in range(draw(st.integers(0, 3))):
        routes.add(api, "dependency")
    if draw(st.booleans()):
        routes.add(api, "nested")
    routes.add(api, "handler")
    for kind in draw(st.lists(st.sampled_from(_ROUTES), max_size=4)):
        routes.add(api, kind)
    main = Application(draw, known).main_file(routes)
    choose = lambda forms: draw(st.sampled_from(forms))  # noqa: E731
    made = [base, lower, higher, api]
    files = {**surroundings(), **{file.path: file.text(choose) for file in made if file.parts}}
    # `import app.api` would bind the name of the application
    files[main.path] = main.text(lambda forms: choose(tuple(form for form in forms if form != "dotted")))
    shared = _shared([*made, main])
    requests = []
    for route in routes.routes:
        method, _, path = route.path.partition(" ")
        for x in draw(st.lists(st.integers(0, 3), min_size=1, max_size=3, unique=True)):
            url = f"{path}?x={x}"
            asked = {"name": url, "method": method, "url": url, "alone": route.function in shared}
            requests.append({**asked, "json": {"n": x, "m": 2}} if route.is_sent_a_body else asked)
    return Project(files, requests)


def _shared(files: list[File]) -> set[str]:
    """What works on something that others work on too, itself or through what it names."""
    parts = {
        f"{file.module}.{name}": part
        for file in files
        for part in file.parts
        for name in re.findall(r"(?m)^(?:(?:async )?def |class )?(\w+)", part)
    }
    found = {place for place, part in parts.items() if any(word in part for word in grammar.SHARED)}
    while True:
        more = {place for place, part in parts.items() if any(f"@{other}@" in part for other in found)}
        if more <= found:
            return found
        found |= more
