"""Tests with sessions of the application's own, whose tables were there as soon as it was imported: now it
makes them when it starts, and that may come later.

    from app.main import engine         ->      from app.main import engine


                                                async def make_tables() -> None:
                                                    async with engine.begin() as connection:
                                                        await connection.run_sync(Base.metadata.create_all)


                                                asyncio.run(make_tables())
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from textwrap import indent

from ...analysis.link.import_graph import ImportGraph
from ...analysis.syntax import span_of
from ...analysis.view import View, Views
from ...async_generators.bodies import free_name
from ...model import Code, ImportNeed, InsertStatements, slot
from ..draft import Draft, shifted
from .runners import conftest_above

_MADE = (".create_all", ".create(")
_TOLD = "the tests use tables that were made when {} was imported, and are made when the application starts"


def make_tables_before(views: Views, draft: Draft) -> None:
    """Where the tests turn and make none themselves: above all else that the outermost conftest does, or each
    of them where that does not import the application."""
    modules = views.inference.program.modules
    turned = sorted({each.path for each in draft.functions if modules[each.path].facts.is_test})
    if not draft.tables or not turned:
        return
    conftest = conftest_above(views, turned)
    graph = ImportGraph(views.inference.program)
    made = {path: _made_by(graph, views.of(path), draft) for path in (conftest, *turned) if path in modules}
    for path in [conftest] if made.get(conftest) else turned:
        if made[path] and not any(word in views.of(path).file.text for word in _MADE):
            _insert(views.of(path), draft, made[path])


def _made_by(graph: ImportGraph, view: View, draft: Draft) -> list[tuple[View, Code | None]]:
    """What has been made when the imports of the file are done."""
    loaded = graph.behind([view.path]) if _imports(view) else frozenset()
    return [(home, code) for home, code in draft.tables if home.path in loaded]


def _imports(view: View) -> list[ast.Import | ast.ImportFrom]:
    return [each for each in view.file.tree.body if isinstance(each, (ast.Import, ast.ImportFrom))]


def _insert(view: View, draft: Draft, made: Sequence[tuple[View, Code | None]]) -> None:
    imports = _imports(view)
    name = free_name(view.file.tree, "make_tables")
    text, needs = "", [ImportNeed("asyncio")]
    for home, code in made:
        if code is None or "drop" in code.text:
            draft.obstacle(view, imports[-1], _TOLD.format(home.path))
            return
        text += f"{shifted(code.text, len(needs))}\n"
        needs += code.needs
    function = f"async def {name}() -> None:\n{indent(text, '    ')}"
    made_before = Code(f"{function}\n\n{slot(0)}.run({name}())", tuple(needs))
    draft.edit(view, InsertStatements(span_of(imports[-1]), made_before, after=True))
