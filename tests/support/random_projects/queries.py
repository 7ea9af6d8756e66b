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

    def _writer(self, file: File) -> None:
        """It makes or changes an item, and gives it to whoever asks."""
        name = self.name("write")
        body = self.maker().pick(
            (
                'item = Item(name="written", qty=x)\ndb.add(item)\ndb.commit()\n'
                "db.refresh(item)\nreturn item",
                'item = Item(**{"name": "written", "qty": x})\ndb.add(item)\ndb.flush()\nreturn item',
                'item = Item(name="written", parts=[Part(size=x)], tags=db.query(Tag).all())\n'
                "db.add(item)\ndb.commit()\nreturn item",
                "item = db.query(Item).filter(Item.id == x).first()\nif item is None:\n"
                '    item = Item(name="new")\n'
                "    db.add(item)\nitem.qty = x\ndb.commit()\nreturn item",
                'item = db.get(Item, x)\nif not item:\n    raise HTTPException(404, "no item")\n'
                "item.qty += 1\n"
                "item.owner = db.get(Owner, 2)\ndb.commit()\ndb.refresh(item)\nreturn item",
            )
        )
        hint = self.maker().pick(("", " -> Item"))
        self._define(file, name, f"def {name}(db: Session, x: int){hint}:", body)
        self._known.add("writer", f"{file.module}.{name}")

    def _rows(self, file: File) -> None:
        name = self.name("rows")
        body = self.maker().pick(
            (
                "return db.query(Item).filter(Item.qty >= x).order_by(Item.id).all()",
                "return list(db.scalars(select(Item).order_by(Item.id).limit(x)))",
                "query = db.query(Item).options(joinedload(Item.parts))\nif x > 1:\n"
                "    query = query.filter(Item.qty > x)\nreturn query.order_by(Item.id).all()",
                "owner = db.get(Owner, x)\nreturn owner.items if owner else []",
                "found = []\nfor n in range(x):\n    item = db.get(Item, n + 1)\n    if item:\n"
                "        found.append(item)\nreturn found",
                "return [item for tag in db.query(Tag).order_by(Tag.id) for item in tag.items]",
            )
        )
        hint = self.maker().pick(("", " -> list[Item]"))
        self._define(file, name, f"def {name}(db: Session, x: int){hint}:", body)
        self._known.add("rows", f"{file.module}.{name}")

    def _service(self, file: File) -> None:
        """A class that FastAPI could make, and which works on objects that its own methods find."""
        name = self.name("Service")
        find = self.maker().pick(
            (
                "return self.db.query(Item).filter(Item.id == x).first()",
                "return self.db.get(Item, x)",
                "item = self.db.get(Item, x)\nif item is None:\n"
                '    raise HTTPException(404, "no item")\nreturn item',
            )
        )
        change = re.sub(r"\bdb\b", "self.db", self.queries().body(2))
        methods = [
            self._method("def __init__(self, db: Session = Depends(get_db)):", "self.db = db"),
            self._method("def find(self, x: int):", find),
            self._method("def save(self, item):", "self.db.add(item)\nself.db.commit()\nreturn item"),
            self._method(
                "def total(self, x: int, y: int = 2):",
                "item = self.find(x)\nreturn sum(part.size for part in item.parts) if item else y",
            ),
            self._method(
                "def renamed(self, x: int, y: int = 2):",
                'item = self.find(x)\nif item is None:\n    return y\nitem.name = f"renamed {x}"\n'
                "return len(self.save(item).name) + len(item.tags)",
            ),
            self._method("def change(self, x: int, y: int = 2):", change),
        ]
        file.parts.append(f"class {name}:\n" + textwrap.indent("\n\n".join(methods), "    "))
        self._known.add("service", f"{file.module}.{name}")

    def dependency(self, file: File) -> None:
        """What a handler is given beside its session."""
        name = self.name("current")
        body = (
            'item = db.get(Item, x)\nif item is None:\n    raise HTTPException(404, "no item")\nreturn item'
        )
        self._define(file, name, f"def {name}(x: int = 1, db: Session = Depends(get_db)) -> Item:", body)
        self._known.add("current", f"{file.module}.{name}")

    def handler(self, file: File) -> str:
        """One that is given a session, or opens its own."""
        name = self.name("handle")
        pick, chance = self.maker().pick, self.maker().chance
        is_own = chance(5)
        ends = [text for text, model in sessions.RETURNS.items() if not (is_own and model)]
        end = pick([text for text in ends if self._known.has(text)])
        model = sessions.RETURNS[end]
        leaves = list[str]()
        required, others, start = list[str](), ["x: int = 1", "y: int = 2"], ""
        if is_own:
            opened = pick(("with SessionLocal() as db:", "with SessionLocal.begin() as db:"))
        elif chance(2):
            required.append("db: Annotated[Session, Depends(get_db)]")
        else:
            others.append("db: Session = Depends(get_db)")
        if (known := self._known.of("current")) and chance(2):
            others.append(f"mine: Item = Depends(@{pick(known)}@)")
            leaves = ["mine.qty", "len(mine.parts)", "len(mine.tags)"]
        if (known := self._known.of("owner")) and chance(6):
            required.append("background: BackgroundTasks")
            start = f"background.add_task(@{pick(known)}@, x)\n"
        if (known := self._known.of("service")) and chance(4):
            others.append(f"service: @{pick(known)}@ = Depends()")
            leaves.append("service.total(1)")
        body = start + self.queries('{"v": <value>}' if not model else "None", leaves).body(3, end)
        if is_own:
            body = self._method(opened, body)
        decorator = f'@router.get("/{name}"{f", response_model={model}" if model else ""})'
        self._define(file, name, f"{decorator}\ndef {name}({', '.join([*required, *others])}):", body)
        return name
