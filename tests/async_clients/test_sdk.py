"""Calls on the client of an SDK and on its async twin, against a local server: same results, same errors."""

from __future__ import annotations

# ruff: noqa: E501 (small programs, each on one line)
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
import small_projects
from client_programs import Outcome, changed, migrate
from running import run
from sdk_server import SdkHandler
from servers import http_server
from small_projects import APP

HEAD = "import LIBRARY\nfrom fastapi import APIRouter, HTTPException\n\nfrom app.llm import client\n\nrouter = APIRouter()\n\n\n"
MADE = {
    "openai": 'import openai\n\nclient = openai.OpenAI(api_key="k", base_url="URL/v1", max_retries=0, timeout=5)\n',
    "azure": 'import openai\n\nclient = openai.AzureOpenAI(api_key="k", azure_endpoint="URL", api_version="1", max_retries=0)\n',
    "anthropic": 'import anthropic\n\nclient = anthropic.Anthropic(api_key="k", base_url="URL", max_retries=0)\n',
    "mistralai": 'from mistralai.client import Mistral\n\nclient = Mistral(api_key="k", server_url="URL")\n',
    "google.genai": 'from google import genai\n\nclient = genai.Client(api_key="k", http_options={"base_url": "URL"})\n',
    "groq": 'import groq\n\nclient = groq.Groq(api_key="k", base_url="URL", max_retries=0)\n',
    "together": 'import together\n\nclient = together.Together(api_key="k", base_url="URL", max_retries=0)\n',
    "elevenlabs": 'from elevenlabs.client import ElevenLabs\n\nclient = ElevenLabs(api_key="k", base_url="URL", timeout=5)\n',
    "cohere": 'import cohere\n\nclient = cohere.ClientV2("k", base_url="URL", timeout=5)\n',
    "ollama": 'import ollama\n\nclient = ollama.Client("URL", timeout=5)\n',
    "huggingface_hub": 'import huggingface_hub\n\nclient = huggingface_hub.InferenceClient(base_url="URL", token="k")\n',
    "slack_sdk": 'import slack_sdk\n\nclient = slack_sdk.WebClient("k", base_url="URL/api/", timeout=5)\n',
    "stripe": 'import stripe\n\nclient = stripe.StripeClient("k", base_addresses={"api": "URL"}, max_network_retries=0)\n',
    "notion_client": 'import notion_client\n\nclient = notion_client.Client(auth="k", base_url="URL")\n',
    "elasticsearch": 'import elasticsearch\n\nclient = elasticsearch.Elasticsearch("URL", max_retries=0)\n',
    "opensearchpy": 'import opensearchpy\n\nclient = opensearchpy.OpenSearch(["URL"], http_auth=("u", "p"), timeout=5, max_retries=0)\n',
    "qdrant_client": 'import qdrant_client\n\nclient = qdrant_client.QdrantClient(url="URL", prefer_grpc=False, timeout=5, check_compatibility=False)\n',
}
CHAT = 'client.chat.completions.create(model="MODEL", messages=[{"role": "user", "content": "hi"}])'
MESSAGE = 'client.messages.create(model="MODEL", max_tokens=9, messages=[{"role": "user", "content": "hi"}])'
COMPLETED = CHAT.replace(".create(", ".stream(")
OPENED = MESSAGE.replace(".create(", ".stream(")
STREAM = 'for chunk in client.chat.completions.create(model="m", messages=[], stream=True):\n    words.append(chunk.choices[0].delta.content)\nreturn words'


def caught(call: str, library: str) -> str:
    names = (
        "RateLimitError",
        "NotFoundError",
        "PermissionDeniedError",
        "InternalServerError",
        "APITimeoutError",
    )
    clauses = "".join(
        f"except {library}.{name} as error:\n    return ['{name}', str(error)]\n" for name in names
    )
    return f"try:\n    {call}\n{clauses}"


CALLS = {
    "chat": ("openai", f"return {CHAT}.choices[0].message.content"),
    "chat of azure": ("azure", f"return {CHAT}.choices[0].message.content"),
    "chat of groq": ("groq", f"return {CHAT}.choices[0].message.content"),
    "usage": ("openai", f"answer = {CHAT}\nreturn [answer.usage.total_tokens, answer.choices[0].message.role]"),
    "a stream": ("openai", f"words = []\n{STREAM}"),
    "a stream of groq": ("groq", f"words = []\n{STREAM}"),
    "a stream with a name": ("openai", 'stream = client.chat.completions.create(model="m", messages=[], stream=True)\nreturn_ = ""\nfor chunk in stream:\n    return_ += chunk.choices[0].delta.content\nreturn return_'),
    "no stream": ("openai", f"return {CHAT.replace(')', ', stream=False)')}.id"),
    "the text of an answer": ("openai", f'text = {CHAT}.choices[0].message.content.strip()\nreturn [text.split(","), {CHAT}.model_dump()["id"], {CHAT}.choices[0].message.role.upper()]'),
    "a model of the caller": ("openai", 'from pydantic import BaseModel\nclass Told(BaseModel):\n    path: str\nfound = client.beta.chat.completions.parse(model="m", messages=[], response_format=Told)\nreturn found.choices[0].message.parsed.path'),
    "assistants": ("openai", 'thread = client.beta.threads.create()\nclient.beta.threads.messages.create(thread.id, role="user", content="hi")\nrun = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id="a")\nreturn [run.status, [each.id for each in client.beta.threads.messages.list(thread.id)], client.beta.threads.messages.list(thread.id).data[0].role.upper()]'),
    "embeddings": ("openai", 'return client.embeddings.create(model="m", input="a").data[0].embedding'),
    "moderation": ("openai", 'return client.moderations.create(input="a").results[0].flagged'),
    "models": ("openai", "return [[each.id for each in client.models.list()], client.models.list().data[0].id]"),
    "a page with a name": ("openai", "page = client.models.list()\nfound = []\nfor model in page:\n    found.append(model.id)\nreturn [found, len(page.data), page.has_next_page()]"),
    "a stream in a list": ("openai", f"return [chunk.id for chunk in {CHAT.replace(')', ', stream=True)')}]"),
    "a stream of Together": ("together", f"words = []\n{STREAM}"),
    "a stream of Hugging Face": ("huggingface_hub", f"words = []\n{STREAM}"),
    "chat of Hugging Face": ("huggingface_hub", 'return client.chat_completion([{"role": "user", "content": "hi"}], max_tokens=9).choices[0].message.content'),
    "no model of Hugging Face": ("huggingface_hub", 'from huggingface_hub.errors import HfHubHTTPError\ntry:\n    client.chat_completion([], model="unknown")\nexcept HfHubHTTPError as error:\n    return [error.response.status_code]'),
    "vectors of Together": ("together", 'return client.embeddings.create(model="m", input="a").data[0].embedding'),
    "speech of ElevenLabs": ("elevenlabs", 'audio = client.text_to_speech.convert("v", text="hi")\nreturn b"".join([chunk for chunk in audio])'),
    "a stream of ElevenLabs": ("elevenlabs", 'return [len(chunk) for chunk in client.text_to_speech.stream("v", text="hi")]'),
    "no model of ElevenLabs": ("elevenlabs", 'try:\n    audio = client.text_to_speech.convert("v", text="hi", model_id="m", output_format="mp3_44100_64")\n    return [len(chunk) for chunk in audio]\nexcept Exception as error:\n    return type(error).__name__'),
    "voices of ElevenLabs": ("elevenlabs", 'return [each.name for each in client.voices.get_all().voices]'),
    "chat of Cohere": ("cohere", 'return client.chat(model="m", messages=[{"role": "user", "content": "hi"}]).message.content[0].text'),
    "vectors of Cohere": ("cohere", 'return client.embed(model="m", texts=["a"], input_type="search_query", embedding_types=["float"]).embeddings.float_'),
    "ranks of Cohere": ("cohere", 'return [each.index for each in client.rerank(model="m", query="a", documents=["a"]).results]'),
    "a stream of Cohere": ("cohere", 'words = []\nfor event in client.chat_stream(model="m", messages=[{"role": "user", "content": "hi"}]):\n    words.append(event.type)\nreturn words'),
    "no model of Cohere": ("cohere", 'try:\n    client.chat(model="unknown", messages=[])\nexcept cohere.errors.NotFoundError as error:\n    return [error.status_code, error.body]'),
    "chat of Ollama": ("ollama", 'return client.chat(model="m", messages=[{"role": "user", "content": "hi"}])["message"]["content"]'),
    "a stream of Ollama": ("ollama", 'words = []\nfor part in client.generate("m", "hi", stream=True):\n    words.append(part["response"])\nreturn words'),
    "vectors of Ollama": ("ollama", 'return client.embed(model="m", input="hi").embeddings'),
    "no model of Ollama": ("ollama", 'try:\n    client.chat("unknown")\nexcept ollama.ResponseError as error:\n    return [error.status_code, error.error]'),
    "a message to Slack": ("slack_sdk", 'answer = client.chat_postMessage(channel="c", text="hi")\nreturn [answer["ts"], answer.get("none"), answer.status_code, answer.data["path"]]'),
    "no channel of Slack": ("slack_sdk", 'from slack_sdk.errors import SlackApiError\ntry:\n    return client.chat_postMessage(channel="missing", text="hi")["ts"]\nexcept SlackApiError as error:\n    return [error.response["error"], error.response.status_code]'),
    "a customer of Stripe": ("stripe", 'return [client.customers.create(params={"email": "a@b.c", "metadata": {"n": "1"}}).id, client.v1.customers.retrieve("cus").email]'),
    "a session of Stripe": ("stripe", 'return client.v1.checkout.sessions.create({"mode": "payment", "line_items": [{"price": "p", "quantity": 1}]}, {"idempotency_key": "i"}).id'),
    "chunks at once": ("openai", "stream = client.chat.completions.create(model='m', messages=[], stream=True)\nchunks = list(stream)\nreturn [len(chunks), chunks[0].id]"),
    "numbered chunks": ("openai", "pairs = [(number, chunk) for number, chunk in enumerate(client.chat.completions.create(model='m', messages=[], stream=True))]\nreturn [[number, chunk.id] for number, chunk in pairs]"),
    "sorted models": ("openai", "return [each.id for each in sorted(client.models.list(), key=repr)]"),
    "joined words": ("openai", "return ' '.join(chunk.choices[0].delta.content for chunk in client.chat.completions.create(model='m', messages=[], stream=True))"),
    "all pages of Stripe": ("stripe", 'return [each.id for each in client.subscriptions.list().auto_paging_iter()]'),
    "a list of Stripe": ("stripe", 'page = client.v1.prices.list({"limit": 2})\nreturn [[each.id for each in page.data], page.has_more]'),
    **{f"a card of Stripe that is {card}": ("stripe", f'try:\n    return client.payment_intents.create(params={{"amount": 1, "currency": "{card}"}}).id\nexcept stripe.StripeError as error:\n    return [type(error).__name__, error.http_status, error.code, str(error)]') for card in ("busy", "unknown", "forbidden", "broken", "declined")},
    "a page of Notion": ("notion_client", 'return client.pages.retrieve("p")'),
    "blocks of Notion": ("notion_client", 'return [client.blocks.children.list(block_id="b")["path"], client.search(query="a")["sent"]]'),
    "no page of Notion": ("notion_client", 'try:\n    client.pages.retrieve("missing")\nexcept notion_client.APIResponseError as error:\n    return [error.code, str(error)]'),
    "found by OpenSearch": ("opensearchpy", 'return client.get(index="docs", id="1")["_source"]'),
    "searched by OpenSearch": ("opensearchpy", 'return client.search(index="docs", body={"query": {"match_all": {}}})["hits"]["hits"]'),
    "an index of OpenSearch": ("opensearchpy", 'return [client.indices.exists(index="docs"), client.indices.exists(index="missing"), client.indices.create(index="a", body={"a": 1}), client.index(index="a", body={"b": 1})]'),
    "what OpenSearch found, and read on": ("opensearchpy", 'answer = client.get(index="docs", id="1")\nnames = [name.upper() for name in answer.get("_source", {}).keys()]\nhits = client.search(index="docs", body={}).get("hits", {}).get("hits", [])\nreturn [sorted(names), [hit["_id"].strip() for hit in hits]]'),
    "not found by OpenSearch": ("opensearchpy", 'try:\n    client.get(index="docs", id="missing")\nexcept opensearchpy.NotFoundError as error:\n    return [error.status_code, str(error)]'),
    "options of Elasticsearch": ("elasticsearch", 'quick = client.options(request_timeout=5)\nreturn [quick.get(index="docs", id="1")["_source"], client.options(ignore_status=404).get(index="docs", id="missing").meta.status]'),
    "chat of Mistral": ("mistralai", 'return client.chat.complete(model="m", messages=[{"role": "user", "content": "hi"}]).choices[0].message.content'),
    "a stream of Mistral": ("mistralai", 'words = []\nfor event in client.chat.stream(model="m", messages=[{"role": "user", "content": "hi"}]):\n    words.append(event.data.choices[0].delta.content)\nreturn words'),
    "vectors of Mistral": ("mistralai", 'return client.embeddings.create(model="m", inputs=["a"]).data[0].embedding'),
    "no model of Mistral": ("mistralai", 'try:\n    client.chat.complete(model="unknown", messages=[])\nexcept Exception as error:\n    return [type(error).__name__, str(error)]'),
    "image": ("openai", 'return client.images.generate(model="m", prompt="a").data[0].url'),
    "response": ("openai", 'return client.responses.create(model="m", input="hi").output_text'),
    "a stream of a response": ("openai", 'return [event.id for event in client.responses.retrieve("r", stream=True)]'),
    "model": ("openai", 'return client.models.retrieve("m").owned_by'),
    "text of Gemini": ("google.genai", 'return client.models.generate_content(model="m", contents="hi").text.strip()'),
    "tokens of Gemini": ("google.genai", 'return client.models.count_tokens(model="m", contents="hi").total_tokens'),
    "a vector of Gemini": ("google.genai", 'return client.models.embed_content(model="m", contents="hi").embeddings[0].values'),
    "a stream of Gemini": ("google.genai", 'words = []\nfor chunk in client.models.generate_content_stream(model="m", contents="hi"):\n    words.append(chunk.text)\nreturn words'),
    "no model of Gemini": ("google.genai", 'from google.genai import errors\ntry:\n    client.models.generate_content(model="unknown", contents="hi")\nexcept errors.ClientError as error:\n    return [error.code, str(error)]'),
    "message": ("anthropic", f"return {MESSAGE}.content[0].text.strip().lower()"),
    "tokens": ("anthropic", 'return client.messages.count_tokens(model="m", messages=[]).input_tokens'),
    "a stream of messages that a with opens": ("anthropic", f'words = []\nwith {OPENED} as stream:\n    for word in stream.text_stream:\n        words.append(word)\n    final = stream.get_final_message()\n    now = stream.current_message_snapshot\nreturn [words, final.id, now.id]'),
    "a step of a stream of messages": ("anthropic", f'with {OPENED} as stream:\n    first = next(stream)\n    return [first.type, stream.get_final_text()]'),
    "the events of a stream of messages": ("anthropic", f'with {OPENED} as stream:\n    kinds = [event.type for event in stream]\nreturn kinds'),
    "the text of a stream of messages": ("anthropic", f'with {OPENED} as stream:\n    stream.until_done()\n    return ["".join(stream.text_stream), stream.get_final_text()]'),
    "a stream of messages that is refused": ("anthropic", caught(f'with {OPENED.replace("MODEL", "refused")} as stream:\n        return stream.get_final_text()', "anthropic")),
    "a completion that a with opens": ("openai", f'words = []\nwith {COMPLETED} as stream:\n    for event in stream:\n        if event.type == "content.delta":\n            words.append(event.delta)\n    now = stream.current_completion_snapshot\n    final = stream.get_final_completion()\nreturn [words, now.id, final.choices[0].message.content]'),
    "a step of a completion": ("openai", f'with {COMPLETED} as stream:\n    first = next(stream)\n    stream.until_done()\n    return [first.type, stream.get_final_completion().id]'),
    "a manager under a name": ("openai", f"manager = {COMPLETED}\nwith manager as found:\n    return found.get_final_completion().id"),
    "a completion that is refused": ("openai", caught(f'with {COMPLETED.replace("MODEL", "forbidden")} as stream:\n        return stream.get_final_completion().id', "openai")),
    "a response that a with opens": ("openai", 'with client.responses.stream(model="m", input="hi") as stream:\n    kinds = [event.type for event in stream]\n    return [kinds, stream.get_final_response().output_text]'),
    "a stream of messages": ("anthropic", f'kinds = []\nfor event in {MESSAGE.replace("max_tokens=9", "max_tokens=9, stream=True")}:\n    kinds.append(event.type)\nreturn kinds'),
    "found": ("elasticsearch", 'return client.get(index="docs", id="1")["_source"]'),
    "searched": ("elasticsearch", 'return client.search(index="docs", query={"match_all": {}})["hits"]["hits"]'),
    "an index": ("elasticsearch", 'return [bool(client.indices.exists(index="docs")), bool(client.indices.exists(index="missing")), client.indices.create(index="a").body]'),
    "what was found, and read on": ("elasticsearch", 'answer = client.get(index="docs", id="1")\nnames = [name.upper() for name in answer.get("_source", {}).keys()]\nhits = client.search(index="docs", query={}).get("hits", {}).get("hits", [])\nreturn [sorted(names), [hit["_id"].strip() for hit in hits], answer.body == dict(answer), answer.meta.status]'),
    "the health of all": ("elasticsearch", 'return client.cluster.health().body.get("status", "").upper()'),
    "not found": ("elasticsearch", 'try:\n    client.get(index="docs", id="missing")\nexcept elasticsearch.NotFoundError as error:\n    return [error.status_code, str(error)]'),
    "collections": ("qdrant_client", "return [each.name for each in client.get_collections().collections]"),
    "points": ("qdrant_client", 'return [client.query_points("docs", query=[0.1]).points[0].payload, client.count("docs").count]'),
    "exists": ("qdrant_client", 'return [client.collection_exists("docs"), client.collection_exists("missing")]'),
    "no collection": ("qdrant_client", 'from qdrant_client.http.exceptions import UnexpectedResponse\ntry:\n    client.count("missing")\nexcept UnexpectedResponse as error:\n    return [error.status_code, str(error)]'),
    **{f"{model} of {library}": (library, caught(call.replace("MODEL", model), library)) for library, call in (("openai", CHAT), ("anthropic", MESSAGE), ("groq", CHAT), ("together", CHAT)) for model in ("busy", "unknown", "forbidden", "broken")},
    "too slow": ("openai", caught(CHAT.replace("MODEL", "slow").replace("messages", "timeout=0.1, messages", 1), "openai")),
}  # fmt: skip


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with http_server(SdkHandler) as found:
        yield found


def files(library: str, body: str, url: str = "http://127.0.0.1:9", **more: str) -> dict[str, str]:
    lines = "    ".join(["", *body.replace("MODEL", "m").splitlines(keepends=True)])
    head = HEAD.replace("LIBRARY", "openai" if library == "azure" else library)
    routes = f'{head}@router.get("/")\ndef call():\n{lines}\n'
    found = {"app/routes.py": routes, "app/llm.py": MADE[library].replace("URL", url)}
    return found | {path.replace("__", "/") + ".py": changed(text) for path, text in more.items()}


def needed(library: str) -> None:
    pytest.importorskip("openai" if library == "azure" else library)
    if library in ("elasticsearch", "opensearchpy"):
        pytest.importorskip("aiohttp")


@pytest.mark.filterwarnings("ignore:Inheritance class:DeprecationWarning")  # of google-genai under aiohttp
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # clients without a `close`
@pytest.mark.parametrize("library", sorted({library for library, _ in CALLS.values()}))
def test_calls_give_and_raise_the_same(library: str, url: str, tmp_path: Path) -> None:
    """Each on two event loops, as with `TestClient`: a client of the module would fail on the second."""
    needed(library)
    bodies = [body for other, body in CALLS.values() if other == library]
    names = [f"case_{number}()" for number in range(len(bodies))]
    texts = files(library, f"return [{', '.join(names)}]", url)
    for name, body in zip(names, bodies, strict=True):
        texts["app/routes.py"] += (
            f"\n\ndef {name}:\n" + textwrap.indent(body.replace("MODEL", "m"), "    ") + "\n"
        )
    outcome = migrate(texts)
    assert outcome.text.count(" client().") >= len(bodies), outcome.reasons
    assert "run_in_threadpool" not in outcome.text
    old = run(tmp_path / "old", outcome.before, "call", loops=2)
    assert run(tmp_path / "new", outcome.texts, "call", loops=2) == old
    assert all(found is not None for found in old[0]), old


@pytest.mark.parametrize(
    ("library", "call", "error"),
    [
        ("anthropic", f"{MESSAGE}.id", "APIConnectionError"),
        ("notion_client", 'client.pages.retrieve("p")', "RuntimeError"),
    ],
)
def test_a_client_that_is_closed_is_closed_for_all(
    library: str, call: str, error: str, url: str, tmp_path: Path
) -> None:
    needed(library)
    outcome = migrate(files(library, f"client.close()\nreturn {call}", url))
    assert "close()" in outcome.text
    assert "run_in_threadpool" not in outcome.text
    old = run(tmp_path / "old", outcome.before, "call")
    assert run(tmp_path / "new", outcome.texts, "call") == old
    assert old[0][0] == error


def test_the_client_of_an_object_that_is_made_once(url: str, tmp_path: Path) -> None:
    needed("openai")
    llm = f"""
        from openai import OpenAI


        class Assistant:
            def __init__(self):
                self.client = OpenAI(api_key="k", base_url="{url}/v1")
                self.model = "m"

            def ask(self, q):
                found = self.client.chat.completions.create(model=self.model, messages=[{{"role": "user", "content": q}}])
                return found.choices[0].message.content


        assistant = Assistant()
    """
    texts = files("openai", "return assistant.ask('hi')") | {"app/llm.py": changed(llm)}
    texts["app/routes.py"] = texts["app/routes.py"].replace("import client", "import assistant")
    outcome = migrate(texts)
    text = outcome.texts["app/llm.py"]
    assert "self.client = per_event_loop(self._make_client)" in text
    assert "def _make_client(self) -> AsyncOpenAI:" in text
    assert "from openai import AsyncOpenAI\n" in text
    old = run(tmp_path / "old", outcome.before, "call", loops=2)
    assert run(tmp_path / "new", outcome.texts, "call", loops=2) == old


def test_a_client_that_a_cached_function_gives(url: str, tmp_path: Path) -> None:
    needed("openai")
    llm = f"""
        from functools import lru_cache

        import openai


        @lru_cache
        def get_client() -> openai.OpenAI:
            return openai.OpenAI(
                api_key="k",  # of the shop
                base_url="{url}/v1",
            )
    """
    body = f"client = get_client()\nreturn [get_client().models.retrieve('m').id, {CHAT}.id]"
    texts = files("openai", body) | {"app/llm.py": changed(llm)}
    texts["app/routes.py"] = texts["app/routes.py"].replace("import client", "import get_client")
    outcome = migrate(texts)
    assert "@per_event_loop\ndef get_client() -> AsyncOpenAI:\n" in outcome.texts["app/llm.py"]
    assert "    client = get_client()\n" in outcome.text
    old = run(tmp_path / "old", outcome.before, "call", loops=2)
    assert run(tmp_path / "new", outcome.texts, "call", loops=2) == old


STREAMS = """
    def words(count):
        for chunk in client.chat.completions.create(model="m", messages=[], stream=True):
            yield chunk.choices[0].delta.content * count


    def around(count):
        yield "<"
        yield from words(count)
        yield ">"


    @router.get("/stream")
    def stream(count: int = 2):
        return StreamingResponse(around(count), media_type="text/plain")
"""
ASK = """

from fastapi import FastAPI
from fastapi.testclient import TestClient


def ask():
    app = FastAPI()
    app.include_router(router)
    with TestClient(app) as browser:
        return [browser.get(url).text for url in ("/stream", "/", "/stream?count=3")]
"""


def test_what_a_response_streams_turns_with_the_client(url: str, tmp_path: Path) -> None:
    """Threads go through a plain generator; it would be all that keeps the client sync."""
    needed("openai")
    texts = files("openai", f"return {CHAT}.id", url)
    head = "from fastapi.responses import StreamingResponse\n" + texts["app/routes.py"]
    outcome = migrate({**texts, "app/routes.py": head + changed(STREAMS)})
    assert "async def words(count):\n    async for chunk in await client().chat" in outcome.text
    before, after = (
        {**each, "app/routes.py": each["app/routes.py"] + ASK} for each in (outcome.before, outcome.texts)
    )
    assert run(tmp_path / "new", after, "ask") == run(tmp_path / "old", before, "ask")


@pytest.mark.parametrize("stays", ["open(str(count)).read()", "requests.get(URL).text", "time.sleep(count)"])
def test_a_stream_without_a_client_of_others_is_gone_through_by_threads(stays: str) -> None:
    needed("openai")
    streams = changed(STREAMS).replace("yield chunk.choices[0].delta.content * count", f"yield {stays}")
    streams = streams.replace(
        'client.chat.completions.create(model="m", messages=[], stream=True)', "range(3)"
    )
    head = "import requests, time\nfrom fastapi.responses import StreamingResponse\n"
    texts = files("openai", f"return {CHAT}.id")
    outcome = migrate({**texts, "app/routes.py": head + texts["app/routes.py"] + streams})
    assert "\ndef words(count):" in outcome.text


STARTED = """
    from contextlib import asynccontextmanager

    from fastapi import FastAPI, Request
    from fastapi.testclient import TestClient
    from openai import OpenAI


    @asynccontextmanager
    async def lifespan(app: FastAPI):
        app.state.llm = OpenAI(api_key="k", base_url="URL/v1")
        app.state.models = [each.id for each in app.state.llm.models.list()]
        yield
        app.state.llm.close()


    app = FastAPI(lifespan=lifespan)


    @app.get("/")
    def ask(request: Request):
        llm: OpenAI = request.app.state.llm
        return [request.app.state.models, llm.embeddings.create(model="m", input="a").data[0].embedding]


    def call():
        with TestClient(app) as client:
            return client.get("/").json()
"""


def test_a_client_that_is_made_when_the_application_starts(url: str, tmp_path: Path) -> None:
    needed("openai")
    outcome = migrate({"app/routes.py": changed(STARTED).replace("URL", url)})
    assert "[each.id async for each in await app.state.llm.models.list()]" in outcome.text, outcome.reasons
    assert "await app.state.llm.close()" in outcome.text
    assert "llm: AsyncOpenAI = request.app.state.llm" in outcome.text
    old = run(tmp_path / "old", outcome.before, "call", times=2)
    assert run(tmp_path / "new", outcome.texts, "call", times=2) == old == [[["m", "n"], [0.5, 0.25]]] * 2


TESTS = {
    "the class": "from unittest.mock import patch\n\n\ndef test_it():\n    with patch('openai.OpenAI'):\n        pass\n",
    "the class where it is used": "from unittest.mock import patch\n\n\ndef test_it():\n    with patch('app.llm.OpenAI'):\n        pass\n",
    "a resource of the SDK": "from unittest.mock import patch\n\n\ndef test_it():\n    with patch('openai.resources.chat.completions.Completions.create'):\n        pass\n",
    "the client": "from unittest.mock import patch\n\n\ndef test_it():\n    with patch('app.llm.client'):\n        pass\n",
    "the client where it is used": "from unittest.mock import patch\n\n\ndef test_it():\n    with patch('app.routes.client'):\n        pass\n",
    "a method of the client": "from unittest.mock import patch\n\n\ndef test_it():\n    with patch('app.llm.client.chat.completions.create'):\n        pass\n",
    "a method by monkeypatch": "from app import llm\n\n\ndef test_it(monkeypatch):\n    monkeypatch.setattr(llm.client.chat.completions, 'create', print)\n",
}


@pytest.mark.parametrize("what", TESTS)
def test_what_tests_replace_stays_as_it_is(what: str) -> None:
    texts = files("openai", f"return {CHAT}.id", tests__test_it=TESTS[what])
    stays(migrate(texts))


STAYS = {
    "a message to Slack that is returned": ('return client.chat_postMessage(channel="c", text="hi")', "a SlackResponse, is handed on", "slack_sdk"),
    "pages of Slack": ('return [page["ok"] for page in client.users_list()]', "a SlackResponse, is handed on", "slack_sdk"),
    "a stream to Slack": ('stream = client.chat_stream(channel="c", recipient_team_id="t", thread_ts="1")\nstream.append(markdown_text="hi")\nstream.stop()\nreturn client.api_test()["ok"]', "slack_sdk.WebClient.chat_stream has no exact twin", "slack_sdk"),
    "a signature of Slack": ('return [client.validate_slack_signature(signing_secret="s", data="d", timestamp="1", signature="x"), client.api_test()["ok"]]', "", "slack_sdk"),
    "a connection of OpenSearch": ('return [client.transport.get_connection().host, client.ping()]', "", "opensearchpy"),
    "errors of urllib": ('from urllib.error import URLError\ntry:\n    return client.chat_postMessage(channel="c", text="hi")["ts"]\nexcept URLError:\n    return ""', "its async twin raises no urllib.error, which app/routes.py imports", "slack_sdk"),
    "errors of urllib by another import": ('import urllib.request\ntry:\n    return client.chat_postMessage(channel="c", text="hi")["ts"]\nexcept urllib.error.URLError:\n    return ""', "its async twin raises no urllib.error, which app/routes.py names", "slack_sdk"),
    "a file for Stripe": ('client.balance.retrieve()\nreturn client.files.create(params={"file": open("a", "rb")}).id', "stripe.StripeClient.files.create has no exact twin", "stripe"),
    "a page that is handed on": ("return client.models.list()", "a SyncPage, is handed on"),
    "a page that is asked for more": ("return client.models.list().model_dump()", ".model_dump of what it gives has no exact twin"),
    "a page by an expression": ("return any(model.id == 'm' for model in client.models.list())", ""),
    "a method that is kept": (f"ask = client.chat.completions.create\nask(model='m')\nreturn {CHAT}.id", ""),
    "a method that is handed on": (f"print(client.chat.completions.create)\nreturn {CHAT}.id", ""),
    "a stream of Mistral by a with": ('with client.chat.stream(model="m", messages=[]) as found:\n    return [event.data for event in found]', "a EventStream, is handed on", "mistralai"),
    "agents of Mistral": ('client.beta.agents.list()\nreturn client.chat.complete(model="m", messages=[]).id', "", "mistralai"),
    "a file": ('return client.files.create(file=open("a"), purpose="assistants").id', "openai.OpenAI.files.create has no exact twin"),
    "a stream that is handed on": (f"return print({CHAT.replace(')', ', stream=True)')})", "a Stream, is handed on"),
    "a stream that is returned": (f"stream = {CHAT.replace(')', ', stream=True)')}\nreturn stream", "a Stream, is handed on"),
    "a stream that an inner function reads": (f"stream = {CHAT.replace(')', ', stream=True)')}\ndef read():\n    return list(stream)\nreturn read()", "a Stream, is handed on"),
    "a stream that is closed": (f"stream = {CHAT.replace(')', ', stream=True)')}\nfor chunk in stream:\n    stream.close()\n    return chunk.id", ".close of what it gives has no exact twin"),
    "a stream that a function takes": (f"return dict.fromkeys({CHAT.replace(')', ', stream=True)')})", "a Stream, is handed on"),
    "a stream that is numbered on the way": (f"for number, chunk in enumerate({CHAT.replace(')', ', stream=True)')}):\n    print(number, chunk)\nreturn 1", "a Stream, is handed on"),
    "one step of a stream": (f"return next({CHAT.replace(')', ', stream=True)')}).id", "a Stream, is handed on"),
    "a stream that is yielded on": (f"def steps():\n    yield from {CHAT.replace(')', ', stream=True)')}\nreturn list(steps())", ""),
    "what a stream answered": (f"stream = {CHAT.replace(')', ', stream=True)')}\nreturn stream.response.status_code", ".response of what it gives has no exact twin"),
    "a stream by a variable": (f"wanted = len('a') > 2\nreturn {CHAT.replace(')', ', stream=wanted)')}.id", "whether it streams is not written out"),
    "unknown keywords": (f"more = dict(vars(router))\nreturn {CHAT.replace(')', ', **more)')}.id", "whether it streams is not written out"),
    "keywords that something else adds to": (f"more = {{}}\nmore.update(vars(router))\nreturn {CHAT.replace(')', ', **more)')}.id", "whether it streams is not written out"),
    "keywords that have a stream": (f"more = {{}}\nmore['stream'] = True\nreturn {CHAT.replace(')', ', **more)')}.id", "whether it streams is not written out"),
    "keywords of callers that stream": (f"def ask(**more):\n    return {CHAT.replace(')', ', **more)')}.id\nreturn [ask(), ask(stream=True)]", "whether it streams is not written out"),
    "keywords of callers that are not seen": (f"def ask(**more):\n    return {CHAT.replace(')', ', **more)')}.id\nreturn [ask(**vars(router))]", "whether it streams is not written out"),
    "options": (f"return {CHAT.replace('client.', 'client.with_options(timeout=1).')}.id", "where the client comes from is not seen"),
    "a stream of Gemini that is handed on": ('return client.models.generate_content_stream(model="m", contents="hi")', "a Stream, is handed on", "google.genai"),
    "a chat of Gemini": ('client.models.count_tokens(model="m", contents="a")\nreturn client.chats.create(model="m").send_message("hi").text', "", "google.genai"),
    "handed on": (f"print(client)\nreturn {CHAT}.id", "handed on"),
    "a text stream that is handed on": (f"with {OPENED} as found:\n    print(found.text_stream)\n    return found.get_final_text()", "handed on", "anthropic"),
    "a manager that is kept": (f"managers = [{OPENED}]\nwith managers[0] as found:\n    return found.get_final_text()", "", "anthropic"),
    "the answer of a stream of messages": (f"with {OPENED} as found:\n    return [found.response.status_code, found.get_final_text()]", "what is read of a MessageStream may be another one", "anthropic"),
    "a manager": (f"with {COMPLETED} as found:\n    return found", ""),
    "a manager that is closed": (f"found = {COMPLETED}.__enter__()\nreturn found.get_final_completion().id", ""),
}  # fmt: skip


@pytest.mark.parametrize(
    "body",
    [
        "more = {'top_p': 1}\nif router:\n    more['n'] = 1\nreturn CHAT.id",
        "more: dict = {}\nreturn CHAT.id",
        "def ask(**more):\n    return CHAT.id\nreturn [ask(), ask(temperature=0)]",
        "def ask(**more):\n    more.setdefault('n', 1)\n    return CHAT.id\nreturn [ask(), ask(temperature=0)]",
    ],
)
def test_keywords_that_are_passed_on_without_a_stream(body: str) -> None:
    outcome = migrate(files("openai", body.replace("CHAT", CHAT.replace(")", ", **more)"))))
    assert "(await client().chat.completions.create(" in outcome.text, outcome.reasons


@pytest.mark.parametrize("what", STAYS)
def test_what_has_no_equal_stays(what: str) -> None:
    body, reason, *library = STAYS[what]
    stays(migrate(files(*library or ["openai"], body)), reason)


@pytest.mark.parametrize(
    "made",
    [
        'client = openai.OpenAI(api_key="k", http_client=httpx.Client())',
        'client = openai.OpenAI(**{"api_key": "k"})',
        'client = openai.AzureOpenAI(azure_endpoint="x", api_version="1", azure_ad_token_provider=print)',
    ],
)
def test_a_constructor_that_means_something_else_stays(made: str) -> None:
    texts = files("openai", f"return {CHAT}.id") | {"app/llm.py": f"import httpx\nimport openai\n\n{made}\n"}
    stays(migrate(texts), "made with arguments")


def test_a_client_that_comes_by_a_star_is_called_there_as_well() -> None:
    other = f"from fastapi import APIRouter\n\nfrom app.llm import *\n\nrouter = APIRouter()\n\n\n@router.get('/')\ndef other():\n    return {CHAT}.id\n"
    outcome = migrate(files("openai", f"return {CHAT}.id") | {"app/routes_b.py": other})
    assert "return (await client().chat" in outcome.text
    assert "return (await client().chat" in outcome.texts["app/routes_b.py"]


def test_a_client_that_a_script_uses_as_well_stays() -> None:
    texts = files(
        "openai",
        f"return {CHAT}.id",
        script=f"from app.llm import client\n\n\ndef main():\n    {CHAT}\n\n\nmain()\n",
    )
    stays(migrate(texts), "stays synchronous")


OWN = """
[tool.async-fix.catalogue."acme.Client"]
category = 'sdk'
twin = 'acme.AsyncClient'
mirror = true
exact = 'fetch'
options = 'token'
blocking = 'fetch send'
"""
USES_OWN = (
    APP
    + """
import acme

client = acme.Client(token="x")


@app.get("/")
def call():
    return client.CALL("a")
"""
)


def test_a_client_of_the_users_own_catalogue_becomes_its_twin() -> None:
    files = {"pyproject.toml": OWN, "app/main.py": USES_OWN.replace("CALL", "fetch"), "app/__init__.py": ""}
    text = small_projects.migrate(files).texts["app/main.py"]
    assert '@per_event_loop\ndef client() -> AsyncClient:\n    return AsyncClient(token="x")\n' in text
    assert 'async def call():\n    return await client().fetch("a")\n' in text


PARTS = """
[tool.async-fix.catalogue.acme]
fast = 'connect aconnect'
twins."acme.aconnect" = 'connect'
returns."acme.Client" = 'connect'
returns."acme.AsyncClient" = 'aconnect'

[tool.async-fix.catalogue."acme.Client"]
category = 'sdk'
twin = 'acme.AsyncClient'
mirror = true
made-by = 'acme.connect'
exact = 'batch'
differs.batch = 'log'
options = 'token'
fast = 'batch'
returns."acme.Batch" = 'batch'

[tool.async-fix.catalogue."acme.Batch"]
category = 'sdk'
twin = 'acme.AsyncBatch'
mirror = true
exact = 'send within'
fast = '__enter__'
blocking = 'send within __exit__'
hands."acme.Batch" = 'within'
"""
USES_PARTS = (
    APP
    + """
import acme

client = acme.connect(token="x")


def work(inner):
    return inner.send("b")


@app.get("/")
def call():
    with client.batch() as batch:
        batch.send("a")
        return batch.within(work)
"""
)


def test_what_the_users_catalogue_says_of_the_parts_of_a_client() -> None:
    files = {"pyproject.toml": PARTS, "app/main.py": USES_PARTS, "app/__init__.py": ""}
    text = small_projects.migrate(files).texts["app/main.py"]
    assert '@per_event_loop\ndef client() -> AsyncClient:\n    return aconnect(token="x")\n' in text
    assert "async def work(inner):\n    return await inner.send(" in text
    assert "    async with client().batch() as batch:\n        await batch.send(" in text
    assert "        return await batch.within(work)\n" in text
    files["app/main.py"] = USES_PARTS.replace("client.batch()", "client.batch(log=print)")
    assert "aconnect" not in small_projects.migrate(files).texts["app/main.py"]


@pytest.mark.parametrize(
    "entry", [OWN.replace("options = 'token'\n", ""), OWN.replace("exact = 'fetch'", "exact = 'send'")]
)
def test_a_client_that_the_users_catalogue_does_not_vouch_for_stays(entry: str) -> None:
    files = {"pyproject.toml": entry, "app/main.py": USES_OWN.replace("CALL", "fetch"), "app/__init__.py": ""}
    assert 'await run_in_threadpool(client.fetch, "a")' in small_projects.migrate(files).texts["app/main.py"]


def stays(outcome: Outcome, reason: str = "") -> None:
    assert "await client()" not in outcome.text
    assert "Async" not in outcome.texts["app/llm.py"]
    assert not reason or any(reason in each for each in outcome.reasons), outcome.reasons
