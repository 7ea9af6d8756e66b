"""Helpers at random in the forms that real code gives them: closures, tables, singletons, factories."""

from __future__ import annotations

import textwrap

from .definitions import Definitions
from .files import File

_RETRYING = """
def {name}(times=2):
    def wrap(function):
        @functools.wraps(function)
        def inner(*args, **kwargs):
            for attempt in range(times - 1):
                try:
                    return function(*args, **kwargs)
                except (ValueError, TroubleError):
                    note("again", attempt)
                    {pause}
            return function(*args, **kwargs)

        return inner

    return wrap
"""
_COUNTED = """
class {name}:
    def __init__(self, function):
        functools.update_wrapper(self, function)
        self.function = function
        self.calls = 0

    def __call__(self, *args, **kwargs):
        self.calls += 1
        return self.function(*args, **kwargs)
"""


class Shapes(Definitions):
    def _retrying(self, file: File) -> None:
        """A decorator of the project's own that calls again what fails."""
        name, tried = self.name("retrying"), self.name("tried")
        pause = "time.sleep(0.001)" if "sleep" in self._known.families else "pass"
        file.parts.append(_RETRYING.format(name=name, pause=pause))
        self._define(file, tried, f"@{name}()\ndef {tried}(x, y=2):", self.maker().body())
        self._known.add("function", f"{file.module}.{tried}")

    def _counted(self, file: File) -> None:
        """A decorator that is a class."""
        name, counted = self.name("Counted"), self.name("counted")
        file.parts.append(_COUNTED.format(name=name))
        self._define(file, counted, f"@{name}\ndef {counted}(x, y=2):", self.maker().body(2))
        self._known.add("function", f"{file.module}.{counted}")

    def _entered(self, file: File) -> None:
        """A function that runs within a context manager, by its decorator."""
        if not (contexts := self._known.of("context")):
            return
        name = self.name("entered")
        place = self.maker().pick(contexts)
        self._define(file, name, f"@@{place}@(1)\ndef {name}(x, y=2):", self.maker().body(2))
        self._known.add("function", f"{file.module}.{name}")

    def _steps(self, file: File) -> None:
        """A class that calls what its heirs define, with a class between them."""
        base, between, last = self.name("Flow"), self.name("Noted"), self.name("Flow")
        make = self.maker(leaves=("self.n",))
        run = "self.begin(x)\ntry:\n    return self.work(x, y)\nfinally:\n    self.end(x)"
        methods = [
            "def __init__(self, n):\n    self.n = n",
            self._method("def run(self, x, y=2):", run),
            'def begin(self, x):\n    note("begin", x)',
            "def work(self, x, y=2):\n    raise NotImplementedError",
            self._method("def end(self, x):", "y = 2\n" + make.body(1, 'note("end", <leaf>)')),
        ]
        file.parts.append(f"class {base}:\n" + textwrap.indent("\n\n".join(methods), "    "))
        begin = self._method("def begin(self, x):", "super().begin(x)\ny = 2\n" + make.body(1, "self.n += 1"))
        file.parts.append(f"class {between}({base}):\n" + textwrap.indent(begin, "    "))
        work = self._method("def work(self, x, y=2):", make.body(2))
        file.parts.append(f"class {last}({between}):\n" + textwrap.indent(work, "    "))
        name = self.name("flowing")
        self._define(file, name, f"def {name}(x, y=2):", f"return {last}(1).run(x, y=y)")
        self._known.add("function", f"{file.module}.{name}")

    def _closure(self, file: File) -> None:
        """A function that gives one."""
        make = self.maker(leaves=("n",))
        name = self.name("made")
        inner = self._method("def inner(x, y=2):", make.body(2))
        end = make.pick(
            ("return inner", "return lambda x: inner(x, n)", "return functools.partial(inner, y=n)")
        )
        self._define(file, name, f"def {name}(n):", f"{inner}\n\n{end}")
        self._known.add("maker", f"{file.module}.{name}")

    def _singleton(self, file: File) -> None:
        """Made when it is first asked for."""
        if not (classes := self._known.of("class")):
            return
        make = self.maker()
        name = self.name("get")
        made = f"@{make.pick(classes)}@({make.pick(('1', '3'))})"
        if make.chance(2):
            self._define(file, name, f"@functools.lru_cache\ndef {name}():", f"return {made}")
        else:
            file.parts.append(f"_{name} = None")
            body = f"global _{name}\nif _{name} is None:\n    _{name} = {made}\nreturn _{name}"
            self._define(file, name, f"def {name}():", body)
        self._known.add("getter", f"{file.module}.{name}")

    def _table(self, file: File) -> None:
        make = self.maker()
        name = self.name("table")
        known = [f"@{place}@" for place in self._known.of("function")]
        lambdas = ["lambda x: <value>", "lambda x: x"]
        entries = [make.value(make.pick([*known, *known, *lambdas]), ("x",)) for _ in range(2)]
        if make.chance(3):
            keep = self._method("def keep(function):", f"{name}[key] = function\nreturn function")
            file.parts.append(f"{name} = {{}}")
            self._define(file, name, f"def {name}_entry(key):", f"{keep}\n\nreturn keep")
            for key in range(2):
                inner = self.name("entry")
                self._define(file, inner, f"@{name}_entry({key})\ndef {inner}(x, y=2):", self.maker().body(2))
        else:
            file.parts.append(f"{name} = {{0: {entries[0]}, 1: {entries[1]}}}")
        self._known.add("table", f"{file.module}.{name}")

    def _client(self, file: File) -> None:
        """An object that keeps its session, and asks once more where it is refused."""
        if "requests" not in self._known.families:
            return
        name = self.name("Client")
        init = self._method(
            "def __init__(self, retries=2):",
            'self.retries = retries\nself.session = requests.Session()\nself.session.headers["X-Key"] = "k"',
        )
        asked = self.maker().pick(
            (
                'self.session.get(f"{BASE}/num/{x}", timeout=5)',
                'self.session.request("GET", f"{BASE}/num/{x}", params={"y": y})',
                'self.session.post(f"{BASE}/sum", json={"n": x})',
            )
        )
        ends = self.maker().pick(("return -1", "raise TroubleError(x)", "return y"))
        fetch = self._method(
            "def fetch(self, x, y=2):",
            "for attempt in range(self.retries):\n    try:\n"
            f"        response = {asked}\n        response.raise_for_status()\n"
            '        return response.json()["n"]\n'
            f'    except requests.HTTPError:\n        note("retry", attempt)\n{ends}',
        )
        more = self._method(
            "def more(self, x, y=2):",
            self.maker(leaves=("self.retries",)).body(1, "return self.fetch(x) + <value>"),
        )
        file.parts.append(f"class {name}:\n" + textwrap.indent("\n\n".join([init, fetch, more]), "    "))
        file.parts.append(f"{name.lower()} = {name}()")
        self._known.add("client", f"{file.module}.{name.lower()}")
        self._known.add("clients", f"{file.module}.{name}")

    def _partial(self, file: File) -> None:
        make = self.maker()
        name = self.name("partly")
        function = make.pick(self._known.of("function"))
        file.parts.append(f"{name} = functools.partial(@{function}@, {make.pick(('1', '2'))})")
        self._known.add("partial", f"{file.module}.{name}")

    def _applied(self, file: File) -> None:
        """A function that calls the one it is given."""
        make = self.maker()
        name = self.name("applied")
        body = make.pick(
            (
                "return function(x)",
                f"{self.maker().body(1, 'return function(x) + <value>')}",
                "try:\n    return function(x)\nexcept ValueError:\n    return function(x)",
                "return sum(function(n) for n in (x, y))",
                "return sum(map(function, [x, y]))",
            )
        )
        self._define(file, name, f"def {name}(function, x, y=2):", body)
        self._known.add("applied", f"{file.module}.{name}")

    def _counter(self, file: File) -> None:
        name = self.name("count")
        file.parts.append(f"{name}_total = 0")
        body = self.maker().body(2, f"{name}_total += <value>\nreturn {name}_total")
        self._define(file, name, f"def {name}(x, y=2):", f"global {name}_total\n{body}")
        self._known.add("counter", f"{file.module}.{name}")

    def _data(self, file: File) -> None:
        make = self.maker(leaves=("self.n",))
        name = self.name("Data")
        post = self._method(
            "def __post_init__(self):", "x = y = self.n\n" + make.body(1, "self.n += <value>")
        )
        methods = [
            "n: int\nm: int = 2",
            *([post.replace("return ", "assert ")] if make.chance(2) else []),
            self._method("@property\ndef size(self):", "x = y = self.n\n" + make.body(2)),
            self._method("def grown(self):", f"return {name}(self.n + self.size)"),
        ]
        head = "@dataclass\n" if make.chance(2) else "@dataclass(frozen=False, repr=False)\n"
        file.parts.append(f"{head}class {name}:\n" + textwrap.indent("\n\n".join(methods), "    "))
        self._known.add("data", f"{file.module}.{name}")

    def _choice(self, file: File) -> None:
        make = self.maker(leaves=("self.value",))
        name = self.name("Choice")
        work = self._method("def work(self, x, y=2):", make.body(2))
        file.parts.append(
            f"class {name}(Enum):\n    FIRST = 0\n    SECOND = 1\n\n" + textwrap.indent(work, "    ")
        )
        self._known.add("choice", f"{file.module}.{name}")

    def _abstract(self, file: File) -> None:
        """What is known by its base alone, and has two heirs."""
        make = self.maker()
        name = self.name("Port")
        base = make.pick(("abc.ABC", "Protocol"))
        if base == "Protocol":
            ask = "def ask(self, x, y=2): ..."
        else:
            ask = "@abc.abstractmethod\ndef ask(self, x, y=2):\n    raise NotImplementedError"
        shared = self._method("def run(self, x, y=2):", "return self.ask(x) + 1")
        parts = [ask] if base == "Protocol" else [ask, shared]
        file.parts.append(f"class {name}({base}):\n" + textwrap.indent("\n\n".join(parts), "    "))
        heirs = [self.name("Adapter") for _ in range(2)]
        for heir in heirs:
            own = self._method("def ask(self, x, y=2):", self.maker().body(2))
            heir_base = "" if base == "Protocol" else f"(@{file.module}.{name}@)"
            more = [own, shared] if base == "Protocol" else [own]
            file.parts.append(f"class {heir}{heir_base}:\n" + textwrap.indent("\n\n".join(more), "    "))
        taking = self.name("use")
        end = make.pick(("port.ask(x)", "port.ask(x) + <value>"))
        self._define(
            file,
            f"{taking}_port",
            f"def {taking}_port(port: {name}, x, y=2):",
            self.maker().body(1, f"return {end}"),
        )
        body = f"return {taking}_port({heirs[0]}() if x > 1 else {heirs[1]}(), x)"
        self._define(file, taking, f"def {taking}(x, y=2):", body)
        self._known.add("function", f"{file.module}.{taking}")

    def _async_generator(self, file: File) -> None:
        make = self.maker(is_async=True, result="")
        name = self.name("arows")
        self._define(file, name, f"async def {name}(x, y=2):", f"{make.body(2, 'yield <value>')}\nyield 1")
        self._known.add("agenerator", f"{file.module}.{name}")

    def _async_context(self, file: File) -> None:
        make = self.maker(is_async=True, result="")
        name = self.name("aopened")
        body = make.body(2, 'try:\n    yield <value>\nfinally:\n    note("closed", x)')
        if "return" in body:
            body = f'yield {make.value()}\nnote("closed", x)'
        self._define(file, name, f"@asynccontextmanager\nasync def {name}(x, y=2):", body)
        self._known.add("acontext", f"{file.module}.{name}")
