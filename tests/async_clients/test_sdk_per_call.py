"""A client of an SDK that a function makes for each call, always in the same way: one for each event loop."""

from __future__ import annotations

# ruff: noqa: E501 (small programs, each on one line)
from collections.abc import Iterator
from pathlib import Path

import pytest
from client_programs import changed, migrate
from running import run
from sdk_server import SdkHandler
from servers import http_server

HEAD = "import openai\nfrom fastapi import APIRouter, HTTPException\nfrom openai import OpenAI\n\nfrom app.llm import KEY, get_openai, get_settings\n\nrouter = APIRouter()\n\n\n"
LLM = """
    from functools import lru_cache

    from openai import OpenAI

    KEY = "k"


    class Settings:
        key = "k"
        retries = 0


    @lru_cache
    def get_settings():
        return Settings()


    def get_openai():
        if not KEY:
            raise ValueError("no key")
        return OpenAI(api_key=KEY, base_url="URL/v1", max_retries=0)
"""
MADE = 'OpenAI(api_key=KEY, base_url="URL/v1", max_retries=0)'
ASK = 'chat.completions.create(model="MODEL", messages=[{"role": "user", "content": "hi"}]).choices[0].message.content'
FORMS = {
    "under a name": f"client = {MADE}\nreturn client.{ASK}",
    "under a name that is taken": f"openai_client = {MADE}\nreturn openai_client.{ASK}",
    "for one call": f"return {MADE}.{ASK}",
    "by a function": f"return get_openai().{ASK}",
    "by a function, under a name": f"client = get_openai()\nreturn client.{ASK}",
    "from settings": f"settings = get_settings()\nclient = {MADE.replace('KEY', 'settings.key')}\nreturn client.{ASK}",
    "from settings under two names": f"settings = get_settings()\nagain = get_settings()\nclient = {MADE.replace('KEY', 'settings.key or KEY').replace('=0', '=again.retries')}\nreturn client.{ASK}",
    "from settings that are read as well": f"settings = get_settings()  # cached\nclient = {MADE.replace('KEY', 'settings.key')}\nreturn [settings.key, client.{ASK}]",
    "from settings, in the call itself": f"return {MADE.replace('KEY', 'get_settings().key')}.{ASK}",
    "closed": f"client = {MADE}\ntry:\n    return client.{ASK}\nfinally:\n    client.close()",
    "where it is caught": f"try:\n    client = {MADE}\n    return client.{ASK.replace('MODEL', 'busy')}\nexcept openai.RateLimitError as error:\n    return str(error)",
    "a stream": f'client = {MADE}\nreturn [chunk.id for chunk in client.chat.completions.create(model="m", messages=[], stream=True)]',
}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with http_server(SdkHandler) as found:
        yield found


def files(
    body: str, url: str = "http://127.0.0.1:9", *, more: str = "", parameters: str = ""
) -> dict[str, str]:
    lines = "    ".join(["", *body.replace("MODEL", "m").splitlines(keepends=True)])
    routes = f'{HEAD}@router.get("/")\ndef call({parameters}):\n{lines}\n{more}'
    return {"app/routes.py": routes.replace("URL", url), "app/llm.py": changed(LLM).replace("URL", url)}


@pytest.mark.parametrize("form", FORMS)
def test_the_same_is_given(form: str, url: str, tmp_path: Path) -> None:
    pytest.importorskip("openai")
    outcome = migrate(files(FORMS[form], url))
    assert "await " in outcome.text, outcome.reasons
    assert "run_in_threadpool" not in outcome.text
    assert "close()" not in outcome.text
    old = run(tmp_path / "old", outcome.before, "call", loops=2)
    assert run(tmp_path / "new", outcome.texts, "call", times=2, loops=2)[:2] == old == [old[0]] * 2


def test_each_way_to_make_one_has_a_function_of_its_own() -> None:
    """Under one name, the second function would take the place of the first."""
    pytest.importorskip("openai")
    other = """

    class Reader:
        def call(self):
            client = openai.OpenAI(api_key=KEY, timeout=3)
            return client.models.retrieve("m").id


    class Writer:
        def call(self):
            client = OpenAI(api_key=KEY, timeout=5)
            return client.models.retrieve("m").id


    @router.get("/b")
    def other():
        again = OpenAI(api_key=KEY, timeout=5)
        return [Reader().call(), Writer().call(), again.models.retrieve("m").id, again.models.retrieve("n").id]
    """
    outcome = migrate(files(f"client = {MADE}\nreturn client.{ASK}", more="\n\n" + changed(other)))
    made = [line for line in outcome.text.splitlines() if line.endswith(" -> AsyncOpenAI:")]
    assert made == [
        "def openai_client() -> AsyncOpenAI:",
        "def call_openai_client() -> AsyncOpenAI:",
        "def call_openai_client_too() -> AsyncOpenAI:",
    ]
    assert outcome.text.count("= call_openai_client_too()") == 2


@pytest.mark.parametrize(
    ("imported", "made"),
    [
        ("from google import genai", "genai.Client"),
        ("from google.genai import Client", "Client"),
        ("import google.genai", "google.genai.Client"),
    ],
)
def test_what_the_function_imports_for_itself_is_imported_above_it(imported: str, made: str) -> None:
    body = f'{imported}\nclient = {made}(api_key=KEY)\nreturn client.models.count_tokens(model="m", contents="hi").total_tokens'
    text = migrate(files(body)).text
    assert "\nfrom google.genai import Client\n" in text
    assert "\n    return Client(api_key=KEY).aio\n" in text


NAMED = 'f"{settings.key}-{settings.key}"'
BOUND = {
    "that are bound again": "for settings in [settings]:\n    pass",
    "that are bound to an error": "try:\n    pass\nexcept ValueError as settings:\n    pass",
    "whose name a module takes": "import json as settings",
    "whose name a function takes": "def settings():\n    pass",
    "whose name a pattern binds": "match key:\n    case [*settings]:\n        pass",
}
STAYS = {
    "from what the call is given": (f"client = {MADE.replace('KEY', 'key')}\nreturn client.{ASK}", "made for each call, from key"),
    "from what the call computes": (f"key = KEY.upper()\nclient = {MADE.replace('KEY', 'key')}\nreturn client.{ASK}", "made for each call, from key"),
    **{f"from settings {what}": (f"settings = get_settings()\n{binding}\nclient = {MADE.replace('KEY', 'settings.key')}\nreturn client.{ASK}", "made for each call, from settings") for what, binding in BOUND.items()},
    "from settings in a text": (f"settings = get_settings()\nclient = {MADE.replace('KEY', NAMED)}\nreturn client.{ASK}", "made for each call, from settings"),
    "from settings of a branch": (f"if key:\n    settings = get_settings()\nclient = {MADE.replace('KEY', 'settings.key')}\nreturn client.{ASK}", "made for each call, from settings"),
    "from what is looked up": (f"client = {MADE.replace('KEY', 'get_openai.keys[0]')}\nreturn client.{ASK}", "made for each call, from get_openai.keys[0]"),
    "handed on": (f"client = {MADE}\nprint(client)\nreturn client.{ASK}", "handed on"),
    "opened by a with": (f"with {MADE} as client:\n    return client.{ASK}", "not simply assigned"),
    "closed in between": (f"client = {MADE}\nclient.close()\nreturn client.{ASK}", "and closed"),
    "set up": (f"client = {MADE}\nclient.api_key = KEY\nreturn client.{ASK}", "handed on"),
    "under names that are taken": (f"shared_openai_client = 1\nopenai_client = {MADE}\nreturn openai_client.{ASK}", "has a shared_openai_client of its own"),
}  # fmt: skip


@pytest.mark.parametrize("what", STAYS)
def test_what_stays(what: str) -> None:
    body, why = STAYS[what]
    outcome = migrate(files(body, parameters="key: str = ''"))
    assert "Async" not in "".join(outcome.texts.values())
    assert any(why in reason for reason in outcome.reasons), outcome.reasons


@pytest.mark.parametrize(
    "change",
    [
        'os.environ["OPENAI_API_KEY"] = key',
        "os.environ.update(K=key)",
        "os.putenv('K', key)",
        "os.unsetenv('K')",
        "load_dotenv()",
        "os.environ |= {'K': key}",
        "env = os.environ; env['K'] = key",
        "variables['K'] = key",
        "del surroundings['K']",
    ],
)
def test_what_reads_an_environment_that_changes_stays(change: str) -> None:
    """The client of the next call would have the new key."""
    more = f"\n\nimport os\nfrom os import environ as variables\n\nsurroundings = os.environ\n\n\ndef set_key(key):\n    {change}\n"
    outcome = migrate(files(FORMS["under a name"], more=more))
    assert "Async" not in "".join(outcome.texts.values())
    assert any("set_key changes the environment" in reason for reason in outcome.reasons), outcome.reasons


def test_an_environment_that_is_read_and_set_up_by_the_module_does_not_change() -> None:
    more = '\n\nimport os\n\nos.environ["A"] = "b"\n\n\ndef key():\n    return os.environ["A"] + os.environ.get("B", "")\n'
    assert "= openai_client()\n" in migrate(files(FORMS["under a name"], more=more)).text


@pytest.mark.parametrize("replaced", ["app.llm.get_settings", "app.routes.get_settings"])
def test_settings_that_tests_replace_are_asked_for_each_call(replaced: str) -> None:
    texts = files(f"client = {MADE.replace('KEY', 'get_settings().key')}\nreturn client.{ASK}")
    texts["tests/test_it.py"] = f"def test_it(monkeypatch):\n    monkeypatch.setattr('{replaced}', dict)\n"
    outcome = migrate(texts)
    assert "Async" not in "".join(outcome.texts.values())
    assert any("made for each call, from get_settings()" in reason for reason in outcome.reasons)


SETTINGS = """

class Settings:
    name = "k"
    values = {"a": "b"}

    @property
    def key(self):
        return GIVEN


class Other:
    name = ""


@lru_cache
def get_config():
    return Settings()


settings = Settings()
other = Other()
NAMES = {"a": "b"}
"""
CHANGING = {
    "a property that computes": ("settings.key", "time.time()", "pass", "from time.time"),
    "a property of what changes": ("settings.key", "self.name", "settings.name = value", "from self.name"),
    "a field that is set by its name": ("settings.name", "1", "setattr(settings, name, value)", "from settings.name"),
    "a field of the class that is set by its name": ("settings.name", "1", "setattr(Settings, 'name', value)", "from settings.name"),
    "a property of what a cache keeps": ("get_config().key", "time.time()", "pass", "from time.time"),
    "a field of what a cache keeps": ("get_config().name", "1", "get_config().name = value", "from get_config().name"),
    "what is read anew": ("get_config().name", "1", "get_config.cache_clear()", "from get_config()"),
    "a name that another module sets": ("KEY", "1", "import app.routes as routes\n    routes.KEY = value", "from KEY"),
    "a dictionary that is filled": ("KEY, default_headers=NAMES", "1", "NAMES[name] = value", "from NAMES"),
    "a dictionary that is filled by another name": ("KEY, default_headers=headers", "1", "NAMES.update(a=value)", "from headers"),
    "a dictionary that is emptied": ("KEY, default_headers=settings.values", "1", "settings.values.clear()", "from settings.values"),
}  # fmt: skip


def configured(argument: str, given: str, change: str) -> dict[str, str]:
    """The client is made from settings, and a function of their module does something with them."""
    body = f"client = {MADE.replace('KEY', argument)}\nreturn client.{ASK}"
    texts = files(body)
    imports = "import time\n\nfrom app.settings import NAMES, get_config, other, settings\nfrom app.settings import NAMES as headers\n"
    texts["app/routes.py"] = imports + texts["app/routes.py"]
    changing = f"\n\ndef change(name, value):\n    {change}\n"
    texts["app/settings.py"] = (
        "import time\nfrom functools import lru_cache\n" + SETTINGS.replace("GIVEN", given) + changing
    )
    return texts


@pytest.mark.parametrize("what", CHANGING)
def test_what_is_made_from_what_changes_stays(what: str) -> None:
    *program, why = CHANGING[what]
    outcome = migrate(configured(*program))
    assert "Async" not in "".join(outcome.texts.values())
    assert any(why in reason for reason in outcome.reasons), outcome.reasons


@pytest.mark.parametrize(
    ("argument", "given", "change"),
    [
        ("settings.key", 'f"{self.name}-1"', "other.named = value"),
        ("settings.name", "1", "setattr(other, name, value)"),
        ("get_config().key", 'f"{self.name}-1"', "other.named = value"),
        ("settings.name, default_headers=NAMES", "1", "return NAMES[name]"),
    ],
)
def test_what_is_made_from_settings_that_nothing_changes_turns(
    argument: str, given: str, change: str
) -> None:
    assert "= openai_client()\n" in migrate(configured(argument, given, change)).text


def test_a_parameter_of_the_name_keeps_it() -> None:
    """The call would ask what it is given, and not the function above."""
    outcome = migrate(
        files(FORMS["under a name"], parameters="openai_client=None, shared_openai_client=None")
    )
    assert "Async" not in "".join(outcome.texts.values())
    assert any("has a shared_openai_client of its own" in reason for reason in outcome.reasons)


TESTS = {
    "the class": "from unittest.mock import patch\n\n\ndef test_it():\n    with patch('app.llm.OpenAI'):\n        pass\n",
    "the function": "from unittest.mock import patch\n\n\ndef test_it():\n    with patch('app.routes.get_openai'):\n        pass\n",
}


@pytest.mark.parametrize("what", TESTS)
def test_what_tests_replace_stays(what: str) -> None:
    outcome = migrate(files(FORMS["by a function"]) | {"tests/test_it.py": TESTS[what]})
    assert "Async" not in "".join(outcome.texts.values())
