"""Functions, classes, dependencies and handlers at random that work on a session."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence

from .definitions import Definitions
from .files import File
from .grammar import sessions
from .maker import Maker


class Queries(Definitions):
    def queries(self, result: str = "<value>", leaves: Sequence[str] = ()) -> Maker:
        return Maker(self._draw, self._known, result=result, leaves=leaves, statements=sessions.STATEMENTS)

    def _query(self, file: File) -> None:
        name = self.name("query")
        self._define(file, name, f"def {name}(db: Session, x: int, y: int = 2):", self.queries().body(2))
        self._known.add("query", f"{file.module}.{name}")

    def _repo(self, file: File) -> None:
        """A class that keeps the session."""
        name = self.name("Repo")
        load, change = (re.sub(r"\bdb\b", "self.db", self.queries().body(2)) for _ in range(2))
        methods = [
            "def __init__(self, db: Session):\n    self.db = db",
            self._method("def load(self, x, y=2):", load),
            self._method("def change(self, x, y=2):", change),
        ]
        file.parts.append(f"class {name}:\n" + textwrap.indent("\n\n".join(methods), "    "))
        self._known.add("repo", f"{file.module}.{name}")

    def _base_repo(self, file: File) -> None:
        """A class that works for any model, and one of its heirs that does more before and after."""
        base, name = self.name("BaseRepo"), self.name("Repo")
        change = re.sub(r"\bdb\b", "self.db", self.queries().body(2))
        methods = [
            "model = None",
            "def __init__(self, db: Session):\n    self.db = db",
            self._method("def find(self, x):", "return self.db.get(self.model, x)"),
            self._method("def load(self, x, y=2):", "item = self.find(x)\nreturn self.counted(item, y)"),
            self._method("def counted(self, item, y):", "return y"),
            self._method("def change(self, x, y=2):", change),
        ]
        file.parts.append(f"class {base}:\n" + textwrap.indent("\n\n".join(methods), "    "))
        counted = self.maker().pick(
            (
                "return item.qty + y if item else y",
                "return super().counted(item, y) + (len(item.parts) if item else 0)",
                "return y + self.db.query(Item).count()",
            )
        )
        own = [
            "model = Item",
            self._method("def counted(self, item, y):", counted),
            self._method("def change(self, x, y=2):", 'note("change", x)\nreturn super().change(x, y)'),
        ]
        file.parts.append(f"class {name}({base}):\n" + textwrap.indent("\n\n".join(own), "    "))
        self._known.add("repo", f"{file.module}.{name}")

    def _owner(self, file: File) -> None:
        """It opens a session of its own, and only reads: SQLite would wait for who writes."""
        name = self.name("own")
        read = self.maker().pick(
            (
                "return db.query(Item).filter(Item.qty > x).count()",
                "item = db.get(Item, x)\n    return len(item.parts) if item else y",
                "return sum(row.qty for row in db.scalars(select(Item)).all())",
            )
        )
        body = f"with SessionLocal() as db:\n    {read}"
        if self.maker().chance(2):
            read = textwrap.indent(textwrap.dedent(f"    {read}"), "    ")
            body = f"db = SessionLocal()\ntry:\n{read}\nfinally:\n    db.close()"
        self._define(file, name, f"def {name}(x, y=2):", body)
        self._known.add("owner", f"{file.module}.{name}")

    def _finder(self, file: File) -> None:
        name = self.name("find")
        body = self.maker().pick(
            (
                "return db.get(Item, x)",
                "return db.query(Item).filter(Item.qty == x).first()",
                "item = db.query(Item).filter(Item.id == x).one_or_none()\nif item is None:\n"
                '    return None\nnote("found", item.name)\nreturn item',
                "return db.scalars(select(Item).where(Item.id == x)).first()",
            )
        )
        hint = self.maker().pick(("", " -> Item | None"))
        self._define(file, name, f"def {name}(db: Session, x: int){hint}:", body)
        self._known.add("finder", f"{file.module}.{name}")

    def dependency(self, file: File) -> None:
        """What a handler is given beside its session."""
        name = self.name("current")
        body = (
            'item = db.get(Item, x)\nif item is None:\n    raise HTTPException(404, "no item")\nreturn item'
        )
        self._define(file, name, f"def {name}(x: int = 1, db: Session = Depends(get_db)) -> Item:", body)
        self._known.add("current", f"{file.module}.{name}")

    def handler(self, file: File) -> str:
        name = self.name("handle")
        end = self.maker().pick([text for text in sessions.RETURNS if self._known.has(text)])
        model = {2: "list[ItemOut]", 3: "ItemOut", 4: "ItemWithParts | None"}.get(
            sessions.RETURNS.index(end), ""
        )
        decorator = f'@router.get("/{name}"{f", response_model={model}" if model else ""})'
        given, leaves = "", list[str]()
        if (known := self._known.of("current")) and self.maker().chance(2):
            given, leaves = (
                f", mine: Item = Depends(@{self.maker().pick(known)}@)",
                ["mine.qty", "len(mine.parts)"],
            )
        body = self.queries('{"v": <value>}' if not model else "None", leaves).body(3, end)
        session = self.maker().pick(
            ("db: Session = Depends(get_db)", "db: Annotated[Session, Depends(get_db)]")
        )
        arguments = ["x: int = 1", "y: int = 2"]
        arguments = [*arguments, session] if "=" in session else [session, *arguments]
        head = f"{decorator}\ndef {name}({', '.join(arguments)}{given}):"
        self._define(file, name, head, body)
        return name
