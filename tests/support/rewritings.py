"""Other ways to write the same program: what becomes of it must not depend on them."""

from __future__ import annotations

from collections.abc import Mapping

import libcst as cst

_TYPING = cst.parse_statement("import typing")
_LIBRARIES = frozenset({"json", "os", "redis", "requests", "shutil", "smtplib", "subprocess", "time"})


class _InFunctions(cst.CSTTransformer):
    """Asks `rewritten` about each line of a function that has one statement."""

    def __init__(self) -> None:
        self.depth = 0
        self.bound_elsewhere: set[str] = set()

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        self.depth += 1

    def leave_FunctionDef(
        self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef
    ) -> cst.FunctionDef:
        self.depth -= 1
        return updated_node

    def visit_Global(self, node: cst.Global) -> None:
        self.bound_elsewhere.update(item.name.value for item in node.names)

    def visit_Nonlocal(self, node: cst.Nonlocal) -> None:
        self.bound_elsewhere.update(item.name.value for item in node.names)

    def leave_SimpleStatementLine(
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> cst.SimpleStatementLine | cst.FlattenSentinel[cst.SimpleStatementLine]:
        if not self.depth or len(updated_node.body) != 1:
            return updated_node
        lines = [updated_node.with_changes(body=[each]) for each in self.rewritten(updated_node.body[0])]
        return lines[0] if len(lines) == 1 else cst.FlattenSentinel(lines)

    def rewritten(self, statement: cst.BaseSmallStatement) -> list[cst.BaseSmallStatement]:
        raise NotImplementedError

    def target(self, statement: cst.BaseSmallStatement) -> cst.Name | None:
        """The local name that an assignment binds."""
        if isinstance(statement, cst.Assign) and len(statement.targets) == 1:
            name = statement.targets[0].target
            if isinstance(name, cst.Name) and name.value not in self.bound_elsewhere:
                return name
        return None


class Annotated(_InFunctions):
    """`row: typing.Any = find(id)`"""

    def rewritten(self, statement: cst.BaseSmallStatement) -> list[cst.BaseSmallStatement]:
        name = self.target(statement)
        if name is None:
            return [statement]
        assert isinstance(statement, cst.Assign)
        annotation = cst.Annotation(cst.Attribute(cst.Name("typing"), cst.Name("Any")))
        return [cst.AnnAssign(target=name, annotation=annotation, value=statement.value)]

    def leave_Module(self, original_node: cst.Module, updated_node: cst.Module) -> cst.Module:
        return updated_node.with_changes(body=[*updated_node.body[:1], _TYPING, *updated_node.body[1:]])


class NamedAnswer(_InFunctions):
    """`found_ = find(id)`, `return found_`"""

    def rewritten(self, statement: cst.BaseSmallStatement) -> list[cst.BaseSmallStatement]:
        if not isinstance(statement, cst.Return) or not isinstance(statement.value, (cst.Call, cst.Dict)):
            return [statement]
        name = cst.Name("found_")
        return [cst.Assign([cst.AssignTarget(name)], statement.value), cst.Return(name)]


class Parenthesised(cst.CSTTransformer):
    """`(find(id))`"""

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.Call:
        outside = [cst.LeftParen(), *updated_node.lpar], [*updated_node.rpar, cst.RightParen()]
        return updated_node.with_changes(lpar=outside[0], rpar=outside[1])


class OtherNames(cst.CSTTransformer):
    """`import requests as requests_`"""

    def __init__(self) -> None:
        self.renamed: set[str] = set()

    def visit_ImportFrom(self, node: cst.ImportFrom) -> bool:
        return False

    def leave_ImportAlias(
        self, original_node: cst.ImportAlias, updated_node: cst.ImportAlias
    ) -> cst.ImportAlias:
        name = updated_node.name.value
        if name not in _LIBRARIES or updated_node.asname is not None:
            return updated_node
        self.renamed.add(str(name))
        return updated_node.with_changes(asname=cst.AsName(cst.Name(f"{name}_")))

    def leave_Attribute(self, original_node: cst.Attribute, updated_node: cst.Attribute) -> cst.Attribute:
        owner = original_node.value
        if isinstance(owner, cst.Name) and owner.value in self.renamed:
            return updated_node.with_changes(value=cst.Name(f"{owner.value}_"))
        return updated_node


REWRITINGS = (Annotated, NamedAnswer, OtherNames, Parenthesised)


def rewritten(files: Mapping[str, str], how: type[cst.CSTTransformer]) -> dict[str, str]:
    """All modules of a project; other files stay."""
    return {
        path: cst.parse_module(text).visit(how()).code if path.endswith(".py") else text
        for path, text in files.items()
    }
