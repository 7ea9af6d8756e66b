"""One file as syntax and as facts at once: what an expression of its tree can be, and where it stands."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from functools import cached_property

from ..model import ImportNeed, Location, Span
from .awaiting import can_await
from .index.bindings import Binding, Import
from .index.expr import Attr, Await, Call, Const, Either, Expr, Item, Name, Opaque
from .link import names
from .link.infer import Inference
from .link.kinds import NOTHING, Cls, Decorated, Ext, Fn, Inst, Kinds, Member, Mod, ordered
from .link.program import CallKey, Key
from .nodes import walk
from .scopes_of_nodes import ScopesOfNodes
from .spelled import fact_spelled
from .syntax import FileSyntax, FunctionNode, Syntax, outline, span_of

_LONG = 90


class View:
    def __init__(self, inference: Inference, file: FileSyntax) -> None:
        self.inference = inference
        self.program = inference.program
        self.file = file
        self.path = file.path
        module = inference.program.modules[file.path]
        self.module = module.facts
        self._keys = module.keys
        self._scopes = ScopesOfNodes(file, module.facts)
        self._kinds: dict[ast.AST, Kinds] = {}
        self._callees: dict[ast.AST, Kinds] = {}

    @cached_property
    def _calls(self) -> dict[Span, CallKey]:
        return {call.span: CallKey(self.path, number) for number, call in enumerate(self.module.calls)}

    def node_of(self, call: CallKey) -> ast.Call | None:
        return self.file.call(self.program.call(call).span)

    def bound_call(self, binding: Binding) -> ast.Call | None:
        """The call that a name of a class of this file is bound to: `id = Column(..)`."""
        value = binding.value
        return self.node_of(CallKey(self.path, value.index)) if isinstance(value, Call) else None

    def scope(self, node: ast.AST) -> int:
        """The scope that reads `node`."""
        return self._scopes.of(node)

    def key(self, node: ast.AST) -> Key:
        return self._keys[self.scope(node)]

    def owner(self, node: ast.AST) -> Key:
        """The function (or class, or module) whose frame runs `node`."""
        return self.program.owner_of(self.path, self.scope(node))

    def function(self, node: ast.AST) -> FunctionNode | None:
        owner = self.owner(node)
        return self.file.function(self.program.scope(owner).span) if owner.scope else None

    def block(self, statement: ast.stmt) -> list[ast.stmt]:
        """The statements among which it stands, itself included."""
        parent = self.file.parents[statement]
        for field in ("body", "orelse", "finalbody"):
            block = getattr(parent, field, None)
            if isinstance(block, list) and statement in block:
                return block
        return [statement]

    def first_of_chain(self, statement: ast.stmt) -> ast.stmt:
        """The `if` that an `elif` belongs to: something can be put above that only."""
        above = self.file.parents[statement]
        while (
            isinstance(above, ast.If)
            and above.orelse == [statement]
            and self.source(statement).startswith("elif")
        ):
            statement, above = above, self.file.parents[above]
        return statement

    def call_key(self, call: ast.Call) -> CallKey | None:
        return self._calls.get(span_of(call))

    def kinds(self, node: ast.AST) -> Kinds:
        """What an expression can be; every rule asks it of the same nodes."""
        known = self._kinds.get(node)
        if known is None:
            expr = self.expr(node)
            known = NOTHING
            if expr is not None:
                known = self.inference.kinds(self.key(node), expr, getattr(node, "lineno", 0))
            self._kinds[node] = known
        return known

    def kinds_at(self, near: ast.AST, spelled: str) -> Kinds:
        """What a dotted name would mean where `near` stands."""
        return self.inference.kinds(self.key(near), fact_spelled(spelled))

    def callees(self, call: ast.Call) -> Kinds:
        known = self._callees.get(call)
        if known is None:
            key = self.call_key(call)
            known = self._callees[call] = self.inference.callees(key) if key is not None else NOTHING
        return known

    def expr(self, node: ast.AST) -> Expr | None:
        """The fact behind a node, as far as rules ask for it."""
        if isinstance(node, ast.Name):
            return Name(node.id)
        if isinstance(node, ast.Attribute):
            inner = self.expr(node.value)
            return Attr(inner, node.attr) if inner is not None else None
        if isinstance(node, ast.Call):
            key = self.call_key(node)
            return Call(key.index) if key is not None else None
        if isinstance(node, ast.Await):
            inner = self.expr(node.value)
            return Await(inner) if inner is not None else None
        if isinstance(node, ast.Subscript):
            inner, index = self.expr(node.value), self.expr(node.slice)
            return Item(inner, index or Opaque()) if inner is not None else None
        if isinstance(node, ast.Constant):
            text = node.value if isinstance(node.value, str) else str(node.value)
            return Const(type(node.value).__name__, text)
        if isinstance(node, ast.NamedExpr):
            return self.expr(node.value)
        if isinstance(node, (ast.BoolOp, ast.IfExp)):
            values = node.values if isinstance(node, ast.BoolOp) else [node.body, node.orelse]
            found = [self.expr(value) for value in values]
            return Either(tuple(expr or Opaque() for expr in found))
        return None

    def external(self, node: ast.AST) -> str:
        """The dotted name of what a name or attribute means, when that is one thing outside the project."""
        kinds = self.kinds(node)
        only = next(iter(kinds)) if len(kinds) == 1 else None
        return only.name if type(only) is Ext else ""  # quicker to deny than `isinstance`

    def instance(self, node: ast.AST) -> str:
        """The class of the value, when it is an instance of one class outside the project."""
        names = {kind.name for kind in self.kinds(node) if isinstance(kind, Inst)}
        return names.pop() if len(names) == 1 else ""

    def functions_called(self, call: ast.Call) -> list[Key]:
        return [kind.key for kind in self.callees(call) if isinstance(kind, Fn)]

    def functions_run(self, call: ast.Call) -> list[Key]:
        """The same with what decorators of the project put around them; in there, what these stand on."""
        decorators, found = self.inference.decorators, self.functions_called(call)
        found += [wrapper for key in found for wrapper in decorators.wrappers(key)]
        for kind in self.callees(call):
            if isinstance(kind, Decorated) and kind.by is not None:
                found += decorators.decorated_by(kind.by)
        return found

    def classes_named(self, node: ast.AST) -> list[Key]:
        return [kind.key for kind in self.kinds(node) if isinstance(kind, Cls)]

    def member(self, call: ast.Call) -> Member | None:
        """The method of a class outside the project that the call runs."""
        return next((kind for kind in ordered(self.callees(call)) if isinstance(kind, Member)), None)

    def module_of(self, node: ast.Attribute) -> ImportNeed | None:
        """`models.Base` where `models` is a module of the project: how another file imports `Base`."""
        owner = self.kinds(node.value)
        only = next(iter(owner)) if len(owner) == 1 else None
        return ImportNeed(only.name, node.attr) if isinstance(only, Mod) else None

    def import_of(self, node: ast.Name) -> ImportNeed | None:
        """How another file imports what this name means at the top of the file."""
        found = names.only(names.lookup(self.program, Key(self.path, 0), node.id))
        if found is None:
            return None
        value = found.binding.value
        if isinstance(value, Import):
            module = self.program.absolute(value, self.path)
            return ImportNeed(module, value.name)
        return ImportNeed(self.module.module, node.id)

    def can_await(self, node: ast.AST) -> bool:
        """Does `node` run in the frame of a function, where an `await` may stand?"""
        function = self.function(node)
        return function is not None and can_await(self.file, function, node)

    def attribute_name(self, node: ast.Attribute) -> Span:
        """Where the last name of `a.b.c` stands."""
        end = span_of(node)
        return Span(end.end_line, end.end_col - len(node.attr.encode()), end.end_line, end.end_col)

    def spliced(self, whole: Span, changes: Sequence[tuple[Span, str]]) -> str:
        """The text of `whole` with the text of inner spans replaced."""
        parts: list[str] = []
        at = self._offset(whole.line, whole.col)
        for span, text in sorted(changes):
            parts += [self._bytes[at : self._offset(span.line, span.col)].decode(), text]
            at = self._offset(span.end_line, span.end_col)
        parts.append(self._bytes[at : self._offset(whole.end_line, whole.end_col)].decode())
        return "".join(parts)

    def flat(self, node: ast.expr, text: str) -> str:
        """The text of an expression on one line, where nothing in it needs its lines: long lines are
        wrapped anew."""
        if "#" in text or any(
            isinstance(n, (ast.Constant, ast.JoinedStr)) and n.lineno != n.end_lineno for n in walk(node)
        ):
            return self.outdented(node, text)
        written = text
        if not any(isinstance(n, ast.Tuple) and len(n.elts) == 1 for n in walk(node)):
            text = re.sub(r",(?=\s*\n\s*\))", "", text)
        text = re.sub(r"\s*\\?\n\s*(?=[.)\]}])|(?<=[(\[{])\s*\n\s*", "", text)
        text = re.sub(r"(?<=[A-Za-z_)\]}]\.)\s*\\?\n\s*", "", text)  # `query.⏎ filter(..)`
        text = re.sub(r"\s*\\?\n\s*", " ", text)
        return text if len(text) <= _LONG else self.outdented(node, written)

    def outdented(self, node: ast.expr, text: str) -> str:
        """The text of an expression without the margin of its block, which the writer adds again."""
        if any(isinstance(n, (ast.Constant, ast.JoinedStr)) and n.lineno != n.end_lineno for n in walk(node)):
            return text
        margin = self.file.statement(node).col_offset
        first, *rest = text.split("\n")
        return "\n".join([first, *(line[min(margin, len(line) - len(line.lstrip(" "))) :] for line in rest)])

    @cached_property
    def _bytes(self) -> bytes:
        return self.file.text.encode()

    @cached_property
    def _starts(self) -> list[int]:
        starts = [0]
        for line in self._bytes.splitlines(keepends=True):
            starts.append(starts[-1] + len(line))
        return starts

    def _offset(self, line: int, col: int) -> int:
        return self._starts[line - 1] + col

    def place(self, node: ast.AST) -> Location:
        return Location(self.path, getattr(node, "lineno", 1), getattr(node, "col_offset", 0) + 1)

    def source(self, node: ast.AST) -> str:
        return self.file.source(node)

    def in_a_line(self, node: ast.expr | ast.stmt) -> str:
        """The source, for a message; of several lines the outline, or the first one of a statement."""
        text = self.source(node)
        return outline(node) if "\n" in text and isinstance(node, ast.expr) else text.splitlines()[0]


class Views:
    def __init__(self, inference: Inference, syntax: Syntax) -> None:
        self.inference = inference
        self.syntax = syntax
        self._views: dict[str, View] = {}
        self._mentioned: dict[str, bool] = {}

    def mention(self, part: str) -> bool:
        """Does it stand anywhere in the texts of the program?"""
        if part not in self._mentioned:
            paths = self.inference.program.modules
            self._mentioned[part] = any(self.syntax.file(path).mentions(part) for path in paths)
        return self._mentioned[part]

    def of(self, path: str) -> View:
        if path not in self._views:
            self._views[path] = View(self.inference, self.syntax.file(path))
        return self._views[path]
