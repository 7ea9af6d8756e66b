"""The names that a file uses, in quoted annotations and type comments, too."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator

from ...analysis.nodes import walk_once
from .bindings import FunctionNode
from .lines import split_lines

_TYPE_COMMENT = re.compile(r"#\s*type:\s*(?!ignore)(.*)")
_DOTTED = re.compile(r"\w+(?:\.\w+)+")
_WORD = re.compile(r"\w+")


def used_names(tree: ast.Module, text: str) -> frozenset[str]:
    exports = _exports(tree) if "__all__" in text else frozenset()
    return names_in(tree) | exports | frozenset(_in_type_comments(text))


def names_in(tree: ast.AST) -> frozenset[str]:
    """The names read, bound or deleted by code and quoted annotations; parts of dotted strings."""
    found: set[str] = set()
    for node in walk_once(tree):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            found.update(node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and _DOTTED.fullmatch(node.value):
            found.update(node.value.split("."))
        for annotation in _annotations(node):
            for part in walk_once(annotation):
                if isinstance(part, ast.Constant) and isinstance(part.value, str) and is_code(part.value):
                    found.update(_WORD.findall(part.value))
    return frozenset(found)


def _annotations(node: ast.AST) -> Iterator[ast.AST]:
    """The expressions in which a string stands for a type."""
    if isinstance(node, (ast.arg, ast.AnnAssign)) and node.annotation:
        yield node.annotation
    elif isinstance(node, FunctionNode) and node.returns:
        yield node.returns
    elif isinstance(node, ast.Subscript) and _is_generic(node.value):
        yield node.slice
    elif isinstance(node, ast.Call):
        callee = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if callee in ("cast", "ForwardRef", "TypeVar", "NewType", "relationship"):
            yield from (*node.args, *(keyword.value for keyword in node.keywords))


def _is_generic(node: ast.expr) -> bool:
    name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    return name in ("list", "dict", "set", "frozenset", "tuple", "type") or (
        name[:1].isupper() and not name.isupper()
    )


def _exports(tree: ast.Module) -> frozenset[str]:
    found: set[str] = set()
    for statement in tree.body:
        nodes = walk_once(statement)
        if any(isinstance(node, ast.Name) and node.id == "__all__" for node in nodes):
            strings = (node.value for node in nodes if isinstance(node, ast.Constant))
            found.update(value for value in strings if isinstance(value, str))
    return frozenset(found)


def _in_type_comments(text: str) -> Iterator[str]:
    if not _TYPE_COMMENT.search(text):
        return
    readable = "\n".join(line.rstrip("\r\n") for line in split_lines(text)) + "\n"
    for token in tokenize.generate_tokens(io.StringIO(readable).readline):
        if token.type == tokenize.COMMENT:
            found = _TYPE_COMMENT.match(token.string)
            if found:
                yield from _WORD.findall(found.group(1))


def is_code(text: str) -> bool:
    try:
        ast.parse(text.strip())
    except (SyntaxError, ValueError):
        return False
    return True
