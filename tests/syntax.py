"""Syntax trees of source files, for the tests that read all of them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

# A string in any quotes, or a comment.
STRING_OR_COMMENT = re.compile(
    r'''("""|\'\'\')(?:\\.|[^\\])*?\1|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|#[^\n]*''', re.DOTALL
)


def walk(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield all nodes in any order, in a third of the time of `ast.walk`."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        for value in node.__dict__.values():
            if isinstance(value, ast.AST):
                waiting.append(value)
            elif isinstance(value, list):
                waiting += [one for one in value if isinstance(one, ast.AST)]


def comments(source: str) -> Iterator[tuple[int, str]]:
    """Yield line number and text of each comment, in a fifth of the time of `tokenize`."""
    line, at = 1, 0
    for match in STRING_OR_COMMENT.finditer(source):
        if source[match.start()] == "#":
            line += source.count("\n", at, match.start())
            at = match.start()
            yield line, match[0]
