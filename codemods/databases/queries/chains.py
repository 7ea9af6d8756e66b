"""What is known of a legacy query at its start, and after each method of its chain."""

from __future__ import annotations

import ast

from msgspec.structs import replace

from ...analysis.link.kinds import Inst
from ...analysis.link.libraries.rows import QUERY
from ...analysis.nodes import BINDINGS, bound_alone, bound_plainly, target_of
from ...analysis.syntax import holds, span_of
from ...analysis.view import View
from ..draft import Draft
from ..names import names_in
from ..objects.mapped.evidence import is_column, is_mapped_class
from ..objects.mapped.relationships import Relationships
from .repeats import FILTERS, with_columns, with_rows
from .terminals import Columns, Statement

BUILDERS = frozenset(
    {
        "filter", "filter_by", "where", "join", "outerjoin", "order_by", "group_by", "having", "limit",
        "offset", "distinct", "options", "with_for_update", "select_from", "execution_options", "slice",
        "correlate", "from_statement",
    }
)  # fmt: skip
ASKS_ELSE = frozenset({"with_entities", "add_columns", "add_entity"})
"""Methods after which a query gives something else than before."""
MEMBERSHIP = frozenset({"in_", "not_in", "notin_"})
LAZY = frozenset(
    {*(f"builtins.{name}" for name in ("enumerate", "filter", "map", "zip")), "itertools.groupby"}
)
"""Functions that go through what they are given, step by step."""
EAGER = frozenset(
    f"builtins.{name}"
    for name in ("all", "any", "dict", "frozenset", "max", "min", "next", "set", "sorted", "sum", "tuple")
)
"""Those that do so at once."""
_AGGREGATES = frozenset(
    {
        "array_agg", "avg", "bool_and", "bool_or", "count", "group_concat", "json_agg", "jsonb_agg", "max",
        "min", "stddev", "stddev_pop", "stddev_samp", "string_agg", "sum", "var_pop", "var_samp", "variance",
    }
)  # fmt: skip
_OF_ONE_VALUE = frozenset(
    {
        "abs", "ceil", "ceiling", "coalesce", "concat", "floor", "greatest", "ifnull", "isnull", "least",
        "nullif", "nvl", "round", "trunc",
    }
)  # fmt: skip
"""Functions of SQL that give one value for each; of others one may give several rows."""
_CASTS = frozenset({"sqlalchemy.cast", "sqlalchemy.type_coerce"})


def start(view: View, draft: Draft, root: ast.Call, relationships: Relationships) -> Statement:
    assert isinstance(root.func, ast.Attribute)
    entities = _entities(view, root)
    asked = {cls for argument in root.args for cls in view.classes_named(argument)}
    classes = asked or (relationships.mapped.classes if entities else ())
    statement = Statement(
        session=view.source(root.func.value),
        root=root,
        entity=entities[0] if len(root.args) == len(entities) == 1 else "",
        entities=entities,
        options=tuple(draft.loads.get((view.path, span_of(root)), ())),
        key=draft.by_key.get((view.path, span_of(root)), ""),
        aggregate=bool(root.args) and all(_is_aggregate(view, argument) for argument in root.args),
        loads_lists=any(map(relationships.repeat_rows, classes)),
        classes=frozenset(asked),
    )
    return with_columns(view, statement, root, relationships)


def _entities(view: View, call: ast.Call) -> tuple[str, ...]:
    return tuple(view.source(a) for a in call.args if is_mapped_class(view, a))


def is_told(view: View, node: ast.expr) -> bool:
    """Certainly a mapped class, or certainly a column or an expression over columns."""
    if isinstance(node, ast.Starred):
        return _is_list_told(view, node.value)
    if isinstance(node, ast.Constant) or is_mapped_class(view, node):
        return True
    if isinstance(node, ast.Call):
        owner = node.func.value if isinstance(node.func, ast.Attribute) else node.func
        return view.external(owner).startswith("sqlalchemy.") or is_told(view, owner)
    if isinstance(node, ast.Attribute):
        owner = node.value
        is_table = isinstance(owner, ast.Attribute) and owner.attr in ("c", "columns")
        if is_table or is_column(view, node) or "sqlalchemy" in view.instance(owner):
            return True
    if isinstance(node, (ast.BinOp, ast.UnaryOp, ast.Compare)):
        return True  # there are no operators of classes: whatever the operands are, it is an expression
    return view.instance(node).startswith("sqlalchemy.") or _is_kept(view, node)


def _is_kept(view: View, node: ast.expr) -> bool:
    """`total = func.sum(Order.price).label("total")`, in a name that is bound once."""
    function = view.function(node) if isinstance(node, ast.Name) else None
    if function is None or not isinstance(node, ast.Name):
        return False
    stores = [use for use in names_in(function, node.id) if isinstance(use.ctx, ast.Store)]
    target, value = bound_alone(view.file.parents[stores[0]]) if len(stores) == 1 else (None, None)
    is_it = target is not None and [target] == stores
    return is_it and isinstance(value, (ast.Call, ast.Attribute, ast.BinOp)) and is_told(view, value)


def _is_list_told(view: View, node: ast.expr) -> bool:
    """`[func.sum(each).label(..) for each in columns]`, there or in a name that is bound once."""
    if isinstance(node, ast.ListComp):
        return isinstance(node.elt, ast.Call) and is_told(view, node.elt)
    if isinstance(node, ast.List):
        return all(isinstance(each, ast.Call) and is_told(view, each) for each in node.elts)
    function = view.function(node)
    if not isinstance(node, ast.Name) or function is None:
        return False
    uses = [view.file.parents[use] for use in names_in(function, node.id) if isinstance(use.ctx, ast.Store)]
    is_built_on = any(
        isinstance(view.file.parents[use], ast.Attribute) for use in names_in(function, node.id)
    )
    values = [value for _, value in bound_plainly(uses[0])] if len(uses) == 1 and not is_built_on else []
    return bool(values) and not isinstance(values[0], ast.Name) and _is_list_told(view, values[0])


def _is_aggregate(view: View, node: ast.expr) -> bool:
    """`func.sum(Order.price)`, `func.coalesce(func.sum(Order.price), 0)`, `cast(func.count(), Float) / 2`:
    one row for all."""
    if isinstance(node, ast.BinOp):
        return _is_aggregate(view, node.left) or _is_aggregate(view, node.right)
    if isinstance(node, ast.UnaryOp):
        return _is_aggregate(view, node.operand)
    if isinstance(node, ast.Call) and view.external(node.func) in _CASTS:
        return any(_is_aggregate(view, each) for each in node.args[:1])
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    if node.func.attr == "exists":
        return True
    if node.func.attr == "over":
        return False  # one row for each
    if view.external(node.func.value) == "sqlalchemy.func":
        of_values = node.func.attr in _OF_ONE_VALUE
        return node.func.attr in _AGGREGATES or (
            of_values and any(_is_aggregate(view, each) for each in node.args)
        )
    return _is_aggregate(view, node.func.value)


def built(
    view: View, statement: Statement, call: ast.Call, attribute: ast.Attribute, relationships: Relationships
) -> Statement:
    method = attribute.attr
    if method == "with_entities":
        entities = _entities(view, call)
        asked = replace(
            statement,
            entity=entities[0] if len(entities) == len(call.args) == 1 else "",
            entities=entities,
            classes=frozenset(cls for argument in call.args for cls in view.classes_named(argument)),
            beside=statement.beside.union(statement.entities),
            pinned=frozenset(),
            is_once=False,
            columns=Columns.COMPARED,
            aggregate=all(_is_aggregate(view, argument) for argument in call.args),
            only_filters=False,
            renames=(*statement.renames, (attribute, "with_only_columns")),
        )
        return with_columns(view, asked, call, relationships)
    if method in ASKS_ELSE:
        entities = (*statement.entities, *_entities(view, call))
        renames = ((attribute, "add_columns"),) if method == "add_entity" else ()
        more = (*statement.renames, *renames)
        asked = replace(
            statement, entity="", entities=entities, is_once=False, only_filters=False, renames=more
        )
        return with_columns(view, asked, call, relationships)
    return replace(
        with_rows(view, statement, call, relationships),
        filtered=statement.filtered or (method in FILTERS and bool(call.args or call.keywords)),
        only_filters=statement.only_filters and method in FILTERS,
        limited_to_one=method == "from_statement"  # which says all of it
        or (method == "limit" and [ast.unparse(a) for a in call.args] == ["1"]),
        grouped=statement.grouped or method in ("group_by", "having"),
    )


def at_once(view: View, node: ast.expr) -> bool:
    """Are the rows of the query taken where it stands? Query asks for them when the first one is needed."""
    above = view.file.parents[node]
    call: ast.AST = above
    if isinstance(above, ast.comprehension):
        display = view.file.parents[above]
        if above.iter is not node:
            return False
        if not isinstance(display, ast.GeneratorExp):
            return view.can_await(node)
        if display.generators[0] is not above:
            return False
        node, call = display, view.file.parents[display]
    if not isinstance(call, ast.Call) or node not in call.args:
        return isinstance(above, ast.For) and above.iter is node and view.can_await(node)
    taker, member = view.external(call.func), view.member(call)
    if taker in LAZY:
        return at_once(view, call) or _in_next_statement(view, call)
    joins = member is not None and (member.owner, member.attr) == ("builtins.str", "join")
    return (joins or taker in EAGER) and view.can_await(node)


def _in_next_statement(view: View, call: ast.Call) -> bool:
    """`rows = groupby(query, ..)`, which the statement behind it goes through, and nothing else uses."""
    kept, function = view.file.parents[call], view.function(call)
    name = target_of(kept)
    if not isinstance(kept, BINDINGS) or not isinstance(name, ast.Name) or function is None:
        return False
    uses = [each for each in names_in(function, name.id) if each is not name]
    block = view.block(kept)
    behind = block[block.index(kept) + 1 :][:1]
    is_there = len(uses) == 1 and any(holds(each, uses[0]) for each in behind)
    return is_there and at_once(view, uses[0])


def means_query(view: View, node: ast.expr) -> bool | None:
    """None where it is sometimes a query."""
    kinds = view.kinds(node)
    found = [isinstance(kind, Inst) and kind.name == QUERY for kind in kinds]
    return True if found and all(found) else None if any(found) else False
