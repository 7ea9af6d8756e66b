"""The type of what is sent: a wrong one changes the value on its way through the queue."""

from __future__ import annotations

import pytest
from async_fix.codemods.extract_tasks.generated.code import plain
from programs import Facts, Outcome, helper, migrate, typed

PARAMETERS = {
    "name": "str",
    "nick": "str | None",
    "count": "int",
    "ratio": "float",
    "flag": "bool",
    "when": "datetime",
    "price": "Decimal",
    "span": "timedelta",
    "words": "dict[str, str]",
    "ages": "dict[str, list[int] | None]",
    "names": "list[str]",
    "counts": "list[int] | None",
    "either": "list[int] | dict[str, str]",
    "bare": "list",
    "maybe": "Optional[str]",
}
KNOWN = {
    "name.replace('a', 'b')": "str",
    "label.replace('a', 'b')": "str",
    "raw.decode()": "str",
    "raw.decode('utf-8')": "str",
    "name.upper() + '!'": "str",
    "'%d' % count": "str",
    "nick or name": "str",
    "nick or 'you'": "str",
    "name and nick": "str | None",
    "nick and name": "str | None",
    "nick or nick": "str | None",
    "nick if flag else name": None,
    "name if flag else None": "str | None",
    "maybe if flag else None": "Optional[str]",
    "count > 3": "bool",
    "count > other": None,
    "User.id == count": None,
    "frame > 3": None,
    "name in names": "bool",
    "name[:80]": "str",
    "words['a']": "str",
    "ages['a']": "list[int] | None",
    "ages['a'][0]": "int",
    "names[0]": "str",
    "names[:3]": "list[str]",
    "counts[0]": "int",
    "either[0]": None,
    "bare[0]": None,
    "other[0]": None,
    "other is None": "bool",
    "not other": "bool",
    "-count": "int",
    "-flag": "int",
    "count / 2": "float",
    "count + ratio": "float | int",
    "ratio * ratio": "float",
    "ratio / count": "float",
    "ratio ** count": None,
    "count + other": None,
    "nick + name": "str",
    "name or None": "str | None",
    "price * count - price": "Decimal",
    "price * ratio": None,
    "sum((price for _ in names), price)": "Decimal",
    "sum([price], count)": None,
    "sum([price])": None,
    "when + span": "datetime",
    "when - when": None,
    "price + span": None,
    "(count if flag else None) * 2": "int",
    "when.replace(hour=0)": None,
    "other.replace(name)": None,
    "jwt.decode(name, 'key')": None,
    "len(other)": "int",
    "name.startswith('a')": "bool",
    "other.endswith('a')": "bool",
    "os.path.join('a', other)": "str",
    "request.headers.get('a')": "str | None",
    "request.headers.get('a', 'b')": "str",
    "request.headers.get('a', other)": "str | None",
    "other.get('a', 'b')": None,
    "other[0]()": None,
    "[[[[[[[[[[name]]]]]]]]]]": None,
    "format(other)": None,
    "[name, 'x']": "list[str]",
    "[name, count]": None,
    "{'a': count, 'b': flag}": "dict[str, bool | int]",
    "{'a': name, 'b': request.headers.get('a'), 'c': None}": "dict[str, str | None]",
    "{'a': count, **other}": None,
    "{'a': when}": None,
}
"""Expressions and their types; None where the type cannot be told, so it is no parameter of a task."""

GROWN = {
    "data = {'a': count}": "dict[str, int]",
    "data = {'a': count}\ndata['b'] = name": "dict[str, int | str]",
    "data = {'a': count}\ndata['b'] = when": None,
    "data = {'a': count}\ndata['b'] = other": None,
    "data = {'a': count}\ndata[count] = count": None,
    "data = {'a': count}\ndata.update(other)": None,
    "data = {'a': count}\ndata.setdefault('b', other)": None,
    "data = {'a': count}\ndata['a'] += other": None,
    "data = {'a': count}\ndata |= other": None,
    "data: int = count": "int",
    "data: object = other": None,
    "data = []\ndata.append(name)": "list[str]",
    "data = [name]\ndata.append('x')": "list[str]",
    "data = [name]\ndata.append(count)": None,
    "data = [name]\ndata[0] = count": None,
    "data = [name]\ndata[:] = other": None,
    "data = [name]\ndata.extend(other)": None,
    "data = [name]\ndata.insert(0, other)": None,
    "data = name\ndata = other": None,
    "data, more = name, count": "str",
    "more, data = name, other": None,
    "data, *more = name, count": None,
    "for data in names:\n    print(data)": None,
}


@pytest.mark.parametrize("expression", KNOWN)
def test_a_value_gets_its_own_type_or_none(expression: str) -> None:
    _is_typed(_sent("", expression), KNOWN[expression])


@pytest.mark.parametrize("lines", GROWN)
def test_what_is_put_in_later_is_part_of_the_type(lines: str) -> None:
    _is_typed(_sent(lines, "data"), GROWN[lines])


def _sent(lines: str, expression: str) -> Outcome:
    body = "".join(f"    {line}\n" for line in lines.splitlines())
    head = "from typing import Optional\n\nfrom app.texts import format\nfrom app.mailer import send\n\n\n"
    typed_ones = ", ".join(f"{name}: {annotation}" for name, annotation in PARAMETERS.items())
    signature = f"def call({typed_ones}, other, raw, label, frame):\n"
    return migrate(
        f"{head}{signature}{body}    send({expression})\n    return {{}}\n",
        {"send": ("email", helper("send", "value"))},
        Facts(annotations=PARAMETERS),
    )


def _is_typed(outcome: Outcome, expected: str | None) -> None:
    if expected is None:
        assert "value:" not in outcome.tasks, outcome.tasks
        assert "data:" not in outcome.tasks, outcome.tasks
    else:
        assert f"(value: {plain(typed(expected))})" in outcome.tasks, (outcome.tasks, outcome.reasons)
