"""Files that have one name for all requests: where a function, or what it calls, reads and writes them.

def load():                          history = load()          # another request reads the same
    return json.load(open(FILE))     history.append(item)
                                     save(history)             # and the last of them wins
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TypeAlias

import msgspec

from ..analysis.handed_over import parameter_taking
from ..analysis.judge.effects.site import Site
from ..analysis.judge.reaching.reach import Reach
from ..analysis.link.program import Key
from ..analysis.nodes import bound_plainly, given_to
from ..analysis.scopes import own_nodes, parameter_names
from ..analysis.syntax import FileSyntax, FunctionNode, Syntax, last_name, span_of
from ..model import Span
from .shared import Change, Look, Shared, Uses

FILE = "the file "
_KINDS = frozenset({"document", "file", "image"})
_READS = re.compile(r"(^|_)(load|read)(_|$)")
_WRITES = re.compile(r"(^|_)(dump|save|to|write)(_|$)")
_PUTS = frozenset({"copy", "copy2", "copyfile", "move", "rename", "replace"})
"""What they make has the name that they are given last."""
_MODE = re.compile(r"[abrtwx+]+")
_EXIST = frozenset({"exists", "is_file", "isfile"})
_OF_PATHS = ("anyio.Path.", "pathlib.Path.")
_SAME = frozenset({"Path", "str"})
_NAMES_FILES = frozenset({"Path", "abspath", "expanduser", "join", "joinpath", "resolve", "str"})


class Given(msgspec.Struct, frozen=True):
    """The parameter by which a caller says which file it is."""

    parameter: str


Name: TypeAlias = str | Given


class Files(msgspec.Struct, frozen=True):
    """By the texts of their names."""

    read: frozenset[Name] = frozenset()
    written: frozenset[Name] = frozenset()

    def __or__(self, other: Files) -> Files:
        return Files(self.read | other.read, self.written | other.written)

    def told(self, name: Callable[[Name], Name | None]) -> Files:
        return Files(_found(map(name, self.read)), _found(map(name, self.written)))


_NONE = Files()


class SharedFiles:
    def __init__(self, reach: Reach, syntax: Syntax, shared: Shared) -> None:
        self._reach = reach
        self._syntax = syntax
        self._shared = shared
        self._below: dict[Key, Files] = {}

    def uses(self, function: Key, node: FunctionNode) -> tuple[Sequence[Look], Sequence[Change]]:
        """As the function sees them: what is done below a call is done where that stands."""
        looks: list[Look] = []
        changes: list[Change] = []
        own = self._shared.uses(function, node)
        for call, files in self._calls(function, own):
            locks = own.locks(call)
            span = span_of(own.file.statement(call))
            files = files.told(lambda name: name if isinstance(name, str) else None)
            looks += [Look(f"{FILE}{name}", span_of(call)[:2], locks) for name in files.read]
            changes += [Change(f"{FILE}{name}", span, locks, (), False) for name in files.written]
        return looks, changes

    def _calls(self, function: Key, own: Uses) -> Iterator[tuple[ast.Call, Files]]:
        for site in self._reach.own(function):
            call = own.file.call(Span(*site.span))
            if call is not None and site.target is not None:
                yield call, self._of(site.target).told(partial(self._told, own, call, site.target))
            elif call is not None:
                files = self._of_library(site, call, own)
                yield call, Files(files.read) if _is_first(own.file, call) else files

    def _told(self, own: Uses, call: ast.Call, target: Key, name: Name) -> Name | None:
        """`load(STORE)`: what the called function knows by its parameter."""
        if isinstance(name, str):
            return name
        takes = partial(parameter_taking, self._shared.views.of(own.file.path), call)
        given = (each for each in given_to(call) if takes(each, target) == name.parameter)
        return next((_name(own, each) for each in given), None)

    def _of(self, function: Key) -> Files:
        """What it does where no lock of threads is held."""
        if function in self._below:
            return self._below[function]
        self._below[function] = _NONE  # what calls itself does nothing else by that
        scope = self._shared.program.scope(function)
        node = self._syntax.file(function.path).function(scope.span)
        found = _NONE
        own = self._shared.uses(function, node) if node is not None else None
        for call, files in self._calls(function, own) if own is not None else ():
            found |= files if own is not None and not own.locks(call) else _NONE
        self._below[function] = found
        return found

    def _of_library(self, site: Site, call: ast.Call, own: Uses) -> Files:
        if site.entry is None or site.entry.category not in _KINDS:
            return _NONE
        word = last_name(call.func)
        if word in _PUTS:
            return Files(written=_found(_name(own, each) for each in call.args[-1:]))
        is_of_path = site.name.startswith(_OF_PATHS) and isinstance(call.func, ast.Attribute)
        places = [call.func.value] if is_of_path and isinstance(call.func, ast.Attribute) else given_to(call)
        names = _found(_name(own, place) for place in places[:2])
        reads, writes = _READS.search(word), _WRITES.search(word)
        if word == "open":
            mode = _mode(call)
            names -= {repr(mode)}
            reads, writes = re.search("[r+]", mode), re.search("[wx+]", mode)
        return Files(names if reads else frozenset(), names if writes else frozenset())


def _is_first(file: FileSyntax, call: ast.Call) -> bool:
    """`if not os.path.exists(FILE):` around it, or `else:` of the contrary: a file that is not there loses
    nothing."""
    child: ast.AST = call
    for around in file.above(call):
        if isinstance(around, ast.If) and child is not around.test:
            test, is_denied = around.test, child in around.orelse
            while isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
                test, is_denied = test.operand, not is_denied
            if is_denied and isinstance(test, ast.Call) and last_name(test.func) in _EXIST:
                return True
        child = around
    return False


def _mode(call: ast.Call) -> str:
    """Of `open`; what is added at the end of a file is lost to nobody."""
    texts = [each.value for each in given_to(call) if isinstance(each, ast.Constant)]
    return next((text for text in texts if isinstance(text, str) and _MODE.fullmatch(text)), "r")


def _found(names: Iterable[Name | None]) -> frozenset[Name]:
    return frozenset(name for name in names if name is not None)


def _name(own: Uses, place: ast.expr, depth: int = 3) -> Name | None:
    """The text of what names the same file for all requests; None for what does not."""
    place = _unwrapped(place)
    if isinstance(place, ast.Name) and not own.name(place):
        bound = map(_unwrapped, _assigned(own.function, place.id))
        values = [value for value in bound if ast.unparse(value) != place.id]  # `path = Path(path)`
        if not values and place.id in parameter_names(own.function.args):
            return Given(place.id)
        return _name(own, values[0], depth - 1) if len(values) == 1 and depth else None
    return ast.unparse(place) if _is_fixed(own, place) else None


def _unwrapped(place: ast.expr) -> ast.expr:
    """`Path(STORE)` is the file that `STORE` is."""
    while isinstance(place, ast.Call) and last_name(place.func) in _SAME and len(given_to(place)) == 1:
        place = given_to(place)[0]
    return place


def _is_fixed(own: Uses, node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str)
    if isinstance(node, ast.JoinedStr):
        return all(_is_fixed(own, v.value if isinstance(v, ast.FormattedValue) else v) for v in node.values)
    if isinstance(node, ast.BinOp):
        return _is_fixed(own, node.left) and _is_fixed(own, node.right)
    if isinstance(node, ast.Call):
        given = given_to(node)
        return last_name(node.func) in _NAMES_FILES and bool(given) and all(_is_fixed(own, g) for g in given)
    return bool(own.name(node))


def _assigned(function: FunctionNode, name: str) -> list[ast.expr]:
    bound = (pair for node in own_nodes(function) for pair in bound_plainly(node))
    return [value for target, value in bound if isinstance(target, ast.Name) and target.id == name]
