"""The part of a task that loads objects of the database again by their keys.

async with SessionLocal() as session:
    user = await session.get(User, user_id)
    if user is None:
        return
    found = await session.scalars(select(Order).where(Order.id.in_(order_ids)))
    orders_by_id = {each.id: each for each in found}
    orders = [orders_by_id[key] for key in order_ids if key in orders_by_id]
await asyncio.to_thread(send_orders, user, orders)
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from ...model import ImportNeed
from ..sent.loaded import SELECT, Loaded
from ..sent.opened import Opened
from .code import CodeBuilder, spelled
from .layout import indented


def with_loaded(
    loaded: Sequence[Loaded],
    done: str,
    taken: Collection[str],
    builder: CodeBuilder,
    own: tuple[str, Opened | None] = ("", None),
    late: Collection[ImportNeed] = (),
) -> str:
    """`done`, indented as the body of a function, where all is loaded; `taken` are names that it uses.

    An async session has loaded what is read, and gives its connection back before the work begins; a sync one
    may load more. `own`: the session with which the body works, by that name, and what opens it; `late`: what
    is imported inside the task.
    """
    opened = own[1] or (loaded[0].loader.opened if loaded else None)
    if opened is None:
        return done
    used = {*taken, *(each.name for each in loaded), *(each.parameter for each in loaded)}
    found, key = (_free(name, used) for name in ("found", "key"))
    session = own[0] or _free("session", used)
    maker, *engine = (spelled(need) if need in late else builder.need(need) for need in opened.needs)
    lines = [f"    {'async ' * opened.is_async}with {maker}({', '.join(engine)}) as {session}:"]
    for each in loaded:
        by_key = _free(f"{each.name}_by_{each.loader.key}", used)
        lines += (
            _listed(each, session, found, key, by_key, builder)
            if each.loader.is_list
            else _one(each, session, builder)
        )
    if opened.is_async and done.lstrip().startswith("def "):
        lines.append("")
    is_outside = opened.is_async and not own[0]
    return "\n".join([*lines, done if is_outside else indented(done)])


def in_thread(body: str, task: str, builder: CodeBuilder) -> str:
    """The body of a task that opens an async session, and so runs on the event loop of the worker."""
    name = f"{task.removesuffix('_task')}_in_thread"
    to_thread = f"{builder.need(ImportNeed('asyncio'))}.to_thread"
    return f"    def {name}() -> None:\n{indented(body)}\n    await {to_thread}({name})\n"


def _one(each: Loaded, session: str, builder: CodeBuilder) -> Iterator[str]:
    get = f"{'await ' * each.loader.opened.is_async}{session}.get"
    model, options = builder.need(each.loader.model), _options(each, builder)
    if options:
        yield f"        {each.name} = {get}("
        yield f"            {model}, {each.parameter}, options=[{', '.join(options)}]"
        yield "        )"
    else:
        yield f"        {each.name} = {get}({model}, {each.parameter})"
    yield f"        if {each.name} is None:"
    yield "            return"


def _listed(
    each: Loaded, session: str, found: str, key: str, by_key: str, builder: CodeBuilder
) -> Iterator[str]:
    """In the order in which they were, without those that are gone."""
    model, attribute = builder.need(each.loader.model), each.loader.key
    wanted = f"{model}.{attribute}.in_({each.parameter})"
    if each.loader.opened.is_async:
        query = f"{builder.need(SELECT)}({model}).where({wanted})"
        if options := _options(each, builder):
            yield f"        {found} = await {session}.scalars("
            yield f"            {query}.options({', '.join(options)})"
            yield "        )"
        else:
            yield f"        {found} = await {session}.scalars({query})"
    else:
        yield f"        {found} = {session}.query({model}).filter({wanted})"
    yield f"        {by_key} = {{each.{attribute}: each for each in {found}}}"
    yield f"        {each.name} = [{by_key}[{key}] for {key} in {each.parameter} if {key} in {by_key}]"


def _options(each: Loaded, builder: CodeBuilder) -> list[str]:
    return [builder.add(related.option) for related in each.related]


def _free(name: str, used: set[str]) -> str:
    while name in used:
        name = f"own_{name}"
    used.add(name)
    return name
