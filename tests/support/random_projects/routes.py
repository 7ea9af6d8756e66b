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
    is_sent_a_body: bool = False


_RESULTS = (
    '{"v": <value>}',
    '{"v": <leaf>, "w": <value>}',
    "<value>",
    "[<value>, <call>]",
    "str(<value>)",
    'JSONResponse({"v": <value>}, 202, background=BackgroundTask(<function>, x))',
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
        kind = make.pick(
            ("function", "generator", "class", "instance", "coroutine", "async generator", "method")
        )
        sub = self._depends(make, "z") if make.chance(3) else ""
        arguments = f"x: int = 1{', ' + sub if sub else ''}, y: int = 2"
        if kind == "function":
            self._define(file, name, f"def {name}({arguments}):", make.body(2))
        elif kind == "coroutine":
            self._define(file, name, f"async def {name}({arguments}):", self.maker(is_async=True).body(2))
        elif kind == "generator":
            self._define(file, name, f"def {name}({arguments}):", self._yielding(make, name))
        elif kind == "async generator":
            body = self._yielding(self.maker(is_async=True), name)
            self._define(file, name, f"async def {name}({arguments}):", body)
        elif kind == "method":
            method = self._method(f"def given(self, {arguments}):", make.body(2))
            file.parts.append(f"class {name}_holder:\n{textwrap.indent(method, '    ')}")
            file.parts.append(f"{name} = {name}_holder().given")
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

    def _nested(self, file: File) -> None:
        """Three dependencies, each within the one before; what is opened first is put away last."""
        asked = ""
        for _ in range(3):
            name = self.name("within")
            is_async = self.maker().chance(4)
            body = self._yielding(self.maker(is_async=is_async, leaves=("z",) if asked else ()), name)
            head = f"{'async ' * is_async}def {name}(x: int = 1, y: int = 2{asked}):"
            self._define(file, name, head, body if not asked else f"z = int(z or 0)\n{body}")
            asked = f", z=Depends({name})"
        self._known.add("dependency", f"{file.module}.{name}")

    def _yielding(self, make: Maker, name: str) -> str:
        """Something is made, given, and put away."""
        caught = f'except ValueError:\n    note("{name} fails", x)\n    raise\n' if make.chance(2) else ""
        ends = make.pick((f'note("{name} ends", x)', f'note("{name} ends", {make.value()})'))
        return f"value = {make.value()}\ntry:\n    yield value\n{caught}finally:\n    {ends}"

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
        if make.chance(8) and (known := self._known.of("dependency")):
            decorator = decorator.replace(")", f", dependencies=[Depends(@{make.pick(known)}@)])", 1)
        if make.chance(8) and not is_async:
            decorator += "\n@@app.base.traced@"
        depends = self._depends(make, "z") if make.chance(2) else ""
        extra = ""
        lines = []
        if depends:
            lines.append("z = int(z or 0)")
        if make.chance(6):
            extra += ", background: BackgroundTasks = None"
            kinds = ("function", "coroutine", "object", "partial", "applied")
            kind = make.pick([kind for kind in kinds if self._known.of(kind)])
            function = f"@{make.pick(self._known.of(kind))}@"
            call = {
                "object": f"{function}.run, x",
                "partial": function,
                "applied": f"{function}, @app.base.plain@, x",
            }
            lines.append(f"background.add_task({call.get(kind, f'{function}, x')})")
        if make.chance(8):
            extra += ", response: Response = None"
            lines.append('response.headers["X-Value"] = str(x)')
        arguments = f"x: int = 1, y: int = 2{', ' + depends if depends else ''}{extra}"
        body = "\n".join([*lines, make.body(end="return <return>")])
        keyword = "async def" if is_async else "def"
        self._define(file, name, f"@{decorator}\n{keyword} {name}({arguments}):", body)
        method = "POST" if "post" in decorator else "GET"
        self.routes.append(Route(f"{method} /{name}", f"{file.module}.{name}"))

    def _validated(self, file: File) -> None:
        """Models that do something when they are made, or read."""
        make = self.maker(leaves=("self.n",))
        name = self.name("validated")
        checked = self._method(
            '@field_validator("n")\n@classmethod\ndef check(cls, n):',
            "x = y = int(n)\n" + self.maker(leaves=("n",)).body(1),
        )
        more = self._method(
            "@computed_field\n@property\ndef more(self) -> int:", "x = y = self.n\n" + make.body(1)
        )
        body = "\n\n".join(
            ["n: int", *([checked] if make.chance(2) else []), *([more] if make.chance(2) else [])]
        )
        file.parts.append(f"class {name.title()}(BaseModel):\n{textwrap.indent(body, '    ')}")
        end = make.pick((f"return {name.title()}(n=<value>)", 'return {"n": <value>}'))
        body = self.maker(result="None").body(2, end)
        head = f'@router.get("/{name}", response_model={name.title()})\ndef {name}(x: int = 1, y: int = 2):'
        self._define(file, name, head, body)
        self.routes.append(Route(f"GET /{name}", f"{file.module}.{name}"))

    def _body(self, file: File) -> None:
        """A handler that is sent a model."""
        make = self.maker(leaves=("sent.n", "sent.m"), result='{"v": <value>}')
        name = self.name("sent")
        file.parts.append(f"class {name.title()}(BaseModel):\n    n: int\n    m: int = 2")
        depends = self._depends(make, "z") if make.chance(3) else ""
        arguments = f"sent: {name.title()}, x: int = 1, y: int = 2{', ' + depends if depends else ''}"
        body = make.body(3)
        if make.chance(3):
            body = f"background.add_task(@{make.pick(self._known.of('function'))}@, sent.n)\n{body}"
            arguments = f"background: BackgroundTasks, {arguments}"
        self._define(file, name, f'@router.post("/{name}")\ndef {name}({arguments}):', body)
        self.routes.append(Route(f"POST /{name}", f"{file.module}.{name}", is_sent_a_body=True))

    def _views(self, file: File) -> None:
        """A class whose methods are handlers."""
        make = self.maker(leaves=("self.n",))
        name = self.name("Views")
        show = self._method(
            "def show(self, x: int = 1, y: int = 2):", make.body(2, "return self.load(x) + <value>")
        )
        load = self._method("def load(self, x, y=2):", make.body(2))
        init = "def __init__(self, n):\n    self.n = n"
        file.parts.append(f"class {name}:\n" + textwrap.indent("\n\n".join([init, show, load]), "    "))
        file.parts.append(f"{name.lower()} = {name}(2)\nrouter.add_api_route('/{name}', {name.lower()}.show)")
        self.routes.append(Route(f"GET /{name}", f"{file.module}.{name}"))

    def _socket(self, file: File) -> None:
        make = self.maker(is_async=True, result="None")
        name = self.name("talk")
        depends = self._depends(make, "z") if make.chance(3) else ""
        more = f", {depends}" if depends else ""
        body = make.body(2, "await socket.send_text(str(<value>))")
        arguments = f"socket: WebSocket, x: int = 1, y: int = 2{more}"
        head = f'@router.websocket("/{name}")\nasync def {name}({arguments}):'
        start = "await socket.accept()\ny = len(await socket.receive_text())"
        self._define(file, name, head, f"{start}\n{body}\nawait socket.close()")
        self.routes.append(Route(f"WEBSOCKET /{name}", f"{file.module}.{name}"))

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
        if make.chance(3):
            steps = f"try:\n    for n in @{make.pick(rows)}@(x):\n        yield f'{{n}};'\nfinally:\n    "
            self._define(
                file, f"{name}_closed", f"def {name}_closed(x):", f'{steps}note("closed", {make.value()})'
            )
            source = f"{name}_closed(x)"
        if make.chance(3) and (rows := self._known.of("agenerator")):
            reading = self._method(f"async for n in @{make.pick(rows)}@(x):", "yield f'{n};'")
            self._define(file, f"{name}_more", f"async def {name}_more(x):", reading)
            source = f"{name}_more(x)"
        is_async = make.chance(3)
        head = f'@router.get("/{name}")\n{"async " if is_async else ""}def {name}(x: int = 1, y: int = 2):'
        end = f"return StreamingResponse({source}, media_type='text/plain')"
        body = self.maker(is_async=is_async, result="None").body(1, end) if make.chance(2) else end
        self._define(file, name, head, body)
        self.routes.append(Route(f"GET /{name}", f"{file.module}.{name}"))
