"""Comments of what moves. Where nothing is left of the code, only their author can tell what becomes of them:

background.add_task(
    send_welcome,  # the mail that greets
    user.email,
)
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator
from itertools import pairwise

from ..analysis.syntax import FileSyntax, span_of
from ..model import Edit, ReplaceCall, ReplaceExpression, ReplaceStatements, Span


def comments_of(text: str) -> Iterator[str]:
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.string


def loses_comment(file: FileSyntax, edit: Edit) -> bool:
    if isinstance(edit, ReplaceExpression):
        return file.part(edit.span).count("#") > edit.code.text.count("#")
    if isinstance(edit, ReplaceStatements):
        whole = Span(*edit.first[:2], *edit.last[2:])
        return file.part(whole).count("#") > edit.code.text.count("#")
    if isinstance(edit, ReplaceCall) and edit.arguments is not None:
        call = file.call(edit.span)
        assert call is not None
        kept = {argument.index for argument in edit.arguments}
        return any("#" in text for n, text in enumerate(_arguments(file, call)) if n not in kept)
    return False


def _arguments(file: FileSyntax, call: ast.Call) -> list[str]:
    """Each with what is written behind it, as far as the next one."""
    starts = [span_of(each)[:2] for each in (*call.args, *call.keywords)]
    return [file.part(Span(*start, *end)) for start, end in pairwise([*starts, span_of(call)[2:]])]
