"""What SQLAlchemy and SQLModel call things, sync and async.

https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html, each row tried with 1.4.41, 2.0.49 and 2.1.9.
"""

from __future__ import annotations

from ..analysis.link.libraries.rows import QUERY
from ..model import ImportNeed, slot

ASYNCIO = "sqlalchemy.ext.asyncio"
SQLMODEL_SESSION = "sqlmodel.Session"
"""Its `exec` takes the `select` of SQLModel, which knows the types of rows."""
SESSIONS = frozenset({"sqlalchemy.orm.Session", SQLMODEL_SESSION})
ENGINE = "sqlalchemy.Engine"
CONNECTION = "sqlalchemy.Connection"
METADATA = "sqlalchemy.MetaData"
TABLE = "sqlalchemy.Table"
MAKER = "sqlalchemy.orm.sessionmaker"
TEST_CLIENTS = frozenset({"fastapi.testclient.TestClient", "starlette.testclient.TestClient"})
SCOPED = "sqlalchemy.orm.scoped_session"
TRANSACTIONS = frozenset({"sqlalchemy.engine.Transaction", "sqlalchemy.orm.SessionTransaction"})
CREATE_ENGINE = "sqlalchemy.create_engine"
SELECTS = ("sqlalchemy.select", "sqlmodel.select")
FAMILY = SESSIONS | TRANSACTIONS | {ENGINE, CONNECTION, MAKER, SCOPED}

ASYNC_OF = {
    "sqlalchemy.orm.Session": ImportNeed(ASYNCIO, "AsyncSession"),
    SQLMODEL_SESSION: ImportNeed("sqlmodel.ext.asyncio.session", "AsyncSession"),
    ENGINE: ImportNeed(ASYNCIO, "AsyncEngine"),
    CONNECTION: ImportNeed(ASYNCIO, "AsyncConnection"),
    "sqlalchemy.engine.Transaction": ImportNeed(ASYNCIO, "AsyncTransaction"),
    "sqlalchemy.orm.SessionTransaction": ImportNeed(ASYNCIO, "AsyncSessionTransaction"),
    MAKER: ImportNeed(ASYNCIO, "async_sessionmaker"),
    CREATE_ENGINE: ImportNeed(ASYNCIO, "create_async_engine"),
    QUERY: ImportNeed("sqlalchemy.sql", "Select"),
}
"""Classes and functions by canonical name; a name of the user's code that means the key comes to mean the
value."""

AWAITED = {
    **dict.fromkeys(
        SESSIONS,
        frozenset(
            {
                "close", "commit", "connection", "delete", "exec", "execute", "flush", "get", "get_one",
                "invalidate", "merge", "refresh", "reset", "rollback", "run_sync", "scalar", "scalars",
            }
        ),
    ),
    CONNECTION: frozenset(
        {
            "close", "commit", "exec_driver_sql", "execute", "execution_options", "invalidate", "rollback",
            "scalar", "scalars",
        }
    ),
    ENGINE: frozenset({"dispose"}),
    **dict.fromkeys(TRANSACTIONS, frozenset({"close", "commit", "rollback"})),
}  # fmt: skip
KEPT = {
    **dict.fromkeys(
        SESSIONS,
        frozenset(
            {
                "add", "add_all", "expire", "expire_all", "expunge", "expunge_all", "in_nested_transaction",
                "in_transaction", "is_modified", "query",
            }
        ),
    ),
    CONNECTION: frozenset({"in_transaction", "in_nested_transaction"}),
    ENGINE: frozenset(
        {"clear_compiled_cache", "execution_options", "get_execution_options", "update_execution_options"}
    ),
    MAKER: frozenset({"configure"}),
    **dict.fromkeys(TRANSACTIONS, frozenset()),
}  # fmt: skip
ENTERED = {
    **dict.fromkeys(SESSIONS, frozenset({"begin", "begin_nested"})),
    CONNECTION: frozenset({"begin", "begin_nested"}),
    ENGINE: frozenset({"connect", "begin"}),
    MAKER: frozenset({"begin"}),
}
"""Methods whose value is entered: `with` becomes `async with`."""
BY_RUN_SYNC = frozenset({"bulk_save_objects", "bulk_insert_mappings", "bulk_update_mappings"})
SAFE_TAKERS = frozenset(
    f"builtins.{name}" for name in ("bool", "id", "isinstance", "print", "repr", "str", "type", "hash", "len")
)
"""Functions that may be handed a session: they look at it without using it."""
INSPECT = ("sqlalchemy.inspect", "sqlalchemy.inspection.inspect")
LISTENING = tuple(f"sqlalchemy.event.{name}" for name in ("listens_for", "listen", "remove", "contains"))
BUILT_WITH = (
    *(ImportNeed("sqlalchemy", name) for name in ("select", "func", "delete", "update")),
    ImportNeed("sqlalchemy.orm", "selectinload"),
)
"""What new statements are written with."""
SQLMODEL_SELECT = ImportNeed("sqlmodel", "select")
SELECT, FUNC, DELETE, UPDATE, SELECTINLOAD = (slot(index) for index in range(len(BUILT_WITH)))
