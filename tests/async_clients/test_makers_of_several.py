"""One function that makes objects of several classes, each with a client of an SDK of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from client_programs import changed, migrate
from running import run
from sdk_server import SdkHandler
from servers import http_server
from small_projects import migrate_main

MODELS = """
    from abc import ABC, abstractmethod
    from collections.abc import Iterator

    from anthropic import Anthropic
    from openai import OpenAI

    ASKED = [{"role": "user", "content": "hi"}]


    class Model(ABC):
        @abstractmethod
        def ask(self) -> str: ...

        @abstractmethod
        def pieces(self) -> Iterator[str]: ...


    class Claude(Model):
        def __init__(self):
            self.client = Anthropic(api_key="k", base_url="URL", max_retries=0)

        def ask(self) -> str:
            return self.client.messages.create(model="m", max_tokens=9, messages=ASKED).content[0].text

        def pieces(self) -> Iterator[str]:
            with self.client.messages.stream(model="m", max_tokens=9, messages=ASKED) as stream:
                yield from stream.text_stream


    class Gpt(Model):
        def __init__(self):
            self.client = OpenAI(api_key="k", base_url="URL/v1", max_retries=0)

        def ask(self) -> str:
            return self.client.chat.completions.create(model="m", messages=ASKED).choices[0].message.content

        def pieces(self) -> Iterator[str]:
            for chunk in self.client.chat.completions.create(model="m", messages=ASKED, stream=True):
                yield chunk.id


    def get_model(name: str = "gpt") -> Model:
        return Claude() if name == "claude" else Gpt()
"""
ROUTES = """
    from fastapi import APIRouter, Depends
    from fastapi.responses import StreamingResponse

    from app.models import Model, get_model

    router = APIRouter()


    def default() -> Model:
        return get_model()


    @router.get("/")
    def call(name: str):
        return [get_model(name).ask(), [*get_model(name).pieces()]]


    @router.get("/default")
    def by_default(model: Model = Depends(default)):
        return model.ask()


    @router.get("/stream")
    def stream(name: str):
        def events():
            for piece in get_model(name).pieces():
                yield f"data: {piece}\\n\\n"

        return StreamingResponse(events(), media_type="text/event-stream")

"""


def test_all_of_them_turn_with_the_streams_that_they_give(tmp_path: Path) -> None:
    """A client that is gone cancels what cleans up: the end of such a stream is shielded from that."""
    pytest.importorskip("openai")
    pytest.importorskip("anthropic")
    with http_server(SdkHandler) as url:
        texts = {"app/models.py": changed(MODELS).replace("URL", url), "app/routes.py": changed(ROUTES)}
        outcome = migrate(texts)
        made = outcome.texts["app/models.py"]
        assert "threadpool" not in made + outcome.text, outcome.reasons
        assert made.count("-> AsyncGenerator[str, None]") == 3
        assert "aclosing(get_model(name).pieces()) as items" in outcome.text
        for name in ("claude", "gpt"):
            old = run(tmp_path / f"old-{name}", outcome.before, "call", name, loops=2)
            assert run(tmp_path / f"new-{name}", outcome.texts, "call", name, loops=2) == old


STAYS = """
import anthropic
from fastapi import Depends


class Model:
    def ask(self, text):
        raise NotImplementedError


class Claude(Model):
    def __init__(self):
        self.client = anthropic.Anthropic()

    def ask(self, text):
        return self.client.messages.create(model="m", max_tokens=9, messages=[text]).id


class Written(Model):
    def ask(self, text):
        with open(text) as file:
            return file.read()


def get_model(name: str = "written") -> Model:
    if name == "claude":
        return Claude()
    return Written()


def default() -> Model:
    return get_model()


@app.get("/")
def one(text: str):
    return get_model("claude").ask(text)


@app.get("/default")
def by_default(text: str, model: Model = Depends(default)):
    return model.ask(text)


@app.get("/all")
def every(text: str):
    return list(map(Claude().ask, [text]))
"""


def test_one_that_stays_is_made_in_a_thread() -> None:
    """Its certificates would be read on the event loop, where nothing turns."""
    done = migrate_main(STAYS)
    assert not [reason for reason in done.report.refusals if reason.code == "AF912"]
    assert 'run_in_threadpool(lambda: get_model("claude").ask(text))' in done.function("app/main.py", "one")
    assert "async" not in done.function("app/main.py", "default")
