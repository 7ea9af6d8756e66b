"""Functions of the project that do slow work, as a task would call them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator

from ...analysis.index.expr import Attr, Call, Name
from ...analysis.judge.reaching.reach import Reach
from ...analysis.link.functions.parameters import arguments_for
from ...analysis.link.kinds import Fn, Inst
from ...analysis.link.program import CallKey, Key
from ...analysis.scopes import own_nodes
from ...analysis.syntax import FileSyntax, FunctionNode, Syntax
from ..hazards.errors.own_errors import OwnErrors
from ..hazards.errors.raises import Raises
from ..hazards.files.only_read import only_read
from ..hazards.objects.held import wholes
from ..hazards.objects.objects import changed_by, root_of
from ..hazards.state import State
from ..sent.importable import Importable
from ..sent.reading import Reading
from ..sites import HelperParameter, HelperSignature, ParameterKind
from .handing_on import take_the_same, wrappers
from .logs import Logs

_DEPTH = 6


class Helpers:
    """Signatures of helpers; each is made once."""

    def __init__(
        self,
        reach: Reach,
        syntax: Syntax,
        importable: Importable,
        raises: Raises,
        own_errors: OwnErrors,
        state: State,
        reading: Reading,
    ) -> None:
        self.reach = reach
        self.inference = reach.effects.inference
        self.program = reach.effects.program
        self.syntax = syntax
        self.importable = importable
        self.raises = raises
        self.own_errors = own_errors
        self.state = state
        self.reading = reading
        self._made: dict[Key, HelperSignature | None] = {}
        self._changed_by: dict[tuple[Key, int], frozenset[str]] = {}

    def signature(self, function: Key) -> HelperSignature | None:
        """None for what a task cannot call: lambdas, inner functions, what cannot be found again."""
        if function not in self._made:
            self._made[function] = self._make(function)
        return self._made[function]

    def can_be_called(self, function: Key) -> bool:
        """By a task."""
        scope = self.program.scope(function)
        is_reached = "<locals>" not in scope.qualname and not scope.has_yield
        return is_reached and self._node(function) is not None

    def is_noticed(self, function: Key) -> bool:
        """Does it raise, or change what others see?"""
        return bool(
            self.raises.first(function) or self.state.own_changes.of(function) or self.state.memory(function)
        )

    def _make(self, function: Key) -> HelperSignature | None:
        scope = self.program.scope(function)
        node = self._node(function)
        cls = self.program.enclosing_class(function)
        around = wrappers(self.inference, function)
        if node is None or around is None or not self.can_be_called(function):
            return None
        run = (function, *around)
        file = self.syntax.file(function.path)
        is_plain = cls is None or self.inference.classes.is_static(function)
        takes_class = self.inference.classes.is_classmethod(function)
        own_changes = self.state.own_changes.of(function)
        remembered = self.state.shared_memory(function) if own_changes else self.state.memory(function)
        return HelperSignature(
            module=self.program.modules[function.path].facts.module,
            qualname=scope.qualname,
            is_hidden=not take_the_same(self.inference, around),
            parameters=tuple(self._parameters(function, node, skip=0 if is_plain else 1)),
            is_async=scope.is_async,
            owner=self.program.scope(cls).qualname
            if cls is not None and not is_plain and not takes_class
            else "",
            raises=_first(self.raises.first, run),
            own_errors=self.own_errors.leaving(function),
            keeps_failures=Logs(file).keeps_failures(node),
            asks_what_is_set=_first(self.state.fields_set.asked_by, run),
            changed=self._changed(function, _DEPTH),
            fields_read=tuple(self.reading.of_parameters(function, in_list=False)),
            rows_read=tuple(self.reading.of_parameters(function, in_list=True)),
            filled=self.state.needed_of_object(function),
            entered=self.state.objects.entered(function),
            process_state=_first(self.state.needed, run),
            needed_later=_first(self.state.needed_later, run),
            memory=remembered or _first(self.state.memory, around),
            changes_itself=own_changes,
            only_read=only_read(file, node),
            draws=any(map(self.state.drawing.is_done_by, run)),
            only_connects=self.state.connecting.is_all_of(function),
            is_task=self._is_task(function),
            expected_in=self._expected_in(function, scope.name),
            returns=self.importable.annotation(file, node.returns) if node.returns is not None else None,
        )

    def _is_task(self, function: Key) -> bool:
        """`@broker.task`"""
        scope, above = self.program.scope(function), self.program.parent(function)
        for decorator in scope.decorators:
            if isinstance(decorator, Call):
                decorator = self.program.call(CallKey(function.path, decorator.index)).func
            if isinstance(decorator, Attr) and decorator.attr == "task":
                kinds = self.inference.kinds(above, decorator.value, scope.span.line)
                return any(isinstance(kind, Inst) and kind.name.startswith("taskiq") for kind in kinds)
        return False

    def _expected_in(self, function: Key, name: str) -> str:
        """`add_task.assert_called_with(send_mail, ...)` of a test sees what is handed on."""
        for path, number in self.program.references_by_name.get(name, ()):
            facts = self.program.modules[path].facts
            if facts.is_test:
                found = facts.references[number]
                kinds = self.inference.kinds(Key(path, found.scope), found.expr, found.span.line)
                if any(isinstance(kind, Fn) and kind.key == function for kind in kinds):
                    return f"{path}:{found.span.line}"
        return ""

    def _node(self, function: Key) -> FunctionNode | None:
        return self.syntax.file(function.path).function(self.program.scope(function).span)

    def _parameters(self, function: Key, node: FunctionNode, skip: int) -> Iterator[HelperParameter]:
        a, file = node.args, self.syntax.file(function.path)
        positional = [*a.posonlyargs, *a.args]
        defaults: list[ast.expr | None] = [None] * (len(positional) - len(a.defaults)) + list(a.defaults)
        for number, (argument, default) in enumerate(zip(positional, defaults, strict=True)):
            if number >= skip:
                only = number < len(a.posonlyargs)
                kind = ParameterKind.POSITIONAL_ONLY if only else ParameterKind.POSITIONAL
                yield self._parameter(file, argument, kind, default)
        if a.vararg is not None:
            yield HelperParameter(a.vararg.arg, ParameterKind.REST)
        for argument, default in zip(a.kwonlyargs, a.kw_defaults, strict=True):
            yield self._parameter(file, argument, ParameterKind.KEYWORD, default)
        if a.kwarg is not None:
            yield self._parameter(file, a.kwarg, ParameterKind.KEYWORDS, None)

    def _parameter(
        self, file: FileSyntax, argument: ast.arg, kind: ParameterKind, default: ast.expr | None
    ) -> HelperParameter:
        written = argument.annotation
        annotation = self.importable.annotation(file, written) if written is not None else None
        value = self.importable.value(file, default) if default is not None else None
        return HelperParameter(argument.arg, kind, annotation, value)

    # what it does to its caller ---------------------------------------------------------------------------

    def _changed(self, function: Key, depth: int) -> frozenset[str]:
        """Parameters that are changed, here or by a function that they are passed on to."""
        if (function, depth) not in self._changed_by:
            self._changed_by[function, depth] = self._find_changed(function, depth)
        return self._changed_by[function, depth]

    def _find_changed(self, function: Key, depth: int) -> frozenset[str]:
        node = self._node(function)
        if node is None:
            return frozenset()
        own = {p.name for p in self.program.scope(function).parameters}
        if self.inference.classes.takes_self(function):
            own -= {self.program.scope(function).parameters[0].name} if own else set()
        if depth == 0:
            return frozenset(own)
        nodes = own_nodes(node)
        roots = {root_of(changed_by(part)) for part in nodes}
        found = wholes(nodes, *filter(None, roots)) & own
        for call, site in self.program.calls_of(function):
            for kind in self.inference.callees(CallKey(call.path, call.index)):
                if not isinstance(kind, Fn) or kind.key == function or found >= own:
                    continue
                changed = self._changed(kind.key, depth - 1)
                scope = self.program.scope(kind.key)
                places = (n for n, each in enumerate(scope.parameters) if each.name in changed)
                given = (arguments_for(site, scope, place, int(kind.bound)) for place in places)
                found |= {each.id for values in given for each in values if isinstance(each, Name)} & own
        return frozenset(found)


def _first(words: Callable[[Key], str], functions: Iterable[Key]) -> str:
    return next(filter(None, map(words, functions)), "")
