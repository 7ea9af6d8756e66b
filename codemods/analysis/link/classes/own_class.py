"""What a method of a base gives of the class that it is called on, or of the object itself.

class Row(Base):
    @classmethod
    def active(cls, db):
        return db.query(cls).filter(cls.is_active)

    def save(self, db):
        db.add(self)
        return self

User.active(db), user.save(db)      # users, and no other rows
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from ...index.expr import Attr, Name
from ..kinds import Cls, Fn, Inst, Kind, Kinds, Obj
from ..program import CallKey, Key

if TYPE_CHECKING:
    from ..infer import Inference


def narrowed(inference: Inference, callee: Kind, call: CallKey, found: Kinds) -> Kinds:
    program, classes = inference.program, inference.classes
    site = program.call(call)
    if not isinstance(callee, Fn) or not callee.bound or not isinstance(site.func, Attr):
        return found
    owner = program.enclosing_class(callee.key)
    if owner is None or not classes.subclasses.get(owner):
        return found
    receivers = inference.kinds(Key(call.path, site.scope), site.func.value, site.span.line)
    if len(receivers) != 1:
        return found
    (receiver,) = receivers
    if isinstance(receiver, Cls) and classes.is_classmethod(callee.key):
        below = frozenset((receiver.key, *classes.subclasses.get(receiver.key, ())))
        return _of_class(found, frozenset((owner, *classes.subclasses[owner])), below)
    if isinstance(receiver, Obj) and _gives_itself(inference, callee.key):
        return frozenset(receiver if isinstance(kind, Obj) else kind for kind in found)
    return found


def _of_class(found: Kinds, line: frozenset[Key], below: frozenset[Key]) -> Kinds:
    """Where objects of `cls` may be of every class of the `line`, those of the classes `below` the one that
    was meant; a part of the line has been chosen by something else."""
    if line <= {kind.key for kind in found if isinstance(kind, Obj)}:
        found = frozenset(
            kind for kind in found if not isinstance(kind, Obj) or kind.key not in line or kind.key in below
        )
    return frozenset(
        replace(kind, args=tuple(_of_class(each, line, below) for each in kind.args))
        if isinstance(kind, Inst)
        else kind
        for kind in found
    )


def _gives_itself(inference: Inference, method: Key) -> bool:
    scope = inference.program.scope(method)
    own = scope.parameters[0].name if scope.parameters else ""
    return bool(scope.returned) and all(value == Name(own) for value in scope.returned)
