"""Which async driver talks to the database, by its URL and by what the project declares.

| URL | SQLAlchemy 2 | SQLAlchemy 1.4 |
|---|---|---|
| `postgresql+psycopg` | stays: one driver, both ways | - |
| `postgresql`, `postgresql+psycopg2` | `postgresql+psycopg`, or asyncpg where declared | `+asyncpg` |
| `sqlite` | `sqlite+aiosqlite` | `sqlite+aiosqlite` |
| `mysql`, `mysql+pymysql`, `mysql+mysqldb` | `mysql+aiomysql`, or asyncmy where declared | the same |

https://docs.sqlalchemy.org/en/20/dialects/index.html
"""

from __future__ import annotations

import re

import msgspec

from ...analysis.template_names import TemplateNames
from ...model import DRIVERS, Dependency

_ASYNC = frozenset(
    {
        "postgresql+psycopg", "postgresql+psycopg_async", "postgresql+asyncpg", "sqlite+aiosqlite",
        "mysql+aiomysql", "mysql+asyncmy", "oracle+oracledb",
    }
)  # fmt: skip
_SYNC = {
    "postgresql": (
        "postgresql",
        "postgres",
        "postgresql+psycopg2",
        "postgresql+pg8000",
        "postgresql+psycopg2cffi",
    ),
    "sqlite": ("sqlite", "sqlite+pysqlite"),
    "mysql": (
        "mysql",
        "mysql+pymysql",
        "mysql+mysqldb",
        "mysql+mysqlconnector",
        "mariadb+pymysql",
        "mariadb",
    ),
}
_DECLARED = {
    "postgresql": r"psycopg2?([-_.]binary)?|asyncpg|pg8000",
    "mysql": r"pymysql|mysqlclient|mysql[-_.]connector([-_.]python)?|aiomysql|asyncmy",
}
_DEPENDENCIES = {
    "postgresql+psycopg": Dependency("psycopg[binary]", ">=3.1", "the async PostgreSQL driver"),
    "postgresql+asyncpg": Dependency("asyncpg", ">=0.27", "the async PostgreSQL driver"),
    # 0.22 keeps the process alive until every engine is disposed
    "sqlite+aiosqlite": Dependency("aiosqlite", ">=0.19,<0.22", "the async SQLite driver"),
    "mysql+aiomysql": Dependency("aiomysql", ">=0.2", "the async MySQL driver"),
    "mysql+asyncmy": Dependency("asyncmy", ">=0.2", "the async MySQL driver"),
}
ACROSS_LOOPS = frozenset({"postgresql+psycopg", "sqlite+aiosqlite"})
"""Drivers whose connections one loop may use after another, as with a TestClient beside an async test."""
GREENLET = Dependency("greenlet", ">=1.1", "SQLAlchemy's asyncio needs it, and 2.1 no longer brings it")


class Declared(msgspec.Struct, frozen=True):
    """What the project says outside its code: the text of its dependency files, and its templates."""

    text: str
    templates: TemplateNames = TemplateNames()
    """What the project's templates may read of the objects that they are given."""
    chosen: str = ""
    """One of `DRIVERS`; empty: by what the project has."""
    commands: frozenset[str] = frozenset()
    """The dotted names that stand in files around the code."""
    databases: frozenset[str] = frozenset()
    """`dialect`, and `dialect+driver`, that those files name."""

    def has(self, pattern: str) -> bool:
        return bool(re.search(rf"(?mi)(?<![\w.-])({pattern})(?![\w-])", self.text))

    @property
    def old_sqlalchemy(self) -> bool:
        """SQLAlchemy 1.4, by its pin."""
        return bool(
            re.search(
                r"(?mi)^\W*sqlalchemy(\[[\w,]*\])?\W*(==|~=|=|>=|\^)?\W*1\.|sqlalchemy[^,;\n]*<\s*2(\.0)?\b",
                self.text,
            )
        )

    @property
    def pins_sqlalchemy_2_0(self) -> bool:
        return bool(
            re.search(
                r"(?i)(?<![\w.-])sqlalchemy(\[[\w,]*\])?\s*((==|~=)\s*2\.0\b|[^;\n\"']*<\s*2\.1\b)", self.text
            )
        )

    @property
    def is_without_asyncio(self) -> bool:
        """SQLAlchemy 1.3 or older, by its pin: https://docs.sqlalchemy.org/en/14/changelog/migration_14.html"""
        return bool(
            re.search(
                r"""(?mi)^\W*sqlalchemy(\[[\w,]*\])?["'\s]*(==|~=|=["'\s]*[~^=]*)\s*(0\.|1\.[0-3]\b)"""
                r"|^\W*sqlalchemy\b[^;\n]*<\s*1\.4\b",
                self.text,
            )
        )

    @property
    def old_pydantic(self) -> bool:
        """Pydantic 1, by its pin, or by that of a FastAPI or SQLModel that knows no other."""
        exact = r"(\[[\w,]*\])?\W*(==|~=|=|\^)\W*"
        return bool(
            re.search(
                rf"(?mi)^\W*(pydantic{exact}1\.|fastapi{exact}0\.\d\d?\b|sqlmodel{exact}0\.0\.(\d|1[0-3])\b)"
                r"|pydantic[^-,;\n]*,?\s*<\s*2(\.0)?\b",
                self.text,
            )
        )

    @property
    def new_pydantic(self) -> bool:
        """Pydantic 2, by its pin or lower limit."""
        return bool(re.search(r"(?mi)^\W*pydantic(\[[\w,]*\])?\W*(==|~=|>=|=|\^)\W*2\b", self.text))

    def backends(self) -> list[str]:
        """That of the chosen driver first."""
        chosen = [DRIVERS[self.chosen]] if self.chosen else []
        declared = [backend for backend, pattern in _DECLARED.items() if self.has(pattern)]
        return [*dict.fromkeys([*chosen, *declared])]

    def async_driver(self, scheme: str) -> str | None:
        """The `dialect+driver` that takes the place of `scheme`; itself where it is async, None where
        nothing is known."""
        backend = next((backend for backend, names in _SYNC.items() if scheme in names), None)
        if DRIVERS.get(self.chosen, "-") in (backend, scheme.partition("+")[0]):
            return f"{DRIVERS[self.chosen]}+{self.chosen}"
        if scheme in _ASYNC:
            return scheme
        if backend == "postgresql":
            if self.old_sqlalchemy or (self.has("asyncpg") and not self.has(r"psycopg([-_.]binary)?")):
                return "postgresql+asyncpg"
            return "postgresql+psycopg"
        if backend == "mysql":
            return "mysql+asyncmy" if self.has("asyncmy") else "mysql+aiomysql"
        return "sqlite+aiosqlite" if backend else None


def dependencies(driver: str, declared: Declared) -> list[Dependency]:
    found = [GREENLET]
    wanted = _DEPENDENCIES.get(driver)
    if wanted is not None and not declared.has(re.escape(wanted.distribution.partition("[")[0])):
        found.append(wanted)
    return found
