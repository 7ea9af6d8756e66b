"""Functions that stand for slow work, in a demo or a prototype: named after it, they do little but wait.

def send_welcome_email(to: str) -> None:
    time.sleep(2)  # the mail server
    print(f"mail to {to}")
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ....catalogue import Effect
from ...index.bindings import Scope
from ...index.expr import Const, last_name
from ...index.facts import CallSite
from ...link.infer import Inference
from ...link.kinds import Ext, Member, describe
from ...link.program import CallKey, Key

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_ASKS = frozenset({"wait", "await", "fetch", "get", "load", "read", "find", "list", "poll", "check", "retry"})
_SLEEP = "sleep"
SLEEPS = frozenset({"time.sleep", "asyncio.sleep"})
_SENDS = "send notify push deliver mail email sms alert broadcast"
_MAKES = """generate create build make render export produce process resize convert transcode compress encode
crop optimize"""
_LONG = "heavy complex expensive long slow intensive computation calculation compute calculate"
_OF_KINDS = {
    "sms": (_SENDS, "sms whatsapp"),
    "email": (_SENDS, "email emails mail mails mailer newsletter"),
    "push": (_SENDS, "push notification notifications notify notifier alert"),
    "video": (_MAKES, "video videos audio transcode"),
    "image": (_MAKES, "image images photo photos picture pictures thumbnail thumbnails avatar"),
    "archive": (_MAKES, "archive zip backup"),
    "pdf": (_MAKES, "pdf pdfs invoice invoices report reports receipt certificate"),
    "document": (_MAKES, "export excel spreadsheet csv document documents"),
    "work": (_LONG, _LONG),
}
_KINDS = {
    kind: (frozenset(does.split()), frozenset(what.split())) for kind, (does, what) in _OF_KINDS.items()
}
"""Category -> the words that say what is done, and with what."""
_OTHERS = frozenset(
    {"http", "cache", "queue", "database", "orm-session", "network", "cloud", "sdk", "process"}
)
"""What a function asks that waits for others, or tries again."""


def simulated(inference: Inference) -> Mapping[Key, str]:
    """These functions, with the category of the work."""
    found: dict[Key, str] = {}
    program = inference.program
    waiting = {
        program.owner_of(call.path, program.call(call).scope)
        for call in program.calls_by_name.get(_SLEEP, ())
        if not program.modules[call.path].facts.is_test
    }
    for path in program.modules if waiting else ():
        for function in filter(waiting.__contains__, program.functions_of(path)):
            module = program.modules[path]
            kind = _kind(program.scope(function), module.facts.module)
            if kind and any(_is_wait(inference, function, *each) for each in program.calls_of(function)):
                found[function] = kind
    return found


def _kind(function: Scope, module: str) -> str:
    """Of `send_email`, `generate_pdf`, `heavy_computation`; of `send` in `EmailService` or `mailer.py`."""
    own = _words(function.name)
    if not own or own[0] in _ASKS:
        return ""
    around = {*_words(function.qualname), *(_words(module.rpartition(".")[2]) if len(own) == 1 else ())}
    return next(
        (
            kind
            for kind, (does, what) in _KINDS.items()
            if not does.isdisjoint(own) and not what.isdisjoint(around)
        ),
        "",
    )


def _words(name: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(name)]


def _is_wait(inference: Inference, function: Key, call: CallKey, site: CallSite) -> bool:
    if last_name(site.func) != _SLEEP or inference.program.scope(function).decorators:
        return False
    names = {describe(kind) for kind in inference.callees(call)}
    seconds = site.args[0] if site.args else None
    is_nothing = isinstance(seconds, Const) and seconds.number == 0
    is_sleep = bool(names) and names <= SLEEPS and not is_nothing
    return is_sleep and not _is_pause(inference, function, call, site)


def _is_pause(inference: Inference, function: Key, call: CallKey, site: CallSite) -> bool:
    """Is it the time between two attempts, or between two questions?"""
    program = inference.program
    is_repeated = any(first <= site.span.line <= last for first, last in program.scope(function).loops)
    for other, _ in program.calls_of(function):
        for kind in inference.callees(other) if other != call else ():
            found = program.catalogue.find(describe(kind)) if isinstance(kind, (Ext, Member)) else None
            if found is not None and found.category in _OTHERS:
                return True
            if is_repeated and (found is None or found.effect is not Effect.FAST):
                return True
    return False
