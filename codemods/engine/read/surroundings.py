"""What the files around the code tell of it: scripts, containers, pipelines, notebooks, settings, notes.

python -c "from app.cache import clean; clean()"      ->      the name app.cache.clean
command: rq enqueue app.cache:clean                   ->      the name app.cache.clean
uvicorn app.main:app                                  ->      the served module app.main
DATABASE_URL=postgresql+psycopg2://me:secret@db/app   ->      the database postgresql+psycopg2
image: mysql:8                                        ->      the database mysql
RUN pip install fastapi sqlalchemy==1.3.24            ->      the requirements fastapi, sqlalchemy==1.3.24

Nothing else of them is kept: a URL may hold a password.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import msgspec

from .requests_settings import named_around
from .walk import Walk

_RUNNING = (
    ".sh", ".yml", ".yaml", ".cfg", ".ini", ".conf", ".service", "Makefile", ".mk", "Procfile",
    "Dockerfile", ".dockerfile", "Justfile", "justfile", "crontab", ".ipynb", ".bash", ".bat", ".cmd", ".ps1",
    "Jenkinsfile", ".tf",
)  # fmt: skip
_TELLING = (".env", "env.example", "env.sample", "env.template", "env.dist", "env.local", ".md", ".rst")
"""They name databases, and speak of much code that nobody runs."""
_NOTES = (".md", ".rst")
_ELSEWHERE = (".yml", ".yaml", ".ipynb")
"""What pipelines and notebooks install is not where the application runs."""
_MOST = 200_000
"""Characters; what is longer are data."""
_PATH = re.compile(r"(?<![^\W\d])[^\W\d]\w*(?:[.:][^\W\d]\w*)+")
"""A word that leads nowhere is not tried again from each of its letters."""
_IMPORT = re.compile(r"\bfrom\s+([\w.]+)\s+import\s+(?:\(([\w\s,]+)|([\w ,]+))")

_SERVED = re.compile(
    r"\b(?:uvicorn|gunicorn|hypercorn|granian)\b[^\n]{0,200}?[\"'\s(]([^\W\d]\w*(?:\.\w+)*):[^\W\d]\w*"
)
_URL = re.compile(r"\b((?:postgres(?:ql)?|mysql|mariadb|sqlite)(?:\+\w+)?)://")
_INSTALL = re.compile(r"\bpip3?\s+install\s((?:[^\n&|;\\]|\\\n)*)")
_COMMENT = re.compile(r"(?m)(?:^|\s)#.*")
_REQUIREMENT = re.compile(r"[A-Za-z0-9][\w.-]*(?:\[[\w,.-]*\])?(?:[<>=!~][\w.,<>=!~*]*)?")
_FILES = (".txt", ".in", ".whl", ".gz", ".zip")
_IMAGE = re.compile(r"(?m)^\s*image:\s*[\"']?(?:[\w.-]+/)*(postgres|mysql|mariadb)(?![\w-])")


class Surroundings(msgspec.Struct, frozen=True):
    names: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Dotted names, whatever stands behind them, and a file that holds each; not of dependency files."""
    databases: frozenset[str] = frozenset()
    """`dialect`, and `dialect+driver`."""
    served: frozenset[str] = frozenset()
    """The modules of applications, as a server is told to import them."""
    installed: frozenset[str] = frozenset()
    """Requirements that scripts and containers install one by one."""
    of_requests: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Files that name what requests reads and httpx does not -> its name."""


def surroundings(root: Path, homes: Iterable[Path]) -> Surroundings:
    """`homes` are folders whose `.env` is read though git ignores it."""
    settings = [(home / ".env").relative_to(root).as_posix() for home in homes]
    names: dict[str, str] = {}
    databases: set[str] = set()
    modules: set[str] = set()
    installed: set[str] = set()
    of_requests: dict[str, str] = {}
    for path in sorted(Walk(root, settings, suffixes=(*_RUNNING, *_TELLING)).files()):
        with contextlib.suppress(OSError):
            text = _text(root / path)
            if path.endswith(_RUNNING):
                installed.update(_installed(text) if not path.endswith(_ELSEWHERE) else ())
                for name in named(text):
                    names.setdefault(name, path)
            databases.update(_URL.findall(text), _IMAGE.findall(text))
            modules.update(served(text))
            if not path.endswith(_NOTES) and (name := named_around(path, text)):
                of_requests[path] = name
    return Surroundings(names, frozenset(databases), frozenset(modules), frozenset(installed), of_requests)


class _Cell(msgspec.Struct):
    cell_type: str = ""
    source: str | list[str] = ""


class _Notebook(msgspec.Struct):
    cells: list[_Cell] = msgspec.field(default_factory=list)


def _text(path: Path) -> str:
    if path.suffix == ".ipynb":
        return _code(path.read_bytes())
    return path.read_text(encoding="utf-8", errors="replace") if path.stat().st_size <= _MOST else ""


def _code(notebook: bytes) -> str:
    """The cells that are run, without what they gave."""
    try:
        cells = msgspec.json.decode(notebook, type=_Notebook).cells
    except msgspec.DecodeError:
        return ""
    return "\n".join("".join(cell.source) for cell in cells if cell.cell_type == "code")


def named(text: str) -> Iterator[str]:
    for path in _PATH.findall(text):
        yield path.replace(":", ".")
    for module, *names in _IMPORT.findall(text):
        for name in re.findall(r"\w+", " ".join(names)):
            yield f"{module}.{name}"


def _installed(text: str) -> Iterator[str]:
    for words in _INSTALL.findall(_COMMENT.sub("", text)):
        for word in words.replace("\\\n", " ").split():
            word = word.strip("\"'")
            if _REQUIREMENT.fullmatch(word) and not word.endswith(_FILES):
                yield word


def served(text: str) -> Iterator[str]:
    """`uvicorn app.main:app` in a container, and `uvicorn.run("app.main:app")` in the code."""
    yield from _SERVED.findall(text)
