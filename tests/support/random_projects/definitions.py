"""Helpers at random: functions, generators, context managers, decorators, classes and their heirs."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from .files import File
from .maker import Draw, Known, Maker

_SIGNATURES = (
    "x: int, y: int = 2",
    "x, y=2",
    "x: int, y: int = 1 + 1",
    "x, *, y=2",
    "x: int, y: int = 2, *more",
)
_WRAPPERS = """
def traced(function):
    @functools.wraps(function)
    def inner(*args, **kwargs):
        note("call", function.__name__)
        return function(*args, **kwargs)

    return inner


def twice(times):
    def wrap(function):
        @functools.wraps(function)
        def inner(*args, **kwargs):
            result = 0
            for _ in range(times):
                result += function(*args, **kwargs)
            return result

        return inner

    return wrap
"""


class Definitions:
    """Adds to `file` and to what is `known`."""

    def __init__(self, draw: Draw, known: Known) -> None:
        self._draw = draw
        self._known = known
        self._number = 0

    def maker(self, *, is_async: bool = False, result: str = "<value>", leaves: Sequence[str] = ()) -> Maker:
        return Maker(self._draw, self._known, is_async=is_async, result=result, leaves=leaves)

    def name(self, word: str) -> str:
        self._number += 1
        return f"{word}_{self._number}"

    def add_base(self, file: File) -> None:
        """What even the simplest project has to call."""
        file.parts.append('def plain(x: int, y: int = 2) -> int:\n    note("plain", x)\n    return x + y')
        file.parts.append(_WRAPPERS)
        self._known.add("function", f"{file.module}.plain")

    def add(self, file: File, kind: str) -> None:
        getattr(self, f"_{kind}")(file)

    def _function(self, file: File) -> None:
        make = self.maker()
        name = self.name("work")
        signature = make.pick(_SIGNATURES)
        if "*, y" in signature:
            signature = "x, y=2"
        self._define(file, name, f"def {name}({signature}):", make.body())
        self._known.add("function", f"{file.module}.{name}")

    def _decorated(self, file: File) -> None:
        make = self.maker()
        name = self.name("wrapped")
        how = make.pick(("@app.base.traced@", "@app.base.twice@(2)", "functools.lru_cache"))
        self._define(file, name, f"@{how}\ndef {name}(x, y=2):", make.body())
        self._known.add("function", f"{file.module}.{name}")

    def _recursive(self, file: File) -> None:
        make = self.maker()
        name = self.name("down")
        body = f"if x <= 0:\n    return y\n{make.body(2, f'return {name}(min(x, 3) - 1, y) + <value>')}"
        self._define(file, name, f"def {name}(x, y=2):", body)
        self._known.add("function", f"{file.module}.{name}")

    def _generator(self, file: File) -> None:
        make = self.maker(result="")
        name = self.name("rows")
        end = make.pick(
            ("yield <value>", "yield from [<leaf>, <call>]", "for n in [1, <leaf>]:\n    yield <each>")
        )
        body = f"{make.body(2, end)}\nyield 1"
        self._define(file, name, f"def {name}(x, y=2):", body)
        self._known.add("generator", f"{file.module}.{name}")

    def _context(self, file: File) -> None:
        make = self.maker()
        name = self.name("opened")
        body = make.body(2, 'try:\n    yield <value>\nfinally:\n    note("closed", x)')
        if "return" in body:
            body = f'yield {make.value()}\nnote("closed", x)'
        self._define(file, name, f"@contextmanager\ndef {name}(x, y=2):", body)
        self._known.add("context", f"{file.module}.{name}")

    def _coroutine(self, file: File) -> None:
        make = self.maker(is_async=True)
        name = self.name("ask")
        self._define(file, name, f"async def {name}(x: int, y: int = 2) -> int:", make.body())
        self._known.add("coroutine", f"{file.module}.{name}")

    def _class(self, file: File) -> None:
        make = self.maker(leaves=("self.n", "self.factor"))
        name = self.name("Service")
        bases = [place for place in self._known.of("class") if make.chance(2)][:1]
        head = f"class {name}({', '.join(f'@{base}@' for base in bases)}):" if bases else f"class {name}:"
        methods = self._methods(make) if not bases else self._overrides(make)
        file.parts.append(head + "\n" + textwrap.indent("\n\n".join(methods), "    "))
        self._known.add("class", f"{file.module}.{name}")
        if make.chance(2):
            instance = self.name("service")
            file.parts.append(f"{instance} = {name}(3)")
            self._known.add("object", f"{file.module}.{instance}")

    def _methods(self, make: Maker) -> list[str]:
        method = self._method
        return [
            "factor = 2",
            "def __init__(self, x, y=2):\n    self.n = x\n    self.seen = []",
            method("def load(self, x, y=2):", make.body(3)),
            "def run(self, x, y=2):\n    return self.load(x) + self.n * self.factor",
            method("@property\ndef total(self):", "x = y = self.n\n" + make.body(2)),
            method("@staticmethod\ndef tool(x, y=2):", self.maker().body(2)),
            "@classmethod\ndef make(cls, x):\n    return cls(x)",
            method(
                "def __iter__(self):",
                "x = y = self.n\n" + self.maker(result="", leaves=("self.n",)).body(2, "yield <value>"),
            ),
            method("def __call__(self, x, y=2):", make.body(2)),
            method("@functools.cached_property\ndef kept(self):", "x = y = self.n\n" + make.body(1)),
            "def add(self, x, y=2):\n    self.n += self.load(x)\n    return self.n",
            *(method(f"def {head}:", body) for head, body in self._dunders(make)),
            method("def __enter__(self):", "x = y = self.n\n" + make.body(1)),
            'def __exit__(self, *error):\n    note("exit", self.n)',
        ]

    def _dunders(self, make: Maker) -> list[tuple[str, str]]:
        start = "x = y = self.n\n"
        return [
            ("__getitem__(self, x)", "y = 2\n" + make.body(1)),
            ("__contains__(self, x)", "y = 2\n" + make.body(1)),
            (
                "__bool__(self)",
                start + make.body(1, "return <value> > 1").replace("return None", "return True"),
            ),
            ("__len__(self)", start + make.body(1, "return abs(<value>) % 5")),
        ]

    def _overrides(self, make: Maker) -> list[str]:
        method = self._method
        found = [method("def load(self, x, y=2):", make.body(2, "return super().load(x) + <value>"))]
        if make.chance(3):
            found.append(method("def run(self, x, y=2):", make.body(2, "return self.load(x) + self.tool(y)")))
        if make.chance(4):
            found.append(
                method(
                    "def __init__(self, x, y=2):",
                    f"super().__init__(x, y)\nself.n += {make.pick(('1', 'self.tool(1)'))}",
                )
            )
        if make.chance(4):
            found.append("@property\ndef total(self):\n    return self.n")
        return found

    def _method(self, head: str, body: str) -> str:
        return f"{head}\n{textwrap.indent(body, '    ')}"

    def _define(self, file: File, name: str, head: str, body: str) -> None:
        file.parts.append(self._method(head, body))
