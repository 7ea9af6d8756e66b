"""What runs as a script: under the main guard, or in a module that nobody imports."""

from __future__ import annotations

import ast

from ..analysis.nodes import walk
from ..analysis.view import View

_PACKAGE = "__init__.py"


def is_script(view: View, node: ast.AST) -> bool:
    """Does `node`, at the top of its file, run by a person's hand alone?"""
    if in_main_guard(view, node):
        return True
    return not (makes_app(view) or _serves(view) or view.path.endswith(_PACKAGE) or is_imported(view))


def makes_app(view: View) -> bool:
    """Does a server import it?"""
    return any(
        isinstance(n, ast.Call) and view.external(n.func) == "fastapi.FastAPI" for n in walk(view.file.tree)
    )


def _serves(view: View) -> bool:
    """`app = create_app()` at the top."""
    targets = [t for s in view.file.tree.body if isinstance(s, ast.Assign) for t in s.targets]
    return any(isinstance(t, ast.Name) and view.instance(t) == "fastapi.FastAPI" for t in targets)


def in_main_guard(view: View, node: ast.AST) -> bool:
    return any(
        isinstance(above, ast.If) and "__main__" in ast.unparse(above.test) for above in view.file.above(node)
    )


def is_imported(view: View) -> bool:
    """Does another module of the project import this one?"""
    program, module = view.program, view.module.module
    for path, other in program.modules.items():
        if path == view.path:
            continue
        for scope in other.facts.scopes:
            for binding in scope.bindings:
                value = binding.value
                if getattr(value, "module", None) is None and getattr(value, "level", None) is None:
                    continue
                name = program.absolute(value, path)  # type: ignore[arg-type]
                if name == module or f"{name}.{getattr(value, 'name', '')}" == module:
                    return True
    return False
