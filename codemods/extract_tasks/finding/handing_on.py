"""What runs in the place of a decorated function of the project, and is it handed the function's arguments?

@retry(times=3)                             def wrapper(*args, **kwargs):
def send_welcome(to: str, name: str): ..        .. return func(*args, **kwargs)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ...analysis.index.bindings import Parameter
from ...analysis.index.expr import Expr, Name, Starred
from ...analysis.index.facts import CallSite
from ...analysis.link.infer import Inference
from ...analysis.link.kinds import Decorated
from ...analysis.link.program import Key


def wrappers(inference: Inference, function: Key) -> tuple[Key, ...] | None:
    """Those that run in the place of the function; None where one gives a coroutine in place of a result."""
    found = inference.decorators.wrappers(function)
    is_async = inference.program.scope(function).is_async
    are_alike = all(inference.program.scope(wrapper).is_async is is_async for wrapper in found)
    return found if are_alike else None


def take_the_same(inference: Inference, found: Iterable[Key]) -> bool:
    """Do the wrappers hand on what they are given, so that who calls the function by its name calls it with
    its own arguments?"""
    return all(_hands_all_on(inference, wrapper) for wrapper in found)


def _hands_all_on(inference: Inference, wrapper: Key) -> bool:
    parameters = inference.program.scope(wrapper).parameters
    is_method = inference.program.enclosing_class(wrapper) is not None
    calls = list(_calls_of_the_function(inference, wrapper))
    return bool(calls) and all(_is_as_given(call, parameters, is_method=is_method) for call in calls)


def _calls_of_the_function(inference: Inference, wrapper: Key) -> Iterator[CallSite]:
    for call, site in inference.program.calls_of(wrapper):
        if any(isinstance(kind, Decorated) for kind in inference.callees(call)):
            yield site


def _is_as_given(call: CallSite, parameters: Sequence[Parameter], *, is_method: bool) -> bool:
    """`func(*args, **kwargs)` of `wrapper(*args, **kwargs)`, or all with `self` before them."""
    own = parameters[1:] if is_method else parameters
    places: list[Expr] = [Name(each.name) for each in own if each.kind == "positional"]
    rest = [Starred(Name(each.name)) for each in own if each.kind == "*"]
    named = tuple(("", Name(each.name)) for each in own if each.kind == "**")
    is_known = len(places) + len(rest) + len(named) == len(own) and bool(rest and named)
    return is_known and len(places) < 2 and call.args == (*places, *rest) and call.keywords == named
