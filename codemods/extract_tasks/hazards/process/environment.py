"""Variables of the environment, by their names: `os.environ["LANG"]`, `os.getenv("LANG")`."""

from __future__ import annotations

from ....analysis.index.expr import Attr, Call, Const, Expr, Item, last_name
from ....analysis.link.infer import Inference
from ....analysis.link.kinds import Ext, Inst
from ....analysis.link.program import CallKey, Key

_ENVIRON = "os.environ"
_METHODS = ("get", "pop", "setdefault", "update")
_FUNCTIONS = ("os.getenv", "os.putenv")


class Environment:
    def __init__(self, inference: Inference) -> None:
        self.inference = inference

    def variables(self, key: Key, expr: Expr | None) -> frozenset[str]:
        """Those that are read or set there."""
        if isinstance(expr, Item):
            return _texts(expr.key) if self._is(key, expr.value, _ENVIRON) else frozenset()
        if not isinstance(expr, Call):
            return frozenset()
        site = self.inference.program.call(CallKey(key.path, expr.index))
        owner = site.func.value if isinstance(site.func, Attr) and site.func.attr in _METHODS else None
        if not (
            self._is(key, owner, _ENVIRON) if owner is not None else self._is(key, site.func, *_FUNCTIONS)
        ):
            return frozenset()
        return frozenset(word for word, _ in site.keywords).union(*map(_texts, site.args[:1]))

    def _is(self, key: Key, expr: Expr, *meant: str) -> bool:
        if not any(name.endswith(f".{last_name(expr)}") for name in meant):
            return False
        kinds = self.inference.kinds(key, expr)
        return any(isinstance(kind, (Ext, Inst)) and kind.name in meant for kind in kinds)


def _texts(expr: Expr) -> frozenset[str]:
    return frozenset({expr.text} if isinstance(expr, Const) and expr.type == "str" else ())
