"""A pool that is open when it is made -> one that opens when it is first asked: that takes an event loop.

pool = ConnectionPool(URL)                  ->      def pool() -> AsyncConnectionPool:
                                                        return OpenedConnectionPool(URL)

pool = ConnectionPool(URL, open=False)      ->      def pool() -> AsyncConnectionPool:
pool.open()                                             return AsyncConnectionPool(URL, open=False)
                                                    await pool().open()

https://www.psycopg.org/psycopg3/docs/advanced/pool.html#pool-async: made open, `AsyncConnectionPool` warns.
"""

from __future__ import annotations

import ast

from ...catalogue.schema import Owner
from ...model import Code, HttpClient, ImportNeed, slot
from ..http.generated.client_module import SDK
from ..twin import NoTwinError

_CLASS = '''class {name}({twin}):
    """Opens when it is first asked for a connection, where `{old}` does when it is made."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{{**options, "open": False}})
'''
_METHOD = """
    async def {method}(self, *args: Any, **options: Any) -> Any:
        await self.open()
        return await super().{method}(*args, **options)
"""


def is_opened(cls: Owner, made: ast.Call) -> bool:
    """Is it open when it is made, where its twin cannot be? Raises `NoTwinError` where that is not seen."""
    given = next((keyword.value for keyword in made.keywords if keyword.arg == "open"), None)
    if not cls.opens or (isinstance(given, ast.Constant) and given.value is False):
        return False
    if given is None or (isinstance(given, ast.Constant) and given.value in (True, None)):
        return True
    raise NoTwinError("whether the pool is open when it is made is not seen")


def opened_class(cls: Owner) -> HttpClient:
    """The class that opens it, which lies beside the clients."""
    old = cls.name.rpartition(".")[2]
    text = _CLASS.format(name=f"Opened{old}", twin=cls.twin, old=old)
    return HttpClient(f"Opened{old}", SDK, text + "".join(_METHOD.format(method=each) for each in cls.opens))


def opened_code(cls: Owner, module: str, first: int) -> Code:
    """The name of the class, its import in the slot `first`."""
    return Code(slot(first), (ImportNeed(module, opened_class(cls).name),))
