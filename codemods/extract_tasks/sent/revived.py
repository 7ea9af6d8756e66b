"""A value whose type only the body of a task can import, as it stands with the handlers: what arrives is the
JSON of it, of which the task makes it anew.

@broker.task
def send_order_mail_task(order: Any) -> None:
    from main import Order, send_order_mail

    send_order_mail(Order.model_validate(order))
"""

from __future__ import annotations

from ...model import Code, ImportNeed, slot
from ..generated.code import CodeBuilder
from ..sites import ValueKind

_ADAPTER = ImportNeed("pydantic", "TypeAdapter")


def revived(name: str, annotation: Code, kind: ValueKind | None) -> Code:
    """`kind`: that of the class which is all of the annotation, if it is one."""
    builder = CodeBuilder()
    written = builder.add(annotation)
    if kind is ValueKind.MODEL:
        return builder.code(f"{written}.model_validate({name})")
    if kind is ValueKind.SCALAR:
        return builder.code(f"{written}({name})")
    return builder.code(f"{builder.need(_ADAPTER)}({written}).validate_python({name})")


def is_one_class(annotation: Code) -> bool:
    return len(annotation.needs) == 1 and annotation.text == slot(0)
