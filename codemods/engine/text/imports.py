"""Imports put where the file would have them, under names that mean nothing else in it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ...model import ImportNeed
from .bindings import FunctionNode, import_meanings, is_imported_where_read
from .import_layout import Layout, Row, Run, layout
from .import_names import add_name
from .import_order import ImportStatement, Section, order_kept, root, section, written_module
from .parsed import parsed
from .spelling import ImportLine, decisions
from .unused_imports import for_type_checkers, remove_unused_imports

__all__ = ["ImportNeed", "bound_names", "for_type_checkers", "place_imports", "remove_unused_imports"]

_BOM = "\ufeff"
_HEADING = re.compile(
    r"\b(imports?|librar(y|ies)|packages?|modules|party|local|own|internal|project|app)\b", re.IGNORECASE
)
_DUNDER = ("__all__", "__version__", "__author__", "__license__", "__copyright__", "__email__")


def bound_names(
    source: str,
    needs: Sequence[ImportNeed],
    *,
    module: str = "",
    is_package: bool = False,
    star_names: frozenset[str] = frozenset(),
) -> Mapping[ImportNeed, str]:
    """How code in this file spells each need; `star_names` are known to come from its star imports."""
    made = decisions(source.removeprefix(_BOM), frozenset(needs), module, is_package, star_names)
    return {need: decision.spelling for need, decision in made.items()}


def place_imports(
    source: str,
    needs: Sequence[ImportNeed],
    *,
    first_party: frozenset[str],
    line_length: int | None,
    module: str = "",
    is_package: bool = False,
    star_names: frozenset[str] = frozenset(),
    original: str | None = None,
) -> str:
    """The source with an import for each need; `original` is the text that `bound_names` was asked about."""
    mark = _BOM if source.startswith(_BOM) else ""
    text = source.removeprefix(_BOM)
    asked = text if original is None else original.removeprefix(_BOM)
    made = decisions(asked, frozenset(needs), module, is_package, star_names).values()
    there = layout(text, parsed(text))
    lines = {decision.line for decision in made if decision.line}
    # what must stand high comes first: others join it
    for line in sorted(
        lines, key=lambda each: (_first_read(there, _bound_name(each)) > len(there.lines), each)
    ):
        tree = parsed(text)
        there = layout(text, tree)
        is_there = _is_there(there, tree, line, module, is_package)
        if not is_there and not is_imported_where_read(tree, _bound_name(line)):
            text = _insert(there, line, first_party, line_length)
    return mark + text


def _bound_name(line: ImportLine) -> str:
    return line.alias or line.name or line.module.partition(".")[0]


def _is_there(there: Layout, tree: ast.Module, line: ImportLine, module: str, is_package: bool) -> bool:
    """Does the file import it, above all that reads it when the module is loaded?"""
    wanted, read = _node(line), _first_read(there, _bound_name(line))
    meanings = {*import_meanings(wanted, module, is_package)}
    loads_submodule = isinstance(wanted, ast.Import) and not line.alias and "." in line.module
    for node in tree.body:
        if node.lineno > read:
            return False
        if not isinstance(node, (ast.Import, ast.ImportFrom)):
            continue
        loaded = {alias.name for alias in node.names if not alias.asname and isinstance(node, ast.Import)}
        if meanings <= {*import_meanings(node, module, is_package)} and (
            not loads_submodule or line.module in loaded
        ):
            return True
    return False


def _node(line: ImportLine) -> ImportStatement:
    node = ast.parse(str(line)).body[0]
    assert isinstance(node, (ast.Import, ast.ImportFrom))
    return node


def _insert(there: Layout, line: ImportLine, first_party: frozenset[str], line_length: int | None) -> str:
    new = _node(line)
    used, read = _first_use(there, _bound_name(line)), _first_read(there, _bound_name(line))
    run = _run(there, new, first_party, read)
    if run is None:
        return _start(there, str(line))
    if line.name:
        others = [other for other in there.runs if other is not run]
        below = (row for other in others for row in other.rows if row.end < (used if other.late else read))
        for row in (*run.rows, *below):
            text = add_name(there, row, line, line_length)
            if text is not None and _adds_one_name(there, text):
                return text
    return _insert_row(there, run, str(line), new, first_party)


def _first_use(there: Layout, name: str) -> int:
    """The number of the first line that reads `name`, from 1; 0 if none does."""
    nodes = (part for node in _with_word(there, name) for part in ast.walk(node))
    return min((node.lineno for node in nodes if isinstance(node, ast.Name) and node.id == name), default=0)


def _first_read(there: Layout, name: str) -> int:
    """The first line that reads `name` when the module is loaded; the one below the last if none does."""
    nodes = (part for node in _with_word(there, name) for part in _run_at_once(node))
    found = (node.lineno for node in nodes if isinstance(node, ast.Name) and node.id == name)
    return min(found, default=len(there.lines) + 1)


def _with_word(there: Layout, name: str) -> Iterator[ast.stmt]:
    """The top-level statements that may read `name`: beyond ASCII, a name can be spelled in several ways."""
    for row in there.rows:
        if any(name in line or not line.isascii() for line in there.lines[row.start : row.end]):
            yield from row.nodes


def _run_at_once(node: ast.AST) -> Iterator[ast.AST]:
    """All but the bodies of functions."""
    yield node
    if isinstance(node, FunctionNode):
        parts: Iterable[ast.AST] = [*node.decorator_list, node.args, *filter(None, [node.returns])]
    else:
        parts = () if isinstance(node, ast.Lambda) else ast.iter_child_nodes(node)
    for inner in parts:
        yield from _run_at_once(inner)


def _adds_one_name(there: Layout, text: str) -> bool:
    """Lists laid out in unusual ways (a comma in front of each name) may not take a line."""
    before = parsed("".join(there.lines))
    try:
        after = parsed(text)
    except SyntaxError:
        return False
    return len(after.body) == len(before.body) and _name_count(after) == _name_count(before) + 1


def _name_count(tree: ast.Module) -> int:
    return sum(len(node.names) for node in tree.body if isinstance(node, ast.ImportFrom))


def _run(there: Layout, new: ImportStatement, first_party: frozenset[str], read: int) -> Run | None:
    """One above line `read`, if there is any."""
    if not there.runs:
        return None
    runs = [run for run in there.runs if run.rows[-1].end < read] or there.runs[:1]
    if section(new, first_party) >= Section.FIRST_PARTY:
        # `sys.path` or the environment may be set up above it
        for run in runs:
            if any(section(node, first_party) >= Section.FIRST_PARTY for node in run.imports()):
                return run
        return runs[-1]
    beside = (r for r in runs if not r.late and any(root(node) == root(new) for node in r.imports()))
    return next(beside, _first_run(there))


def _first_run(there: Layout) -> Run:
    """The first run; the second when only `from __future__` and names such as `__all__` stand above that."""
    first, *others = there.runs
    if not others or any(root(node) != "__future__" for node in first.imports()):
        return first
    between = [row for row in there.rows if first.rows[-1].end <= row.start < others[0].rows[0].start]
    return others[0] if all(_is_dunder(node) for row in between for node in row.nodes) else first


def _is_dunder(node: ast.stmt) -> bool:
    target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
    return isinstance(target, ast.Name) and target.id in _DUNDER


def _start(there: Layout, text: str) -> str:
    """The first import of a file: below the docstring, else above the first statement."""
    if there.docstring:
        at, before = there.docstring.end, [""]
    elif there.rows:
        at, before = _below_header(there, there.rows[0].start), []
    else:
        at = len(there.lines)
        before = [""] if there.lines and not there.is_blank(at - 1) else []
    following = next((row.nodes[0] for row in there.rows), None)
    wanted = 0
    if following is not None:
        wanted = 2 if isinstance(following, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) else 1
    blank = 0
    while at + blank < len(there.lines) and there.is_blank(at + blank):
        blank += 1
    return there.insert(at, *before, text, *[""] * max(0, wanted - blank))


def _below_header(there: Layout, index: int) -> int:
    """Above the comments that belong to line `index`, unless they open the file."""
    above = there.above_comments(index)
    return index if above == 0 else above


def _insert_row(there: Layout, run: Run, text: str, new: ImportStatement, first_party: frozenset[str]) -> str:
    kind = section(new, first_party)
    groups = there.groups(run)
    group = _group(there, run, new, first_party)
    if group is None:
        above = [rows for rows in groups if section(rows[-1].first, first_party) < kind]
        if above:
            return there.insert(above[-1][-1].end, "", text)
        # a group of several sections, without blank lines between them
        before = [row for row in groups[0] if section(row.first, first_party) < kind]
        if before:
            return there.insert(before[-1].end, text)
        return there.insert(_below_header(there, groups[0][0].start), text, "")
    same = [row for row in group if section(row.first, first_party) is kind] or group
    sequences = [
        [row.first for row in rows if section(row.first, first_party) is found]
        for rows in groups
        for found in Section
    ]
    key = order_kept(sequences) or order_kept([[row.first for row in same]])
    after = next((row for row in same if key(row.first) > key(new)), None) if key else None
    smaller = same[: same.index(after)] if after else same
    # a file that keeps no order has those of one module together, and those of one package
    near = smaller[-1:] if key else smaller
    beside = [row for row in near if written_module(row.first) == written_module(new)]
    beside = beside or [row for row in near if root(row.first) == root(new)]
    if beside or after is None:
        return there.insert((beside or (same if key else group))[-1].end, text)
    # a comment on top of the group is its heading; any other belongs to the import below it
    is_heading = after is group[0] and not _is_of_one(there, group)
    return there.insert(after.start if is_heading else _below_header(there, after.start), text)


def _is_of_one(there: Layout, group: list[Row]) -> bool:
    """A single import below a comment about it, which is no heading."""
    start = group[0].start
    above = there.lines[there.above_comments(start) : start]
    return len(group) == 1 and bool(above) and not any(map(_HEADING.search, above))


def _group(there: Layout, run: Run, new: ImportStatement, first_party: frozenset[str]) -> list[Row] | None:
    groups = there.groups(run)
    kind = section(new, first_party)
    kinds = [{section(row.first, first_party) for row in rows} for rows in groups]
    for choice in (
        [rows for rows in groups if any(root(row.first) == root(new) for row in rows)],
        [rows for rows, found in zip(groups, kinds, strict=True) if found == {kind}],
        [rows for rows, found in zip(groups, kinds, strict=True) if kind in found],
    ):
        if choice:
            choice = [rows for rows in choice if not _is_of_one(there, rows)] or choice
            # some projects keep `import a` and `from a import b` apart
            alike = [rows for rows in choice if any(type(row.first) is type(new) for row in rows)]
            return (alike or choice)[-1]
    return None
