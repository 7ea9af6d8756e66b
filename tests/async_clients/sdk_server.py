"""A local server that speaks what the tests ask of the services whose SDKs they use."""

from __future__ import annotations

import json
import time
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qsl

_USAGE = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}


class SdkHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _answer(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        raw = self.rfile.read(length)
        is_form = self.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
        sent = dict(parse_qsl(raw.decode())) if is_form else json.loads(raw) if raw else {}
        path = self.path.partition("?")[0]
        wanted = sent.get("model", "") if isinstance(sent, dict) else ""
        if wanted == "slow":
            time.sleep(0.4)
        if wanted in _ERRORS:
            error = {"message": f"{wanted} it is", "type": wanted, "code": None, "param": None}
            self._send(_ERRORS[wanted], {"type": "error", "error": error})
        elif ":" in path:
            self._gemini(*path.rpartition("/")[2].split(":"))
        elif path.startswith("/api/") and sent.get("stream"):
            parts = [{"model": wanted, "response": word, "done": word == "two"} for word in ("one ", "two")]
            self._send(200, "\n".join(map(json.dumps, parts)))
        elif path.startswith("/v2/") and sent.get("stream"):
            ends = ({"type": "message-start", "id": "c"}, {"type": "message-end", "id": "c"})
            self._stream([(each["type"], each) for each in ends])
        elif isinstance(sent, dict) and (sent.get("stream") or "stream=true" in self.path):
            known = {"messages": _anthropic_events, "responses": _response_events}
            make = known.get(path.rpartition("/")[2])
            self._stream(make() if make is not None else _chunks(wanted))
        else:
            status, answer = _answer_to(self.command, path, sent, self.headers)
            self._send(status, answer)

    do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = _answer  # noqa: N815

    def _send(self, status: int, answer: object) -> None:
        data = (answer if isinstance(answer, str) else json.dumps(answer)).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("X-Elastic-Product", "Elasticsearch")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def _stream(self, events: list[tuple[str, object]]) -> None:
        lines = []
        for name, event in events:
            lines += [f"event: {name}"] if name else []
            lines += [f"data: {event if isinstance(event, str) else json.dumps(event)}", ""]
        data = ("\n".join(lines) + "\n").encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _gemini(self, model: str, method: str) -> None:
        answer = {
            "candidates": [{"content": {"parts": [{"text": "hello"}], "role": "model"}}],
            "totalTokens": 3,
        }
        if model in _ERRORS:
            code = _ERRORS[model]
            self._send(code, {"error": {"code": code, "message": f"{model} it is", "status": "NO"}})
        elif method == "streamGenerateContent":
            self._stream([("", answer), ("", answer)])
        else:
            self._send(200, answer | {"embeddings": [{"values": [0.5]}]})

    def log_message(self, *args: object) -> None:
        pass


_ERRORS = {"busy": 429, "unknown": 404, "forbidden": 403, "broken": 500}


def _answer_to(method: str, path: str, sent: dict[str, Any], headers: Any) -> tuple[int, object]:
    key = headers.get("authorization") or headers.get("x-api-key") or headers.get("api-key")
    told = json.dumps({"path": path, "sent": sent, "key": key}, sort_keys=True)
    if "/threads" in path:
        return _assistants(method, path)
    if path.endswith("/chat/completions"):
        message = {"role": "assistant", "content": told}
        choice = {"index": 0, "finish_reason": "stop", "message": message}
        return 200, {
            "id": "c", "object": "chat.completion", "created": 1, "model": "m",
            "choices": [choice], "usage": _USAGE,
        }  # fmt: skip
    if path.endswith("/v1/completions"):
        choice = {"index": 0, "finish_reason": "stop", "text": told, "logprobs": None}
        return 200, {
            "id": "c", "object": "text_completion", "created": 1, "model": "m",
            "choices": [choice], "usage": _USAGE,
        }  # fmt: skip
    if path.endswith("/embeddings"):
        rows = [{"object": "embedding", "index": 0, "embedding": [0.5, 0.25]}]
        return 200, {"object": "list", "data": rows, "model": "m", "usage": _USAGE}
    if path.endswith("/moderations"):
        return 200, {
            "id": "m",
            "model": "m",
            "results": [{"flagged": True, "categories": {}, "category_scores": {}}],
        }
    if path.endswith("/images/generations"):
        return 200, {"created": 1, "data": [{"url": "https://images.example.com/1"}]}
    if path.endswith("/responses"):
        part = {"type": "output_text", "text": told, "annotations": []}
        output = [
            {"type": "message", "id": "o", "role": "assistant", "status": "completed", "content": [part]}
        ]
        return 200, {"id": "r", "object": "response", "created_at": 1, "model": "m", "output": output}
    model = {"id": "m", "object": "model", "created": 1, "owned_by": "us"}
    if path.endswith("/models/m"):
        return 200, model
    if path.endswith("/models"):
        return 200, {"object": "list", "data": [model, {**model, "id": "n"}]}
    if path == "/api/embed":
        return 200, {"model": "m", "embeddings": [[0.5]]}
    if path == "/api/chat":
        return 200, {"model": "m", "message": {"role": "assistant", "content": told}, "done": True}
    if path == "/v1/voices":
        return 200, {"voices": [{"voice_id": "v", "name": "Ann"}]}
    if path == "/v2/chat":
        message = {"role": "assistant", "content": [{"type": "text", "text": told}]}
        return 200, {"id": "c", "finish_reason": "COMPLETE", "message": message}
    if path == "/v2/embed":
        return 200, {
            "id": "e",
            "response_type": "embeddings_by_type",
            "embeddings": {"float": [[0.5]]},
            "texts": ["a"],
        }
    if path == "/v2/rerank":
        return 200, {"id": "r", "results": [{"index": 0, "relevance_score": 0.5}]}
    if "stripe-version" in headers:
        return _stripe(path, sent, headers)
    if path.endswith("/chat.postMessage"):
        is_there = sent["channel"] != "missing"
        return 200, {"ok": is_there, "error": "channel_not_found", "ts": "1.0", "path": path, "sent": sent}
    if path.startswith("/v1/") and "notion-version" in headers:
        return _notion(path, sent)
    if path.endswith("/messages"):
        block = {"type": "text", "text": told}
        return 200, {
            "id": "m", "type": "message", "role": "assistant", "model": "m", "content": [block],
            "stop_reason": "end_turn", "stop_sequence": None,
            "usage": {"input_tokens": 1, "output_tokens": 2},
        }  # fmt: skip
    if path.endswith("/count_tokens"):
        return 200, {"input_tokens": 7}
    if path.startswith("/collections"):
        return _qdrant(method, path)
    if path == "/":
        return 200, {"title": "qdrant - vector search engine", "version": "1.0.0"}
    return _elastic(method, path, sent)


def _stripe(path: str, sent: dict[str, Any], headers: Any) -> tuple[int, object]:
    card = sent.get("currency", "")
    if card in _ERRORS or card == "declined":
        error = {"message": f"{card} it is", "code": card, "type": "card_error"}
        return _ERRORS.get(card, 402), {"error": error}
    told = json.dumps([path, sent, headers.get("idempotency-key")])
    row = {"id": "cus", "object": "customer", "email": told}
    if path.endswith(("/prices", "/subscriptions")):
        more = path.endswith("/prices")
        return 200, {"object": "list", "data": [row], "has_more": more, "url": path}
    return 200, row


def _assistants(method: str, path: str) -> tuple[int, object]:
    row = {
        "id": "t",
        "object": "thread",
        "created_at": 1,
        "status": "completed",
        "role": "user",
        "content": [],
    }
    pages = {"object": "list", "data": [row], "has_more": False, "first_id": "t", "last_id": "t"}
    return 200, pages if method == "GET" and path.endswith("/messages") else row


def _notion(path: str, sent: dict[str, Any]) -> tuple[int, object]:
    if "missing" in path:
        return 404, {"object": "error", "status": 404, "code": "object_not_found", "message": "no page"}
    return 200, {"object": "page", "path": path, "sent": sent}


def _qdrant(method: str, path: str) -> tuple[int, object]:
    def ok(result: object) -> tuple[int, object]:
        return 200, {"result": result, "status": "ok", "time": 0.1}

    if "missing" in path and not path.endswith("/exists"):
        return 404, {"status": {"error": "Not found: Collection `missing` doesn't exist!"}, "time": 0.1}
    if path == "/collections":
        return ok({"collections": [{"name": "docs"}]})
    if path.endswith("/exists"):
        return ok({"exists": "missing" not in path})
    if path.endswith("/points/query"):
        return ok({"points": [{"id": 1, "version": 0, "score": 0.5, "payload": {"a": 1}}]})
    if path.endswith("/points/count"):
        return ok({"count": 3})
    if path.endswith("/points") and method == "PUT":
        return ok({"operation_id": 0, "status": "completed"})
    return ok(True)


def _elastic(method: str, path: str, sent: dict[str, Any]) -> tuple[int, object]:
    if "missing" in path:
        return 404, {"_index": "docs", "_id": "missing", "found": False}
    if path.endswith("/_search"):
        hits = [{"_index": "docs", "_id": "1", "_score": 1.0, "_source": {"sent": sent}}]
        return 200, {"took": 1, "timed_out": False, "hits": {"total": {"value": 1}, "hits": hits}}
    if "/_doc/" in path and method == "GET":
        return 200, {"_index": "docs", "_id": "1", "found": True, "_source": {"a": 1}}
    return 200, {
        "acknowledged": True,
        "result": "created",
        "_id": "1",
        "count": 3,
        "method": method,
        "path": path,
    }


def _chunks(model: str) -> list[tuple[str, object]]:
    head = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": model}
    found: list[tuple[str, object]] = [
        ("", {**head, "choices": [{"index": 0, "delta": {"content": word}, "finish_reason": end}]})
        for word, end in (("one ", None), ("two ", None), ("three", "stop"))
    ]
    return [*found, ("", "[DONE]")]


def _response_events() -> list[tuple[str, object]]:
    text = {"type": "output_text", "text": "one two", "annotations": []}
    message = {"type": "message", "id": "t", "role": "assistant", "status": "completed", "content": [text]}
    response = {
        "id": "r", "object": "response", "created_at": 1, "model": "m", "parallel_tool_calls": False,
        "tool_choice": "auto", "tools": [], "output": [],
    }  # fmt: skip
    events = [
        {"type": "response.created", "response": {**response, "status": "in_progress"}},
        {"type": "response.completed", "response": {**response, "status": "completed", "output": [message]}},
    ]
    return [(str(e["type"]), {**e, "sequence_number": number}) for number, e in enumerate(events)]


def _anthropic_events() -> list[tuple[str, object]]:
    message = {
        "id": "m", "type": "message", "role": "assistant", "model": "m", "content": [],
        "stop_reason": None, "stop_sequence": None, "usage": {"input_tokens": 1, "output_tokens": 0},
    }  # fmt: skip
    start = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
    deltas = [
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": word}}
        for word in ("one ", "two")
    ]
    events = [
        {"type": "message_start", "message": message}, start, *deltas,
        {"type": "content_block_stop", "index": 0},
        {"type": "message_stop"},
    ]  # fmt: skip
    return [(str(event["type"]), event) for event in events]
