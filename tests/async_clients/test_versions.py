"""A project whose declared version of a library has no async client keeps the one that it has."""

from __future__ import annotations

import pytest
from client_programs import migrate

ROUTES = """
from fastapi import APIRouter

from app.clients import MADE

router = APIRouter()


@router.get("/")
def call():
    return CALL
"""
SUPABASE = (
    "from supabase import create_client\n\nclient = create_client('u', 'k')\n",
    'client.table("a").select("*").execute().data',
)
OPENAI = ("from openai import OpenAI\n\nclient = OpenAI()\n", 'client.models.retrieve("m").id')
REDIS = ("import redis\n\nclient = redis.Redis()\n", 'client.get("a")')
QDRANT = (
    "from qdrant_client import QdrantClient\n\nclient = QdrantClient(url='u')\n",
    'client.count("a").count',
)
SESSION = ("import requests\n\nclient = requests.Session()\n", 'client.get("http://a.example/").json()')

TOO_OLD = {
    "an exact version": (SUPABASE, "supabase==2.7.4\n"),
    "a family of versions": (SUPABASE, "supabase==1.*\n"),
    "an upper limit": (SUPABASE, '[project]\ndependencies = ["fastapi", "supabase<2"]\n'),
    "an upper limit that is just out": (SUPABASE, "supabase>=2,<2.8.0\n"),
    "the last one that is too old": (SUPABASE, "supabase<=2.7.4\n"),
    "a compatible release": (SUPABASE, "supabase ~= 2.7.0\n"),
    "a caret": (SUPABASE, '[tool.poetry.dependencies]\nsupabase = "^1.2"\n'),
    "a caret at zero": (SESSION, '[tool.poetry.dependencies]\nhttpx = "^0.18"\n'),
    "a tilde": (SUPABASE, '[tool.poetry.dependencies]\nsupabase = "~2.7"\n'),
    "a version of Poetry": (SUPABASE, '[tool.poetry.dependencies]\nsupabase = "2.4.0"\n'),
    "a table": (REDIS, '[tool.poetry.dependencies]\nredis = {extras = ["hiredis"], version = "^3.5"}\n'),
    "extras": (REDIS, "redis[hiredis]==3.5.3  # pinned\n"),
    "setup.py": (REDIS, "setup(install_requires=['redis>=3,<4'])\n"),
    "another spelling": (QDRANT, "Qdrant_Client==1.6.0\n"),
    "an SDK with another face": (OPENAI, "openai<1\n"),
}
NEW_ENOUGH = {
    "nothing": (SUPABASE, ""),
    "no limit": (SUPABASE, "supabase\n"),
    "a lower limit": (SUPABASE, "supabase>=1.0\n"),
    "the first one": (SUPABASE, "supabase==2.8\n"),
    "a family of versions": (SUPABASE, "supabase==2.*\n"),
    "an upper limit": (SUPABASE, "supabase>=1,<3\n"),
    "the first one as the last": (SUPABASE, "supabase<=2.8.0\n"),
    "what is left out": (SUPABASE, "supabase!=1.0\n"),
    "a compatible release": (SUPABASE, "supabase~=2.0\n"),
    "a caret": (SUPABASE, '[tool.poetry.dependencies]\nsupabase = "^2.0"\n'),
    "a caret at zero": (SESSION, '[tool.poetry.dependencies]\nhttpx = "^0.27"\n'),
    "a tilde": (SUPABASE, '[tool.poetry.dependencies]\nsupabase = "~2"\n'),
    "any": (SUPABASE, '[tool.poetry.dependencies]\nsupabase = "*"\n'),
    "another distribution": (REDIS, "django-redis==4.0\nredis-om<1\nredis>=5\n"),
    "a comment": (REDIS, "# redis==3.5.3 was too old\nredis>=5.0.1\n"),
    "a limit of what stands behind it": (REDIS, 'dependencies = ["redis", "celery==4.4"]\n'),
    "a marker": (REDIS, "redis>=5; python_version < '3.12'\n"),
    "the library that is replaced": (SESSION, "requests==2.20\n"),
}  # fmt: skip


def migrated(case: tuple[tuple[str, str], str]) -> tuple[str, tuple[str, ...]]:
    (made, call), declared = case
    routes = ROUTES.replace("MADE", "client").replace("CALL", call)
    outcome = migrate({"app/routes.py": routes, "app/clients.py": made}, declared=declared)
    return outcome.texts["app/clients.py"] + outcome.text, outcome.reasons


@pytest.mark.parametrize("name", TOO_OLD)
def test_a_version_without_the_async_client_keeps_the_sync_one(name: str) -> None:
    text, reasons = migrated(TOO_OLD[name])
    assert "Async" not in text
    assert any("or later" in reason for reason in reasons), reasons


@pytest.mark.parametrize("name", NEW_ENOUGH)
def test_a_version_that_may_have_it_does_not_stand_in_the_way(name: str) -> None:
    text, reasons = migrated(NEW_ENOUGH[name])
    assert "per_event_loop" in text, reasons
    assert "await client()." in text
