"""Random templates and records for the comparison of closures with Jinja."""

from __future__ import annotations

from random import Random

# Fields, names that mean something to Jinja or Python, and names that no record has.
NAMES = (
    "title", "slug", "url", "date", "id", "price", "flag", "nothing", "empty", "tags", "people",
    "size", "items", "keys", "self", "loop", "range", "class", "upper", "record", "omit", "missing",
    "größe", "ﬁ", "_x",
)  # fmt: skip
TEXT_FIELDS, USUAL = NAMES[:4], NAMES[:12]
KEYS = ("w", "items", "keys", "name", "a b", "title", "nope", "values")
LITERALS = (
    "''", "'a'", "\"o'k\"", "'é\\n'", "'%s'", "0", "1", "-1", "3", "12", "1.5", "1e999", "true",
    "none", "[]", "['a', 'b']", "[none]", "{}", "(1, 2)",
)  # fmt: skip
FILTERS = (
    "slugify", "sha256", "basename", "strip_html", "isodate", "isodate('%d.%m.%Y')", "encode_url",
    "lower", "upper", "trim", "trim('a ')", "title", "capitalize", "string", "int", "int(0)",
    "float", "round", "round(1)", "abs", "length", "count", "first", "last", "list", "sort",
    "reverse", "unique", "join", "join(', ')", "join(', ', attribute='name')", "sum",
    "map('upper')", "map(attribute='name')", "map(attribute='name') | list", "select | list",
    "selectattr('name', 'defined') | list", "replace('a', 'é')", "replace('a', '', 1)",
    "truncate(5)", "truncate(5, true, '…')", "center(9)", "indent", "wordcount", "striptags", "e",
    "escape", "safe", "urlencode", "tojson", "filesizeformat", "items | list", "batch(2) | list",
    "attr('w')", "format(id)", "default('-')", "default(omit)", "default(omit, true)",
    "default([])", "default('', true)", "default(title)", "d(0)", "default(title, boolean=id)",
    "nope", "default(1, 2, 3)",
)  # fmt: skip
TESTS = (
    "defined", "undefined", "none", "string", "number", "mapping", "sequence", "odd",
    "divisibleby(2)", "eq('a')", "in(['a', id])", "not defined", "not none", "filter", "nope",
)  # fmt: skip
METHODS = (
    "split(',')", "split()", "upper()", "strip()", "replace('a', 'b')", "startswith('a')",
    "items()", "get('w')", "get('nope', id)", "keys()", "nope()", "format(id)", "join(tags)",
    "center(-9)",
)  # fmt: skip
SIGNS = ("~", "~", "~", "+", "-", "*", "/", "//", "%", "==", "!=", "<", ">=", "in", "not in",
         "and", "or")  # fmt: skip
PIECES = (
    "", "", "-", "é %s %", "100%", " \n", "\\n", "{", "}", "'\"", "{# note #}", "{#- note -#}\n",
    "{% raw %}{{ title }}{% endraw %}", "<&>", "https://a.example/", ".mp4", "%(title)s",
    "{% if flag %}yes{% endif %}", "{% for tag in tags %}{{ tag }}{% endfor %}",
)  # fmt: skip
TEXTS = (
    "", "a", " a b ", "A Talk, é", "2012", "12.0", "-3", "1.50", "2012-01-02", "2.1.2012",
    "<b>x</b>", "https://a.example/ü b.mp4?x=1", "a/b/c.MP4", "%s", "{{ id }}", "ﬁ ß İ", "東京",
    "a\n b\n", "null", "\u0301", "a,b",
)  # fmt: skip
COLUMNS = {
    **{
        name: at for at, name in enumerate(("title", "slug", "url", "date", "id", "empty", "items"))
    },
    "size": {"w": 7, "items": 8, "a b": 9},
}


def template(random: Random) -> str:
    """Return a template; most have one expression or few, some are not valid."""
    if random.random() < 0.5:
        return _printed(random)
    parts = [random.choice(PIECES)]
    for _ in range(random.choice((1, 1, 2, 3))):
        parts += [_printed(random), random.choice(PIECES)]
    return "".join(parts)


def _printed(random: Random) -> str:
    start, end = random.choice((("{{ ", " }}"), ("{{ ", " }}"), ("{{- ", " -}}"), ("{{+ ", "}}")))
    return f"{start}{_expression(random, random.choice((0, 1, 1, 2, 3)))}{end}"


def _expression(random: Random, depth: int) -> str:
    if depth == 0 or random.random() < 0.3:
        return _leaf(random)
    return random.choice(FORMS)(random, depth - 1)


def _leaf(random: Random) -> str:
    names = USUAL if random.random() < 0.8 else NAMES
    return random.choice(LITERALS if random.random() < 0.1 else names)


def _filtered(random: Random, depth: int) -> str:
    return f"{_operand(random, depth)} | {random.choice(FILTERS)}"


def _filtered_text(random: Random, depth: int) -> str:
    chain = " | ".join(random.choices(FILTERS[:13], k=random.choice((1, 1, 2))))
    return f"{random.choice(TEXT_FIELDS)} | {chain}"


def _attribute(random: Random, depth: int) -> str:
    return f"{_operand(random, depth)}.{random.choice([key for key in KEYS if key != 'a b'])}"


def _item(random: Random, depth: int) -> str:
    key = random.choice((f"'{random.choice(KEYS)}'", "0", "-1", "true", _expression(random, 0)))
    return f"{_operand(random, depth)}[{key}]"


def _part(random: Random, depth: int) -> str:
    part = random.choice(("1:", ":3", "-2:", ":id", "::-1", "'a':", ":"))
    return f"{_operand(random, depth)}[{part}]"


def _method(random: Random, depth: int) -> str:
    return f"{_operand(random, depth)}.{random.choice(METHODS)}"


def _operation(random: Random, depth: int) -> str:
    left, right = _operand(random, depth), _operand(random, depth)
    return f"{left} {random.choice(SIGNS)} {right}"


def _tested(random: Random, depth: int) -> str:
    return f"{_operand(random, depth)} is {random.choice(TESTS)}"


def _choice(random: Random, depth: int) -> str:
    other = f" else {_operand(random, depth)}" if random.random() < 0.8 else ""
    return f"{_operand(random, depth)} if {_expression(random, depth)}{other}"


def _prefixed(random: Random, depth: int) -> str:
    return f"{random.choice(('not ', '-', '+'))}{_operand(random, depth)}"


def _listed(random: Random, depth: int) -> str:
    return f"[{_expression(random, depth)}, {_expression(random, depth)}]"


FORMS = (
    _filtered, _filtered, _filtered, _filtered_text, _filtered_text, _attribute, _item, _part,
    _method, _operation, _operation, _tested, _choice, _prefixed, _listed,
)  # fmt: skip


def _operand(random: Random, depth: int) -> str:
    made = _expression(random, depth)
    return made if made.isidentifier() else f"({made})"


def record(random: Random) -> dict[str, object]:
    """Return the fields of a JSON record, some absent, some of another type than usual."""
    usual = {
        **{name: random.choice(TEXTS) for name in TEXT_FIELDS},
        "id": random.choice((0, 1, 7, -3, 2**63 - 1)),
        "price": random.choice((0.0, 1.5, -2.25, 1e300)),
        "flag": random.random() < 0.5,
        "nothing": None,
        "empty": random.choice(("", [], {})),
        "tags": random.choices(TEXTS, k=random.randrange(3)),
        "people": [{"name": name} for name in random.choices(TEXTS, k=random.randrange(3))],
        "size": {key: _value(random, 1) for key in KEYS[:-2] if random.random() < 0.7},
        **{name: _value(random, 2) for name in NAMES[12:] if random.random() < 0.3},
    }
    odd = {name: _value(random, 2) for name in USUAL if random.random() < 0.1}
    return {name: value for name, value in {**usual, **odd}.items() if random.random() < 0.9}


def row(random: Random) -> dict[str, object]:
    """Return the fields of a row of a table with `COLUMNS`, some cells empty."""
    made: dict[str, object] = {
        name: random.choice(TEXTS[1:])
        for name, cell in COLUMNS.items()
        if isinstance(cell, int) and random.random() < 0.7
    }
    size = {name: random.choice(TEXTS[1:]) for name in ("w", "items") if random.random() < 0.5}
    return {**made, "size": size} if size else made


def _value(random: Random, depth: int) -> object:
    kind = random.randrange(8 if depth else 6)
    if kind < 3:
        return random.choice(TEXTS)
    if kind < 6:
        return random.choice((None, True, False, 0, 12, -1, 1.5, 2**53))
    values = [_value(random, depth - 1) for _ in range(random.randrange(3))]
    return values if kind == 6 else dict(zip(KEYS, values, strict=False))
