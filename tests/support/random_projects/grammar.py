"""What the projects are made of: templates, in which `<name>` stands for something drawn.

The first of the templates is the simplest: what fails shrinks towards it.
"""

from __future__ import annotations

import re


def lines(text: str) -> tuple[str, ...]:
    return tuple(line for line in text.strip("\n").split("\n") if line)


def blocks(text: str) -> tuple[str, ...]:
    return tuple(block.strip("\n") for block in re.split(r"(?m)^---\n", text.strip("\n") + "\n"))


VALUES = lines("""
<leaf>
<leaf> + <value>
<call>
<call>
<call>
<call> + <call>
requests.get(f"{BASE}/num/{<leaf>}").json()["n"]
requests.post(f"{BASE}/sum", json={"n": <value>}, timeout=5).json()["n"]
httpx.get(f"{BASE}/num/{<leaf>}").json()["n"]
int(urlopen(f"{BASE}/text/{<leaf>}").read())
int(Path(DATA, "seed.txt").read_text())
len(open(os.path.join(DATA, "seed.txt")).read())
hashlib.pbkdf2_hmac("sha256", b"k", str(<leaf>).encode(), 1000)[0]
subprocess.run(["true"]).returncode + <leaf>
(<call> if <leaf> > 1 else <leaf>)
(<leaf> if <value> > 1 else <call>)
(<call> and <call>)
(<leaf> or <call>)
(1 if 0 <= <call> < 5 else <leaf>)
int(not <call>)
sum(<each> for n in <list>)
sum([<each> for n in <list> if n])
len({n: <each> for n in <list>})
max(map(lambda n: <each>, <list>), default=<leaf>)
sorted(<list>, key=lambda n: -n)[0]
sum(n for n in <list>)
next(iter(<list>), <leaf>)
len('{}-{}'.format(<call>, <leaf>))
{"k": <call>}["k"]
[<call>, <value>][0]
(lambda n: <each>)(<leaf>)
(d := <call>) + d
functools.partial(<function>, <leaf>)()
functools.reduce(lambda m, n: m + <each>, <list>, <leaf>)
int(time.sleep(0.001) is None)
""")

EACH = lines("""
n
<function>(n)
<function>(n, <leaf>)
n + <call>
""")

LISTS = lines("""
[<leaf>, <leaf>]
range(2)
[<call>, 3]
[<each> for n in range(2)]
requests.get(f"{BASE}/list/{<leaf>}").json()
<generator>(<leaf>)
list(<generator>(<leaf>))
filter(None, <generator>(<leaf>))
Path(DATA, "rows.txt").read_text().split()[:<leaf>:-1] and [<leaf>]
[int(line) for line in open(Path(DATA, "rows.txt"))]
""")

CALLS = lines("""
<function>(<leaf>)
<function>(<value>)
<function>(<leaf>, <leaf>)
<function>(x=<leaf>)
<function>(<leaf>, y=<value>)
<function>(*[<leaf>])
<function>(**{"x": <leaf>})
<class>(<leaf>).run(<leaf>)
<object>.run(<leaf>)
<object>.load(<value>)
<class>.make(<leaf>).run(<leaf>)
<class>.tool(<leaf>)
<class>(<leaf>).total
<object>.total
sum(<class>(<leaf>))
<class>(<leaf>)(<leaf>)
""")

STATEMENTS = blocks("""
<new> = <value>
---
<old> += <value>
---
note("step", <leaf>)
---
note("value", <value>)
---
time.sleep(0.001)
---
<call>
---
<new>, <new> = <value>, <leaf>
---
<new>: int = <value>
---
if <value> > 1:
    <block>
---
if <leaf> == 1:
    <block>
elif <value>:
    <block>
else:
    <block>
---
for n in <list>:
    <loop>
---
for n in <list>:
    note("n", n)
    if <value> == 3:
        break
else:
    <block>
---
left_<number> = 2
while left_<number>:
    left_<number> -= 1
    <loop>
---
try:
    <block>
except ValueError:
    <block>
---
try:
    <new> = <value>
except (ValueError, KeyError) as error:
    note("caught", len(error.args))
    <new> = 0
else:
    <block>
finally:
    note("finally", 0)
---
try:
    <block>
finally:
    <block>
---
token_<number> = current.set(<leaf>)
<block>
<new> = current.get()
current.reset(token_<number>)
---
mark(<leaf>)
<new> = current.get()
---
local.value = <leaf>
<block>
<new> = local.value
---
with <context>(<leaf>) as <new>:
    <block>
---
with open(Path(DATA, "seed.txt")) as file:
    <new> = int(file.read())
    <block>
---
with suppress(ValueError):
    <block>
---
Path(DATA, f"{<leaf>}.txt").write_text(str(<value>))
---
with open(Path(DATA, "log.txt"), "a") as file:
    file.write(f"{<leaf>}\\n")
    <block>
---
with lock:
    <block>
---
response = requests.get(f"{BASE}/num/{<leaf>}", params={"q": <leaf>})
response.raise_for_status()
<new> = response.json()["n"]
---
try:
    response = requests.get(f"{BASE}/num/{<leaf>}", timeout=2)
    response.raise_for_status()
    <new> = response.json()["n"]
except requests.RequestException:
    <block>
    <new> = -1
---
answer = requests.post(f"{BASE}/sum", json={"n": <leaf>})
<new> = answer.status_code if answer.ok else 0
---
with requests.Session() as session:
    session.headers["X-Key"] = "k"
    <new> = session.get(f"{BASE}/num/{<leaf>}").json()["n"]
    <block>
---
with httpx.Client(base_url=BASE) as client:
    <new> = client.get(f"/num/{<leaf>}").json()["n"]
    <block>
---
connection = sqlite3.connect(Path(DATA, "rows.db"))
connection.execute("CREATE TABLE IF NOT EXISTS t (n INTEGER)")
connection.execute("INSERT INTO t VALUES (?)", (<leaf>,))
<new> = connection.execute("SELECT count(*) FROM t").fetchone()[0]
connection.commit()
connection.close()
---
with closing(sqlite3.connect(Path(DATA, "rows.db"))) as connection, connection:
    connection.execute("CREATE TABLE IF NOT EXISTS t (n INTEGER)")
    <block>
    connection.execute("INSERT INTO t VALUES (?)", (<value>,))
---
def inner(n=<value>):
    note("inner", n)
    return <each>
<new> = inner() + inner(<leaf>)
---
def change():
    nonlocal <old>
    <old> += <call>
change()
---
STATE["count"] = STATE.get("count", 0) + <leaf>
---
if <leaf> not in STATE:
    STATE[<leaf>] = <value>
<new> = STATE[<leaf>]
---
send_mail("ann@example.com", <leaf>)
---
match <value>:
    case 0:
        <block>
    case 1 | 2:
        <block>
    case other:
        note("other", other)
---
assert <value> != -77, "no"
---
STATE.pop("gone", <value>)
---
print(<value>, file=io.StringIO())
---
shutil.copy(Path(DATA, "seed.txt"), Path(DATA, f"copy-{<leaf>}.txt"))
---
with ThreadPoolExecutor(1) as pool:
    <new> = sum(pool.map(<function>, [<leaf>, <leaf>]))
---
worker = threading.Thread(target=<function>, args=(<leaf>,))
worker.start()
worker.join()
---
<new> = copy.deepcopy({"n": <value>})["n"]  # a comment that stays
""")

ASYNC_STATEMENTS = blocks("""
<new> = await <coroutine>(<leaf>)
---
await asyncio.sleep(0)
---
<new> = sum(await asyncio.gather(<coroutine>(<leaf>)))
---
async with httpx.AsyncClient() as client:
    <new> = (await client.get(f"{BASE}/num/{<leaf>}")).json()["n"]
---
<new> = await run_in_threadpool(<function>, <leaf>)
""")

JUMPS = lines("""
return <return>
return <return>
raise ValueError(<leaf>)
raise HTTPException(404, "not here")
raise KeyError("k")
""")

LOOP_JUMPS = lines("""
break
continue
if <value> > 2: break
return <return>
""")

LEAVES = ("1", "2", "0", "3", "x", "y")
"""Names that are bound there join them."""

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
    "ThreadPoolExecutor": "from concurrent.futures import ThreadPoolExecutor",
    "closing": "from contextlib import closing",
    "contextmanager": "from contextlib import contextmanager",
    "suppress": "from contextlib import suppress",
    "Path": "from pathlib import Path",
    "Annotated": "from typing import Annotated",
    "urlopen": "from urllib.request import urlopen",
    "APIRouter": "from fastapi import APIRouter",
    "BackgroundTasks": "from fastapi import BackgroundTasks",
    "Depends": "from fastapi import Depends",
    "FastAPI": "from fastapi import FastAPI",
    "HTTPException": "from fastapi import HTTPException",
    "Request": "from fastapi import Request",
    "Response": "from fastapi import Response",
    "run_in_threadpool": "from fastapi.concurrency import run_in_threadpool",
    "JSONResponse": "from fastapi.responses import JSONResponse",
    "StreamingResponse": "from fastapi.responses import StreamingResponse",
    "BASE": "from app.settings import BASE",
    "DATA": "from app.settings import DATA",
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
    "mail": ("send_mail",),
    "lock": ("lock:",),
    "hashes": ("hashlib",),
    "processes": ("subprocess",),
    "threads": ("Thread",),
    "context": ("current", "mark("),
    "local": ("local.",),
}
"""What a project does beside computing; each has a few of them."""

SHARED = ("STATE", "write_text", '"a"', "shutil", "rows.db", "send_mail", "self.n =", "lru_cache")
"""Code that has one of these may answer otherwise when requests run beside each other."""
