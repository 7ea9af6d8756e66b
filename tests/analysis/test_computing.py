"""What counts as computing for long, by its shape, and what only looks so."""

from __future__ import annotations

# ruff: noqa: E501 (small programs, each on one line)
import pytest
from async_fix.codemods.analysis.index.reader import index
from small_projects import migrate_main

HEAVY = {
    "for i in range(n):\n    for j in range(n):\n        t += i * j": "two nested loops over range(n)",
    "for i in range(len(a)):\n    for j in range(i + 1, len(a)):\n        t += a[i] - a[j]": (
        "two nested loops over range(len(a)) and range(i + 1, len(a))"
    ),
    "return [k for k in range(2, n) if all(k % j for j in range(2, int(k ** 0.5) + 1))]": (
        "two nested loops over range(2, n) and range(2, int(k ** 0.5) + 1)"
    ),
    "return [[sum(a[i][k] * a[k][j] for k in range(n)) for j in range(n)] for i in range(n)]": (
        "three nested loops over range(n)"
    ),
    "for row in a:\n    for i in range(n):\n        for j in reversed(range(n)):\n            row[i] += row[j]": (
        "two nested loops over range(n)"
    ),
    "for x in a:\n    for y in a:\n        t = max(t, x - y)": "two nested loops over all of a",
    "for i, x in enumerate(a):\n    for y in a[i + 1 :]:\n        t += x * y": "two nested loops over all of a",
    "for i in range(n):\n    for j in range(i):\n        if a[i] + a[j] == t:\n            return i, j": (
        "two nested loops over range(n) and range(i)"
    ),
    "for i in range(2, n):\n    if a[i]:\n        for j in range(i * i, n, i):\n            a[j] = False": (
        "two nested loops over range(2, n) and range(i * i, n, i)"
    ),
    "for i, x in enumerate(a):\n    for y in a[i + 1 :]:\n        if x == y:\n            t.append(x)": "two nested loops over all of a",
    "for k in range(2, n):\n    if all(k % j for j in t):\n        t.append(k)": (
        "a loop over t, which grows with each round of range(2, n)"
    ),
    "while len(a) < n:\n    for k in a:\n        if t % k == 0:\n            break\n    else:\n        a.append(t)\n    t += 1": (
        "a loop over a, which grows with each round of while len(a) < n"
    ),
    "i = 0\nwhile i < many:\n    t += i\n    i += 2": "250,000 rounds of while i < many",
    "for order in itertools.permutations(a):\n    t = min(t, length(order))": "a loop over itertools.permutations(a)",
    "return [c for c in combinations(a, n) if sum(c) == t]": "a loop over combinations(a, n)",
    "for word in itertools.product('ab', repeat=n):\n    if crack(word):\n        return word": (
        "a loop over itertools.product('ab', repeat=n)"
    ),
    "return sum(k * k for k in range(1_000_000))": "1,000,000 rounds of range(1000000)",
    "for _ in range(10**3):\n    for _ in range(ROUNDS):\n        t += 1": (
        "200,000 rounds of range(10 ** 3) and range(ROUNDS)"
    ),
    "for _ in range(many):\n    t += 1": "500,000 rounds of range(many)",
    "return n if n < 2 else f(n - 1) + f(n - 2)": "it calls itself more than once",
    "if n == 0:\n    return\nf(n - 1, a)\nprint(n)\nf(n - 1, a)": "it calls itself more than once",
    "for c in a:\n    if c not in t and f(n + 1, a):\n        return True": "it calls itself more than once",
}
LIGHT = {
    "two loops over an answer": "for row in a:\n    for key in row:\n        t += row[key] * 2",
    "one loop that counts": "for i in range(n):\n    t += a[i]",
    "a loop of a written number": "for i in range(8):\n    for j in range(n):\n        t += i * j",
    "a loop of a number of the module": "for i in range(n):\n    for j in range(GRID):\n        t += i * j",
    "a loop of a number of the settings": "for i in range(n):\n    for j in range(settings.SEATS):\n        t += i * j",
    "a number that is limited": "for i in range(n):\n    for j in range(min(i, 5)):\n        t += i * j",
    "chunks": "for i in range(0, n, size):\n    for j in range(i, min(i + size, n)):\n        t += a[j]",
    "a window": "for i in range(n):\n    for j in range(i, i + n):\n        t += a[j]",
    "rows of different lengths": "for i in range(len(a)):\n    for j in range(len(a[i])):\n        t += a[i][j]",
    "a row that has a name": "for i in range(len(a)):\n    row = a[i]\n    for j in range(len(row)):\n        t += row[j]",
    "a part of each item": "for item in a:\n    for i in range(item.count):\n        for j in range(item.size):\n            t += 1",
    "nothing is computed": "for i in range(n):\n    for j in range(n):\n        a.append(make(i, j))",
    "what is looked for is found": "for i in range(n):\n    for j in range(i):\n        if a[j] is None:\n            return j - 1",
    "texts": "for i in range(n):\n    for j in range(n):\n        a.append('x %s' % j)",
    "others run in between": "for i in range(n):\n    for j in range(n):\n        yield i * j",
    "different data": "for x in a:\n    for y in b:\n        t += x * y",
    "the same data one after the other": "for x in a:\n    t += x\nfor y in a:\n    t += y",
    "a function inside": "for i in range(n):\n    def g(k):\n        return [i * j for j in range(k)]",
    "99,999 rounds": "for _ in range(99_999):\n    t += 1",
    "what grows of few rounds": "for k in range(9):\n    if all(k % j for j in t):\n        t.append(k)",
    "what grows with data": "for x in a:\n    if all(x - y for y in t):\n        t.append(x)",
    "others are made longer": "for k in range(2, n):\n    b.append(sum(k % j for j in a))",
    "others run while it grows": "while len(a) < n:\n    a.append(sum(t - k for k in a))\n    yield t",
    "a while that goes to data": "i = 0\nwhile i < len(a):\n    t += a[i]\n    i += 1",
    "a while of few rounds": "i = 0\nwhile i < 99:\n    t += i\n    i += 1",
    "pairs": "for x, y in itertools.combinations(a, 2):\n    t.append((x, y))",
    "all words of two letters": "for word in itertools.product('ab', repeat=2):\n    t.append(word)",
    "attributes of few objects": "for x in a:\n    for y in a:\n        if x.id == y.parent:\n            x.children.append(y)",
    "a tree": "return [f(child, n + 1) for child in a.children]",
    "a tree of two": "f(a.left, n + 1)\nf(a.right, n + 1)",
    "halves": "return f(a[:n]) + f(a[n:])",
    "one of two": "return f(n - 1) if n % 2 else f(n - 2)",
    "one call": "return n * f(n - 1)",
    "another try": "for _ in range(3):\n    try:\n        return f(n - 1)\n    except ValueError:\n        pass",
    "results that are remembered": "if n not in memo:\n    memo[n] = f(n - 1) + f(n - 2)\nreturn memo[n]",
}


def judged(body: str, head: str = "", keyword: str = "def") -> list[str]:
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    source = f"GRID = 8\nROUNDS = 200\n{head}{keyword} f(n, a=(), b=(), t=0, many=500_000):\n{lines}"
    return [each.why for each in index(source, "app/f.py", "app.f").computing]


@pytest.mark.parametrize("body", HEAVY)
def test_what_computes_for_long(body: str) -> None:
    (why,) = judged(body)
    assert why.startswith(HEAVY[body])


@pytest.mark.parametrize("body", LIGHT.values(), ids=LIGHT)
def test_what_only_looks_so(body: str) -> None:
    assert judged(body) == []


LARGE = {
    "np.random.rand(2000, 2000).sum()": "an array of 2000 x 2000 numbers",
    "np.random.rand(n, n)": "an array of n x n numbers",
    "np.random.default_rng(1).normal(size=(n, many))": "an array of n x many numbers",
    "np.zeros((n, n + 1), dtype=float)": "an array of n x n + 1 numbers",
    "np.ones(10**7)": "an array of 10 ** 7 numbers",
    "np.eye(n)": "an array of n x n numbers",
    "np.full(shape=[ROUNDS, ROUNDS, ROUNDS], fill_value=0)": "an array of ROUNDS x ROUNDS x ROUNDS numbers",
    "[0] * n * n": "a sequence of n x n items",
    "('x' * 50_000_000).count('y')": "a sequence of 50000000 items",
    "sum(range(10**8))": "all of range(10 ** 8)",
    "functools.reduce(step, range(1, 20_000_000))": "all of range(1, 20000000)",
    "max(map(step, range(50_000_000)))": "all of range(50000000)",
    "len(list(itertools.combinations(a, 5)))": "all of itertools.combinations(a, 5)",
    "sum(1 for _ in itertools.product(range(n), repeat=3))": (
        "a loop over itertools.product(range(n), repeat=3)"
    ),
    "math.factorial(n)": "math.factorial(n)",
}
SMALL = {
    "as many as there is data": "return np.zeros((len(a), len(b)))",
    "the shape of another": "return np.zeros(t.shape)",
    "one side from outside": "return np.arange(n), np.random.rand(n, 3)",
    "written down": "return np.zeros((GRID, 100)) + np.eye(4)",
    "of the settings": "return np.zeros((settings.ROWS, n))",
    "of somebody else": "return board.zeros((n, n)), random.choice(a)",
    "numbers that are given": "return np.array(a), np.full(n, many)",
    "a line": "return '-' * 80 + ' ' * n + str([0] * n)",
    "a range that nobody goes through": "return n in range(10**9), len(range(10**9)), random.sample(range(10**9), 3)",
    "a short range": "return sum(range(1000)), list(map(str, range(n)))",
    "pairs": "return list(itertools.combinations(a, 2)), list(itertools.product(a, b))",
    "a written number": "return math.factorial(5)",
}


@pytest.mark.parametrize("made", LARGE)
def test_an_array_of_many_numbers(made: str) -> None:
    assert judged(f"return {made}", "import numpy as np\n") == [LARGE[made]]


@pytest.mark.parametrize("body", SMALL.values(), ids=SMALL)
def test_an_array_that_is_no_larger_than_the_data(body: str) -> None:
    assert judged(body, "import numpy as np\n") == []


SEARCHES = {
    "while not valid(t, n):\n    n += 1": "while not valid(t, n), which tries one number after the other",
    "while sha256(f'{t}{n}'.encode()).hexdigest()[:4] != '0000':\n    n += 1": "while sha256(",
    "while True:\n    if is_prime(n):\n        return n\n    n += 1": (
        "while True, which tries one number after the other"
    ),
    "while True:\n    t += step(n)\n    n += 1\n    if n >= 10_000_000:\n        break": "while True, which tries",
    "while True:\n    if n >= many:\n        break\n    t += step(n)\n    n += 1": "while True, which tries",
    "end = time.time() + 2\nwhile time.time() < end:\n    pass": "while time.time() < end, without a pause",
}
NO_SEARCHES = {
    "a number that the code says": "while n < 10:\n    t += step(n)\n    n += 1",
    "what is awaited": "while not await valid(n):\n    n += 1",
    "a pause": "while time.time() < t:\n    time.sleep(1)",
    "the end of the data": "while True:\n    if n >= len(a):\n        raise ValueError(a)\n    byte = ord(a[n])\n    n += 1\n    if byte < 32:\n        break",
    "the end of the data, by a name": "size = len(a)\nwhile True:\n    if n == size:\n        break\n    t += ord(a[n])\n    n += 1",
    "a page": "while True:\n    rows = a[n]\n    if not rows:\n        break\n    n += 1",
    "a queue": "while a:\n    b.append(a.pop())",
}


@pytest.mark.parametrize("body", SEARCHES)
def test_a_search_and_a_wait_hold_the_thread(body: str) -> None:
    (why,) = judged(body)
    assert why.startswith(SEARCHES[body])


@pytest.mark.parametrize("body", NO_SEARCHES.values(), ids=NO_SEARCHES)
def test_a_loop_that_ends_soon_or_lets_others_run(body: str) -> None:
    assert judged(body, "", "async def") == []


def test_a_search_that_asks_somebody_is_about_that() -> None:
    done = migrate_main("""
import requests

def is_free(n):
    return requests.get(f"http://names/{n}").ok

@app.get("/free")
def free():
    n = 0
    while not is_free(n):
        n += 1
    return n
""")
    assert "    while not await is_free(n):\n" in done.function("app/main.py", "free")


def test_a_cache_remembers() -> None:
    assert judged("return n if n < 2 else f(n - 1) + f(n - 2)", "@functools.lru_cache\n") == []


IS_PRIME = "def is_prime(n):\n    for k in range(2, int(math.sqrt(n)) + 1):\n        if n % k == 0:\n            return False\n    return True\n\n\n"
CALLS_COUNTING = {
    "return [k for k in range(2, n) if is_prime(k)]": "over range(2, n)",
    "for k in range(n):\n    if is_prime(2 * k + 1):\n        t += 1": "over range(n)",
    "while len(a) < n:\n    if is_prime(t):\n        a.append(t)\n    t += 1": "while len(a) < n",
}
BY_WHILE = "def is_prime(n):\n    k = 2\n    while k * k <= n:\n        if n % k == 0:\n            return False\n        k += 1\n    return True\n\n\n"
CALLS_LIGHTLY = {
    "once": "return is_prime(n)",
    "with the elements of data": "return [k for k in a if is_prime(k)]",
    "with what stands at a place": "return [k for k in range(n) if is_prime(a[k])]",
    "with the same number": "return [k for k in range(n) if is_prime(t)]",
    "a few times": "return [k for k in range(10) if is_prime(k)]",
    "of another": "return [k for k in range(n) if a.is_prime(k)]",
    "others run in between": "for k in range(n):\n    yield is_prime(k)",
    "while it is asked for": "while not is_prime(n):\n    n = b.pop()",
}
SIZED = {
    "the rows of data": "def is_prime(n):\n    return [n * k for k in range(len(n))]\n\n\n",
    "an attribute": "def is_prime(n):\n    return [n * k for k in range(n.width)]\n\n\n",
    "a written number": "def is_prime(n):\n    return [n * k for k in range(8)]\n\n\n",
    "nothing is computed": "def is_prime(n):\n    return [str(k) for k in range(n)]\n\n\n",
    "two of the name": f"{IS_PRIME}class A:\n    def is_prime(self, n):\n        return n > 1\n\n\n",
}


@pytest.mark.parametrize("body", CALLS_COUNTING)
def test_a_loop_over_what_counts_is_a_nest(body: str) -> None:
    (why,) = judged(body, IS_PRIME)
    assert why == (
        f"two nested loops {CALLS_COUNTING[body]} and, in is_prime(), over range(2, int(math.sqrt(n)) + 1)"
    )


def test_what_is_called_may_count_by_while() -> None:
    (why,) = judged("return [k for k in range(2, n) if is_prime(k)]", BY_WHILE)
    assert why == "two nested loops over range(2, n) and, in is_prime(), while k * k <= n"
    assert judged("return [k for k in a if is_prime(k)]", BY_WHILE) == []


@pytest.mark.parametrize("body", CALLS_LIGHTLY.values(), ids=CALLS_LIGHTLY)
def test_a_call_of_what_counts_is_no_nest_by_itself(body: str) -> None:
    assert judged(body, IS_PRIME) == []


@pytest.mark.parametrize("head", SIZED.values(), ids=SIZED)
def test_a_loop_over_what_ends_soon_is_no_nest(head: str) -> None:
    assert judged("return [k for k in range(2, n) if is_prime(k)]", head) == []


NUMBERS = """
def primes(n):
    return [k for k in range(2, n) if all(k % j for j in range(2, k))]

def count(n):
    return len(primes(n))
"""


@pytest.mark.parametrize("colour", ["", "async "])
def test_it_is_called_in_a_thread(colour: str) -> None:
    done = migrate_main(f"{NUMBERS}\n@app.get('/')\n{colour}def show(n: int):\n    return count(n)\n")
    assert "    return await run_in_threadpool(count, n)" in done.texts["app/main.py"]
    (finding,) = done.findings("AF212")
    assert finding.message == (
        "count may compute for long: two nested loops over range(2, n) and range(2, k)"
    )
    assert done.chains == ["count() -> primes() -> two nested loops over range(2, n) and range(2, k)"]


@pytest.mark.parametrize("colour", ["", "async "])
def test_a_handler_computes_in_a_thread(colour: str) -> None:
    done = migrate_main(
        f"@app.get('/')\n{colour}def show(n: int):\n    total = 0\n    for i in range(n):\n        for j in range(n):\n"
        "            total += i * j\n    return {'total': total}\n"
    )
    assert done.function("app/main.py", "show") == (
        "@app.get('/')\nasync def show(n: int):\n    def compute_total():\n        total = 0\n        for i in range(n):\n"
        "            for j in range(n):\n                total += i * j\n        return total\n\n"
        "    total = await run_in_threadpool(compute_total)\n    return {'total': total}\n"
    )


def test_who_only_builds_an_answer_stays_on_the_loop() -> None:
    done = migrate_main(
        "@app.get('/')\ndef show(rows: list[dict]):\n    return [[row[key] for key in row] for row in rows]\n"
    )
    assert "run_in_threadpool" not in done.texts["app/main.py"]
    assert done.findings("AF212") == []
