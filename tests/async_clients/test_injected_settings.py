"""A client that is made from what FastAPI injects: once for each event loop, where that is always the same."""

from __future__ import annotations

# ruff: noqa: E501 (small programs, each on one line)
from collections.abc import Iterator
from pathlib import Path

import pytest
from client_programs import Outcome, changed, migrate
from running import run
from sdk_server import SdkHandler
from servers import http_server

CONFIG = """
    from functools import lru_cache
    from typing import Annotated

    from fastapi import Depends


    class Settings:
        def __init__(self):
            self.key = "k"
            self.url = "URL/v1"


    kept = Settings()


    @lru_cache
    def get_settings() -> Settings:
        return Settings()


    def get_kept():
        return kept


    SettingsDep = Annotated[Settings, Depends(get_settings)]
"""
ROUTES = """
    from typing import Annotated

    import openai
    from fastapi import Depends, FastAPI
    from fastapi.testclient import TestClient
    from openai import OpenAI

    from app.config import IMPORTED

    app = FastAPI()


    MAKER


    def call():
        with TestClient(app) as client:
            return [client.get("/ask").json() for _ in range(2)]
"""
MADE = "OpenAI(api_key=settings.key, base_url=settings.url, max_retries=0)"
ASK = 'chat.completions.create(model="m", messages=[{"role": "user", "content": "hi"}]).choices[0].message.content'
GETTER = f"""def get_llm(SETTINGS) -> OpenAI:
    return {MADE}


@app.get("/ask")
def ask(llm: OpenAI = Depends(get_llm)):
    return llm.{ASK}
"""
INSIDE = f"""@app.get("/ask")
def ask(SETTINGS):
    return {MADE}.{ASK}
"""
BY_DEFAULT = "settings: Settings = Depends(get_settings)"
FORMS = {
    "by default": (GETTER, BY_DEFAULT, "Settings, get_settings"),
    "by annotation": (GETTER, "settings: Annotated[Settings, Depends(get_settings)]", "Settings, get_settings"),
    "by an alias of another module": (GETTER, "settings: SettingsDep", "SettingsDep"),
    "from a global": (GETTER, "settings: Settings = Depends(get_kept)", "Settings, get_kept"),
    "in the handler": (INSIDE, BY_DEFAULT, "Settings, get_settings"),
    "in the handler, by an alias": (INSIDE, "settings: SettingsDep", "SettingsDep"),
    "in both": (GETTER + "\n\n" + INSIDE.replace("ask(", "also(").replace("/ask", "/also"), BY_DEFAULT, "Settings, get_settings"),
}  # fmt: skip


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with http_server(SdkHandler) as found:
        yield found


def files(maker: str, given: str, imported: str, url: str = "http://127.0.0.1:9") -> dict[str, str]:
    routes = changed(ROUTES).replace("MAKER\n", changed(maker)).replace("IMPORTED", imported)
    return {
        "app/routes.py": routes.replace("SETTINGS", given),
        "app/config.py": changed(CONFIG).replace("URL", url),
    }


@pytest.mark.parametrize("form", FORMS)
def test_the_same_is_answered(form: str, url: str, tmp_path: Path) -> None:
    pytest.importorskip("openai")
    outcome = migrate(files(*FORMS[form], url))
    assert "    settings = get_settings()\n" in outcome.text or "    settings = get_kept()\n" in outcome.text
    assert "run_in_threadpool" not in outcome.text
    assert " OpenAI(" not in outcome.text
    makers = [line for line in outcome.text.splitlines() if line.endswith(") -> AsyncOpenAI:")]
    assert len(makers) == len(set(makers))
    old = run(tmp_path / "old", outcome.before, "call")
    assert run(tmp_path / "new", outcome.texts, "call") == old
    assert old[0][0] == old[0][1]


def _changed(outcome: Outcome) -> bool:
    return "AsyncOpenAI" in outcome.text


STAYS = {
    "from a header": ("settings: Settings = Header()", "Settings", ""),
    "from a parameter of the query": ("settings: str", "Settings", ""),
    "from an async function": ("settings: Settings = Depends(later)", "Settings", "async def later():\n    return Settings()\n"),
    "from a function that is given something": ("settings: Settings = Depends(of)", "Settings", "def of(name: str):\n    return Settings()\n"),
    "from a function that computes": ("settings: Settings = Depends(now)", "Settings", "import time\n\ndef now():\n    return {'key': time.time()}\n"),
    "from a class": ("settings: Settings = Depends(Settings)", "Settings", ""),
    "from one that is overridden": (BY_DEFAULT, "Settings, get_settings", "app.dependency_overrides[get_settings] = Settings\n"),
    "from one that is forgotten": (BY_DEFAULT, "Settings, get_settings", "def reset():\n    get_settings.cache_clear()\n"),
    "from settings that change": (BY_DEFAULT, "Settings, get_settings", "def change(key):\n    get_settings().key = key\n"),
    "and called as well": (BY_DEFAULT, "Settings, get_settings", "def other():\n    return get_llm(Settings())\n"),
}  # fmt: skip


@pytest.mark.parametrize("what", STAYS)
def test_what_may_be_another_one_at_each_call_stays(what: str) -> None:
    given, imported, more = STAYS[what]
    texts = files(GETTER, given, imported)
    texts["app/routes.py"] = texts["app/routes.py"].replace("import Depends,", "import Depends, Header,")
    texts["app/routes.py"] = texts["app/routes.py"].replace(
        "\n\n\ndef get_llm", f"\n\n\n{more}\n\ndef get_llm"
    )
    outcome = migrate(texts)
    assert not _changed(outcome)
    assert outcome.reasons


@pytest.mark.parametrize(
    "test",
    [
        "app.dependency_overrides[get_settings] = lambda: None",
        "app.dependency_overrides.update({get_settings: dict})",
    ],
)
def test_settings_that_tests_override_stay_injected(test: str) -> None:
    texts = files(*FORMS["by default"])
    texts["tests/test_it.py"] = (
        f"from app.config import get_settings\nfrom app.routes import app\n\n\ndef test_it():\n    {test}\n"
    )
    outcome = migrate(texts)
    assert not _changed(outcome)
    assert any("is overridden" in reason for reason in outcome.reasons)
