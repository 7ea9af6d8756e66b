"""Does an expression read a name that nothing gives? Then it fails, whatever becomes of the program."""

from __future__ import annotations

import ast

from .link.kinds import is_missing
from .view import View


def is_absent(view: View, node: ast.expr) -> bool:
    """Does `node`, or what it is read from, look for an attribute that is not there?"""
    while isinstance(node, ast.Attribute):
        kinds, owners = view.kinds(node), view.kinds(node.value)
        if kinds and is_missing(kinds, node.attr):
            return view.inference.absent.is_attribute(view.path, node.attr, owners)
        node = node.value
    return False


def is_unbound(view: View, node: ast.expr) -> bool:
    """Is it a name, or read from one, that nothing binds, or that is imported from where it is not?"""
    while isinstance(node, ast.Attribute):
        node = node.value
    absent = view.inference.absent
    return isinstance(node, ast.Name) and (
        absent.is_name(view.path, node.id, view.kinds(node)) or absent.is_imported(view.path, node.id)
    )
