"""Functions that nobody calls turn with the client that they use, and with what they call; but only those."""

from __future__ import annotations

# ruff: noqa: E501 (small programs, each on one line)
import pytest
import small_projects
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


def test_a_static_method_and_a_private_one_keep_no_client_either() -> None:
    service = SERVICE.replace(
        "        def forget(",
        "        @staticmethod\n        def warm():\n            return cache.client.get('warm')\n\n"
        "        def __drop(self, key):\n            return self.client.delete(key)\n\n        def forget(",
    )
    text = migrate(files(service)).texts["app/service.py"]
    assert "    async def warm():\n        return await cache.client().get('warm')\n" in text
    assert "    async def __drop(self, key):\n        return await self.client().delete(key)\n" in text


PAGE = """
from fastapi import FastAPI
from fastapi.templating import Jinja2Templates

from app.service import cache

app = FastAPI()
templates = Jinja2Templates("app/pages")
templates.env.globals["cache"] = cache


@app.get("/")
def show(key: str):
    return cache.read(key)
"""


@pytest.mark.parametrize(("page", "turns"), [("{{ cache.forget('x') }}", False), ("{{ title }}", True)])
def test_a_template_awaits_nothing_that_it_calls(page: str, turns: bool) -> None:
    done = small_projects.migrate(
        {
            "app/__init__.py": "",
            "app/main.py": PAGE,
            "app/service.py": changed(SERVICE),
            "app/pages/x.html": page,
        }
    )
    assert ("app/service.py:Cache.forget" in done.turned) is turns


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
    "a library gets the object": (SERVICE + "\n    import logging\n\n    logging.getLogger().addFilter(cache)\n", {}),
    "a library gets an object of a class below": (SERVICE + "\n\n    class Filter(Cache):\n        pass\n\n\n    import logging\n\n    logging.getLogger().addFilter(Filter())\n", {}),
    "a library gets a list of such objects": (SERVICE + "\n    import logging.config\n\n    logging.config.dictConfig({'filters': [cache]})\n", {}),
    "an object of a library keeps it": (SERVICE + "\n    import sys\n\n    sys.stdout = cache\n", {}),
    "a library gets the class": (SERVICE + "\n    if __name__ == '__main__':\n        import fire\n\n        fire.Fire(Cache)\n", {}),
    "dict() asks for the keys": (SERVICE.replace("def forget(self, pattern)", "def keys(self, pattern='*')").replace("self.forget(", "str("), {"app__other": "from app.service import cache\n\nALL = dict(cache)\n"}),
    "** asks for the keys": (SERVICE.replace("def forget(self, pattern)", "def keys(self, pattern='*')").replace("self.forget(", "str(").replace("def read(", "def __getitem__(self, key):\n            return key\n\n        def read("), {"app__other": "from app.service import cache\n\nALL = {**cache}\n"}),
    "a name nobody knows of an unknown object is called": (SERVICE, {"app__other": "def run(thing, name):\n    return getattr(thing, name)('x')\n"}),
    "a text names it": (SERVICE, {"app__other": "ACTIONS = {'clean': 'app.service:cache.forget'}\n"}),
    "attrgetter gives it": (SERVICE, {"app__other": "import operator\nfrom app.service import cache\n\noperator.attrgetter('forget')(cache)('x')\n"}),
    "__getattribute__ gives it": (SERVICE, {"app__other": "from app.service import cache\n\nobject.__getattribute__(cache, 'forget')('x')\n"}),
    "vars() of the class has it": (SERVICE, {"app__other": "from app.service import Cache, cache\n\n\ndef run(name):\n    return vars(Cache)[name](cache, 'x')\n"}),
    "__dict__ of the class has it": (SERVICE, {"app__other": "from app.service import Cache, cache\n\n\ndef run(name):\n    return Cache.__dict__[name](cache, 'x')\n"}),
    "a text names its class": (SERVICE, {"app__other": "FILTERS = {'noise': {'()': 'app.service.Cache'}}\n"}),
    "a text names a class below": (SERVICE + "\n\n    class Noise(Cache):\n        pass\n", {"app__other": "FILTERS = {'noise': {'()': 'app.service.Noise'}}\n"}),
    "a static method on an unknown object": (SERVICE.replace("        def forget(self, pattern):\n            keys = self.client.keys(pattern)\n            return self.client.delete(*keys)", "        @staticmethod\n        def forget(pattern):\n            return cache.client.delete(pattern)"), {"app__other": "def run(thing):\n    return thing.forget('x')\n"}),
    "of two that call each other one is called": (SERVICE.replace("return self.client.delete(*keys)", "return self.client.delete(*keys) or self.forget_user('')"), {"app__other": "from app.service import cache\n\ncache.forget_user('x')\n"}),
    "a generator": (SERVICE.replace("return self.client.delete(*keys)", "yield self.client.delete(*keys)"), {}),
}  # fmt: skip


@pytest.mark.parametrize("name", STAYS)
def test_what_may_be_called_keeps_the_client(name: str) -> None:
    service, more = STAYS[name]
    outcome = migrate(files(service, **more))
    assert "redis.asyncio" not in outcome.texts["app/service.py"]
    assert outcome.texts["app/service.py"] == outcome.before["app/service.py"]


_LOADED = (
    "import importlib\n\n\ndef run(path):\n    module, _, name = path.rpartition('.')\n    return {}('x')\n"
)
NAMED = {
    "a job of RQ": "from rq import Queue\n\nQueue().enqueue('app.service.forget', 'x')\n",
    "a job of APScheduler": "JOBS = [{'func': 'app.service:forget', 'trigger': 'interval'}]\n",
    "by the package above": "JOBS = ['app.forget']\n",
    "by a module that is computed": "def path(package):\n    return f'{package}.forget'\n",
    "a factory of uvicorn": "import uvicorn\n\nuvicorn.run('app.service:forget()')\n",
    "of a module that is loaded": _LOADED.format("importlib.import_module(path).forget"),
    "by its name of a module that is loaded": _LOADED.format("getattr(importlib.import_module(path), 'forget')"),
    "by a name of a module that is loaded": _LOADED.format("getattr(importlib.import_module(module), name)"),
    "of a module that was loaded": "import sys\n\nsys.modules['app.service'].forget('x')\n",
    "of a module that was handed on": "import importlib\n\n\ndef load(path, jobs):\n    jobs.run(importlib.import_module(path))\n\n\nclass Jobs:\n    def run(self, job):\n        job.forget('x')\n",
    "by inspection": "import inspect\nfrom app import service\n\nfor _, each in inspect.getmembers(service):\n    each('x')\n",
    "by the names of the module": "from app import service\n\n\ndef run(name):\n    return service.__dict__[name]('x')\n",
    "a library gets the module": "import fire\nimport app.service as commands\n\nfire.Fire(commands)\n",
}  # fmt: skip


@pytest.mark.parametrize("name", NAMED)
def test_what_is_called_by_a_text_or_by_reflection_keeps_the_client(name: str) -> None:
    texts = files(FUNCTIONS, app__jobs=NAMED[name])
    texts["app/routes.py"] = READS.replace("import cache", "import read").replace("cache.read", "read")
    outcome = migrate(texts)
    assert outcome.texts["app/service.py"] == outcome.before["app/service.py"]
    assert "async def" in outcome.text


NOT_NAMED = {
    "a text about something else": "RIGHTS = ['users.forget', 'forget']\n",
    "a module of a library is loaded": "import importlib\n\njson = importlib.import_module('json')\njson.dumps(1)\n",
    "its module is imported": "import app.service\n",
    "an attribute of an unknown object": "def show(thing, name):\n    return getattr(thing, name)\n",
}


@pytest.mark.parametrize("name", NOT_NAMED)
def test_what_only_looks_like_a_call_keeps_no_client(name: str) -> None:
    texts = files(FUNCTIONS, app__jobs=NOT_NAMED[name])
    texts["app/routes.py"] = READS.replace("import cache", "import read").replace("cache.read", "read")
    assert "async def forget(key):\n" in migrate(texts).texts["app/service.py"]


def test_a_command_of_every_function_of_the_file_keeps_the_client() -> None:
    fire = "\n    if __name__ == '__main__':\n        import fire\n\n        fire.Fire()\n"
    texts = files(FUNCTIONS + fire)
    texts["app/routes.py"] = READS.replace("import cache", "import read").replace("cache.read", "read")
    assert "redis.asyncio" not in migrate(texts).texts["app/service.py"]


def test_dependencies_and_checks_of_the_type_call_no_other_method() -> None:
    other = "from fastapi import Depends, FastAPI\nfrom app.service import Cache, cache\n\nGIVEN = Depends(Cache)\nIS = isinstance(cache, Cache)\n\n\ndef start(app: FastAPI):\n    app.state.cache = cache\n"
    assert "async def forget(" in migrate(files(app__other=other)).texts["app/service.py"]


def test_a_function_of_a_module_that_nobody_imports_stays() -> None:
    routes = READS.partition("@router")[0].replace("from app.service import cache\n", "")
    routes += changed(FUNCTIONS).replace("def read", '@router.get("/")\ndef read')
    outcome = migrate({"app/routes.py": routes})
    assert "redis.asyncio" not in outcome.text
    assert "async def" in outcome.text


def test_what_uses_no_client_that_turns_stays() -> None:
    service = (
        SERVICE
        + "\n    other = redis.Redis(db=1)\n\n\n    class Spare:\n        def count(self):\n            return other.dbsize()\n"
    )
    outcome = migrate(files(service))
    assert "        return other.dbsize()\n" in outcome.texts["app/service.py"]


def test_what_a_console_script_or_a_file_around_the_code_runs_keeps_the_client() -> None:
    texts = files(FUNCTIONS)
    texts["app/routes.py"] = READS.replace("import cache", "import read").replace("cache.read", "read")
    outcome = migrate(texts, commands=frozenset({"app.service.forget"}))
    assert outcome.texts["app/service.py"] == outcome.before["app/service.py"]


GATEWAY = """
    import atexit

    import httpx
    import requests


    class Gateway:
        def __init__(self):
            self.client = CLIENT

        def read(self, key):
            return self.client.get("https://x/" + key).text

        def close(self):
            self.client.close()


    cache = Gateway()
"""
CLIENTS = ["httpx.Client()", "requests.Session()"]


@pytest.mark.parametrize("client", CLIENTS)
def test_a_close_that_nobody_calls_closes_the_twin(client: str) -> None:
    outcome = migrate(files(GATEWAY.replace("CLIENT", client)))
    text = outcome.texts["app/service.py"]
    assert "    async def close(self):\n        await self.client().aclose()\n" in text
    assert "return (await self.client().get(" in text
    assert "Gateway.close becomes async, and nothing here calls it" in [note.text for note in outcome.notes]


@pytest.mark.parametrize(
    "more",
    [
        "    atexit.register(cache.close)\n",
        "    def stop(name):\n        getattr(cache, name)()\n",
        "    def again():\n        cache.close()\n\n\n    def loop(runs):\n        runs(again)\n",
    ],
    ids=["at the exit", "by a name", "by what is handed on"],
)
def test_a_close_that_somebody_may_call_keeps_the_client(more: str) -> None:
    outcome = migrate(files(GATEWAY.replace("CLIENT", "httpx.Client()") + "\n\n" + more))
    assert "app/service.py" not in outcome.texts or "self.client.close()" in outcome.texts["app/service.py"]
    assert "run_in_threadpool(cache.read, key)" in outcome.texts["app/routes.py"]
