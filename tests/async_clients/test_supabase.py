"""A Supabase client and its async twin, against a local server: same rows, same errors, or none turns."""

from __future__ import annotations

# ruff: noqa: E501 (small programs, each on one line)
import json
import re
import textwrap
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from async_fix.codemods.async_clients import supabase as family
from client_programs import Outcome, changed, migrate
from running import run
from servers import http_server
from small_projects import migrate_main

HEAD = "from fastapi import APIRouter, HTTPException\n\nfrom app.db import supabase\n\nrouter = APIRouter()\n\n\n"
DB = 'from supabase import Client, create_client\n\nsupabase: Client = create_client("URL", "eyJh.eyJy.c2ln")\n'


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode("latin-1")
        path = urlsplit(self.path).path
        seen = {"method": self.command, "path": self.path, "body": body, "prefer": self.headers.get("prefer")}
        if "missing" in path:
            self._send(404, {"message": "no such table", "code": "42P01", "hint": None, "details": None})
        elif path.startswith("/rest/v1/"):
            self._send(200, [seen])
        elif path == "/auth/v1/token" and "wrong" in body:
            self._send(400, {"error": "invalid_grant", "error_description": "Invalid login credentials"})
        elif path == "/auth/v1/user":
            self._send(
                200,
                {
                    "id": "u1",
                    "aud": "a",
                    "app_metadata": {},
                    "user_metadata": {},
                    "created_at": "2024-01-01T00:00:00Z",
                    "email": "a@b.c",
                },
            )
        else:
            self._send(200, {"Key": path, "signedURL": path, "Id": "1"})

    def _send(self, status: int, found: object) -> None:
        data = json.dumps(found).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Connection", "close")  # else the clients leave theirs open
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _answer  # noqa: N815

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    pytest.importorskip("supabase")
    with http_server(_Handler) as found:
        yield found


def files(body: str, url: str = "http://127.0.0.1:9", more: str = "") -> dict[str, str]:
    lines = textwrap.indent(changed(body), "    ")
    routes = f'{HEAD}{changed(more) + chr(10) * 2 if more else ""}@router.get("/")\ndef call():\n{lines}'
    return {"app/routes.py": routes, "app/db.py": DB.replace("URL", url)}


CALLS = {
    "rows": 'return supabase.table("users").select("*").eq("name", "a b").execute().data',
    "a row that is added": 'return supabase.table("users").insert({"name": "a"}).execute().data',
    "a row that is changed": 'return supabase.from_("users").update({"name": "a"}).eq("id", 1).execute().data',
    "one row": 'return supabase.table("users").select("id").limit(1).single().execute().data',
    "a procedure": 'return supabase.rpc("count", {"a": 1}).execute().data',
    "a query with a name": """
        wanted = "a"
        query = supabase.table("users").select("*", count="exact")
        if wanted:
            query = query.eq("a", 1)
        found = query.order("id", desc=True).range(0, 9).execute()
        return [found.data, found.count]
        """,
    "a query that is changed in place": """
        wanted = "a"
        query = supabase.table("users").select("*")
        if wanted:
            query.eq("a", 1)
        query.order("id").limit(3)
        return query.execute().data
        """,
    "a table that is missing": """
        from postgrest.exceptions import APIError

        try:
            supabase.table("missing").delete().eq("id", 1).execute()
        except APIError as error:
            return [error.code, error.message]
        """,
    "a user": 'return supabase.auth.get_user("eyJh.eyJy.c2ln").user.email',
    "a login that fails": """
        try:
            supabase.auth.sign_in_with_password({"email": "a@b.c", "password": "wrong"})
        except Exception as error:
            raise HTTPException(401) from error
        """,
    "a file": """
        sent = supabase.storage.from_("photos").upload("a.txt", b"data")
        return [sent.path, supabase.storage.from_("photos").get_public_url("a.txt")]
        """,
}


AUTH = {
    "exchange_code_for_session": '{"auth_code": "a", "code_verifier": "v"}',
    "get_session": "",
    "get_user": '"eyJh.eyJy.c2ln"',
    "refresh_session": '"r"',
    "resend": '{"type": "signup", "email": "a@b.c"}',
    "reset_password_email": '"a@b.c"',
    "reset_password_for_email": '"a@b.c"',
    "set_session": '"eyJh.eyJy.c2ln", "r"',
    "sign_in_anonymously": "",
    "sign_in_with_id_token": '{"provider": "google", "token": "t"}',
    "sign_in_with_oauth": '{"provider": "google"}',
    "sign_in_with_otp": '{"email": "a@b.c"}',
    "sign_in_with_password": '{"email": "a@b.c", "password": "right"}',
    "sign_in_with_sso": '{"domain": "b.c"}',
    "sign_up": '{"email": "a@b.c", "password": "p"}',
    "update_user": '{"email": "b@b.c"}',
    "verify_otp": '{"email": "a@b.c", "token": "t", "type": "email"}',
    "sign_out": "",
}
ADMIN = {
    "create_user": '{"email": "a@b.c"}',
    "delete_user": '"8d2b1f0e-0000-4000-8000-000000000000"',
    "get_user_by_id": '"8d2b1f0e-0000-4000-8000-000000000000"',
    "invite_user_by_email": '"a@b.c"',
    "list_users": "",
    "update_user_by_id": '"8d2b1f0e-0000-4000-8000-000000000000", {"email": "b@b.c"}',
}
BUCKET = {
    "copy": '"a.txt", "b.txt"',
    "create_signed_url": '"a.txt", 60',
    "create_signed_urls": '["a.txt"], 60',
    "download": '"a.txt"',
    "get_public_url": '"a.txt"',
    "list": "",
    "move": '"a.txt", "b.txt"',
    "remove": '["a.txt"]',
    "update": '"a.txt", b"data"',
    "upload": '"a.txt", b"data"',
}


def _each(start: str, calls: dict[str, str]) -> str:
    """A program that makes all of the calls, and tells what each gives or raises."""
    body = "found = []\n"
    for name, given in calls.items():
        body += f"try:\n    found.append(repr({start}.{name}({given})))\n"
        body += "except Exception as error:\n    found.append([type(error).__name__, str(error)])\n"
    return body + "return found"


CALLS |= {
    "every way to log in": _each("supabase.auth", AUTH),
    "everything of an administrator": _each("supabase.auth.admin", ADMIN),
    "everything with files": _each('supabase.storage.from_("photos")', BUCKET),
}


def test_all_of_them_are_tried() -> None:
    tried = (AUTH.keys(), ADMIN.keys(), BUCKET.keys())
    assert tried == (family.AUTH, family.ADMIN, family.BUCKET | family.SENDS)


@pytest.mark.parametrize("name", CALLS)
def test_calls_give_and_raise_the_same(name: str, url: str, tmp_path: Path) -> None:
    """Each on two event loops, as with `TestClient`."""
    outcome = migrate(files(CALLS[name], url))
    assert "await supabase()" in outcome.text or "await query" in outcome.text, outcome.reasons
    assert "run_in_threadpool" not in outcome.text
    made = '@per_event_loop\ndef supabase() -> AsyncClient:\n    return AsyncClient("'
    assert made in outcome.texts["app/db.py"]
    old = run(tmp_path / "old", outcome.before, "call", loops=2)
    new = run(tmp_path / "new", outcome.texts, "call", loops=2)
    assert _without_secrets(new) == _without_secrets(old)
    assert all(found is not None for found in old), old


def _without_secrets(found: list[object]) -> str:
    """Each login has one of its own."""
    return re.sub(r"code_challenge=[\w-]+", "", repr(found))


def test_a_dependency_gives_the_client() -> None:
    more = "from fastapi import Depends\nfrom supabase import Client\n\n\ndef get_db() -> Client:\n    return supabase\n"
    texts = files("return 1", more=more)
    texts["app/routes.py"] += (
        '\n\n@router.get("/2")\ndef rows(db: Client = Depends(get_db)):\n    return db.table("a").select("*").execute().data\n'
    )
    outcome = migrate(texts)
    assert "async def get_db() -> AsyncClient:\n    return supabase()\n" in outcome.text
    assert 'return (await db.table("a").select("*").execute()).data' in outcome.text


STAYS = {
    "another schema": ('return supabase.schema("own").table("a").select("*").execute().data', "", ""),
    "a query that is returned": ('return run(supabase.table("a").select("*"))', "def run(query):\n    return query.execute().data\n", "handed on"),
    "a query that is kept": ('found = [supabase.table("a").select("*")]\nreturn found[0].execute().data', "", "handed on"),
    "a query with a name that is handed on": ('query = supabase.table("a").select("*")\nreturn [query, query.execute()]', "", "handed on"),
    "another part of it": ('supabase.postgrest.auth("t")\nreturn supabase.table("a").select("*").execute().data', "", "no exact twin"),
    "a file that is sent": ('return supabase.storage.from_("a").upload("b", open("c", "rb")).path', "", "may be a file"),
    "a path that is sent": ('return supabase.storage.from_("a").upload("b", "c").path', "", "may be a file"),
    "a bucket with a name": ('bucket = supabase.storage.from_("a")\nreturn bucket.list()', "", "bucket"),
    "handed to a library": ('print(supabase)\nreturn supabase.table("a").select("*").execute().data', "", "handed on"),
}  # fmt: skip


def stays(outcome: Outcome, why: str) -> None:
    assert outcome.texts["app/db.py"] == outcome.before["app/db.py"]
    assert "Async" not in outcome.text
    assert not why or any(why in reason for reason in outcome.reasons), outcome.reasons


@pytest.mark.parametrize("name", STAYS)
def test_a_client_that_stays(name: str) -> None:
    body, more, why = STAYS[name]
    stays(migrate(files(body, more=more)), why)


ROWS = 'return supabase.table("a").select("*").execute().data'


@pytest.mark.parametrize(
    ("made", "why"),
    [
        ('create_client("u", "k", options=ClientOptions())', "options"),
        ('create_client(*["u", "k"])', "options"),
        ('create_client("u", "k", None)', "options"),
    ],
)
def test_options_are_not_mapped(made: str, why: str) -> None:
    db = f"from supabase import Client, ClientOptions, create_client\n\nsupabase: Client = {made}\n"
    stays(migrate(files(ROWS) | {"app/db.py": db}), why)


@pytest.mark.parametrize("patched", ["app.db.supabase", "app.db.create_client", "supabase.Client.table"])
def test_a_client_that_tests_replace_stays(patched: str) -> None:
    test = f"from unittest.mock import patch\n\n\ndef test():\n    with patch({patched!r}):\n        pass\n"
    stays(migrate(files(ROWS) | {"tests/test_it.py": test}), "tests replace")


def test_a_query_that_is_changed_in_place() -> None:
    body = 'query = supabase.table("a").select("*")\nquery.eq("a", 1)\nreturn query.execute().data'
    outcome = migrate(files(body))
    assert 'supabase().table("a").select("*")\n    query.eq("a", 1)\n' in outcome.text
    assert "return (await query.execute()).data" in outcome.text


def test_a_script_that_asks_the_client_keeps_it() -> None:
    script = 'from app.db import supabase\n\nprint(supabase.table("a").select("*").execute().data)\n'
    stays(migrate(files(ROWS) | {"scripts/nightly.py": script}), "scripts/nightly.py")


def test_a_client_that_the_application_keeps() -> None:
    """As nobody may know who reads it there."""
    db = 'from supabase import Client, create_client\n\n\ndef client() -> Client:\n    return create_client("u", "k")\n'
    keeps = "from fastapi import FastAPI\n\nfrom app.db import client\nfrom app.routes import router\n\napp = FastAPI()\napp.include_router(router)\nsupabase = client()\napp.state.supabase = supabase\n"
    texts = files(ROWS.replace("supabase.", "client().")) | {"app/db.py": db, "app/main.py": keeps}
    texts["app/routes.py"] = texts["app/routes.py"].replace("import supabase", "import client")
    stays(migrate(texts), "kept on the application")


def test_what_a_query_gives_is_data() -> None:
    """What is done to its rows is done where they are read."""
    head = "from fastapi import Depends\nfrom supabase import Client, create_client\n\n\n"
    made = "def get_db() -> Client:\n    return create_client(settings.url, settings.key)\n\n\n"
    body = (
        '    rows = db.table("pets").select("*").execute().data\n'
        '    return [{"name": row.get("name").strip(), "age": row.get("age", 0)} for row in rows]\n'
    )
    route = f'@app.get("/pets")\ndef pets(db: Client = Depends(get_db)):\n{body}'
    text = head + "from app.settings import settings\n\n\n" + made + route
    done = migrate_main(text, settings="settings = load()\n")
    assert done.function("app/main.py", "pets").endswith(
        '.execute)).data\n    return [{"name": row.get("name").strip(), "age": row.get("age", 0)} for row in rows]\n'
    )
