"""What may be relationships of objects whose class no query tells."""

from __future__ import annotations

import ast

from ....analysis.link.kinds import Unknown
from ....analysis.view import View
from ...draft import Draft
from .relationships import Relationships


def check_strangers(view: View, draft: Draft, relationships: Relationships) -> None:
    for node in view.file.of_kind(ast.Attribute):
        if node.attr not in relationships.names:
            continue
        above = view.file.parents[node]
        is_method = isinstance(above, ast.Call) and above.func is node
        is_of_class = isinstance(node.value, ast.Attribute) and view.module_of(node.value) is not None
        kinds = view.kinds(node.value)
        is_known = kinds and not any(isinstance(kind, Unknown) for kind in kinds)
        if not (is_known or is_method or is_of_class) and view.function(node) is not None:
            text = f"nobody knows whether {view.source(node)} is a relationship, which loads when it is read"
            draft.obstacle(view, node, text, "annotate the value with its class")
