"""What stands around the code: imports, the modules that every project has, what a project does."""

from __future__ import annotations

IMPORTS = {
    "asyncio": "import asyncio",
    "copy": "import copy",
    "functools": "import functools",
    "hashlib": "import hashlib",
    "io": "import io",
    "os": "import os",
    "shutil": "import shutil",
    "sqlite3": "import sqlite3",
    "subprocess": "import subprocess",
    "threading": "import threading",
    "time": "import time",
    "httpx": "import httpx",
    "requests": "import requests",
    "abc": "import abc",
    "ThreadPoolExecutor": "from concurrent.futures import ThreadPoolExecutor",
    "closing": "from contextlib import closing",
    "contextmanager": "from contextlib import contextmanager",
    "ExitStack": "from contextlib import ExitStack",
    "asynccontextmanager": "from contextlib import asynccontextmanager",
    "suppress": "from contextlib import suppress",
    "dataclass": "from dataclasses import dataclass",
    "Enum": "from enum import Enum",
    "Protocol": "from typing import Protocol",
    "Path": "from pathlib import Path",
    "Annotated": "from typing import Annotated",
    "urlopen": "from urllib.request import urlopen",
    "APIRouter": "from fastapi import APIRouter",
    "BackgroundTasks": "from fastapi import BackgroundTasks",
    "Depends": "from fastapi import Depends",
    "FastAPI": "from fastapi import FastAPI",
    "WebSocket": "from fastapi import WebSocket",
    "BackgroundTask": "from starlette.background import BackgroundTask",
    "BaseHTTPMiddleware": "from starlette.middleware.base import BaseHTTPMiddleware",
    "BaseModel": "from pydantic import BaseModel",
    "computed_field": "from pydantic import computed_field",
    "field_validator": "from pydantic import field_validator",
    "HTTPException": "from fastapi import HTTPException",
    "Request": "from fastapi import Request",
    "Response": "from fastapi import Response",
    "run_in_threadpool": "from fastapi.concurrency import run_in_threadpool",
    "JSONResponse": "from fastapi.responses import JSONResponse",
    "StreamingResponse": "from fastapi.responses import StreamingResponse",
    "BASE": "from app.settings import BASE",
    "DATA": "from app.settings import DATA",
    "TroubleError": "from app.settings import TroubleError",
    "STATE": "from app.settings import STATE",
    "current": "from app.settings import current",
    "local": "from app.settings import local",
    "lock": "from app.settings import lock",
    "mark": "from app.settings import mark",
    "note": "from app.settings import note",
    "send_mail": "from app.mail import send_mail",
}
"""What a file imports when it reads one of the names."""

SETTINGS = """
import os
import threading
import time
from contextvars import ContextVar

BASE = os.environ["RANDOM_BASE"]
DATA = os.environ["RANDOM_DATA"]
STATE = {}
TRACE = []
lock = threading.RLock()
local = threading.local()
current = ContextVar("current", default=0)


def note(word, value):
    TRACE.append([word, value])


class TroubleError(Exception):
    def __init__(self, number):
        super().__init__(number)
        self.number = number


def mark(value):
    time.sleep(0.001)
    current.set(value)
"""

MAIL = """
import os
import smtplib
from email.message import EmailMessage


def send_mail(to: str, number: int) -> None:
    message = EmailMessage()
    message["From"] = "shop@example.com"
    message["To"] = to
    message["Subject"] = f"number {number}"
    message.set_content("hello")
    with smtplib.SMTP(os.environ["RANDOM_SMTP_HOST"], int(os.environ["RANDOM_SMTP_PORT"])) as smtp:
        smtp.send_message(message)
"""

FAMILIES = {
    "requests": ("requests.",),
    "files": ("DATA",),
    "httpx": ("httpx.",),
    "sleep": ("time.sleep",),
    "urllib": ("urlopen",),
    "sqlite3": ("sqlite3",),
    "state": ("STATE",),
    "mail": ("send_mail", "mail_", "Notices"),
    "lock": ("lock:",),
    "hashes": ("hashlib",),
    "processes": ("subprocess",),
    "threads": ("Thread",),
    "context": ("current", "mark("),
    "local": ("local.",),
    "counted": ("<counter>", ".add("),
}
"""What a project does beside computing; each has a few of them."""

SHARED = ("STATE", "write_text", '"a"', "shutil", "rows.db", "send_mail", "self.n +=", "lru_cache", "global ")
"""Code that has one of these may answer otherwise when requests run beside each other."""
