"""Strings that are found without a syntax tree are those of the tree."""

from __future__ import annotations

import ast

import pytest

from tests.syntax import strings, walk


@pytest.mark.parametrize(
    "source",
    [
        '"""Of a module."""\n\ndef f(): "one line"\n',
        'x = "a b" \'c "d" e\' """f\ng"""\n',
        'x = (\n    "a b"  # "not this"\n    # nor this\n    f"c {d!r:>{3}} e {{f}}"\n)\n',
        'x = f"a {\', b\'.join(c)} d" "e"\n',
        "x = \"a\" \\\n  \"b c\"\ny = \"\"\nz = ''''''\n",
        'x = b"a b", rb"\\d e", "f g"\n',
        'x = r"\\d a", "\\x20", "\\\\", "\\"a b\\"", \'it\\\'s\', u"c d", fr"\\d {e} f"\n',
        'x = "#a b" if c or"d e" else"f g" # "h i"\n',
        'x = {"a b": "c d", "e": ["f", "g h"]}\nassert x, "i j"\n',
    ],
)
def test_strings_are_those_of_the_tree(source):
    """Parts are joined, escapes are read, and bytes and comments are not strings."""
    nodes = (node for node in walk(ast.parse(source)) if isinstance(node, ast.Constant))
    expected = [(node.lineno, node.value) for node in nodes if isinstance(node.value, str)]

    assert expected
    assert sorted(strings(source)) == sorted(expected)
