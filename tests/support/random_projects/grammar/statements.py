"""What bodies are made of."""

from __future__ import annotations

from .templates import blocks, lines

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
---
<new> = <new> = <value>
---
<new>, *rest = [<call>, <leaf>, <leaf>]
---
box = {<call>: <value>}
<new> = len(box)
---
if (<new> := <value>) > 1:
    <block>
---
left_<number> = 0
while True:
    left_<number> += 1
    if left_<number> > 2 or <value> > 7:
        break
    <block>
---
for m, n in enumerate(<list>):
    <loop>
---
with <class>(<leaf>) as <new>:
    <block>
---
with <context>(<leaf>) as <new>, <context>(<leaf>):
    <block>
---
with ExitStack() as stack:
    <new> = stack.enter_context(<context>(<leaf>))
    <block>
---
with ExitStack() as stack:
    stack.callback(<function>, <leaf>)
    <block>
---
try:
    <block>
except TroubleError as error:
    <new> = error.number
---
try:
    <block>
except ValueError as error:
    raise TroubleError(<leaf>) from error
---
def inner_rows(n):
    yield <value>
    <block>
    yield <each>
<new> = sum(int(n or 0) for n in inner_rows(<leaf>))
---
class Local:
    def run(self, n=<leaf>):
        return <each>
<new> = Local().run() + Local().run(<leaf>)
---
def later(n, function=<function>):
    return function(n)
<new> = later(<leaf>)
---
found = {}
found["a"] = <value>
found["a"] += <call>
<new> = found["a"]
---
rows = iter(<generator>(<leaf>))
<new> = next(rows)
rows.close()
---
try:
    <new> = <table>[<leaf>](<leaf>)
except KeyError:
    <block>
    <new> = 0
---
with suppress(ZeroDivisionError):
    <new> = <value> // <value>
    <block>
<new> = <leaf>
---
with ThreadPoolExecutor(1) as pool:
    <new> = pool.submit(<object>.run, <leaf>).result()
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
---
<new> = await asyncio.to_thread(<function>, <leaf>)
---
<new> = await asyncio.get_running_loop().run_in_executor(None, <function>, <leaf>)
---
<new> = [await <coroutine>(n) for n in range(2)][0]
---
task = asyncio.create_task(<coroutine>(<leaf>))
<block>
<new> = await task
---
<new> = await asyncio.wait_for(<coroutine>(<leaf>), 20)
---
async for n in <agenerator>(<leaf>):
    <loop>
---
<new> = sum([n async for n in <agenerator>(<leaf>)])
---
async with <acontext>(<leaf>) as <new>:
    <block>
---
async def inner_ask(n):
    return <each>
<new> = await inner_ask(<leaf>)
---
if <value> > 1 and await <coroutine>(<leaf>):
    <block>
""")

JUMPS = lines("""
return <return>
return <return>
raise ValueError(<leaf>)
raise HTTPException(404, "not here")
raise KeyError("k")
raise TroubleError(<leaf>)
""")

LOOP_JUMPS = lines("""
break
continue
if <value> > 2: break
return <return>
""")
