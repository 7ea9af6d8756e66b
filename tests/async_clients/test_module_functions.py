"""Functions of a library that have async ones beside them, against a local server: same results, same errors."""

from __future__ import annotations

# ruff: noqa: E501 (small programs, each on one line)
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

import mapped_calls
import pytest
from client_programs import migrate
from running import run
from sdk_server import SdkHandler
from servers import http_server

HEAD = "import litellm\nfrom fastapi import APIRouter\nfrom litellm import completion, embedding, text_completion\n\nrouter = APIRouter()\n\n\n"
GIVEN = 'api_base="URL/v1", api_key="k", max_retries=0'
ASKED = f'completion(model="openai/MODEL", messages=[{{"role": "user", "content": "hi"}}], {GIVEN})'
RAISED = {
    "busy": "RateLimitError",
    "unknown": "NotFoundError",
    "forbidden": "APIError",
    "broken": "InternalServerError",
}
CALLS = {
    "an answer": f"return {ASKED}.choices[0].message.content",
    "of the module": f"answer = litellm.{ASKED}\nreturn [answer.choices[0].message.content.strip(), answer.usage.total_tokens]",
    "by position": f'return completion("openai/m", [], {GIVEN}).choices[0].finish_reason',
    "a stream": f'words = []\nfor chunk in completion(model="openai/m", messages=[], stream=True, {GIVEN}):\n    words.append(chunk.choices[0].delta.content)\nreturn words',
    "a stream with a name": f'stream = litellm.completion(model="openai/m", messages=[], stream=True, {GIVEN})\nreturn [chunk.choices[0].delta.content for chunk in stream]',
    "no stream": f"return {ASKED.replace('api_key', 'stream=False, api_key')}.model",
    "vectors": f'return embedding(model="openai/m", input=["a"], {GIVEN}).data[0]["embedding"]',
    "a text": f'return text_completion(model="openai/m", prompt="hi", {GIVEN}).choices[0].text',
    "no provider": 'try:\n    return completion(model="none", messages=[]).id\nexcept litellm.BadRequestError as error:\n    return [type(error).__name__, error.status_code, str(error)]',
    **{
        f"a model that is {model}": f"try:\n    return {ASKED.replace('MODEL', model)}.id\nexcept litellm.exceptions.{error} as error:\n    return [type(error).__name__, error.status_code, str(error)]"
        for model, error in RAISED.items()
    },
}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with http_server(SdkHandler) as found:
        yield found


def program(*bodies: str, url: str = "http://127.0.0.1:9") -> str:
    names = [f"case_{number}()" for number in range(len(bodies))]
    text = f'{HEAD}@router.get("/")\ndef call():\n    return [{", ".join(names)}]\n'
    for name, body in zip(names, bodies, strict=True):
        text += f"\n\ndef {name}:\n{textwrap.indent(body, '    ')}\n"
    return text.replace("URL", url).replace("MODEL", "m")


@pytest.mark.filterwarnings("ignore")  # of pydantic and asyncio, inside of litellm
def test_calls_give_and_raise_the_same(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("litellm")
    monkeypatch.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    outcome = migrate({"app/routes.py": program(*CALLS.values(), url=url)})
    assert "run_in_threadpool" not in outcome.text, outcome.reasons
    assert "from litellm import acompletion, aembedding, atext_completion\n" in outcome.text
    old = run(tmp_path / "old", outcome.before, "call", loops=2)
    assert run(tmp_path / "new", outcome.texts, "call", loops=2) == old
    assert all(found is not None for found in old[0]), old
    assert [each[0] for each in old[0][-4:]] == [*RAISED.values()]


def test_every_mapped_function_is_called() -> None:
    owner = mapped_calls.catalogue().owner("litellm")
    assert owner is not None
    names = {
        name
        for name in owner.calls
        if mapped_calls.is_mapped(mapped_calls.catalogue().find(f"litellm.{name}"))
    }
    assert names == {name for name in owner.exact if any(f"{name}(" in body for body in CALLS.values())}


def test_a_stream_is_read_step_by_step() -> None:
    outcome = migrate({"app/routes.py": program(CALLS["a stream"], CALLS["a stream with a name"])})
    assert "async for chunk in await acompletion(" in outcome.text
    assert "stream = await litellm.acompletion(" in outcome.text
    assert "[chunk.choices[0].delta.content async for chunk in stream]" in outcome.text


NOT_CLEAR = "whether it streams is not written out"
OTHER_ORDER = "may take arguments in another order"
STAYS = [
    (NOT_CLEAR, f"flag = bool(router)\nreturn str({ASKED.replace('api_key', 'stream=flag, api_key')})"),
    (NOT_CLEAR, 'return str(embedding(**{"model": "openai/m"}))'),
    ("is handed on", f"answer = {ASKED.replace('api_key', 'stream=True, api_key')}\nreturn str(answer)"),
    (OTHER_ORDER, 'return completion("openai/m", [], 2.5).id'),
    (OTHER_ORDER, "return completion(*[str(router), []]).id"),
]


@pytest.mark.parametrize(("reason", "body"), STAYS)
def test_what_the_twin_may_do_differently_runs_in_a_thread(reason: str, body: str) -> None:
    outcome = migrate({"app/routes.py": program(body)})
    assert not re.search(r"acompletion|aembedding", outcome.text)
    assert "run_in_threadpool" in outcome.text
    assert any(reason in each for each in outcome.reasons), outcome.reasons


ELSEWHERE = {
    "a module of the project that gives it on": (
        "from litellm import completion\n",
        "from app import llm",
        "llm.completion",
    ),
    "a name of the project": (
        "import litellm\n\nask = litellm.completion\n",
        "from app.llm import ask",
        "ask",
    ),
    "an import in the function": ("", "", "from litellm import completion\ncompletion"),
    "an import that may fail": (
        "",
        "try:\n    from litellm import completion\nexcept ImportError:\n    pass",
        "completion",
    ),
}


@pytest.mark.parametrize("what", ELSEWHERE)
def test_what_is_not_called_as_a_function_of_the_library_runs_in_a_thread(what: str) -> None:
    """The async function is not there under a name beside it, or would be imported where nothing guards it."""
    llm, imported, call = ELSEWHERE[what]
    *before, call = call.split("\n")
    body = "".join(f"    {line}\n" for line in (*before, f'return {call}(model="openai/m", messages=[]).id'))
    text = f'from fastapi import APIRouter\n{imported}\n\nrouter = APIRouter()\n\n\n@router.get("/")\ndef call():\n{body}'
    outcome = migrate({"app/routes.py": text, "app/llm.py": llm})
    assert "acompletion" not in "".join(outcome.texts.values())
    assert "run_in_threadpool" in outcome.text, outcome.reasons


def test_the_library_and_the_function_under_other_names() -> None:
    text = 'import litellm as llm\nfrom fastapi import APIRouter\nfrom litellm import embedding as embed\n\nrouter = APIRouter()\n\n\n@router.get("/")\ndef call():\n    return [llm.completion(model="m", messages=[]).id, embed(model="m", input=[]).data]\n'
    outcome = migrate({"app/routes.py": text})
    assert "await llm.acompletion(model" in outcome.text
    assert "await aembedding(model" in outcome.text
    assert "from litellm import aembedding\n" in outcome.text


PATCHED = {
    "the function where it is used": "from unittest.mock import patch\n\n\ndef test_it():\n    with patch('app.routes.completion'):\n        pass\n",
    "the function of the library": "import litellm\n\n\ndef test_it(monkeypatch):\n    monkeypatch.setattr(litellm, 'completion', print)\n",
    "what lies below it": "from unittest.mock import patch\n\n\ndef test_it():\n    with patch('litellm.main.completion'):\n        pass\n",
}


@pytest.mark.parametrize("what", PATCHED)
def test_what_tests_replace_is_still_called(what: str) -> None:
    texts = {"app/routes.py": program(CALLS["an answer"]), "tests/test_it.py": PATCHED[what]}
    outcome = migrate(texts)
    assert "acompletion" not in outcome.text
    assert any("tests replace" in each for each in outcome.reasons), outcome.reasons


def test_callbacks_of_the_project_are_still_called() -> None:
    """litellm calls plain functions behind the sync function, and not behind the async one."""
    logged = "import litellm\n\n\ndef log(*given):\n    print(given)\n\n\nlitellm.success_callback = [log]\n"
    outcome = migrate({"app/routes.py": program(CALLS["an answer"]), "app/logs.py": logged})
    assert "acompletion" not in outcome.text
    assert any(
        "app/logs.py names callback, which may not hold for async calls of litellm" in each
        for each in outcome.reasons
    ), outcome.reasons


def test_a_function_without_an_exact_twin_runs_in_a_thread() -> None:
    text = 'import replicate\nfrom fastapi import APIRouter\n\nrouter = APIRouter()\n\n\n@router.get("/")\ndef call():\n    return str(replicate.run("a/b", input={}))\n'
    outcome = migrate({"app/routes.py": text})
    assert "async_run" not in outcome.text
    assert "run_in_threadpool(replicate.run" in outcome.text
