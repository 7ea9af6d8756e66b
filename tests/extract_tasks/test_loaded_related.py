"""What an object of an async database leads to is loaded with it, where all that is read of it is known."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from projects import HEAD, PACKAGES, ROUTES, Migrated, migrate, source

DATABASE = """\
from sqlalchemy import ForeignKey, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, column_property, mapped_column, relationship, sessionmaker

engine = create_engine("sqlite:///shop.db")
SessionLocal = sessionmaker(engine)


class Base(DeclarativeBase):
    pass


class City(Base):
    __tablename__ = "cities"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column()
    city_id: Mapped[int | None] = mapped_column(ForeignKey("cities.id"))
    city: Mapped[City | None] = relationship()
    orders: Mapped[list["Order"]] = relationship(back_populates="user", order_by="Order.id")
    shout = column_property(email + "!")


class Order(Base):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    user: Mapped[User] = relationship(back_populates="orders")
    items: Mapped[list["Item"]] = relationship(backref="order")

    @property
    def total(self) -> int:
        return sum(item.price for item in self.items)

    def title(self) -> str:
        return f"{self.id} of {self.user.email}"


class Item(Base):
    __tablename__ = "items"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    price: Mapped[int]


def get_db():
    with SessionLocal() as db:
        yield db
"""
LETTERS = """\
import json

from jinja2 import Environment, FileSystemLoader, Template

from app.db import Item, Order, User
from app.mail import send_welcome

env = Environment(loader=FileSystemLoader("app"))
NAME = env.from_string("{{ order.user.city.name }}")


"""
RECEIPT = "{{ order.id }} {{ order.user.city.name }}{% for item in items %} {{ item.price }}{% endfor %}"
MOVED = {
    "one": ("order", "order.user.email, str(order.id)", "selectinload(Order.user)"),
    "chain": ("order", "order.user.city.name, 'x'", "selectinload(Order.user).selectinload(User.city)"),
    "listed": ("order", "str(len(order.items)), str([i.price for i in order.items])", "(Order.items)"),
    "property_of_it": ("order", "str(order.total), 'x'", "[selectinload(Order.items)]"),
    "method": ("order", "order.title(), 'x'", "[selectinload(Order.user)]"),
    "two": ("order", "order.user.email, str(order.total)", "(Order.items), selectinload(Order.user)]"),
    "back": (
        "user",
        "user.email, str([o.total for o in user.orders])",
        "(User.orders).selectinload(Order.items)",
    ),
    "template": (
        "order",
        "env.get_template('receipt.html').render(order=order, items=order.items), 'x'",
        "[selectinload(Order.items), selectinload(Order.user).selectinload(User.city)]",
    ),
    "written": (
        "order",
        "Template('{{ order.user.city.name }}').render(order=order), 'x'",
        "selectinload(Order.user).selectinload(User.city)]",
    ),
    "above": ("order", "NAME.render(order=order), 'x'", "selectinload(Order.user).selectinload(User.city)]"),
}
STAYED = {
    "backref": ("item", "item.order.user.email, 'x'"),
    "column_property": ("user", "user.shout, 'x'"),
    "whole_related": ("order", "repr(order.user), 'x'"),
    "filled_list": ("order", "str(order.items.append(Item(price=1))), order.user.email"),
    "set_related": ("order", "order.user.email, str(setattr(order.user, 'email', 'x'))"),
    "unpacked": ("order", "env.get_template('receipt.html').render(**{'order': order}), 'x'"),
    "made_up": ("order", "Template('{{ order' + '.user.email }}').render(order=order), 'x'"),
    "by_name": ("order", "getattr(order, 'user').email, 'x'"),
}
ROUTE = """
@router.post("/{name}")
def {name}(db: Session = Depends(get_db)):
    {value} = db.get({model}, 1)
    if {value} is None:
        return {{}}
    send_{name}({value})
    return {{}}


"""
IMPORTS = """\
from fastapi import Depends
from sqlalchemy.orm import Session

from app.db import Item, Order, User, get_db
"""
SERVED = """
    import json, sqlite3
    from pathlib import Path

    Path("shop.db").unlink(missing_ok=True)
    with sqlite3.connect("shop.db") as db:
        db.execute("create table cities (id integer primary key, name text)")
        db.execute("create table users (id integer primary key, email text, city_id integer)")
        db.execute("create table orders (id integer primary key, user_id integer)")
        db.execute("create table items (id integer primary key, order_id integer, price integer)")
        db.execute("insert into cities values (1, 'Oslo')")
        db.execute("insert into users values (1, 'ann@example.com', 1), (2, 'bob@example.com', 1)")
        db.execute("insert into orders values (1, 1), (2, 1), (3, 2)")
        db.execute("insert into items values (1, 1, 5), (2, 1, 7), (3, 2, 9)")

    import app.letters

    sent = []
    app.letters.send_welcome = lambda *given, **named: sent.append([*given, named])
    from app.main import app as served
    from fastapi.testclient import TestClient

    with TestClient(served) as client:
        statuses = [client.post("/" + url).status_code for url in {urls!r}]
    print(json.dumps([statuses, sorted(sent, key=str)]))
"""


def _project(
    folder: Path, cases: dict[str, tuple[str, str]], routes: str = "", letters: str = ""
) -> Migrated:
    made = "".join(
        ROUTE.format(name=name, value=value, model=value.title()) for name, (value, _) in cases.items()
    )
    senders = "".join(
        f"def send_{name}({value}: {value.title()}) -> None:\n    send_welcome({passed})\n\n\n"
        for name, (value, passed) in cases.items()
    )
    more = ", send_all, send_both, send_order, send_total" if letters else ""
    names = ", ".join(f"send_{name}" for name in cases)
    head = HEAD.replace("\n\nrouter", f"\n\n{IMPORTS}from app.letters import {names}{more}\n\nrouter")
    files = {
        "app/db.py": DATABASE,
        "app/letters.py": LETTERS + senders + source(letters),
        "app/receipt.html": RECEIPT,
        "requirements.txt": "fastapi\nsqlalchemy>=2\naiosqlite\ngreenlet\njinja2\n",
    }
    return migrate(folder, {**PACKAGES, ROUTES: head + made + source(routes), **files})


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Migrated:
    return _project(tmp_path_factory.mktemp("moved"), {name: case[:2] for name, case in MOVED.items()})


@pytest.mark.parametrize("route", MOVED)
def test_it_is_loaded_with_the_object(moved: Migrated, route: str) -> None:
    value, _, options = MOVED[route]
    assert f"await send_{route}_task.kiq({value}.id)" in moved.body(route)
    task = moved.tasks[moved.tasks.index(f"def send_{route}_task") :].partition("@broker.task")[0]
    assert options in task


def test_the_same_letters_are_sent(moved: Migrated) -> None:
    printed = moved.runs(SERVED.format(urls=[*MOVED]))
    letters = [
        ["1 Oslo 5 7", "x", {}],
        ["1 of ann@example.com", "x", {}],
        ["12", "x", {}],
        ["2", "[5, 7]", {}],
        ["Oslo", "x", {}],
        ["Oslo", "x", {}],
        ["Oslo", "x", {}],
        ["ann@example.com", "1", {}],
        ["ann@example.com", "12", {}],
        ["ann@example.com", "[12, 9]", {}],
    ]
    assert json.loads(printed) == [[200] * len(MOVED), letters]


@pytest.fixture(scope="module")
def stayed(tmp_path_factory: pytest.TempPathFactory) -> Migrated:
    return _project(tmp_path_factory.mktemp("stayed"), STAYED)


@pytest.mark.parametrize("route", STAYED)
def test_what_no_query_loads_or_nobody_knows_stays(stayed: Migrated, route: str) -> None:
    assert "create_async_engine" in stayed.after["app/db.py"]
    assert f"send_{route}_task" not in stayed.body(route)


EACH = """
@router.post("/each")
def each(db: Session = Depends(get_db)):
    orders = db.query(Order).all()
    for order in orders:
        send_order(order)
    return {}


@router.post("/all")
def everything(db: Session = Depends(get_db)):
    orders = db.query(Order).all()
    send_all(orders)
    return {}


@router.post("/twice")
def twice(db: Session = Depends(get_db)):
    for order in db.query(Order).all():
        order = db.get(Order, order.id + 1) or order
        send_order(order)
    return {}


@router.post("/changed")
def changed(db: Session = Depends(get_db)):
    for order in db.query(Order).all():
        order.user_id = 1
        send_order(order)
    db.commit()
    return {}


@router.post("/new")
def new(db: Session = Depends(get_db)):
    for order in [Order(user_id=1), Order(user_id=2)]:
        db.add(order)
        db.flush()
        send_order(order)
    return {}


@router.post("/shared")
def shared(db: Session = Depends(get_db)):
    order = db.get(Order, 1)
    user = db.get(User, 1)
    if order is None or user is None:
        return {}
    send_both(order, user)
    return {}


@router.post("/apart")
def apart(db: Session = Depends(get_db)):
    order = db.get(Order, 1)
    user = db.get(User, 1)
    if order is None or user is None:
        return {}
    send_total(order, user)
    return {}
"""
OF_EACH = """
def send_order(order: Order) -> None:
    send_welcome(order.user.email, str(order.id))


def send_all(orders: list[Order]) -> None:
    send_welcome("all", str([order.user.email for order in orders]))


def send_both(order: Order, user: User) -> None:
    send_welcome(order.user.email, str([each.id for each in user.orders]))


def send_total(order: Order, user: User) -> None:
    send_welcome(user.email, str(order.total))
"""


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory) -> Migrated:
    routes = EACH.lstrip("\n")
    return _project(tmp_path_factory.mktemp("listed"), {"one": MOVED["one"][:2]}, routes, OF_EACH)


def test_objects_of_a_loop_and_of_a_list_are_loaded_again(listed: Migrated) -> None:
    assert "    for order in orders:\n        await send_order_task.kiq(order.id)\n" in listed.body("each")
    assert "await send_all_task.kiq([order.id for order in orders])" in listed.body("everything")
    assert ".where(Order.id.in_(order_ids)).options(selectinload(Order.user))" in listed.tasks
    assert "await send_total_task.kiq(order.id, user.id)" in listed.body("apart")


@pytest.mark.parametrize("route", ["twice", "changed", "new", "shared"])
def test_what_is_not_what_the_list_holds_or_has_been_loaded_otherwise_stays(
    listed: Migrated, route: str
) -> None:
    assert ".kiq(" not in listed.body(route)


def test_letters_about_lists_stay_the_same(listed: Migrated) -> None:
    printed = listed.runs(SERVED.format(urls=["each", "all", "apart"]))
    emails = ["ann@example.com", "ann@example.com", "bob@example.com"]
    letters = [["all", str(emails), {}], ["ann@example.com", "1", {}], ["ann@example.com", "12", {}]]
    letters += [["ann@example.com", "2", {}], ["bob@example.com", "3", {}]]
    assert json.loads(printed) == [[200] * 3, letters]
