"""Tasks of Celery that somebody starts and forgets, for a project that wants Taskiq to run them.

send_welcome.delay(user.email)    ->    await send_welcome_task.kiq(user.email)

The function stays a task of Celery, for scripts, beat and what is in its queue already.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cached_property

from ...analysis.index.bindings import Import
from ...analysis.index.expr import Attr
from ...analysis.index.facts import CallSite
from ...analysis.judge.callers.callers import Callers
from ...analysis.judge.effects.site import Site, SiteKind
from ...analysis.link.kinds import Fn, Inst, Member
from ...analysis.link.program import CallKey, Key
from ...analysis.nodes import walk
from ...analysis.syntax import FileSyntax, Syntax
from ...model import Span

STARTS = frozenset({"delay", "apply_async"})
GIVEN = ("args", "kwargs")
"""The parameters of `apply_async` that are not about how the task is run."""
_TASK, _SIGNATURE, _BY_NAME = "celery.Task", "celery.canvas.Signature", "celery.Celery.send_task"
_WITHOUT_EFFECT = frozenset({"name", "acks_late", "ignore_result", "lazy", "shared", "typing"})
"""Options of a task whose result nobody looks at that change nothing: Taskiq acknowledges late, too."""
_CONFIGURED = re.compile(
    r"(?<![a-z])task_(annotations|cls|queues|routes|(soft_)?time_limit)\b", re.IGNORECASE
)
"""Told to Celery of all tasks: by an attribute, an argument, or a key of a dictionary."""
_BROKERS = ("amqp", "celery", "kombu", "redis")
_NO_CONNECTION = ("OSError", "IOError", "ConnectionError", "ConnectionRefusedError", "TimeoutError")
_NO_COUNTERPART = "has no counterpart in Taskiq"


class CeleryTasks:
    def __init__(self, callers: Callers, syntax: Syntax, *, is_wanted: bool) -> None:
        self.callers = callers
        self.inference = callers.inference
        self.program = callers.program
        self.syntax = syntax
        self._is_wanted = is_wanted and any(map(_imports_celery, self._imports()))
        self._why: dict[Key, str] = {}

    def started(self, function: Key) -> Iterator[Site]:
        """The calls that have a worker of Celery do something; `target` is the function that it runs."""
        for call, site in self.program.calls_of(function) if self._is_wanted else ():
            if not isinstance(site.func, Attr) or site.func.attr not in (*STARTS, "send_task"):
                continue
            found = self._started(call, site, site.func)
            if found is not None:
                name, target = found
                entry = self.program.catalogue.find_method(_TASK, "delay")
                yield Site(call, function, site.span, SiteKind.SLOW, name, entry, target, "callback")

    def _started(self, call: CallKey, site: CallSite, func: Attr) -> tuple[str, Key | None] | None:
        scope = Key(call.path, site.scope)
        kinds = self.inference.kinds(scope, func, site.span.line)
        if any(isinstance(k, Member) and f"{k.owner}.{k.attr}" == _BY_NAME for k in kinds):
            return _BY_NAME, None
        owners = self.inference.kinds(scope, func.value, site.span.line)
        owner = next(iter(owners)) if len(owners) == 1 and func.attr in STARTS else None
        if isinstance(owner, Fn) and self.is_task(owner.key):
            return self.program.id(owner.key), owner.key
        is_made = isinstance(owner, Inst) and owner.name == _SIGNATURE
        return (f"{_SIGNATURE}.{func.attr}", None) if is_made else None

    def is_task(self, function: Key) -> bool:
        """Is it one of Celery?"""
        made = self.inference.decorators.put_in_its_place(function)
        return made is not None and made.name == _TASK

    # what is missing --------------------------------------------------------------------------------------

    def is_about(self, site: Site) -> bool:
        return site.form == "callback" and site.entry is not None and site.entry.category == "queue"

    def why_not(self, site: Site) -> str:
        """What of a task and of its start Taskiq has no counterpart for; empty for nothing."""
        if site.name == _BY_NAME:
            return "the task is only named, and may be one of another program"
        if site.target is None:
            return f"a chain or a group of Celery {_NO_COUNTERPART}"
        if site.target not in self._why:
            self._why[site.target] = self._why_not(site.target)
        return self._why[site.target] or self._at(site)

    def _at(self, site: Site) -> str:
        """The same for one place where it is started."""
        file = self.syntax.file(site.key.path)
        call = file.call(Span(*site.span))
        if call is None:
            return "the call cannot be found again"
        caught = self._caught(site.key.path, file, call)
        if caught:
            return f"{caught} of the broker of Celery is handled, and that of Taskiq has other errors"
        if getattr(call.func, "attr", "") != "apply_async":
            return ""
        named = [keyword.arg or "**" for keyword in call.keywords if keyword.arg not in GIVEN]
        if {"countdown", "eta"} & set(named):
            return "it starts after a delay, which needs a scheduler"
        if named or len(call.args) > len(GIVEN):
            return f"{named[0] if named else 'what'} of apply_async() {_NO_COUNTERPART}"
        return ""

    def _caught(self, path: str, file: FileSyntax, call: ast.Call) -> str:
        """An error that `delay` raises where the broker is down, and that is caught by its name."""
        names = self.program.modules[path].names[0]
        types: list[ast.expr] = []
        for above in file.above(call):
            if isinstance(above, ast.Try):
                types += [handler.type for handler in above.handlers if handler.type is not None]
            if isinstance(above, (ast.With, ast.AsyncWith)):
                types += [item.context_expr for item in above.items]  # `suppress(OperationalError)`
        for node in (part for each in types for part in walk(each) if isinstance(part, ast.Name)):
            homes = [b.value.module for b in names.get(node.id, ()) if isinstance(b.value, Import)]
            if node.id in _NO_CONNECTION or any(home.partition(".")[0] in _BROKERS for home in homes):
                return node.id
        return ""

    def _why_not(self, function: Key) -> str:
        scope = self.program.scope(function)
        file = self.syntax.file(function.path)
        node, name = file.function(scope.span), f"{scope.qualname}()"
        if node is None:
            return f"{name} cannot be found again"
        for decorator in node.decorator_list:
            options = decorator.keywords if isinstance(decorator, ast.Call) else []
            found = [each.arg or "**" for each in options if not _is_without_effect(each)]
            if found:
                return f"{found[0]} of the task {name} {_NO_COUNTERPART}"
        own = {part.id for statement in node.body for part in walk(statement) if isinstance(part, ast.Name)}
        asked = sorted(own & (self._of_celery(function.path) | {scope.name}))
        if asked:
            return f"{name} asks Celery for something ({asked[0]})"
        starts = (*(f".{scope.name}.{each}" for each in STARTS), *(f"*.{each}" for each in STARTS))
        replaced = [each for each in self.callers.patches.names if each.endswith(starts)]
        return f"tests replace {min(replaced)}" if replaced else self._application

    def _of_celery(self, path: str) -> set[str]:
        """The names that the module has from the library."""
        names = self.program.modules[path].names[0]
        return {
            name
            for name, bindings in names.items()
            if any(isinstance(b.value, Import) and _imports_celery(b.value) for b in bindings)
        }

    @cached_property
    def _application(self) -> str:
        """What is told to Celery of all its tasks."""
        if any(each.module.startswith("celery.signals") for each in self._imports()):
            return "signals of Celery would not be sent"
        for path, module in sorted(self.program.modules.items()):
            found = _CONFIGURED.search(self.syntax.file(path).text) if not module.facts.is_test else None
            if found is not None:
                return f"{found.group().lower()} of Celery in {path} {_NO_COUNTERPART}"
        return ""

    def _imports(self) -> Iterator[Import]:
        for module in self.program.modules.values():
            for scope in module.facts.scopes if not module.facts.is_test else ():
                for binding in scope.bindings:
                    if isinstance(binding.value, Import):
                        yield binding.value


def _is_without_effect(option: ast.keyword) -> bool:
    is_json = option.arg == "serializer" and ast.unparse(option.value) == "'json'"
    return is_json or option.arg in _WITHOUT_EFFECT


def _imports_celery(statement: Import) -> bool:
    return statement.module.partition(".")[0] == "celery" and not statement.level
