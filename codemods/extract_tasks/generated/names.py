"""Names of tasks: what they do, in the words of the code they come from; no two tasks share one."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import count
from urllib.parse import urlsplit

from ...analysis.nodes import walk
from ...analysis.scopes import FUNCTIONS
from ...analysis.syntax import snake
from ...model import Code, ImportNeed, TaskDefinition
from ..comments import comments_of
from ..words import LEADING_WORDS, TRAILING_WORDS, VAGUE_NAMES
from .code import in_full, plain
from .layout import LINE_LENGTH
from .place import TasksPlace

_VERBS = {
    "email": ("send", "email"),
    "sms": ("send", "sms"),
    "push": ("send", "push"),
    "message": ("send", "message"),
    "pdf": ("generate", "pdf"),
    "image": ("process", "image"),
    "video": ("convert", "video"),
    "document": ("generate", "document"),
    "archive": ("build", "archive"),
    "ml": ("run", "model"),
    "http": ("send", "request"),
    "work": ("do", "work"),
}
_WHEN = frozenset({"in", "background", "later", "now", "it", "all", "bg", "job", "task", "work", "thread"})
_RESIZES = re.compile(r"\b(thumbnail|resize|crop|scale)\b")
_HOOKS = re.compile(r"(web_?hook|slack|discord|telegram|callback)", re.IGNORECASE)
_STEPS = re.compile(r"/([a-z][a-z_-]{2,19})(?![\w.])")
_METHOD = re.compile(r"(?:^|/)((?:[a-z]\w*\.)*)([a-z]\w+)\.([a-z]\w+)$")
_NO_METHOD = re.compile(
    r"\.(com|org|net|io|dev|local|internal|html?|txt|pdf|csv|png|jpe?g|gif|zip|aspx?|jsp|js|py)$"
)
_RECEIVERS = re.compile(r"(web_?hook|slack|discord|telegram)", re.IGNORECASE)


def name_of_call(callee: str, category: str) -> str:
    """`send_welcome_email` -> `send_welcome_email_task`; `send` says what, `sms` what is done.

    `callee` is dotted: `slack.post` and `app.webhooks.send` say who gets it, where the last word says little.
    """
    around, _, callee = callee.rpartition(".")
    words = snake(callee).strip("_").removesuffix("_task").removesuffix("_async")
    verb, thing = _VERBS[category]
    if category in ("push", "http") and (receiver := _RECEIVERS.search(around)):
        thing = receiver.group().lower().replace("_", "")
    if words == thing or (category, words) == ("email", "mail"):
        words = f"{verb}_{thing}"
    elif words in VAGUE_NAMES:
        words = f"{words}_{thing}"
    return f"{words}_task"


def name_of_inner(function: str) -> str:
    """`send_reminder` of an inner function; empty for `job`, `send_later`, which do not say what is done."""
    words = snake(function).strip("_").removesuffix("_task").split("_")
    says = words[0] in VAGUE_NAMES and set(words[1:]) - TRAILING_WORDS - _WHEN
    return f"{'_'.join(words)}_task" if says else ""


def name_of_block(function: str, category: str, text: str) -> str:
    """Verb of the kind, the handler, the kind: `send_signup_email_task`."""
    verb, thing = _VERBS[category]
    if category == "image" and (found := _RESIZES.search(text)):
        verb = "resize" if found.group() == "thumbnail" else found.group()
    if category == "http" and _HOOKS.search(text):
        thing = "webhook"
    words = [word for word in snake(function).strip("_").split("_") if word]
    while len(words) > 1 and words[0] in LEADING_WORDS:
        words.pop(0)
    while len(words) > 1 and words[-1] in TRAILING_WORDS:
        words.pop()
    kinds = {verb, thing, f"{thing}s", "mail" if thing == "email" else thing, "and"}
    words = [word for word in words if word not in kinds and word not in LEADING_WORDS] or [
        w for w in words if w not in kinds
    ]
    return "_".join([verb, *words, thing, "task"])


def word_of_url(texts: Iterable[str]) -> str:
    """`deals` of `f"{CRM}/v2/deals/{id}"`; empty where no text is a URL or a path with a word in it."""
    paths = (urlsplit(text).path if "://" in text else text for text in texts)
    return next(filter(None, map(_word_of_path, paths)), "").replace("-", "_")


def _word_of_path(path: str) -> str:
    """Of `/api/chat.postMessage` and `crm.deal.update.json` the method that is called: `deal_update`."""
    named = re.sub(r"\.(json|xml|php)$", "", path)
    method = None if _NO_METHOD.search(named) else _METHOD.search(named)
    if method and (path.startswith("/") or ("/" not in path and method[1])):
        return f"{snake(method[2])}_{snake(method[3])}"
    return next(reversed(_STEPS.findall(path)), "") if path.startswith("/") else ""


class TaskNames:
    """The tasks module as it is and as it grows; the same source always has the same name."""

    def __init__(
        self,
        place: TasksPlace,
        broker: ImportNeed | None = None,
        existing: str = "",
        line_length: int = LINE_LENGTH,
        results: str = "offload",
        uploads: str = "",
        *,
        old_pydantic: bool = False,
    ) -> None:
        """`broker` is the object that decorates tasks; `existing` the text of the module, if there is one.

        `results`: how an answer gets what a task gives: `wait`, `poll`, or `offload` for not at all.
        `uploads`: the module that stores what no queue takes; empty where there is no folder for it.
        """
        self.results = results
        self.uploads = uploads
        self.old_pydantic = old_pydantic
        self.line_length = line_length
        self.place = place
        self.module = place.module
        self.broker = broker or ImportNeed(place.beside("broker").module, "broker")
        self.results_module = place.beside("results").module
        self._sources: dict[str, str] = {}
        """Name -> source of the task, comparable."""
        self._existing: dict[str, str] = {}
        """Those that the module has already."""
        self._owners: dict[str, set[object]] = {}
        """Name -> the places that queue the task."""
        self._wanted: dict[str, set[str]] = {}
        """Source of a task without its name -> the names that it was to have."""
        self._rivals: dict[str, dict[object, str]] = {}
        """Name -> the places that were to have it, each with the source of its task."""
        self._contested: set[str] = set()
        self.is_outdated = False
        """Did a task that has its name already turn out to do the work of other places, too?"""
        self._taken: set[str] = set()
        tree = ast.parse(existing)
        imported = _imported(tree, self.module)
        for node in tree.body:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                text = ast.get_source_segment(existing, node) or ""
                self._existing[node.name] = _comparable(node, imported) + "".join(comments_of(text))
            self._taken.update(part.id for part in walk(node) if isinstance(part, ast.Name))
            self._taken.update(
                (alias.asname or alias.name).split(".")[0]
                for part in walk(node)
                if isinstance(part, (ast.Import, ast.ImportFrom))
                for alias in part.names
            )
        self._sources.update(self._existing)

    def start_anew(self) -> None:
        """Names are given once more, by what is known now of who wants them."""
        self.is_outdated = False
        self._sources = dict(self._existing)
        self._owners.clear()

    def settle(
        self,
        wanted: str,
        prefix: str,
        make: Callable[[str], Code],
        late: tuple[ImportNeed, ...] = (),
        origin: object = None,
        otherwise: str = "",
        gives_result: bool = False,
        shared: str = "",
        told: str = "",
    ) -> TaskDefinition:
        """The task under `wanted`; where that is another task, under `otherwise` or with `prefix` in front.

        `origin` is the place that queues it: what was settled for that place before no longer counts.
        `shared` is its name where others that are called differently do the same, `told` one that says more,
        before any number does.
        """
        if shared:
            source = _source(make("_"))
            found = self._wanted.setdefault(source, set())
            self.is_outdated |= len(found) == 1 and wanted not in found
            found.add(wanted)
            if len(found) > 1:
                wanted, otherwise = shared, ""
            elif otherwise and self._is_contested(wanted, source, origin):
                wanted, otherwise = otherwise, ""
        else:
            self._is_contested(wanted, _source(make("_")), origin)
        candidates = self._candidates(wanted, prefix, origin, otherwise, told)
        name = next(name for name in candidates if self._free(name, code := make(name), origin))
        return TaskDefinition(name, code, late, gives_result)

    def _is_contested(self, wanted: str, source: str, origin: object) -> bool:
        """Do other places want the name for other work? Then it says of neither what it does."""
        rivals = self._rivals.setdefault(wanted, {})
        rivals[origin] = source
        if len(set(rivals.values())) > 1 and wanted not in self._contested:
            # for good: a place is tried in several ways, and names must come to rest
            self._contested.add(wanted)
            self.is_outdated = True
        return wanted in self._contested

    def _candidates(
        self, wanted: str, prefix: str, origin: object, otherwise: str, told: str
    ) -> Iterator[str]:
        yield wanted
        if otherwise:
            yield otherwise
            wanted = otherwise
        if told:
            yield told
        stem, is_near = wanted.removesuffix("_task"), self._is_near(wanted, origin, prefix)
        if not (is_near or wanted.startswith(f"{prefix}_")):
            yield f"{prefix}_{wanted}"
            stem = f"{prefix}_{stem}"
        for number in count(2):
            yield f"{stem}_{number}_task"

    def _is_near(self, name: str, origin: object, prefix: str) -> bool:
        """Has another place of the same file the name? Then the name of that file would tell nothing."""
        if not isinstance(origin, tuple) or not str(origin[0]).endswith(f"{prefix}.py"):
            return False
        return any(isinstance(owner, tuple) and owner[0] == origin[0] for owner in self._owners.get(name, ()))

    def _free(self, name: str, code: Code, origin: object) -> bool:
        source = _source(code)
        owners = self._owners.setdefault(name, set())
        if name in self._sources and self._sources[name] != source and owners != {origin}:
            return False
        if name not in self._sources and (name in self._taken or name in _names_in(code)):
            return False
        self._sources[name] = source
        owners.add(origin)
        return True


def _source(code: Code) -> str:
    """Two tasks with other comments are two: neither comment may go."""
    return _source_of(in_full(code))


@lru_cache(maxsize=256)
def _source_of(text: str) -> str:
    """A plan is made several times, of the same tasks."""
    return _comparable(ast.parse(text).body[0], {}) + "".join(comments_of(text))


def _comparable(task: ast.stmt, imported: Mapping[str, str]) -> str:
    """A helper that is awaited by the end of the day makes no other task; one of the same name does. Where it
    is imported makes no difference."""
    if isinstance(task, FUNCTIONS):
        late = [node for node in task.body if isinstance(node, ast.ImportFrom) and not node.level]
        names = {a.asname or a.name: f"{node.module}.{a.name}" for node in late for a in node.names}
        task.body = [node for node in task.body if node not in late] or task.body
        imported = {**imported, **names}
    return ast.dump(_Comparable(imported).visit(task)).replace("AsyncFunctionDef(", "FunctionDef(")


class _Comparable(ast.NodeTransformer):
    def __init__(self, imported: Mapping[str, str]) -> None:
        self._imported = imported

    def visit_Await(self, node: ast.Await) -> ast.AST:
        return self.visit(node.value)  # type: ignore[no-any-return]

    def visit_Name(self, node: ast.Name) -> ast.AST:
        origin = self._imported.get(node.id) if isinstance(node.ctx, ast.Load) else None
        return ast.parse(origin, mode="eval").body if origin else node


def _imported(tree: ast.Module, module: str) -> dict[str, str]:
    """What the names stand for that the module imports: `send` -> `app.mail.send`."""
    found: dict[str, str] = {}
    for node in tree.body:
        if isinstance(node, ast.Import):
            found.update({alias.asname: alias.name for alias in node.names if alias.asname})
        elif isinstance(node, ast.ImportFrom):
            package = module.split(".")[: -node.level] if node.level else []
            origin = ".".join([*package, *([node.module] if node.module else [])])
            found.update({a.asname or a.name: f"{origin}.{a.name}".lstrip(".") for a in node.names})
    found.pop("*", None)
    return found


def _names_in(code: Code) -> frozenset[str]:
    return frozenset(node.id for node in ast.walk(ast.parse(plain(code))) if isinstance(node, ast.Name))
