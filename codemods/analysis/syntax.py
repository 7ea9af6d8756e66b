"""Files read again as `ast` where a remedy has to look at statements; parsed once, on demand."""

from __future__ import annotations

import ast
import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain
from typing import Any, TypeGuard, TypeVar
from weakref import WeakValueDictionary

import msgspec

from ..model import Span
from .nodes import children, walk

_new: Callable[[type[Span], tuple[int, int, int, int]], Span] = tuple.__new__
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)?")

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
Node = TypeVar("Node", bound=ast.AST)
Other = TypeVar("Other", bound=ast.AST)
_FOUND = frozenset({ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Call})


class FileSyntax(msgspec.Struct, frozen=True, dict=True, weakref=True):
    """One file: its text, its tree, and the way up from every node."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @cached_property
    def parents(self) -> Parents:
        return Parents(self.tree)

    def of_kind(self, kind: type[Node], *others: type[Other]) -> Sequence[Node | Other]:
        """All nodes of these kinds, in the order of `walk`; a file is walked once for all who ask."""
        kinds = (kind, *others)
        if kinds not in self._by_kind:
            places = [at for type_, at in self._places.items() if issubclass(type_, kinds)]
            self._by_kind[kinds] = [self._nodes[place] for place in sorted(chain(*places))]
        return self._by_kind[kinds]

    @cached_property
    def _places(self) -> Mapping[type[ast.AST], Sequence[int]]:
        """Where the nodes of each type stand in the walk."""
        found: dict[type[ast.AST], list[int]] = defaultdict(list)
        for place, node in enumerate(self._nodes):
            found[type(node)].append(place)
        return found

    @cached_property
    def _nodes(self) -> Sequence[ast.AST]:
        return walk(self.tree)

    @cached_property
    def _by_kind(self) -> dict[tuple[type[ast.AST], ...], list[Any]]:
        return {}

    def mentions(self, part: str) -> bool:
        """Does it stand anywhere in the text? Remembered: few words are asked for again and again."""
        if part not in self._mentioned:
            self._mentioned[part] = part in self.text
        return self._mentioned[part]

    @cached_property
    def _mentioned(self) -> dict[str, bool]:
        return {}

    def function(self, span: Span) -> FunctionNode | None:
        for kind in (ast.FunctionDef, ast.AsyncFunctionDef):
            node = self.parents.at(kind, span)
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                return node
        return None

    def class_(self, span: Span) -> ast.ClassDef | None:
        node = self.parents.at(ast.ClassDef, span)
        return node if isinstance(node, ast.ClassDef) else None

    def call(self, span: Span) -> ast.Call | None:
        node = self.parents.at(ast.Call, span)
        return node if isinstance(node, ast.Call) else None

    def entered(self, span: Span) -> ast.withitem | None:
        """The item of a `with` whose manager stands at the span."""
        items = self.of_kind(ast.withitem)
        return next((item for item in items if span_of(item.context_expr) == span), None)

    def above(self, node: ast.AST) -> Iterator[ast.AST]:
        """The nodes around `node`, nearest first."""
        while (parent := self.parents.get(node)) is not None:
            yield parent
            node = parent

    def statement(self, node: ast.AST) -> ast.stmt:
        """The innermost statement that holds `node` (itself, when it is one)."""
        current = node
        while not isinstance(current, ast.stmt):
            current = self.parents[current]
        return current

    def comments_above(self, statement: ast.stmt | ast.expr) -> str:
        """The comments directly above a statement or decorator, without their margin, each with its end."""
        start = statement.lineno - 1
        while start and self._lines[start - 1].lstrip().startswith(b"#"):
            start -= 1
        return "".join(f"{line.decode().strip()}\n" for line in self._lines[start : statement.lineno - 1])

    @cached_property
    def _lines(self) -> list[bytes]:
        """With their ends; `ast` counts columns in bytes, and a form feed ends no line."""
        return [line.encode() for line in _LINE.findall(self.text)]

    def line(self, number: int) -> str:
        """The text of a line, counted from 1, without the white space around it."""
        return self._lines[number - 1].decode().strip() if 0 < number <= len(self._lines) else ""

    def source(self, node: ast.AST) -> str:
        """The text of `node`; `ast.get_source_segment` splits the whole file for each."""
        return self.part(span_of(node))

    def part(self, span: Span) -> str:
        lines = self._lines[span.line - 1 : span.end_line]
        if not lines:
            return ""
        lines[-1] = lines[-1][: span.end_col]
        lines[0] = lines[0][span.col :]
        return b"".join(lines).decode()


class Parents(dict[ast.AST, ast.AST]):
    """Node -> the node around it. Of most files little is looked at: a statement of the module is walked when
    something in it is asked for."""

    def __init__(self, tree: ast.Module) -> None:
        super().__init__(dict.fromkeys(tree.body, tree))
        self._module = tree
        self._starts = [extent(each).start for each in tree.body]
        self._unseen = dict(enumerate(tree.body))
        self._by_span: dict[tuple[type[ast.AST], int, int, int, int], ast.AST] = {}

    def get(self, node: ast.AST, default: ast.AST | None = None) -> ast.AST | None:  # type: ignore[override]
        try:
            return self[node]
        except KeyError:
            return default

    def __missing__(self, node: ast.AST) -> ast.AST:
        if node is self._module:
            raise KeyError(node)
        if hasattr(node, "lineno"):
            self._look_at(_line(node))
        if node not in self:  # arguments, or an item of a `with`, before all that it is made of
            for number in [*self._unseen]:
                self._walk(number)
        found = super().get(node)
        if found is None:
            raise KeyError(node)
        return found

    def at(self, kind: type[ast.AST], span: Span) -> ast.AST | None:
        """The call or function of this kind that the facts name by its span."""
        place = (kind, *span)
        if place not in self._by_span:
            self._look_at(span.line)
        return self._by_span.get(place)

    def _look_at(self, line: int) -> None:
        """Several statements may stand on one line."""
        number = bisect_right(self._starts, line) - 1
        while number >= 0:
            if number in self._unseen:
                self._walk(number)
            number -= 1
            if number < 0 or (self._module.body[number].end_lineno or 0) < line:
                break

    def _walk(self, number: int) -> None:
        nodes: list[ast.AST] = [self._unseen.pop(number)]
        for node in nodes:
            kind = type(node)
            if kind in _FOUND:
                self._by_span[(kind, *span_of(node))] = node
            below = children(node)
            for each in below:
                self[each] = node
            nodes += below


def _line(node: ast.AST) -> int:
    return node.lineno  # type: ignore[attr-defined,no-any-return]


class Syntax:
    """Gives the `FileSyntax` of a path; `read` returns the text of a project file."""

    def __init__(self, read: Callable[[str], str]) -> None:
        self._read = read
        self._files: dict[str, FileSyntax] = {}

    def file(self, path: str) -> FileSyntax:
        if path not in self._files:
            self._files[path] = syntax_of(path, self._read(path))
        return self._files[path]


def syntax_of(path: str, text: str) -> FileSyntax:
    """The same for all who ask, as long as one of them has it."""
    return _held.setdefault((path, text), FileSyntax(path, text))


_held: WeakValueDictionary[tuple[str, str], FileSyntax] = WeakValueDictionary()
"""One for each text of a file, as long as somebody has it: an outcome is judged while the program before it
is still there, and shares most files with it."""


def span_of(node: ast.AST) -> Span:
    # asked for all the time: without the function around `tuple.__new__` that a NamedTuple has
    return _new(Span, (node.lineno, node.col_offset, node.end_lineno, node.end_col_offset))  # type: ignore[attr-defined]


def extent(statement: ast.stmt) -> range:
    """Its lines, those of its decorators included."""
    decorators: Sequence[ast.expr] = getattr(statement, "decorator_list", ())
    first = min([statement.lineno, *(decorator.lineno for decorator in decorators)])
    return range(first, span_of(statement).end_line + 1)


def last_name(node: ast.AST) -> str:
    """`get` of `client.get` and of `get`; of anything else an empty text."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def snake(name: str) -> str:
    """`OrderLine` as `order_line`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def holds(outer: ast.AST, node: ast.AST) -> bool:
    """Is `node` a part of `outer`, or that itself?"""
    return any(part is node for part in walk(outer))


def outline(node: ast.expr) -> str:
    """`db.query(...).all()`: a chain of calls in one line, without what it hands on."""
    match node:
        case ast.Attribute():
            return f"{outline(node.value)}.{node.attr}"
        case ast.Call():
            return f"{outline(node.func)}({'...' if node.args or node.keywords else ''})"
        case _:
            return ast.unparse(node).splitlines()[0]


def is_main_guard(node: ast.AST) -> TypeGuard[ast.If]:
    """`if __name__ == "__main__":`, whatever is asked beside it."""
    return isinstance(node, ast.If) and "__main__" in ast.unparse(node.test)


def is_test(file: FileSyntax, node: ast.AST) -> bool:
    """Is only the truth of `node` asked for?"""
    parent = file.parents[node]
    if isinstance(parent, (ast.If, ast.While, ast.IfExp, ast.Assert)):
        return parent.test is node
    if isinstance(parent, ast.UnaryOp):
        return isinstance(parent.op, ast.Not)
    if isinstance(parent, ast.BoolOp):
        return is_test(file, parent)
    if isinstance(parent, ast.Call):
        return getattr(parent.func, "id", "") == "bool" and len(parent.args) == 1
    return isinstance(parent, ast.comprehension) and node in parent.ifs
