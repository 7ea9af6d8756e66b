"""Functions that nobody calls turn with the client that they use, and with what they call; but only those."""

from __future__ import annotations

# ruff: noqa: E501 (small programs, each on one line)
import pytest
from client_programs import HEAD, changed, migrate

SERVICE = """
    import redis


    class Cache:
        def __init__(self, host="localhost"):
            self.client = redis.Redis(host=host)

        def read(self, key):
            return self.client.get(key)

        def forget(self, pattern):
            keys = self.client.keys(pattern)
            return self.client.delete(*keys)

        def forget_user(self, user):
            return self.forget(f"{user}:*")


    cache = Cache()
"""
READS = (
    HEAD.replace("import requests", "from app.service import cache")
    + '@router.get("/")\ndef call(key: str):\n    return cache.read(key)\n'
)


def files(service: str = SERVICE, **more: str) -> dict[str, str]:
    others = {f"{path.replace('__', '/')}.py": changed(text) for path, text in more.items()}
    return {"app/routes.py": READS, "app/service.py": changed(service), **others}


def test_a_method_that_nobody_calls_keeps_no_client_sync() -> None:
    outcome = migrate(files())
    text = outcome.texts["app/service.py"]
    assert "    async def forget(self, pattern):\n        keys = await self.client().keys(pattern)\n" in text
    assert '    async def forget_user(self, user):\n        return await self.forget(f"{user}:*")\n' in text
    told = [note.text for note in outcome.notes if "nothing here calls it" in note.text]
    assert told == [
        "Cache.forget becomes async, and nothing here calls it",
        "Cache.forget_user becomes async, and nothing here calls it",
    ]


FUNCTIONS = """
    import redis

    cache = redis.Redis()


    def read(key):
        return cache.get(key)


    def forget(key):
        return cache.delete(key)
"""


def test_a_function_of_a_module_that_is_imported_turns_as_well() -> None:
    texts = files(FUNCTIONS) | {
        "app/routes.py": READS.replace("import cache", "import read").replace("cache.read", "read")
    }
    assert (
        "async def forget(key):\n    return await cache().delete(key)\n"
        in migrate(texts).texts["app/service.py"]
    )


HELPERS = """
    import requests


    def fetch(base):
        return requests.get(base).text


    def debug(base):
        print(fetch(base))
"""


def test_what_calls_a_helper_and_is_called_by_nobody_keeps_no_handler_in_a_thread() -> None:
    routes = HEAD.replace("import requests", "from app.service import fetch")
    routes += '@router.get("/")\ndef call(base: str):\n    return fetch(base)\n'
    outcome = migrate({"app/routes.py": routes, "app/service.py": changed(HELPERS)})
    assert "    return await fetch(base)\n" in outcome.text
    assert "async def debug(base):\n    print(await fetch(base))\n" in outcome.texts["app/service.py"]


STAYS = {
    "a test calls it": (SERVICE, {"tests__test_it": "from app.service import cache\n\n\ndef test():\n    cache.forget('x')\n"}),
    "a script calls it": (SERVICE, {"scripts__nightly": "from app.service import cache\n\ncache.forget('x')\n"}),
    "a function of a script calls it": (SERVICE, {"scripts__nightly": "from app.service import cache\n\n\ndef main():\n    cache.forget('x')\n"}),
    "it is handed on": (SERVICE + "\n    ACTIONS = [cache.forget]\n", {}),
    "a thread runs it": (SERVICE + "\n    import threading\n\n    threading.Thread(target=cache.forget).start()\n", {}),
    "it is looked up": (SERVICE, {"app__other": "from app.service import cache\n\n\ndef run(name: str):\n    return getattr(cache, name)('x')\n"}),
    "an unknown object has such a method": (SERVICE, {"app__other": "def run(thing):\n    return thing.forget('x')\n"}),
    "it is decorated": (SERVICE.replace("        def forget(", "        @unknown\n        def forget(").replace("import redis", "import redis\n    from lib import unknown"), {}),
    "the interpreter calls it": (SERVICE.replace("def forget(self, pattern)", "def __contains__(self, pattern)").replace("self.forget(", "self.__contains__("), {}),
    "it is a property": (SERVICE.replace("        def forget(self, pattern)", "        @property\n        def forget(self, pattern='*')").replace("self.forget(", "str("), {}),
    "it overrides a method of a library": (SERVICE.replace("class Cache:", "class Cache(lib.Store):").replace("import redis", "import lib\n    import redis"), {}),
    "a generator": (SERVICE.replace("return self.client.delete(*keys)", "yield self.client.delete(*keys)"), {}),
}  # fmt: skip


@pytest.mark.parametrize("name", STAYS)
def test_what_may_be_called_keeps_the_client(name: str) -> None:
    service, more = STAYS[name]
    outcome = migrate(files(service, **more))
    assert "redis.asyncio" not in outcome.texts["app/service.py"]
    assert outcome.texts["app/service.py"] == outcome.before["app/service.py"]


@pytest.mark.parametrize(
    ("texts", "declared"),
    [
        (files(FUNCTIONS), 'clean = "app.service:forget"'),
        ({"app/routes.py": READS.partition("@router")[0].replace("from app.service import cache\n", "") + changed(FUNCTIONS).replace("def read", '@router.get("/")\ndef read')}, ""),
    ],
    ids=["a console script", "a function of a module that nobody imports"],
)  # fmt: skip
def test_functions_that_may_be_run_from_outside_stay(texts: dict[str, str], declared: str) -> None:
    routes = texts["app/routes.py"].replace("import cache", "import read").replace("cache.read", "read")
    outcome = migrate(texts | {"app/routes.py": routes}, declared=declared)
    assert "redis.asyncio" not in "".join(outcome.texts.values())
    assert "async def" in outcome.text


def test_what_uses_no_client_that_turns_stays() -> None:
    service = (
        SERVICE
        + "\n    other = redis.Redis(db=1)\n\n\n    class Spare:\n        def count(self):\n            return other.dbsize()\n"
    )
    outcome = migrate(files(service))
    assert "        return other.dbsize()\n" in outcome.texts["app/service.py"]
