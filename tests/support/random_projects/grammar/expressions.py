"""What has a value."""

from __future__ import annotations

from .templates import lines

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
len(f"{<function>(<leaf>)}{<leaf>:>3}")
int(any(<each> for n in <list>))
int(all([<each> for n in <list>]))
sum(n * m for n in <list> for m in [<each>, 1])
[*<list>, <call>][0]
dict(k=<call>)["k"]
int(<leaf> < <call> < <value>)
int(<leaf> in (<leaf>, <call>))
min([<call>, <leaf>], key=lambda n: n + <call>)
sorted(<list>, key=<function>)[0]
sum(map(<function>, <list>))
len([*filter(<function>, <list>)])
sum(<each> for m, n in enumerate(<list>))
sum(n for n, m in zip(<list>, [<call>]))
-<call>
asyncio.run(<coroutine>(<leaf>))
len({<call>, <leaf>})
[<call>, <value>][int(<call> > 1)]
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
<class>(<leaf>)[<leaf>]
<class>(<leaf>).kept
<object>.kept
<object>.add(<leaf>)
int(<leaf> in <class>(<leaf>))
int(bool(<class>(<leaf>)))
len(<class>(<leaf>))
<data>(<leaf>).size
<data>(<leaf>, <value>).grown().size
<maker>(<leaf>)(<leaf>)
<getter>().run(<leaf>)
<table>[<leaf> % 2](<leaf>)
<partial>()
<applied>(<function>, <leaf>)
<applied>(lambda n: <each>, <leaf>)
<applied>(<object>.run, <leaf>)
<counter>(<leaf>)
<client>.fetch(<leaf>)
<client>.fetch(<leaf>, y=<leaf>)
<client>.more(<leaf>)
<clients>(1).fetch(<leaf>)
<choice>.FIRST.work(<leaf>)
<choice>(<leaf> % 2).work(<leaf>)
""")

LEAVES = ("1", "2", "0", "3", "x", "y")
"""Names that are bound there join them."""
