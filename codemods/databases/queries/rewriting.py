"""Legacy `Query` chains become `select()`.

    user = db.query(User).filter(User.id == id).first()
->  user = await db.scalar(select(User).filter(User.id == id).limit(1))

    q = db.query(Post).filter(Post.id == id)              q = select(Post).filter(Post.id == id)
    post = q.first()                               ->     post = await db.scalar(q.limit(1))
    q.delete()                                            await db.execute(delete(Post).where(q.whereclause))
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ...analysis.absent import is_unbound
from ...analysis.link.program import Key
from ...analysis.nodes import target_of
from ...analysis.syntax import FunctionNode, outline, span_of
from ...analysis.view import View
from ...model import ReplaceExpression, Span
from ..names import names_in
from ..words import SESSIONS
from .asked import only_asks
from .assignments import is_choice, odd_assignment, of_all_assignments
from .chains import (
    ASKS_ELSE,
    BUILDERS,
    EAGER,
    LAZY,
    MEMBERSHIP,
    at_once,
    built,
    is_told,
    means_query,
    start,
)
from .handed import builder_chains, follow_returned, gives_query
from .pagination import await_page, paginates
from .parts import COMPUTED, MAY_FAIL, Choices, part_of
from .remarks import remarks_behind
from .terminals import NAMES, NoRuleError, Statement, Terminals
from .texts import Texts

if TYPE_CHECKING:
    from .peers import Peers

_OF_OBJECTS = frozenset({"add", "delete", "expunge", "merge", "refresh"})
"""Methods of a session that take an object of a mapped class, and nothing else."""
_VALUES = frozenset({"subquery", "exists", "cte", "label", "scalar_subquery", "as_scalar", "whereclause"})


class Queries:
    """The chains of one file; `roots` are the calls of `session.query`."""

    def __init__(self, view: View, peers: Peers, *, old: bool) -> None:
        self.view = view
        self.peers = peers
        self.old = old
        self.draft = peers.draft
        self.uses: list[ast.Call] = []
        """Calls of methods of queries, however the query came there."""
        self.roots: list[ast.Call] = []
        self.texts = Texts(view, self.draft)
        self.choices = Choices(self)
        self._terminals = Terminals(view, self.draft, old)
        self._variables: dict[tuple[Key, str], Statement] = {}
        self._followed: set[ast.AST] = set()

    def convert(self) -> None:
        """Inner queries first: the text of an outer one holds theirs."""
        whole = {root: span_of(self._chain(root)) for root in self.roots}

        def order(root: ast.Call) -> tuple[int, Span]:
            return -sum(span.contains(whole[root]) for span in whole.values()), whole[root]

        for root in sorted(self.roots, key=order):
            unbound = [argument for argument in root.args if is_unbound(self.view, argument)]
            if self.view.function(root) is None:
                self._refuse_whole(root, "a query outside a function")
            elif unbound:
                name = ast.unparse(unbound[0])
                self._refuse_whole(root, f"a query for {name}, a name that nothing binds", "import it")
            elif not root.args or not all(is_told(self.view, argument) for argument in root.args):
                self._refuse_whole(root, "nobody knows whether it asks for objects or for columns")
            else:
                statement = start(self.view, self.draft, root, self.peers.relationships)
                named = [argument for argument in root.args if self.view.classes_named(argument)]
                self.peers.has_strangers |= len(statement.entities) > len(named)
                self.follow(root, statement)

    def check(self) -> None:
        """No query was missed; of a chain its last call is named."""
        self.choices.check()
        missed = [call for call in self.uses if (self.view.path, span_of(call)) not in self.peers.seen]
        inner = {call.func.value for call in missed if isinstance(call.func, ast.Attribute)}
        for call in (each for each in missed if each not in inner):
            self.refuse(call, f"{outline(call)}: a query whose origin is not followed")

    def _chain(self, node: ast.expr) -> ast.expr:
        """The whole chain of calls that begins with `node`."""
        parents = self.view.file.parents
        while isinstance(parents[node], ast.Attribute) or getattr(parents[node], "func", None) is node:
            node = parents[node]  # type: ignore[assignment]
        return node

    def refuse(self, node: ast.AST, text: str, hint: str = "write it as select() by hand") -> None:
        self.draft.obstacle(self.view, node, text, hint)

    def _refuse_whole(self, root: ast.Call, text: str, hint: str = "write it as select() by hand") -> None:
        """Once for all methods of its chain."""
        self.refuse(root, text, hint)
        node = self._chain(root)
        while node is not root:
            if isinstance(node, ast.Call):
                self.peers.seen.add((self.view.path, span_of(node)))
            node = node.func if isinstance(node, ast.Call) else node.value  # type: ignore[attr-defined]

    # along the chain --------------------------------------------------------------------------------------

    def follow(self, node: ast.expr, statement: Statement) -> None:
        """From `node`, an expression that is a query, to whatever takes its rows or keeps it."""
        if node in self._followed:
            return
        self._followed.add(node)
        while True:
            above = self.view.file.parents[node]
            call = self.view.file.parents.get(above)
            if isinstance(call, ast.Call):
                self.peers.seen.add((self.view.path, span_of(call)))
            if not (isinstance(above, ast.Attribute) and above.value is node):
                try:
                    self._kept(node, above, statement)
                except NoRuleError as error:
                    self.refuse(node, str(error))
                return
            if above.attr in _VALUES:
                self.texts.keep(statement, node)
                return
            if above.attr == "statement":  # of a Query; a statement is one itself
                code = self.draft.code(self.texts.of(statement, node))
                self.draft.edit(self.view, ReplaceExpression(span_of(above), code))
                return
            if not (isinstance(call, ast.Call) and call.func is above):
                self.refuse(node, f"Query.{above.attr} has no rule")
                return
            if above.attr in NAMES:
                self._end(statement, above, call)
                return
            if above.attr not in BUILDERS | ASKS_ELSE:
                self.refuse(call, f"Query.{above.attr}() has no rule")
                return
            statement, node = built(self.view, statement, call, above, self.peers.relationships), call

    # where it ends ----------------------------------------------------------------------------------------

    def _end(self, statement: Statement, method: ast.Attribute, call: ast.Call) -> None:
        if not self.view.can_await(call):
            self.refuse(call, "a query that runs where nothing can be awaited")
            return
        try:
            text = self.texts.of(statement, method.value) + remarks_behind(self.view, method)
            self.texts.replace(call, self._terminals.end(statement, text, call, method.attr))
        except NoRuleError as error:
            self.refuse(call, str(error))

    def _rows(self, statement: Statement, node: ast.expr, method: str = "") -> str:
        return self._terminals.rows(statement, self.texts.of(statement, node), method)

    # kept in a name, handed on ----------------------------------------------------------------------------

    def _kept(self, node: ast.expr, above: ast.AST, statement: Statement) -> None:
        if isinstance(above, (ast.Assign, ast.AnnAssign)) and above.value is node:
            target = target_of(above)
            if isinstance(target, ast.Name):
                self._assigned(node, target.id, statement)
                return
            if isinstance(target, ast.Attribute):
                self.texts.keep(statement, node)
                kept = replace(statement, renames=())
                if self.peers.attributes.follow(self.view, node, target.attr, kept):
                    return
        elif isinstance(above, ast.Return):
            follow_returned(self, node, above, statement)
            return
        elif isinstance(above, ast.For) and above.iter is node:
            self.draft.handle(self.view, above, is_rewritten=True)
            self.texts.replace(node, self._rows(statement, node))
            return
        elif isinstance(above, ast.comprehension) and at_once(self.view, node):
            self.texts.replace(node, self._rows(statement, node))
            return
        elif isinstance(above, ast.Subscript) and above.value is node:
            self._taken(node, above, statement)
            return
        elif isinstance(above, ast.Call) and node in above.args:
            taker = self.view.external(above.func)
            if paginates(self.view, above) and above.args[0] is node and not statement.renames:
                self.texts.keep(statement, node)
                await_page(self.view, self.draft, above, statement.session)
                return
            if taker == "builtins.list" and len(above.args) == 1:
                self.texts.replace(above, self._rows(statement, node, ".all()"))
                return
            if taker in LAZY | EAGER and at_once(self.view, node):
                self.draft.handle(self.view, above)
                self.texts.replace(node, self._rows(statement, node, ".all()"))
                return
            if isinstance(above.func, ast.Attribute) and above.func.attr in MEMBERSHIP:
                self.texts.keep(statement, node)
                return
            member = self.view.member(above)
            if member is not None and member.owner in SESSIONS and member.attr in _OF_OBJECTS:
                self.texts.keep(statement, node)  # `db.delete(query)` raises, and goes on to
                return
            if self._through(node, above, statement):
                return
        elif isinstance(above, ast.keyword):
            call = self.view.file.parents[above]
            if isinstance(call, ast.Call) and self._through(node, call, statement):
                return
        elif is_choice(self.view, node, statement) or only_asks(self.view, self.draft, node):
            self.texts.keep(statement, node)
            return
        if not self.choices.meet(node, above, statement):
            self.refuse(node, "a query is handed on to code that is not followed")

    def _taken(self, node: ast.expr, above: ast.Subscript, statement: Statement) -> None:
        """`query[0]`, `query[:10]`"""
        part = part_of(self.view, above)
        if part is None or not self.view.can_await(above):
            self.refuse(above, COMPUTED, "say limit() and offset()")
            return
        text = f"{self.texts.of(statement, node)}.slice({part.bounds})"
        rows = self._terminals.all(statement, text, above)
        self.texts.replace(above, f"{rows}[0]" if part.is_one else rows)
        if part.may_fail:
            self.draft.note(self.view, above, MAY_FAIL)

    def _through(self, node: ast.expr, call: ast.Call, statement: Statement) -> bool:
        """Through a helper that builds on the query and returns it."""
        if statement.renames:
            return False
        found = builder_chains(self.peers.views, call, node, self.view, BUILDERS)
        is_async = any(map(self.peers.is_async, self.view.functions_called(call)))
        whole = gives_query(self.view, call, is_async=is_async)
        if found is None or whole is None:
            is_taken = self.peers.takers.take(self.view, call, node, statement)
            if is_taken and not statement.variable:
                self.texts.keep(statement, node)
            return is_taken
        other, calls = found
        for each in calls:
            self.peers.seen.add((other.path, span_of(each)))
            assert isinstance(each.func, ast.Attribute)
            statement = replace(
                built(other, statement, each, each.func, self.peers.relationships),
                filtered=statement.filtered,
            )
        self.follow(whole, replace(statement, limited_to_one=False))
        return True

    def _assigned(self, node: ast.expr, name: str, statement: Statement) -> None:
        """`q = db.query(..)`, then `q = q.filter(..)`: each use of the name is a query of the same kind."""
        owner = self.view.owner(node)
        known = self._variables.get((owner, name))
        if known is None:
            function = self.view.function(node)
            assert function is not None
            odd = odd_assignment(self.view, function, name)
            if odd is not None:
                self.refuse(odd, f"{name} is sometimes a query and sometimes something else")
                return
            kept = replace(statement, variable=name, renames=())
            self._variables[owner, name] = merged = of_all_assignments(
                self.view, function, name, kept, self.peers.relationships
            )
            self.texts.keep(statement, node)
            for use in [n for n in names_in(function, name) if isinstance(n.ctx, ast.Load)]:
                means = means_query(self.view, use)
                if means is None:
                    self.refuse(use, f"{name} is sometimes a query and sometimes something else")
                elif means:
                    self.follow(use, merged)
        elif statement.renames or statement.entity != known.entity:
            self.refuse(node, f"{name} holds queries for different things")
        elif statement.variable != name:
            self.texts.keep(statement, node)
            if statement.entities != known.entities or statement.session != known.session:
                self.refuse(node, f"{name} holds queries for different things")

    def follow_name(self, owner: Key, function: FunctionNode, name: str, statement: Statement) -> None:
        """A parameter that holds queries."""
        self._variables[owner, name] = statement
        for use in names_in(function, name):
            if isinstance(use.ctx, ast.Load):
                self.follow(use, statement)
