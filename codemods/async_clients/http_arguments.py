"""Arguments of `requests.get(...)` -> those of `httpx.AsyncClient().get(...)`, where they mean exactly the same.

Every row was tried on both libraries against a local server; what differs (cookies, files, streams, proxies,
None values) has no mapping here, and the call goes to the thread pool instead.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

from ..analysis.facts import Call as CallFact
from ..analysis.facts import Const, DictDisplay, Display, Expr, Name
from ..analysis.kinds import Inst
from ..model import Argument, Code
from .twin import SCALARS, Call, is_scalar

POSITIONS = {
    "get": ("url", "params"),
    "head": ("url",),
    "options": ("url",),
    "delete": ("url",),
    "post": ("url", "data", "json"),
    "put": ("url", "data"),
    "patch": ("url", "data"),
    "request": ("method", "url"),
}
_BODILESS = {"get", "head", "options", "delete"}
_BODY = {"data", "json"}


@dataclass(frozen=True, slots=True)
class Mapped:
    method: str
    arguments: tuple[Argument, ...]
    has_timeout: bool
    follows_redirects: bool


def map_arguments(call: Call, method: str) -> Mapped | None:
    """The new argument list, or None when one argument has no exact equal."""
    node = call.call
    if any(isinstance(a, ast.Starred) for a in node.args) or any(k.arg is None for k in node.keywords):
        return None
    names = POSITIONS[method]
    if len(node.args) > len(names):
        return None
    facts, keywords = call.facts
    given: dict[str, tuple[int, Expr, ast.expr]] = {}
    for index, (name, value) in enumerate(zip(names, node.args)):
        given[name] = (index, facts[index], value)
    for offset, keyword in enumerate(node.keywords):
        assert keyword.arg is not None
        given[keyword.arg] = (len(node.args) + offset, keywords[keyword.arg], keyword.value)
    if "url" not in given:
        return None
    target = method
    arguments: list[Argument] = []
    if method in _BODILESS and _BODY & given.keys():
        target = "request"
        arguments.append(Argument(code=Code(f'"{method.upper()}"')))
    follows = method != "head"
    for name, (index, fact, value) in given.items():
        if name in ("method", "url"):
            positional = index < len(node.args)
            arguments.append(Argument(index, keyword="" if positional and not _late(arguments) else name))
        elif name == "allow_redirects":
            if not isinstance(value, ast.Constant) or not isinstance(value.value, bool):
                return None
            follows = value.value
            if follows != (method != "head") or method == "head":
                arguments.append(Argument(index, keyword="follow_redirects"))
            elif not follows:
                arguments.append(Argument(index, keyword="follow_redirects"))
        else:
            keyword = _keyword(call, name, fact, value, given["url"][2])
            if keyword is None:
                return None
            arguments.append(Argument(index, keyword=keyword))
    if method == "head" and "allow_redirects" not in given:
        arguments.append(Argument(keyword="follow_redirects", code=Code("False")))
    return Mapped(target, tuple(arguments), "timeout" in given, follows)


def _late(arguments: list[Argument]) -> bool:
    return any(argument.keyword for argument in arguments)


def _keyword(call: Call, name: str, fact: Expr, value: ast.expr, url: ast.expr) -> str | None:
    if name == "json":
        return "json"
    if name == "timeout":
        return "timeout"
    if name == "params":
        return "params" if not _may_have_query(url) and _plain_mapping(call, fact) else None
    if name == "headers":
        return "headers" if _plain_mapping(call, fact) else None
    if name == "data":
        if _is_text(call, fact):
            return "content"
        return "data" if _plain_mapping(call, fact) else None
    if name == "auth":
        plain = isinstance(value, ast.Tuple) and len(value.elts) == 2
        return "auth" if plain else None
    return None


def _may_have_query(url: ast.expr) -> bool:
    """requests merges `params` with the URL's own query, httpx replaces it; a URL that ends in a literal path has none."""
    if isinstance(url, ast.Constant) and isinstance(url.value, str):
        return "?" in url.value
    if isinstance(url, ast.JoinedStr):
        texts = [part.value for part in url.values if isinstance(part, ast.Constant)]
        return any("?" in str(text) for text in texts) or not texts
    if isinstance(url, ast.BinOp) and isinstance(url.op, ast.Add):
        return not isinstance(url.right, ast.Constant) or "?" in str(url.right.value)
    return True


def _plain_mapping(call: Call, fact: Expr) -> bool:
    """A dict whose values are certainly strings or numbers."""
    if isinstance(fact, DictDisplay):
        return all(isinstance(k, Const) for k in fact.keys) and all(is_scalar(call, v) for v in fact.values)
    if isinstance(fact, Name):
        literal = _only_literal(call, fact.id)
        return literal is not None and _plain_mapping(call, literal)
    kinds = call.kinds(fact)
    return bool(kinds) and all(
        isinstance(k, Inst)
        and k.name == "builtins.dict"
        and len(k.args) == 2
        and bool(k.args[1])
        and all(isinstance(v, Inst) and v.name in SCALARS for v in k.args[1])
        for k in kinds
    )


def _only_literal(call: Call, name: str) -> DictDisplay | None:
    """The dict display that the local name holds, when nothing else is ever done to it."""
    bindings = call.effects.program.modules[call.function.path].names[call.function.scope].get(name, ())
    if len(bindings) != 1 or not isinstance(bindings[0].value, DictDisplay):
        return None
    for node in ast.walk(call.node):
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
            parent = call.file.parents[node]
            if isinstance(parent, ast.Subscript) and isinstance(parent.ctx, ast.Store):
                return None
            if isinstance(parent, ast.Attribute) and parent.attr not in ("get", "items", "keys", "values"):
                return None
    return bindings[0].value


def _is_text(call: Call, fact: Expr) -> bool:
    if isinstance(fact, (Display, DictDisplay)):
        return False
    kinds = call.kinds(fact)
    known = isinstance(fact, (Const, CallFact, Name))
    return known and bool(kinds) and all(isinstance(k, Inst) and k.name in ("builtins.str", "builtins.bytes") for k in kinds)
