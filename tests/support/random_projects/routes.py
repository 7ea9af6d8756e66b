"""Handlers and dependencies at random, and the requests that reach them."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

from .definitions import Definitions
from .files import File
from .maker import Draw, Known, Maker


@dataclass(frozen=True)
class Route:
    path: str
    function: str


_RESULTS = (
    '{"v": <value>}',
    '{"v": <leaf>, "w": <value>}',
    "<value>",
    "[<value>, <call>]",
    "str(<value>)",
)
_DECORATORS = (
    'router.get("{0}")',
    'router.post("{0}", status_code=201)',
    'router.get("{0}", response_model=None)',
    'router.api_route("{0}", methods=["GET", "POST"])',
)


class Routes(Definitions):
    """Adds routes to `file`; they go by `routes`."""

    def __init__(self, draw: Draw, known: Known) -> None:
        super().__init__(draw, known)
        self.routes: list[Route] = []

    def _dependency(self, file: File) -> None:
        make = self.maker()
        name = self.name("dep")
        kind = make.pick(("function", "generator", "class", "instance", "coroutine"))
        sub = self._depends(make, "z") if make.chance(3) else ""
        arguments = f"x: int = 1{', ' + sub if sub else ''}, y: int = 2"
        if kind == "function":
            self._define(file, name, f"def {name}({arguments}):", make.body(2))
        elif kind == "coroutine":
            self._define(file, name, f"async def {name}({arguments}):", self.maker(is_async=True).body(2))
        elif kind == "generator":
            body = f'value = {make.value()}\ntry:\n    yield value\nfinally:\n    note("{name} ends", x)'
            self._define(file, name, f"def {name}({arguments}):", body)
        elif kind == "class":
            body = f"self.n = x\nself.m = {make.value()}"
            init = f"def __init__(self, {arguments}):\n{textwrap.indent(body, '    ')}"
            int_ = "def __int__(self):\n    return self.m"
            file.parts.append(
                f"class {name}:\n{textwrap.indent(init, '    ')}\n\n{textwrap.indent(int_, '    ')}"
            )
        else:
            call = f"def __call__(self, {arguments}):\n{textwrap.indent(make.body(2), '    ')}"
            file.parts.append(f"class {name}_maker:\n{textwrap.indent(call, '    ')}")
            file.parts.append(f"{name} = {name}_maker()")
        self._known.add("dependency", f"{file.module}.{name}")

    def _depends(self, make: Maker, name: str) -> str:
        known = self._known.of("dependency")
        if not known:
            return ""
        place = f"@{make.pick(known)}@"
        return make.pick((f"{name}=Depends({place})", f"{name}: Annotated[object, Depends({place})] = None"))

    def _handler(self, file: File) -> None:
        plain = self.maker()
        is_async = plain.chance(6)
        make = self.maker(is_async=is_async, result=plain.pick(_RESULTS))
        name = self.name("handle")
        decorator = make.pick(_DECORATORS).format(f"/{name}")
        depends = self._depends(make, "z") if make.chance(2) else ""
        extra = ""
        lines = []
        if depends:
            lines.append("z = int(z or 0)")
        if make.chance(6):
            extra += ", background: BackgroundTasks = None"
            lines.append(f"background.add_task(@{make.pick(self._known.of('function'))}@, x)")
        if make.chance(8):
            extra += ", response: Response = None"
            lines.append('response.headers["X-Value"] = str(x)')
        arguments = f"x: int = 1, y: int = 2{', ' + depends if depends else ''}{extra}"
        body = "\n".join([*lines, make.body(end="return <return>")])
        keyword = "async def" if is_async else "def"
        self._define(file, name, f"@{decorator}\n{keyword} {name}({arguments}):", body)
        method = "POST" if "post" in decorator else "GET"
        self.routes.append(Route(f"{method} /{name}", f"{file.module}.{name}"))

    def _stream(self, file: File) -> None:
        make = self.maker()
        name = self.name("stream")
        rows = self._known.of("generator")
        if not rows:
            return
        source = f"(f'{{n}};' for n in @{make.pick(rows)}@(x))"
        if make.chance(2):
            file.parts.append(
                f"def {name}_lines(x):\n    for n in @{make.pick(rows)}@(x):\n        yield f'{{n}};'"
            )
            source = f"{name}_lines(x)"
        body = f"return StreamingResponse({source}, media_type='text/plain')"
        self._define(file, name, f'@router.get("/{name}")\ndef {name}(x: int = 1, y: int = 2):', body)
        self.routes.append(Route(f"GET /{name}", f"{file.module}.{name}"))
