"""What behaves differently afterwards, told to the user at the place."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from ..analysis.nodes import bound_alone
from ..analysis.scopes import own_nodes
from ..analysis.syntax import last_name, span_of
from ..model import Location, Note, NoteKind
from .blocks.parameters import Inputs
from .blocks.runs import Run
from .finding.work import Work, called
from .hazards.rows.uncommitted import uncommitted
from .sent.loaded import Loaded
from .sent.values import is_secret_name
from .words import FILE_KINDS, TOUCHES_FILES

_CLAIMS = re.compile(
    r"\b(sent|mailed|e-?mailed|delivered|generated|resized|notified|completed|finished|done|created the)\b",
    re.IGNORECASE,
)
_LETTERS = re.compile(r"(^|_)(e?mail|format|html|letter|message|render|template|text|body|content)(_|$)")
_ASKS = re.compile(r"_*(authenticate|check|decode|find|get|hash|is|load|parse|read|validate|verify)_")
_CLOCKS = frozenset({"now", "utcnow", "today", "time"})
_SAME_FOLDERS = "files are read and written where the worker runs: it must see the same folders"
_WORK = {
    "email": "sending the e-mail",
    "sms": "sending the text message",
    "push": "sending the notification",
    "message": "sending the message",
    "pdf": "making the PDF",
    "image": "the work on the image",
    "video": "the work on the video",
    "document": "making the document",
    "archive": "making the archive",
    "ml": "running the model",
    "http": "the request",
    "work": "the work",
}


def notes_of(
    work: Work,
    node: ast.AST,
    task: str,
    category: str,
    *,
    tolerated: bool,
    caught: bool = False,
    secrets: Iterable[str] = (),
) -> tuple[Note, ...]:
    """`tolerated`: failures did not reach the client before either; `caught`: what stays handled them."""
    found: list[str] = []
    if not tolerated:
        found.append(
            f"if {_WORK[category]} fails, the client no longer sees an error; {task} fails in the worker"
        )
    elif caught:
        found.append(
            f"if {_WORK[category]} fails, {task} fails in the worker, and the `except` here does not see it"
        )
    claim = _claim(work)
    if claim:
        found.append(f"the response says {claim!r} before {task} has run")
    if category in FILE_KINDS:
        found.append(_SAME_FOLDERS)
    names = list(secrets)
    secret = _secret_among(work, names)
    if secret:
        found.append(f"{secret} is stored in the queue in clear text")
    else:
        found += _written_out(work, names)
    return _notes(work, node, found)


def notes_of_loaded(work: Work, node: ast.AST, loaded: Iterable[Loaded]) -> tuple[Note, ...]:
    """Of objects of the database that the task loads again."""
    one = "{} is loaded again by its key when the task runs; where it is gone by then, nothing is done"
    many = "what {} holds is loaded again by its keys when the task runs, without what is gone by then"
    texts = [(many if each.loader.is_list else one).format(each.name) for each in loaded]
    return _notes(work, node, texts)


def notes_of_celery(work: Work, node: ast.AST, task: str) -> tuple[Note, ...]:
    return _notes(work, node, [f"{task} runs in a worker of Taskiq, no longer in one of Celery"])


def notes_of_commit(work: Work, run: Run, task: str) -> tuple[Note, ...]:
    """Where the transaction ends behind what is queued."""
    is_open = next(uncommitted(work, run), None) is not None
    text = f"{task} is queued before the transaction is committed, which it is even if the task fails"
    marks = [f"`{each}` is stored before {task} has run, and even if it fails" for each in _marks(work, run)]
    return _notes(work, run.moved[0], [*([text] if is_open else []), *marks])


def _marks(work: Work, run: Run) -> list[str]:
    """`order.status = "sent"`, `user.notified_at = now()` behind what is queued."""
    end = span_of(run.moved[-1])[2:]
    behind = (n for n in own_nodes(work.function) if isinstance(n, ast.Assign) and span_of(n)[:2] >= end)
    return [
        ast.unparse(each).partition("\n")[0]
        for each in behind
        if isinstance(each.targets[0], ast.Attribute)
        and (_is_claim(each.value) or _CLAIMS.search(each.targets[0].attr.replace("_", " ")))
    ]


def _is_claim(value: ast.expr) -> bool:
    return (
        isinstance(value, ast.Constant) and isinstance(value.value, str) and bool(_CLAIMS.search(value.value))
    )


def notes_of_rows(work: Work, run: Run, task: str, *, stores: bool = False) -> tuple[Note, ...]:
    """Where functions that move open sessions of their own."""
    helpers = [helper for site in work.slow if run.holds(site.span) for helper in site.helpers]
    helpers += [step for span, step in work.steps.items() if run.holds(span)]
    text = f"{task} works on the database when it runs, which may be after the next request"
    return _notes(work, run.moved[0], [text] if stores or any(each.process_state for each in helpers) else [])


def notes_of_block(work: Work, run: Run, inputs: Inputs) -> tuple[Note, ...]:
    found: list[str] = []
    if inputs.loggers:
        found.append("what the block logs comes from the logger of the tasks module now")
    if any(isinstance(node, ast.Call) and called(node) in _CLOCKS for node in run.nodes):
        found.append("what time it is, is asked when the task runs")
    for call in work.to_await(run.nodes):
        site = work.site(call)
        if site is not None and site.is_async:
            found.append(f"{site.name} was never awaited, and did nothing: from now on it is done")
    is_told = any(run.holds(site.span) and site.category in FILE_KINDS for site in work.slow)
    touches = any(isinstance(node, ast.Call) and called(node) in TOUCHES_FILES for node in run.nodes)
    if touches and not is_told:
        found.append(_SAME_FOLDERS)
    return _notes(work, run.moved[0], found)


def _notes(work: Work, node: ast.AST, texts: Iterable[str]) -> tuple[Note, ...]:
    line, column = getattr(node, "lineno", work.function.lineno), getattr(node, "col_offset", 0)
    place = Location(work.file.path, line, column + 1)
    return tuple(Note(NoteKind.BEHAVIOUR, text, place) for text in texts)


def _written_out(work: Work, names: Sequence[str]) -> list[str]:
    """Of texts that the function makes of a secret: `body = f"Your code is {otp}"`."""
    for node in own_nodes(work.function):
        bound, value = bound_alone(node)
        target = last_name(bound) if bound is not None else ""
        if value is None or target not in names or not _writes(value):
            continue
        # `make_password_email(to)` is no secret by its name
        calls = [part for part in ast.walk(value) if isinstance(part, ast.Call)]
        spelled = {*calls, *(call.func for call in calls)}
        words = [last_name(part) for part in ast.walk(value) if part not in spelled]
        secret = _secret_among(work, words)
        if secret:
            return [f"{target} is stored in the queue in clear text, with the {secret} that is written in it"]
    return []


def _secret_among(work: Work, names: Sequence[str]) -> str:
    """By its name, or `code` of `code = secrets.token_hex(2)`."""
    made = {
        last_name(bound)
        for bound, value in map(bound_alone, own_nodes(work.function))
        if bound is not None and value is not None and _makes_secret(work, value)
    }
    return next((name for name in names if is_secret_name(name) or name in made), "")


def _makes_secret(work: Work, value: ast.expr) -> bool:
    calls = (node for node in ast.walk(value) if isinstance(node, ast.Call))
    return any(work.context.makes_secret(span_of(call)) for call in calls)


def _writes(value: ast.expr) -> bool:
    """A text that is put together here, or by a function that is named after one."""
    if isinstance(value, ast.Call):
        name = last_name(value.func)
        return bool(_LETTERS.search(name)) and not _ASKS.match(name)
    return isinstance(value, (ast.JoinedStr, ast.BinOp))


def _claim(work: Work) -> str:
    """A text of the response that will not be true yet."""
    for node in own_nodes(work.function):
        if isinstance(node, ast.Return) and node.value is not None:
            for part in ast.walk(node.value):
                text = part.value if isinstance(part, ast.Constant) and isinstance(part.value, str) else ""
                if _CLAIMS.search(text) and " " in text.strip():
                    return text
    return ""


def is_tolerated(work: Work, statements: Sequence[ast.AST]) -> bool:
    """Whether a handler in the function or in the block keeps failures from the client."""
    own = [node for node in statements if isinstance(node, ast.Try)]
    return any(node.handlers for node in own) or is_caught(work, statements[0])


def is_caught(work: Work, node: ast.AST) -> bool:
    """Does a handler around it, which stays, see its failures?"""
    return any(
        isinstance(above, ast.Try) and above.handlers and below in above.body
        for below, above in pairwise([node, *work.file.above(node)])
    )
