"""Names for the functions that run in a thread: verb and object, as their first reader would call them."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Sequence
from itertools import count

from ..analysis.nodes import LOOPS, walk
from ..analysis.syntax import last_name
from .enclosing import SETTING, Piece
from .frame import Frame
from .in_run import is_optional, loop_over, makes_response
from .phrases import (
    SAYS_NOTHING,
    is_mark,
    is_place,
    is_yes_or_no,
    put_together,
    tells,
    what_is_asked,
    without_verb,
)
from .places import bound_by, names_of_module
from .subjects import attributes, command, containers, globals_set, is_any_file, plural, subject, variable
from .verbs import AROUND, Action, Weight, actions_of, is_verb

_BUILTINS = frozenset(dir(builtins))
_IN_THREAD = "_in_thread"
"""Of a function that would be called like another, mostly like what it calls."""


class Namer:
    """Gives each function of one handler a name that is free."""

    def __init__(self, frame: Frame, taken: frozenset[str]) -> None:
        self._frame = frame
        self._actions: list[Action] = []
        self._given: set[str] = set()
        self._taken = {*taken, *frame.names, *names_of_module(frame.file.tree), *_BUILTINS}

    def name(
        self,
        run: Sequence[ast.AST],
        results: Sequence[str],
        pieces: Sequence[Piece],
        parameters: Sequence[str] = (),
    ) -> str:
        """The name of a function that does `run`, which holds `pieces`, and gives `results`."""
        name = self._name(run, results, pieces)
        verb, _, rest = name.partition("_")
        if verb == rest:  # `pool.map(fetch, names)`
            name = self._last_resort()
        return self.free(self._told_apart(name, parameters) if name in self._given else name)

    def _name(self, run: Sequence[ast.AST], results: Sequence[str], pieces: Sequence[Piece]) -> str:
        actions = self._actions = [found for piece in pieces for found in actions_of(self._frame, piece)]
        inside = [each for each in actions if each.verb not in AROUND and each.weight is not Weight.CHECKS]
        heaviest = max((each.weight for each in inside or actions), default=Weight.READS)
        # what comes last is what it is all for
        most = [each for each in reversed(inside or actions) if each.weight is heaviest]
        main = next((each for each in most if not is_optional(run, each.call)), next(iter(most), None))
        if results and main is not None and is_optional(run, main.call):
            sure = [each for each in reversed(inside) if each.weight >= Weight.MAKES and is_verb(each.verb)]
            sure = [each for each in sure if not is_optional(run, each.call) and self._gives(each, results)]
            main = next(iter(sure), main)
            if not sure and (name := _of_giver(run, results)):
                return name
        if main is not None and main.verb in {"read", "write"}:
            # `f.write(line)` is about the file that is opened for it
            main = next((each for each in actions if each.is_opener and each.verb == main.verb), main)
        given = attributes([each.node for each in pieces if isinstance(each.node, SETTING)])
        if given and (main is None or main.weight < Weight.REMOVES):
            return put_together("set", given[:2])  # `user.password = password`, a property
        if main is None:  # `with lock:`
            changed = [each for each in (*containers(run), *globals_set(run)) if each not in results]
            read = put_together("read", results) if any(map(tells, results)) else self._last_resort()
            return f"update_{changed[0].lower()}" if changed else read
        if results:
            return self._for_results(run, results, main)
        if main.weight is Weight.MAKES and len(run) > 1 and makes_response(run[-1]):
            return "make_response"  # what is made first is only on the way to it
        return self._for_deeds(run, main)

    def ahead(self, statement: ast.stmt, awaited: ast.expr) -> str:
        """Of what is awaited ahead of a loop, or of a `with`."""
        if isinstance(statement, ast.With):
            call = awaited.value if isinstance(awaited, ast.Await) else awaited
            called = last_name(call.func) if isinstance(call, ast.Call) else None
            return self.free({"read": "content", "body": "body"}.get(called or "", "value"))
        target = statement.target if isinstance(statement, ast.For) else None
        name = plural(target.id) if isinstance(target, ast.Name) else "items"
        return self.free("items" if name in self._taken else name)

    @staticmethod
    def is_name_of_callee(name: str) -> bool:
        return name.endswith(_IN_THREAD)

    @property
    def mark(self) -> frozenset[str]:
        return frozenset(self._taken)

    def back_to(self, mark: frozenset[str]) -> None:
        """Give back the names taken since `mark`, because what they were for is not done."""
        self._taken = set(mark)
        self._given &= mark

    def free(self, name: str) -> str:
        """`name`, or one like it that nothing else has; it is taken from then on."""
        name = re.sub("_{2,}", "_", name.rstrip("_"))  # what it speaks of may be `_private`, or a CONSTANT
        name = re.sub("[A-Z]{2,}", lambda found: found[0].lower(), name)
        if name in self._taken and name not in self._given:
            name = f"{name}{_IN_THREAD}"
        if name in self._taken:
            return self.numbered(name)
        self._taken.add(name)
        self._given.add(name)
        return name

    def numbered(self, name: str) -> str:
        """`name_2`, or the first number above that is free; it is taken from then on."""
        found = next(each for n in count(2) if (each := f"{name}_{n}") not in self._taken)
        self._taken.add(found)
        return found

    def _told_apart(self, name: str, parameters: Sequence[str]) -> str:
        """`save_image` of a `trip_filename`, where there is one already -> save_trip_image."""
        verb, _, rest = name.partition("_")
        whose = (each.rpartition("_")[0].strip("_") for each in parameters)
        found = (f"{verb}_{owner}_{rest}" for owner in whose if owner and rest and owner not in name)
        return next((each for each in found if each not in self._taken), name)

    def _for_results(self, run: Sequence[ast.AST], results: Sequence[str], main: Action) -> str:
        """After what it gives, unless that is only how it went: a count, a yes or no."""
        telling = [name for name in results if tells(name)]
        if main.is_about_files:
            # an upload is only saved for what then reads it
            later = self._actions[self._actions.index(main) + 1 :]
            makers = (each for each in reversed(later) if each.weight is Weight.MAKES and is_verb(each.verb))
            main = next((each for each in makers if self._gives(each, results)), main)
        if main.weight is Weight.MAKES and not self._gives(main, telling):
            # `vector = embed(text)` only prepares what is then searched with it
            readers = (each for each in reversed(self._actions) if each.weight is Weight.READS)
            main = next((each for each in readers if self._gives(each, telling)), main)
        if main.weight is Weight.REMOVES and telling:
            # `archive.unlink()` clears away what the result was read from
            later = self._actions[self._actions.index(main) + 1 :]
            main = next((each for each in reversed(later) if self._gives(each, telling)), main)
        verb = _verb(main, len(results))
        if main.verb == "run":
            return f"run_{command(main.call) or 'command'}"
        if main.weight >= Weight.REMOVES and not main.is_opener and not self._gives(main, telling):
            # it is done for its effect; what comes back only tells how it went
            deed = self._for_deed(run, main, results)
            if not telling or main.weight is Weight.REMOVES or deed not in self._taken:
                return deed
        if not telling:
            return self._for_vague_result(run, results, main)
        if main.weight is Weight.DOES and main.rest and len(telling) < len(results):
            # `filename, size = save_image(..)`: the size alone is not what it is for
            return self._for_deed(run, main, results)
        is_made = main.weight is Weight.MAKES or not self._gives(main, telling)
        if is_made and main.rest and main.weight > Weight.LISTS and all(is_place(name) for name in telling):
            # where it lies says less than what was made
            return self._for_deed(run, main, results)
        if main.weight is Weight.DOES and main.rest and all(map(is_mark, telling)):
            # `unique_name = add_image(file)`
            return self._for_deed(run, main, results)
        if _looks_only(main) and all(is_place(name) for name in telling):
            verb = "find"
        return put_together(verb, [without_verb(name, verb) for name in telling])

    def _for_vague_result(self, run: Sequence[ast.AST], results: Sequence[str], main: Action) -> str:
        """After what the call works on, when its result is called `path`, `ok` or `res`."""
        verb, last = _verb(main, len(results)), results[-1]
        if is_any_file(last) and main.weight is Weight.PREPARES:
            return f"prepare_{last}"
        if is_any_file(last) and _looks_only(main):
            return f"find_{last}"
        is_unsaid = last in SAYS_NOTHING and main.weight is Weight.READS and not is_verb(main.verb)
        if is_unsaid and (name := _run_by_name(main)):
            return name  # `out = transcode(path)`
        found = subject(self._frame, main, run)
        if main.weight is Weight.CHECKS and is_yes_or_no(results[0]):
            return f"check_{what_is_asked(results[0]) or found or results[0]}"
        if found and last in SAYS_NOTHING and (main.is_opener or self._is_bound(main)):
            return put_together(verb, [found])
        return put_together(verb, [what_is_asked(last) or last])

    def _for_deeds(self, run: Sequence[ast.AST], main: Action) -> str:
        """After the main deed, or after another where what is called has that name already."""
        name = self._for_deed(run, main)
        if name not in self._taken or name in self._given or main.weight < Weight.REMOVES:
            return name
        others = sorted(
            (each for each in reversed(self._actions) if each.weight >= Weight.REMOVES and each is not main),
            key=lambda each: -each.weight,
        )
        return next((n for each in others if (n := self._for_deed(run, each)) not in self._taken), name)

    def _for_deed(self, run: Sequence[ast.AST], main: Action, results: Sequence[str] = ()) -> str:
        frame, is_loop = self._frame, any(isinstance(node, LOOPS) for top in run for node in ast.walk(top))
        if main.verb == "run" and not main.rest:
            return f"run_{command(main.call) or 'command'}"
        if main.weight <= Weight.MAKES:
            filled = containers(run)
            if len(filled) == 1 or (filled and is_loop):
                return put_together("collect" if is_loop else _verb(main, 1), filled[-2:])
            if changed := attributes(run):
                verb = main.verb if is_verb(main.verb) else "read"
                return put_together(verb, [without_verb(name, verb) for name in changed[:2]])
        if main.puts and "_" in main.callee and not subject(frame, main, run):
            return main.callee  # `insert_many`, of what has no name
        others = (each for each in reversed(self._actions) if each is not main and each.rest)
        found_subject = next((found for each in (main, *others) if (found := subject(frame, each, run))), "")
        if not is_verb(main.verb) and (loop := loop_over(run, main.call)):
            verb = "check" if any(isinstance(node, ast.Raise) for node in ast.walk(loop)) else "read"
            return f"{verb}_{plural(loop.target.id)}"  # type: ignore[attr-defined]
        verbal = next((each for each in reversed(self._actions) if is_verb(each.verb)), None)
        if not is_verb(main.verb) and verbal is not None:
            return self._for_deed(run, verbal, results)
        if not is_verb(main.verb) and main.weight is Weight.CHECKS:
            # `path.is_file()`
            return f"check_{found_subject or frame.function.name.strip('_')}"
        if not is_verb(main.verb):
            # `ffprobe_stream`, `bcrypt_hash`: what the callee is called is all that is known
            return _run_by_name(main) or self._last_resort()
        if found_subject:
            return f"{main.verb}_{found_subject}"
        if main.weight is Weight.CHECKS:
            return f"check_{frame.function.name.strip('_')}"
        given = next(filter(None, (variable(frame, each, run) for each in reversed(self._actions))), "")
        if results or given:
            return f"{main.verb}_{results[0] if results else given}"
        return "execute_statement" if main.verb == "execute" else self._last_resort()

    def _gives(self, main: Action, telling: Sequence[str]) -> bool:
        """Whether the call makes the things that its results are named after: `save_user` gives the user."""
        bound = {name for node in walk(self._frame.file.statement(main.call)) for name in bound_by(node)}
        return main.weight is not Weight.REMOVES and bool(telling) and bound.issuperset(telling)

    def _is_bound(self, main: Action) -> bool:
        """Whether a variable is what the call gives, or a part of it."""
        around = self._frame.within(main.call)
        above = [node for node in around if not isinstance(node, (ast.Attribute, ast.Subscript))]
        called = [
            node for node in above if not (isinstance(node, ast.Call) and main.call in ast.walk(node.func))
        ]
        return bool(called) and isinstance(called[0], (ast.Assign, ast.AnnAssign))

    def _last_resort(self) -> str:
        return f"run_{self._frame.function.name.strip('_')}"


def _of_giver(run: Sequence[ast.AST], results: Sequence[str]) -> str:
    """`user = authenticate(..)` gives what comes back, where all that blocks is done only at times."""
    for node in run:
        value = node.value if isinstance(node, (ast.Assign, ast.AnnAssign)) else None
        called = last_name(value.func) if isinstance(value, ast.Call) else ""
        bound = {name for part in walk(node) for name in bound_by(part)}
        if called and bound.issuperset(results) and is_verb(called.partition("_")[0]):
            return called
    return ""


def _looks_only(main: Action) -> bool:
    """Whether nothing is read or made, as far as the callee's name tells."""
    return main.weight is Weight.CHECKS or not is_verb(main.verb)


def _run_by_name(main: Action) -> str:
    is_plain = main.callee.isidentifier() and main.callee.islower()
    return f"run_{main.callee}" if is_plain else ""


def _verb(main: Action, results: int) -> str:
    if main.weight > Weight.READS:
        return main.verb if is_verb(main.verb) else "read"
    if main.weight is Weight.READS and results > 1 and is_verb(main.verb):
        return main.verb
    return main.verb if main.verb in {"fetch", "find", "query", "search"} else "read"
