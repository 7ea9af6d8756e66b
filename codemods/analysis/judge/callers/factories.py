"""Functions that others make and return, for a library that takes coroutine functions as well, or for tests.

def require(*roles):
    def check(user: User = Depends(current_user)): ...
    return check

require_admin = require("admin")
@router.get("/", dependencies=[Depends(require_admin), Depends(require("staff"))])

class Crud(APIRouter):
    def __init__(self): self.add_api_route("/", self._get_all())
    def _get_all(self):  # a class method as well
        def route(): ...
        return route

@pytest.fixture
def make_user(db):
    def make(name): ...
    return make
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator

from ...arguments import placed
from ...index.bindings import How, ScopeKind
from ...index.expr import Call, Const
from ...index.facts import Reference, Use
from ...link.kinds import Ext, Inst, Kinds, may_be
from ...link.libraries.fixtures import is_fixture, name_of
from ...link.program import CallKey, Key, Program
from .callers import Callers

_OF_REQUESTS = frozenset(
    {
        "starlette.requests.Request",
        "starlette.requests.HTTPConnection",
        "starlette.websockets.WebSocket",
        "fastapi.security.SecurityScopes",
    }
)
_BOUND = frozenset({Ext("builtins.classmethod"), Ext("builtins.staticmethod")})
Accepts = Callable[[str, Reference], bool]
"""Is what is handed on there, in the file of that path, called as what it is?"""


class Factories:
    def __init__(self, callers: Callers, accepts: Accepts) -> None:
        self.callers = callers
        self.program: Program = callers.program
        self.accepts = accepts
        self._takers: dict[str, dict[int, list[Reference | None]]] = {}

    def hands_over(self, function: Key, path: str, reference: Reference) -> bool:
        """Does the function around it return it, and does every call of that hand it to such a library, or
        pytest to those who call it?"""
        factory = self.program.parent(function)
        scope = self.program.scope(factory)
        if is_fixture(self.program, factory):
            return self._is_given_to_tests(function, factory, reference)
        if not reference.use & Use.RETURNED or reference.scope != factory.scope:
            return False
        if scope.kind is not ScopeKind.FUNCTION or scope.is_async or scope.has_yield:
            return False
        if not self.callers.inference.classes.decorators(factory) <= _BOUND:
            return False
        if not self.callers.knows_all(factory):
            return False
        calls = self.callers.calls(factory)
        if not calls:
            return self._is_for_fastapi(function)
        return all(self._is_taken(function, each.call) for each in calls)

    def _is_given_to_tests(self, function: Key, fixture: Key, reference: Reference) -> bool:
        """Do those who ask for the fixture do nothing with it but to call it?"""
        is_given = reference.use & (Use.RETURNED | Use.YIELDED) and reference.scope == fixture.scope
        is_used = any(self.callers.references(fixture)) or bool(self.callers.calls(fixture))
        name = name_of(self.program, fixture)
        if not is_given or is_used or any(self._may_ask_for(name)):
            return False
        return not any(may_be(self._kinds(*use), function) for use in self._uses(name))

    def _may_ask_for(self, fixture: str) -> Iterator[bool]:
        """`request.getfixturevalue("make_user")`"""
        for call in self.program.calls_by_name.get("getfixturevalue", ()):
            given = self.program.call(call).args
            yield not given or not isinstance(given[0], Const) or given[0].text == fixture

    def _is_for_fastapi(self, function: Key) -> bool:
        """Nobody makes one yet; who else could fill in `db: Session = Depends(get_db)`, or a request?"""
        inference, around = self.callers.inference, self.program.parent(function)
        parameters = self.program.scope(function).parameters
        defaults = [each.default for each in parameters if each.default is not None]
        written = [each.annotation for each in parameters if each.annotation is not None]
        return any(inference.injection.provider(around, each) for each in defaults) or any(
            isinstance(kind, Inst) and kind.name in _OF_REQUESTS
            for each in written
            for kind in inference.annotations.instances(around, each)
        )

    def _is_taken(self, function: Key, made: CallKey) -> bool:
        around = self._around(made.path)[made.index]
        if around:
            return all(each is None or self.accepts(made.path, each) for each in around)
        return self._is_named(function, made)

    def _around(self, path: str) -> dict[int, list[Reference | None]]:
        """By their number, where the results of calls are handed on; None where one is called itself:
        `require("admin")(user)`, as tests do."""
        if path not in self._takers:
            found = self._takers[path] = defaultdict(list)
            for number, site in enumerate(self.program.modules[path].facts.calls):
                for position, each in placed(site):
                    if isinstance(each, Call):
                        handed = Reference(site.scope, site.span, each, number, position)
                        found[each.index].append(handed)
                if isinstance(site.func, Call):
                    found[site.func.index].append(None)
        return self._takers[path]

    def _is_named(self, function: Key, made: CallKey) -> bool:
        """`require_admin = require("admin")` at the top of a module, where every use of the name is taken."""
        names = self.program.modules[made.path].names[0]
        named = [
            name
            for name, bindings in names.items()
            if any(each.how is How.ASSIGN and each.value == Call(made.index) for each in bindings)
        ]
        if len(named) != 1 or self.program.aliases.get(named[0]):
            return False
        if sum(each.gives_value for each in names[named[0]]) != 1:
            return False
        return all(
            self.accepts(path, reference)
            for path, reference in self._uses(named[0])
            if may_be(self._kinds(path, reference), function)
        )

    def _uses(self, name: str) -> Iterator[tuple[str, Reference]]:
        for path, number in self.program.references_by_name.get(name, ()):
            yield path, self.program.modules[path].facts.references[number]

    def _kinds(self, path: str, reference: Reference) -> Kinds:
        return self.callers.inference.kinds(Key(path, reference.scope), reference.expr, reference.span.line)
