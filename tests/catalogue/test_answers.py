"""What calls of libraries give: a body still to be read, commands of a module, what runs in threads."""

from __future__ import annotations

import pytest
from small_projects import migrate_main

HEAD = """
import json

import boto3
import redis
import redis.asyncio as aioredis
from fastapi.responses import StreamingResponse
from fastapi_versioning import version
from pydantic import BaseModel
from sse_starlette import EventSourceResponse
from sse_starlette.sse import EventSourceResponse as Events

s3 = boto3.client("s3")
bedrock = boto3.client("bedrock-runtime")
cache = redis.Redis()
aio = aioredis.Redis()
"""


def route(body: str, *, is_async: bool = True, above: str = "") -> str:
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    return f'{HEAD}\n\n@app.get("/r")\n{above}{"async " * is_async}def r(key: str):\n{lines}\n'


def became(text: str) -> str:
    return migrate_main(text).function("app/main.py", "r")


@pytest.mark.parametrize(
    "read",
    [
        's3.get_object(Bucket="b", Key=key)["Body"].read()',
        's3.get_object(Bucket="b", Key=key).get("Body").read().decode()',
        'json.loads(bedrock.invoke_model(modelId=key)["body"].read())',
        'boto3.resource("s3").Object("b", key).get()["Body"].readlines()',
    ],
)
def test_the_body_of_an_answer_of_aws_is_read_in_the_thread(read: str) -> None:
    (line,) = [each for each in became(route(f"return {read}")).splitlines() if "run_in_threadpool" in each]
    assert "await run_in_threadpool(lambda: " in line
    assert any(f".{name}(" in line for name in ("read", "readlines"))


def test_a_body_that_is_read_later_is_read_in_a_thread_too() -> None:
    text = became(route('found = s3.get_object(Bucket="b", Key=key)\nreturn found["Body"].read()'))
    assert "run_in_threadpool(s3.get_object" in text
    assert 'run_in_threadpool(found["Body"].read)' in text


def test_events_of_aws_are_waited_for() -> None:
    found = 'answer = bedrock.converse_stream(modelId=key)\nfor event in answer["stream"]:\n    print(event)'
    text = became(route(found))
    assert '        for event in answer["stream"]:\n' in text  # in the function that the thread runs


def test_a_body_that_is_given_to_a_response_goes_there_in_threads_already() -> None:
    given = 'return StreamingResponse(found["Body"].iter_chunks())'
    text = became(route(f'found = s3.get_object(Bucket="b", Key=key)\n{given}'))
    assert f"    {given}\n" in text


@pytest.mark.parametrize(
    "use",
    [
        'found["ContentLength"]',
        'found["LastModified"].isoformat()',
        'found["Metadata"].get("author", "").strip()',
        'found["ContentType"].startswith("image/")',
    ],
)
def test_what_else_an_answer_of_aws_holds_is_there(use: str) -> None:
    text = became(route(f'found = s3.head_object(Bucket="b", Key=key)\nreturn {use}', is_async=False))
    assert f"    return {use}\n" in text


@pytest.mark.parametrize("call", ["ft('i').search(key)", "json().set('k', '$', {})", "ts().get(key)"])
def test_commands_of_modules_are_awaited_once(call: str) -> None:
    done = migrate_main(route(f"return await aio.{call}"))
    assert done.is_unchanged
    text = became(route(f"return cache.{call}"))
    assert "return await run_in_threadpool(cache." in text


def test_what_is_given_to_server_sent_events_is_gone_through_in_threads() -> None:
    for name in ("EventSourceResponse", "Events"):
        rows = "def rows():\n    for line in open(key):\n        yield line"
        text = became(route(f"{rows}\nreturn {name}(rows())", is_async=False))
        assert f"    return {name}(rows())\n" in text
        assert text.startswith('@app.get("/r")\nasync def r(')


def test_a_version_of_a_route_is_told_by_a_decorator_that_gives_the_function_back() -> None:
    assert "async def r(" in became(route("return key", is_async=False, above="@version(2)\n"))


def test_a_model_that_reads_a_file_blocks() -> None:
    item = "class Item(BaseModel):\n    name: str\n\n\n"
    text = route("return Item.parse_file(key)").replace('@app.get("/r")', f'{item}@app.get("/r")')
    assert "return await run_in_threadpool(Item.parse_file, key)" in became(text)


COSMOS = """
from azure.cosmos import CosmosClient

items = CosmosClient("url", "key").get_database_client("d").get_container_client("c")
"""


def test_pages_of_cosmos_are_asked_for_in_the_thread() -> None:
    text = route('found = []\nfor item in items.query_items("q"):\n    found.append(item["a"])\nreturn found')
    assert '        for item in items.query_items("q"):\n' in became(COSMOS + text)
    text = became(
        COSMOS + route('return [item["a"].upper() for item in items.read_all_items()]', is_async=False)
    )
    assert "await run_in_threadpool(lambda: [" in text


CELERY = "from celery import Celery\nfrom celery.result import AsyncResult\n\ncelery = Celery('c')\n\n\n"


@pytest.mark.parametrize("is_async", [False, True])
def test_what_a_task_of_celery_tells_is_asked_for_in_the_thread(is_async: bool) -> None:
    body = "task = AsyncResult(key)\nif task.state == 'PENDING':\n    return task.id\nreturn task.result"
    text = became(CELERY + route(body, is_async=is_async))
    assert "    if await run_in_threadpool(lambda: task.state) == 'PENDING':\n" in text
    assert "        return task.id\n" in text
    assert "    return await run_in_threadpool(lambda: task.result)\n" in text


def test_a_task_gives_its_answers_as_the_application_does() -> None:
    """`add.AsyncResult(key)` asks nobody yet, and what was read of it came onto the event loop."""
    text = became(
        CELERY
        + "@celery.task\ndef add(a, b):\n    return a + b\n\n\n"
        + route("task = add.AsyncResult(key)\nif task.state == 'PENDING':\n    return task.id\nreturn 1")
    )
    assert "    task = add.AsyncResult(key)\n" in text
    assert "    if await run_in_threadpool(lambda: task.state) == 'PENDING':\n" in text


def test_several_answers_of_a_task_are_asked_for_at_once() -> None:
    text = became(
        CELERY + route("return [celery.AsyncResult(key).status, AsyncResult(key).info.get('done')]")
    )
    assert text.count("run_in_threadpool") == 1


@pytest.mark.parametrize(
    "lines",
    [
        "task = {'state': key}\nreturn task['state']",
        "from types import SimpleNamespace\nreturn SimpleNamespace(state=key).state",
        "task = celery.AsyncResult(key)\ntask.state_of = key\nreturn task.id",
    ],
)
def test_other_attributes_of_that_name_are_read_where_they_are(lines: str) -> None:
    assert migrate_main(CELERY + route(lines)).is_unchanged


def test_the_garbage_collector_holds_the_interpreter_wherever_it_runs() -> None:
    done = migrate_main(route("import gc\ntry:\n    return key\nfinally:\n    gc.collect()"))
    assert done.is_unchanged
    assert not done.report.findings


@pytest.mark.parametrize(
    "body",
    [
        'return JSONResponse([{"at": e["loc"][-1], "why": e.get("msg", "?")} for e in exc.errors()], 422)',
        'for e in exc.errors():\n    at = [str(each) for each in e["loc"]]\nreturn JSONResponse(at, 422)',
    ],
)
def test_what_was_wrong_with_a_request_is_plain_data(body: str) -> None:
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    head = (
        "from fastapi import Request\nfrom fastapi.exceptions import RequestValidationError\n"
        "from fastapi.responses import JSONResponse\n\n\n@app.exception_handler(RequestValidationError)\n"
    )
    text = became(f"{head}def r(request: Request, exc: RequestValidationError):\n{lines}\n")
    assert "async def r(" in text
    assert "run_in_threadpool" not in text
