"""What commands outside the code run: they await nothing.

[project.scripts]
seed = "app.seed:main"                            python -c "from app.db import init; init()"
"""

from __future__ import annotations

from ....model import Reason
from ...index.unread import Unread
from ...link.program import Key, Program


def why_not(program: Program, unread: Unread, function: Key) -> Reason | None:
    """A function that a command may call, or a method of a class that it may make."""
    qualname = program.scope(function).qualname
    path = runner(program, unread, program.modules[function.path].facts.module, qualname.partition(".")[0])
    text = f"{qualname} may be run by {path}, where nothing would await it"
    return Reason("AF911", text, program.location(function)) if path else None


def runner(program: Program, unread: Unread, module: str, name: str) -> str:
    """The path of a file whose commands use `name` of the module, or of a package that hands it on."""
    for said, path in unread.named.get(name, {}).items():
        if _is_same(said, module) or _hands_on(program, said, module, name):
            return path
    return ""


def _is_same(said: str, module: str) -> bool:
    """The name of a module may be said from another folder."""
    longer, shorter = (said, module) if len(said) > len(module) else (module, said)
    return said == module or longer.endswith(f".{shorter}")


def _hands_on(program: Program, package: str, module: str, name: str) -> bool:
    """`from .seed import main` in `app/__init__.py`: what `app.main` says is a function of `app.seed`."""
    path = program.module_path(package) if module.startswith(f"{package}.") else None
    return path is not None and not program.modules[path].names[0].keys().isdisjoint({name, "*"})
