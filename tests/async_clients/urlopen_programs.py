"""Small programs that call `urllib.request.urlopen`."""

from __future__ import annotations

import textwrap

from client_programs import Outcome, changed, migrate

HEAD = """
import json
import os
import socket
import urllib.error
import urllib.parse
import urllib.request
from urllib.request import Request, urlopen

import requests
from fastapi import APIRouter, HTTPException

router = APIRouter()


def note(value):
    return value


"""


def program(
    body: str, before: str = "", parameters: str = "port: int, q: str = 'x', n: int = 3"
) -> dict[str, str]:
    """A file with one handler, whose body begins with the URL of a local server."""
    handler = f'@router.get("/")\ndef call({parameters}):\n{textwrap.indent(changed(body), "    ")}'
    above = changed(before) + "\n\n" if before else ""
    return {"app/routes.py": HEAD.lstrip("\n") + above + handler}


def migrated(body: str, before: str = "", **options: str) -> Outcome:
    return migrate(program(body, before, **options))
