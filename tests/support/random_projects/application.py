"""The application at random: middleware, error handlers, what starts and ends, how routers are included."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

from .definitions import Definitions
from .files import File
from .routes import Route, Routes

_MAIN = """
app = FastAPI(<options>)
<first>
app.include_router(@app.api.router@<included>)


@app.exception_handler(ValueError)
def value_error(request: Request, error: ValueError):
    note("handled", len(error.args))
    return JSONResponse({"error": "value"}, 418)
"""
_TIMED = """
@app.middleware("http")
async def counted(request: Request, call_next):
    note("before", 0)
    response = await call_next(request)
    note("after", response.status_code)
    return response
"""


def main_file(first: str = "", last: str = "", imports: Mapping[str, str] | None = None) -> File:
    """The application, with statements before and after all others."""
    return File("app.main", [_main(first), last], imports or {})


def _main(first: str = "", options: str = "", included: str = "") -> str:
    text = _MAIN.replace("<options>", options).replace("<included>", included)
    return text.replace("<first>", first).replace("\n\napp.include", "\napp.include")


class Application(Definitions):
    def main_file(self, routes: Routes) -> File:
        """One that includes the router of `app.api`; may add to the routes."""
        file = File("app.main")
        make = self.maker()
        dependencies = [f"Depends(@{place}@)" for place in self._known.of("dependency")]
        options = included = ""
        if make.chance(5):
            options = "lifespan=lifespan"
            self._lifespan(file)
        if dependencies and make.chance(6):
            included = f", dependencies=[{make.pick(dependencies)}]"
        file.parts.append(_main(options=options, included=included))
        if make.chance(3):
            file.parts.append(_TIMED)
        for kind in ("trouble", "middleware", "raw", "startup", "mounted", "starlette"):
            if make.chance(5):
                getattr(self, f"_{kind}")(file, routes)
        return file

    def _lifespan(self, file: File) -> None:
        body = self.maker(is_async=True, result="None").body(1, "yield")
        after = self.maker(is_async=True, result="None").body(1, "pass")
        head = "@asynccontextmanager\nasync def lifespan(app):"
        self._define(file, "lifespan", head, f"x = y = 1\n{body}\n{after}")

    def _trouble(self, file: File, routes: Routes) -> None:
        make = self.maker()
        is_async = make.chance(2)
        head = "@app.exception_handler(TroubleError)\n" + "async " * is_async
        body = self.maker(is_async=is_async, result="JSONResponse(<value>, 419)").body(2)
        self._define(
            file,
            "trouble",
            f"{head}def trouble(request: Request, error: TroubleError):",
            f"x = y = error.number\n{body}",
        )

    def _middleware(self, file: File, routes: Routes) -> None:
        make = self.maker(is_async=True, result="await call_next(request)")
        body = f"x = y = 1\n{make.body(2)}"
        if make.chance(2):
            head = '@app.middleware("http")\nasync def passing(request: Request, call_next):'
            self._define(file, "passing", head, body)
        else:
            method = self._method("async def dispatch(self, request, call_next):", body)
            file.parts.append(self._method("class Passing(BaseHTTPMiddleware):", method))
            file.parts.append("app.add_middleware(Passing)")

    def _raw(self, file: File, routes: Routes) -> None:
        """A middleware that knows nothing but ASGI."""
        body = self.maker(is_async=True, result="None").body(2, "pass")
        call = self._method(
            "async def __call__(self, scope, receive, send):",
            f"x = y = 1\ntry:\n{textwrap.indent(body, '    ')}\nfinally:\n"
            "    await self.app(scope, receive, send)",
        )
        init = "def __init__(self, app):\n    self.app = app"
        file.parts.append("class Raw:\n" + textwrap.indent(f"{init}\n\n{call}", "    "))
        file.parts.append("app.add_middleware(Raw)")

    def _startup(self, file: File, routes: Routes) -> None:
        make = self.maker(result="None")
        event = make.pick(("startup", "shutdown"))
        self._define(file, "event", f'@app.on_event("{event}")\ndef event():', f"x = y = 1\n{make.body(2)}")

    def _mounted(self, file: File, routes: Routes) -> None:
        """Another application, with a handler of its own."""
        make = self.maker()
        head = '@below.get("/h")\ndef below_handler(x: int = 1, y: int = 2):'
        file.parts.append("below = FastAPI()")
        self._define(file, "below_handler", head, make.body(2))
        file.parts.append('app.mount("/below", below)')
        routes.routes.append(Route("GET /below/h", "app.main.below_handler"))

    def _starlette(self, file: File, routes: Routes) -> None:
        """A route that takes the request."""
        make = self.maker(result="JSONResponse(<value>)")
        body = f'x = int(request.query_params["x"])\ny = 2\n{make.body(2)}'
        self._define(file, "bare", "def bare(request: Request):", body)
        file.parts.append('app.add_route("/bare", bare)')
        routes.routes.append(Route("GET /bare", "app.main.bare"))
