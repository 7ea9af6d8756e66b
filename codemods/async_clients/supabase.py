"""A Supabase client that is made once -> its async twin, one for each event loop.

    supabase = create_client(URL, KEY)          @per_event_loop
                                        ->      def supabase() -> AsyncClient:
                                                    return AsyncClient(URL, KEY)

    supabase.table("a").select("*").execute()   ->   await supabase().table("a").select("*").execute()
    query = supabase.table("a").select("*")     ->   query = supabase().table("a").select("*")
    query.eq("b", 1).execute()                  ->   await query.eq("b", 1).execute()

Queries are put together alike; only what sends them is awaited, and gives and raises the same.
`acreate_client(URL, KEY)` does no more than `AsyncClient(URL, KEY)` as long as no options are given.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property

from ..analysis.judge.effects.site import SiteKind
from ..analysis.link.program import CallKey, Key
from ..analysis.nodes import target_of, walk
from ..analysis.syntax import FileSyntax, FunctionNode, last_name, span_of
from ..model import AwaitExpression, Code, Edit, HttpClient, ImportNeed, ReplaceExpression, slot
from .http.generated.client_module import SDK
from .http.values.scalars import Can
from .http.values.values import Values
from .making.keepers import place_and_keepers
from .making.places import Place
from .objects.client_object import ClientObject
from .objects.uses import Objects
from .rewriting.factories import Maker, arguments_text, factory_edits
from .rewriting.passing import Spelling, askers, passing_edits
from .rewriting.renaming import Renaming
from .sdk import NOTE
from .twin import Call, NoTwinError, TwinPlan, Whole, World, check_module

CONSTRUCTORS = frozenset({"supabase.create_client", "supabase.Client"})
_WHAT = "the Supabase client"
_CLASS = Renaming(frozenset({"supabase.Client"}), "supabase", "AsyncClient", _WHAT)
_SITES = ("supabase.Client.", "postgrest.SyncRequestBuilder.")
_QUERIES = {"table", "from_", "rpc", "schema"}
AUTH = {
    "exchange_code_for_session", "get_session", "get_user", "refresh_session", "resend",
    "reset_password_email", "reset_password_for_email", "set_session", "sign_in_anonymously",
    "sign_in_with_id_token", "sign_in_with_oauth", "sign_in_with_otp", "sign_in_with_password",
    "sign_in_with_sso", "sign_out", "sign_up", "update_user", "verify_otp",
}  # fmt: skip
ADMIN = {
    "create_user", "delete_user", "get_user_by_id", "invite_user_by_email", "list_users", "update_user_by_id",
}  # fmt: skip
BUCKET = {
    "copy", "create_signed_url", "create_signed_urls", "download", "get_public_url", "list", "move", "remove",
}  # fmt: skip
SENDS = {"update", "upload"}


def is_supabase(name: str) -> bool:
    return name.startswith(_SITES)


class Supabase:
    """Asked for the twin of one call; a client turns with all that is sent through it."""

    def __init__(self, world: World, values: Values) -> None:
        self.world = world
        self.program = world.effects.program
        self.values = values
        self.objects = Objects(world, CONSTRUCTORS)

    def twin(self, call: Call) -> TwinPlan:
        """The plan for one call that sends something. Raises `NoTwinError`."""
        found = [client for client, sent in self._sent if call.key in sent]
        if not found:
            for client in self.objects.all:
                tuple(self._sends(client))  # says why
            raise NoTwinError(f"where {_WHAT} comes from is not seen")
        client = found[0]
        place = place_and_keepers(self.objects, client, _WHAT)
        self._check_tests()
        spelling = Spelling(self.objects, place)
        edits: list[tuple[str, Edit]] = [(call.file.path, AwaitExpression(span_of(call.call)))]
        edits += [(place.file.path, edit) for edit in self._construction(place)]
        edits += self._roots(client, spelling)
        edits += passing_edits(self.objects, client, place, _CLASS)
        owners = {self.program.owner_of(key.path, self.program.call(key).scope) for key in client.calls}
        return TwinPlan(
            tuple(edits),
            (span_of(call.call),),
            f"await ....{call.site.name.rpartition('.')[2]}(...)",
            (HttpClient("", SDK, ""),),
            (NOTE,),
            Whole(
                f"{place.holder}",
                frozenset(self._sends(client)),
                askers(self.objects, client, place.keepers) | owners,
            ),
        )

    @cached_property
    def _sent(self) -> tuple[tuple[ClientObject, frozenset[CallKey]], ...]:
        """The clients, each with the calls that send something; without those that may send more."""
        found: list[tuple[ClientObject, frozenset[CallKey]]] = []
        for client in self.objects.all:
            try:
                found.append((client, frozenset(self._sends(client))))
            except NoTwinError:
                continue
        return tuple(found)

    def _sends(self, client: ClientObject) -> Iterator[CallKey]:
        """Raises `NoTwinError` where something else is done with the client, or a query gets lost."""
        for key, attributes in sorted(client.calls.items()):
            file = self.world.syntax.file(key.path)
            node = file.call(self.program.call(key).span)
            assert node is not None
            if len(attributes) == 1 and attributes[0] in _QUERIES:
                yield from self._executed(key, file, node)
            elif attributes == ("storage", "from_"):
                yield self._of_bucket(key, file, node)
            elif self._is_of_auth(attributes):
                yield key
            else:
                raise NoTwinError(f".{'.'.join(attributes)}() of {_WHAT} has no exact twin")

    def _is_of_auth(self, attributes: tuple[str, ...]) -> bool:
        first, *rest = attributes
        if first != "auth" or not rest:
            return False
        return (len(rest) == 1 and rest[0] in AUTH) or (
            len(rest) == 2 and rest[0] == "admin" and rest[1] in ADMIN
        )

    # queries ------------------------------------------------------------------------------------------------

    def _executed(self, key: CallKey, file: FileSyntax, call: ast.Call) -> Iterator[CallKey]:
        """Where the query that begins here is sent: at the end of the chain, or of one of its local name."""
        owner = self.program.owner_of(key.path, self.program.call(key).scope)
        function = self.world.node(owner) if owner.scope else None
        seen: set[str] = set()
        chains: list[ast.expr] = [call]
        for start in chains:
            last = _end_of(file, start)
            if isinstance(last, ast.Call) and last_name(last.func) == "execute":
                yield self._key(key.path, last)
                continue
            if isinstance(file.parents[last], ast.Expr) and isinstance(last, ast.Call):
                continue  # `query.eq("a", 1)` changes the query itself
            name = _name_of(file, last)
            if name is None or function is None:
                raise NoTwinError(f"a query of {_WHAT} is handed on ({key.path}:{start.lineno})")
            if name not in seen:
                seen.add(name)
                chains += _uses(file, function, name)

    def _of_bucket(self, key: CallKey, file: FileSyntax, call: ast.Call) -> CallKey:
        """`supabase.storage.from_("a").upload(path, data)`: sending reads a file on the event loop."""
        sent = _called_on(file, call)
        if sent is None:
            raise NoTwinError(f"a bucket of {_WHAT} is handed on ({key.path}:{call.lineno})")
        found, method = self._key(key.path, sent), last_name(sent.func)
        if method in SENDS:
            facts = self.program.call(found)
            data = dict(facts.keywords).get("file") or (facts.args[1] if len(facts.args) > 1 else None)
            scope = Key(key.path, facts.scope)
            if data is None or self.values.scalar(scope, data, sent.lineno) != Can.BYTES:
                raise NoTwinError("what is uploaded may be a file, which would be read on the event loop")
        elif method not in BUCKET:
            raise NoTwinError(f".{method}() of a bucket has no exact twin")
        return found

    def _key(self, path: str, node: ast.Call) -> CallKey:
        """The key of a call that is known to send something."""
        key = self.world.call_key(path, node)
        sites = self.world.effects.of_call(key) if key is not None else ()
        if key is None or not any(s.kind is SiteKind.BLOCKING and is_supabase(s.name) for s in sites):
            raise NoTwinError(f"what a query of {_WHAT} is cannot be told ({path}:{node.lineno})")
        return key

    # edits --------------------------------------------------------------------------------------------------

    def _roots(self, client: ClientObject, spelling: Spelling) -> Iterator[tuple[str, Edit]]:
        """The client as it is written from now on, wherever something is called on it."""
        for key, attributes in sorted(client.calls.items()):
            file = self.world.syntax.file(key.path)
            node: ast.expr | None = file.call(self.program.call(key).span)
            root = node.func if isinstance(node, ast.Call) else None
            for _ in attributes:
                assert isinstance(root, ast.Attribute)
                root = root.value
            if root is not None and spelling.client(file, root) != file.source(root):
                yield key.path, ReplaceExpression(span_of(root), Code(spelling.client(file, root)))

    def _construction(self, place: Place) -> tuple[Edit, ...]:
        if place.setup:
            raise NoTwinError(f"{_WHAT} is set up after it is made")
        given = {keyword.arg for keyword in place.made.keywords}
        starred = any(isinstance(argument, ast.Starred) for argument in place.made.args)
        if given - {"supabase_url", "supabase_key"} or len(place.made.args) + len(given) != 2 or starred:
            raise NoTwinError(f"{_WHAT} is made with options")
        module = self.world.beside("sdk_clients")
        check_module(self.world, module)
        need = ImportNeed(module, "per_event_loop")
        made = f"{slot(1)}({arguments_text(place)})"
        maker = Maker(slot(1), made, need, (ImportNeed("supabase", "AsyncClient"),))
        return factory_edits(place, maker, lambda _: True)

    def _check_tests(self) -> None:
        for patched in sorted(self.world.callers.patches.names):
            is_theirs = patched.startswith(("supabase.", "postgrest."))
            if is_theirs or patched.rpartition(".")[2] == "create_client":
                raise NoTwinError(f"tests replace {patched}")


def _called_on(file: FileSyntax, node: ast.expr) -> ast.Call | None:
    """`node.method(...)`"""
    attribute = file.parents[node]
    call = file.parents.get(attribute)
    is_method = isinstance(attribute, ast.Attribute) and isinstance(call, ast.Call) and call.func is attribute
    return call if is_method and isinstance(call, ast.Call) else None


def _end_of(file: FileSyntax, node: ast.expr) -> ast.expr:
    """`supabase.table("a").select("*").eq("b", 1)` for what it begins with."""
    while (call := _called_on(file, node)) is not None and last_name(
        getattr(node, "func", node)
    ) != "execute":
        node = call
    return node


def _name_of(file: FileSyntax, node: ast.expr) -> str | None:
    """The local name that the value gets."""
    parent = file.parents[node]
    target = target_of(parent)
    return target.id if isinstance(target, ast.Name) else None


def _uses(file: FileSyntax, function: FunctionNode, name: str) -> Iterator[ast.expr]:
    """Where a local name of a query is read; chains begin there."""
    for node in walk(function):
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
            if not isinstance(file.parents[node], ast.Attribute):
                raise NoTwinError(f"a query of {_WHAT} is handed on ({file.path}:{node.lineno})")
            yield node


__all__ = ["Supabase", "is_supabase"]
