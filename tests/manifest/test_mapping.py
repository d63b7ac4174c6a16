"""Mapping of records to entries: types are kept, ids keep their text, all problems are reported."""

from __future__ import annotations

import json
import re

import pytest

from ld_import.errors import ManifestError
from ld_import.manifest import Mapping, open_manifest
from ld_import.model import Entry, Invalid, Record

RECORD = {
    "id": 7,
    "slug": "a-talk",
    "title": "2012",
    "duration": 1.5,
    "tags": ["x", "y"],
    "speakers": [],
    "none": None,
    "is_new": True,
    ",duration": 3,
    "size": {"items": 5, "keys": "k", "w": 10},
}


def record_of(values, line=3):
    """Return the record of a JSON object."""
    return Record(line, json.dumps(values).encode())


def map_fields(fields, record=RECORD):
    """Map a valid record; return its fields."""
    entry = Mapping(external_id="x", fields=fields).entry_from(record_of(record))
    assert isinstance(entry, Entry), entry
    return entry.fields


def problems_of(fields, record=RECORD, external_id="x"):
    """Map an invalid record; return its problems by field."""
    invalid = Mapping(external_id=external_id, fields=fields).entry_from(record_of(record))
    assert isinstance(invalid, Invalid), invalid
    return {problem.field: problem.text for problem in invalid.problems}


def id_of(record, external_id=None, fields=None):
    """Return the externalId of a valid record."""
    entry = Mapping(external_id=external_id, fields=fields).entry_from(record_of(record))
    assert isinstance(entry, Entry), entry
    return entry.external_id


def id_problem(record, external_id=None):
    """Return field and text of the only problem of a record."""
    invalid = Mapping(external_id=external_id, fields=None).entry_from(record_of(record))
    assert isinstance(invalid, Invalid), invalid
    (problem,) = invalid.problems
    return problem.field, problem.text


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("{{ title }}", "2012"),
        ("{{ tags }}", ["x", "y"]),
        ("{{ id }}", 7),
        ("{{ duration }}", 1.5),
        ("{{ is_new }}", True),
        ("{{ none }}", None),
        ("{{- size -}}", {"items": 5, "keys": "k", "w": 10}),
        ("{# why #}{{ id }}", 7),
        ("{{ tags | map('upper') }}", ["X", "Y"]),
        ("{{ size.values() }}", [5, "k", 10]),
        ("{{ (id, title) }}", [7, "2012"]),
        ("{{ {'a': tags} }}", {"a": ["x", "y"]}),
        ("{{ [1, none] }}", [1, None]),
        ("{{ '<b>' | e }}", "&lt;b&gt;"),
        ("{{ id * 2 }}", 14),
    ],
)
def test_single_expression_keeps_its_type(template, value):
    """A list remains a list, and the title "2012" remains text."""
    assert map_fields({"f": template}) == {"f": value}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ id }} ", "7 "),
        ("{{ id }}{{ id }}", "77"),
        ("{{ id }}\n", "7\n"),
        ("a {{ none }}b", "a b"),
        ("{{ is_new }}, {{ duration }}!", "True, 1.5!"),
        ("{% if is_new %}new{% else %}old{% endif %}", "new"),
        ("{% for t in tags %}{{ loop.index }}{{ t }}{% endfor %}", "1x2y"),
        ("{# nothing #}", ""),
        ("<{{ title }}&", "<2012&"),
        ("{% raw %}{{ title }}{% endraw %}", "{{ title }}"),
        ("{{ 'é' | urlencode }}-{{ title | truncate(3, true, '', 0) }}", "%C3%A9-201"),
        ("{% for n in range(id - 5) %}{{ n }}{% endfor %}", "01"),
    ],
)
def test_text_around_an_expression_makes_text(template, text):
    """`null` prints as empty text, and nothing is escaped or trimmed."""
    assert map_fields({"f": template}) == {"f": text}


def test_constants_are_unchanged():
    """A value without a template is a constant, at any depth; keys are never templates."""
    fields = {
        "a": 1,
        "b": [True, None, "x", {"c": 1.5}],
        "{{ k }}": "v",
        "d": {"e": ["{{ id }}", {"f": "-{{ id }}-"}]},
    }

    assert map_fields(fields) == {
        "a": 1,
        "b": [True, None, "x", {"c": 1.5}],
        "{{ k }}": "v",
        "d": {"e": [7, {"f": "-7-"}]},
    }


def test_keys_take_precedence_over_methods():
    """`size.items` is the field of the record; without such a key it is the method."""
    fields = {"a": "{{ size.items }}", "b": "{{ size['keys'] }}", "c": "{{ record.title }}"}
    fields["d"] = "{% for k, v in record.items() %}{{ k[0] }}{% endfor %}"

    assert map_fields(fields) == {"a": 5, "b": "k", "c": "2012", "d": "istdtsni,s"}


def test_subscripts_never_find_methods():
    """`size['values']` is a missing key, not the method of Python."""
    assert "`values` is not in this mapping" in problems_of({"f": "{{ size['values'] }}"})["f"]


def test_record_is_the_whole_record():
    """Keys that are not identifiers are available through `record`, if no field has that name."""
    assert map_fields({"f": "{{ record[',duration'] }}"}) == {"f": 3}
    assert map_fields({"f": "{{ record }}"}, {"record": "mine"}) == {"f": "mine"}


def test_omit_removes_properties():
    """A single `omit` removes a property or an item, also if the record has a field `omit`."""
    fields = {
        "a": "{{ missing | default(omit) }}",
        "b": ["{{ none | default(omit, true) }}", "{{ id }}"],
        "c": {"d": "{{ omit }}"},
        "e": "{{ title if is_new else omit }}",
    }

    assert map_fields(fields, {**RECORD, "omit": 1}) == {"b": [7], "c": {}, "e": "2012"}


@pytest.mark.parametrize("template", ["x{{ omit }}", "{{ omit ~ 'x' }}", "{{ [omit] }}"])
def test_omit_inside_a_text_is_an_error(template):
    """A part of a text cannot be omitted."""
    assert "`omit` must be the whole value" in problems_of({"f": template})["f"]


def test_all_problems_of_a_record_are_reported():
    """An invalid field does not hide the next one, and the id is included if it is known."""
    mapping = Mapping(
        external_id="v-{{ slug }}",
        fields={
            "url": "{{ videos[0].url }}",
            "fileName": "{{ titel }}.mp4",
            "metadata": {"w": "{{ size.h }}", "s": "{{ speakers[2] }}", "ok": "{{ id }}"},
            "list": [1, "{{ title | isodate }}"],
        },
    )

    invalid = mapping.entry_from(record_of(RECORD))

    assert isinstance(invalid, Invalid)
    assert (invalid.line, invalid.external_id) == (3, "v-a-talk")
    assert {item.field: item.text for item in invalid.problems} == {
        "url": "`videos` is not in the record (available: `id`, `slug`, `title`, `duration`,"
        " `tags`, `speakers`, `none`, `is_new`, …); if it can be missing, add `| default(…)`"
        " (template `{{ videos[0].url }}`)",
        "fileName": "`titel` is not in the record (did you mean `title`?);"
        " if it can be missing, add `| default(…)` (template `{{ titel }}.mp4`)",
        "metadata.w": "`h` is not in this mapping; available: `items`, `keys`, `w`"
        " (template `{{ size.h }}`)",
        "metadata.s": "item 2 is not in this list of 0 (template `{{ speakers[2] }}`)",
        "list[1]": '"2012" is not a date in ISO, RFC 2822 or DD.MM.YYYY;'
        ' give its form, as in isodate("%d/%m/%y") (template `{{ title | isodate }}`)',
    }


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{{ id / 0 }}", "division by zero"),
        ("{{ id + title }}", "a number and a text cannot be added; join texts with `~`"),
        ("{{ size['items']() }}", "5 cannot be called"),
        ("{{ title.upper }}", "add `()` to call it, or use a filter"),
        ("{{ 2 ** 70 }}", "too large for JSON"),
        ("{{ title.replace('2012', 'nan') | float }}", '"nan" is not a number'),
        ("{{ {1: 2} }}", "the key 1 is not a text"),
        ("{{ title.__class__ }}", '"2012" has no `__class__`'),
        ("{{ title.nope }}", '"2012" has no `nope`'),
        ("{{ tags.append('z') }}", "a list of 2 has no method `append`"),
        ("{{ dict }}", "`dict` is not in the record"),
        ("x {{ tags }}", "a list of 2 inside a text; pick one value, or join a list"),
        ("x {{ size }}", "a mapping of 3 inside a text"),
        ("x {{ missing }}", "`missing` is not in the record"),
        ("{{ [missing] }}", "`missing` is not in the record"),
        ("{{ missing | slugify }}", "`missing` is not in the record"),
        ("{{ none | slugify }}", "needs a text, not null; put `default(omit, true)` before it"),
        ("{{ range(10 ** 9) }}", "`range` gives at most 100,000 numbers, not 1,000,000,000"),
        ("{{ title | int('x') | isodate('%Y%Q') }}", "is not a date"),
    ],
)
def test_every_template_error_is_a_problem_of_the_record(template, words):
    """Any failure of a template becomes one message with its text."""
    text = problems_of({"f": template})["f"]

    assert words in text
    assert text.endswith(f"(template `{template}`)")


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{{ title < 1 }}", "a text and a number cannot be compared"),
        ("{{ 1 in id }}", "`in` needs a text, a list or a mapping, not a number"),
        ("{{ 1 in title }}", "`in` cannot look for a number in a text"),
        ("{% for a in id %}{% endfor %}", "a loop needs a list, not a number"),
        ("{% for a, b in tags %}{% endfor %}", "with as many values as the loop has names"),
        ("{{ {tags: 1} }}", "a list or mapping cannot be a key"),
        ("{{ title['a':] }}", "a slice `[a:b]` needs whole numbers"),
        ("{{ -title }}", '`-` needs a number, not "2012"'),
        ("{{ none * 2 }}", "null and a number cannot be multiplied"),
        ("{{ tags - 1 }}", "a list and a number cannot be subtracted"),
        ("{{ (-8) ** 0.5 }}", "the root of a negative number is not a number"),
        ("{{ 10 ** 5000 }}", "the result of `**` is too large"),
        ("{{ 10.0 ** 400 }}", "the result of `**` is too large"),
        ("{{ (10 ** 300) * (10 ** 300) }}", "the result of `*` is too large"),
        ("{{ 10 ** 300 }}", "is too large for JSON"),
        ("{{ '%d' | format(title ~ 'x') }}", 'the format "%d" does not match its values'),
        ("{{ '{}{}'.format(1) }}", '`.format(…)` cannot be applied to "{}{}"'),
        ("{{ ['a', 1] | sort }}", "`sort` cannot be applied to a list of 2"),
        ("{{ title is odd }}", 'the test `odd` cannot be applied to "2012"'),
        ("{{ title() }}", '"2012" cannot be called'),
        ("{{ title.encode() }}", '"2012" has no method `encode`'),
        ("{{ none | upper }}", "`upper` needs a text, not null; put `default(omit, true)` before"),
        ("{{ tags | upper }}", "`upper` needs a text, not a list of 2"),
        ("{{ [none] | join }}", "null inside a text"),
        ("{{ none | map('upper') | list }}", "`map` needs a list, not null"),
        ("{{ missing | items | list }}", "`missing` is not in the record"),
        ("{{ title | replace(missing, '') }}", "`missing` is not in the record"),
        ("{{ title | truncate(1) }}", "`truncate` needs a length of at least 3"),
        ("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "nested too deeply"),
        ("{% macro f() %}{% endmacro %}{{ f(a=1) }}", "it cannot be applied to this record"),
        ("{{ range(1.5) }}", "an argument of `range` must be a whole number, not 1.5"),
    ],
)
def test_template_errors_have_messages_for_users(template, message):
    """No exception and no type name of Python appears in a message."""
    text = problems_of({"f": template})["f"]

    assert message in text
    assert not re.search(r"Error|NoneType|'(str|int|list|dict)'|object|operand", text)


@pytest.mark.parametrize(
    ("text", "number"),
    [("284410", 284410), (" -5 ", -5), ("12.0", 12), ("+7", 7), (12.0, 12), (2**63, 2**63)],
)
def test_int(text, number):
    """Digits with a sign are a whole number, and so is `12.0`, as spreadsheets write it."""
    assert map_fields({"f": "{{ v | int }}"}, {"v": text}) == {"f": number}


NO_NUMBERS: list[object] = [
    "284.410",
    "284,410",
    "1.2 MB",
    "n/a",
    "284 410",
    "1600px",
    "",
    None,
    True,
]
NO_NUMBERS += ["1e400", "nan", "1_000", "12.000", "9" * 5000, [], {"a": 1}]


@pytest.mark.parametrize("value", NO_NUMBERS)
def test_int_refuses(value):
    """Other values are a problem of the record, unless a default is given."""
    assert "is not a whole number" in problems_of({"f": "{{ v | int }}"}, {"v": value})["f"]
    assert map_fields({"f": "{{ v | int(0) }}"}, {"v": value}) == {"f": 0}


def test_int_refuses_a_fraction():
    """Numbers are not truncated silently; the message explains how to round."""
    assert "`| round | int` rounds it" in problems_of({"f": "{{ duration | int }}"})["f"]
    assert map_fields({"f": "{{ duration | round | int }}"}) == {"f": 2}


@pytest.mark.parametrize("value", ["1,5", "1.2 MB", "nan", "inf", "1e400", "1_0", "", None, True])
def test_float_refuses(value):
    """A value that is not a finite number is a problem of the record, unless a default is given."""
    assert "is not a number" in problems_of({"f": "{{ v | float }}"}, {"v": value})["f"]
    assert map_fields({"f": "{{ v | float(1.5) }}"}, {"v": value}) == {"f": 1.5}


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("{{ '1.50' | float }}", 1.5),
        ("{{ '-1e3' | float }}", -1000.0),
        ("{{ 2.567 | round(2) }}", 2.57),
        ("{{ -5 | abs }}", 5),
        ("{{ [1, 2.5] | sum }}", 3.5),
        ("{{ [[1], [2]] | sum(start=[]) }}", [1, 2]),
        ("{{ 'ff' | int(base=16) }}", 255),
    ],
)
def test_numbers(template, value):
    """For numbers, the filters for numbers return the results of Jinja."""
    assert map_fields({"f": template}) == {"f": value}


@pytest.mark.parametrize(
    "template",
    ["{{ '5' | round }}", "{{ '5' | abs }}", "{{ tags | sum }}", "{{ 5 | round(-10 ** 9) }}"]
    + ["{{ true | round }}", "{{ [[1], 2] | sum(start=[]) }}"],
)
def test_numbers_from_text(template):
    """A text is not a number without `int` or `float`."""
    assert problems_of({"f": template})


@pytest.mark.parametrize("filter_name", ["int", "float", "join", "trim", "upper", "urlencode"])
def test_filters_pass_omit_on(filter_name):
    """`default(omit, true)` omits a field, whatever filter follows."""
    template = f"{{{{ none | default(omit, true) | {filter_name} }}}}"

    assert map_fields({"f": template}) == {}


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("{{ data.items is defined }}", False),
        ("{{ data.copy is defined }}", False),
        ("{{ data.items | default('none') }}", "none"),
        ("{{ record.keys is defined }}", False),
        ("{{ record | attr('items') is defined }}", False),
        ("{{ [data] | selectattr('values', 'defined') | list }}", []),
        ("{{ title.upper is defined }}", False),
        ("{{ tags.count is defined }}", False),
        ("{{ self is defined }}", False),
        ("{{ range is defined }}", False),
        ("{{ loop is defined }}", False),
    ],
)
def test_methods_are_not_fields(template, value):
    """A field that the record does not have is missing, also if Python has such a method."""
    record = {"data": {"x": 1}, "title": "t", "tags": []}

    assert map_fields({"f": template}, record) == {"f": value}


@pytest.mark.parametrize("template", ["{% if data.items %}1{% endif %}", "{{ data.copy }}"])
def test_missing_field_called_like_a_method(template):
    """A missing field is a problem of the record, whatever its name."""
    assert "is not in this mapping" in problems_of({"f": template}, {"data": {"x": 1}})["f"]


def test_fields_called_like_names_of_jinja():
    """A record can have fields `self`, `loop` and `range`; `range(…)` still works."""
    record = {"self": 1, "loop": 2, "range": 3, "items": 4}
    fields = {"a": "{{ [self, loop, range] }}", "b": "{{ range(2) | list }}"}
    fields["c"] = "{% for k, v in record.items() %}{{ v }}{% endfor %}"

    assert map_fields(fields, record) == {"a": [1, 2, 3], "b": [0, 1], "c": "1234"}


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("{{ title.split('0') }}", ["2", "12"]),
        ("{{ title.replace('2', 'x', 1) }}", "x012"),
        ("{{ ' a '.strip() }}", "a"),
        ("{{ ','.join(tags) }}", "x,y"),
        ("{{ '{:>6}|{}'.format(title, id) }}", "  2012|7"),
        ("{{ '%05d-%s' | format(id, title) }}", "00007-2012"),
        ("{{ '%(a)s%%' % {'a': id} }}", "7%"),
        ("{{ size.get('w') }}", 10),
        ("{{ size.get('q', 1) }}", 1),
        ("{% for t in tags %}{{ loop.cycle('a', 'b') }}{{ loop.last }}{% endfor %}", "aFalsebTrue"),
        ("{% for t in tags if t != 'x' %}{{ t }}{% else %}-{% endfor %}", "y"),
        ("{% macro m(a, b=2) %}{{ a }}{{ b }}{% endmacro %}{{ m(1) }}{{ m(1, b=3) }}", "1213"),
        (
            "{% for g in [size] | groupby('w') %}{{ g.grouper }}{{ g.list | length }}{% endfor %}",
            "101",
        ),
        ("{{ 'a' ~ none ~ id }}", "a7"),
        ("{{ 'one two three' | truncate(7) }}", "one..."),
        ("{{ size | dictsort | first | first }}", "items"),
        ("{{ {'q': 'a b', 'n': 1} | urlencode }}", "q=a+b&n=1"),
        ("{{ tags | tojson }}", '["x", "y"]'),
        ("{{ tags | batch(3, '-') | list }}", [["x", "y", "-"]]),
        ("{{ '<!-- < --><b>a</b>\n b &amp; c' | striptags }}", "a b & c"),
    ],
)
def test_ordinary_templates(template, value):
    """Methods, formats, loops and filters return the results of Jinja."""
    assert map_fields({"f": template}) == {"f": value}


@pytest.mark.parametrize("name", ["random", "pprint", "urlize", "wordwrap", "xmlattr"])
def test_excluded_filters(name):
    """Filters that are not deterministic, or that cannot be bounded, do not exist."""
    with pytest.raises(ManifestError, match=f"No filter named '{name}'"):
        Mapping(external_id="x", fields={"f": f"{{{{ a | {name} }}}}"})


@pytest.mark.parametrize("template", ["{% set self = 1 %}", "{% call f() %}{% endcall %}"])
def test_excluded_statements(template):
    """Statements that cannot be bounded, or that would hide the record, are errors."""
    with pytest.raises(ManifestError, match="is not a valid template"):
        Mapping(external_id="x", fields={"f": template})


def test_problems_stay_short():
    """A message is short, also about a huge value or template."""
    record = {"title": "x" * 100_000, **{f"key{n}": n for n in range(1000)}}
    texts = problems_of({"f": "{{ title | isodate }}" + "-" * 500, "g": "{{ zzz }}"}, record)

    assert all(len(text) < 400 for text in texts.values())


def test_templates_are_isolated():
    """A variable is visible only in its template."""
    fields = {
        "a": "{% set title = 'mine' %}{{ title }}",
        "b": "{{ title }}",
        "c": "{{ id }}{{ id }}",
    }

    assert map_fields(fields) == {"a": "mine", "b": "2012", "c": "77"}


@pytest.mark.parametrize(
    ("template", "external_id"),
    [
        ("v-{{ slug }}", "v-a-talk"),
        ("{{ id }}", "7"),
        ("{{ title }}", "2012"),
        ("{{ 'a-' ~ id }}", "a-7"),
        (" {{ slug }}", " a-talk"),
        ("{% for t in tags %}{{ t }}{% endfor %}", "xy"),
    ],
)
def test_external_id_is_text_unchanged(template, external_id):
    """Integers become their digits, texts are unchanged, white space included."""
    assert id_of(RECORD, template) == external_id


@pytest.mark.parametrize("name", ["none", "duration", "is_new", "tags", "size", "omit"])
@pytest.mark.parametrize("template", ["{{ %s }}", "v-{{ %s }}", "{{ 'v' ~ %s }}"])
def test_external_id_refuses_ambiguous_values(name, template):
    """`1.10`, `True` or `None` in an id would depend on the program that prints it."""
    field, text = id_problem(RECORD, template % name)

    assert field == "externalId"
    assert "consists of texts and integers, not of" in text


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{{ '' }}", "is empty"),
        (" {{ '' }}\t", "is empty"),
        ("{{ slug }}\n", "control character U+000A (character 7"),
        ("{{ '\x85' }}x", "control character U+0085"),
        ("{{ nope }}", "`nope` is not in the record"),
    ],
)
def test_external_id_must_be_usable(template, words):
    """Blank ids and ids with control characters are refused."""
    field, text = id_problem(RECORD, template)

    assert (field, words in text) == ("externalId", True)


HIDDEN = ["\ufeff2", "a\u200bb", "a\u200c", "\u200dé", "a\u00adb", "a\u202eb", "a\u2060b"]
HIDDEN += ["a\u3164b", "a\ufdd0b", "a\U0001ffffb", "a\ufe0f", "é\u200d\u200dé", "a\U000e0041b"]


@pytest.mark.parametrize("text", HIDDEN)
@pytest.mark.parametrize("template", [None, "{{ id }}"])
def test_external_id_refuses_invisible_characters(text, template):
    """Two ids that look the same are equal: marks and joiners without effect are refused."""
    _, message = id_problem({"id": text}, template)

    assert "the externalId has the invisible character U+" in message


@pytest.mark.parametrize(
    "text",
    ["می\u200cخواهم", "क्\u200dष", "👩\u200d🚀", "❤\ufe0f\u200d🔥", "1\ufe0f\u20e3", "葛\U000e0100"],
)
def test_external_id_accepts_joiners_of_scripts_and_emoji(text):
    """A joiner between two characters beyond ASCII, or a selector after one, is visible."""
    assert id_of({"id": text}) == text


@pytest.mark.parametrize(("letter", "count"), [("x", 1000), ("é", 500), ("日", 333)])
def test_external_id_has_a_maximum_length(letter, count):
    """The limit is 1,000 bytes of UTF-8, so that a URL with an id stays below 4 kB."""
    assert id_of({"id": letter * count}) == letter * count
    assert "bytes long, at most 1,000 are allowed" in id_problem({"id": letter * (count + 1)})[1]


@pytest.mark.parametrize(
    ("record", "external_id"),
    [
        ({"id": 5}, "5"),
        ({"id": "0012"}, "0012"),
        ({"id": 1, "externalId": "a"}, "a"),
        ({"id": 1, "externalId": None}, "1"),
        ({"id": 18446744073709551615}, "18446744073709551615"),
        ({"id": 12345678901234567890123}, "12345678901234567890123"),
        ({"externalId": -3}, "-3"),
    ],
)
def test_id_of_the_record(record, external_id):
    """Without a template the id is `externalId`, else `id`; the fields do not contain them."""
    mapping = Mapping(external_id=None, fields=None)

    entry = mapping.entry_from(record_of({**record, "url": "u"}))

    assert entry == Entry(3, external_id, {"url": "u"})


@pytest.mark.parametrize(
    ("record", "field", "words"),
    [
        ({"id": 1.10}, "id", "`id` is 1.1, not a text or an integer; put it in quotes"),
        ({"id": True}, "id", "`id` is true"),
        ({"externalId": [1], "id": 1}, "externalId", "`externalId` is a list of 1"),
        ({"id": {}}, "id", "`id` is a mapping of 0"),
        ({"id": "  "}, "id", "is empty"),
        ({"id": "a\u0000b"}, "id", "control character U+0000 (character 2"),
        ({"id": None, "slug": "x"}, "id", "`id` is null"),
        ({}, "id", "nothing is available"),
    ],
)
def test_id_of_the_record_must_be_valid(record, field, words):
    """Other types than text and integer need quotes, and the message says so."""
    result, text = id_problem(record)

    assert (result, words in text) == (field, True)


@pytest.mark.parametrize(
    ("external_id", "fields", "result"),
    [
        (None, {"id": "m-{{ slug }}"}, "m-a-talk"),
        (None, {"externalId": "e-{{ id }}", "id": "m"}, "e-7"),
        (None, {"externalId": None, "id": "m"}, "m"),
        (None, {"id": None}, "7"),
        ("t-{{ id }}", {"id": "m"}, "t-7"),
    ],
)
def test_id_in_the_map(external_id, fields, result):
    """`map.externalId` and `map.id` make the id if there is no template, and are not fields."""
    mapping = Mapping(external_id=external_id, fields={**fields, "a": 1})

    assert mapping.entry_from(record_of(RECORD)) == Entry(3, result, {"a": 1})


def test_problem_of_an_id_in_the_map_has_its_key():
    """The field of a problem is the key in the map."""
    invalid = Mapping(external_id=None, fields={"id": "{{ nope }}"}).entry_from(record_of(RECORD))

    assert isinstance(invalid, Invalid)
    assert [problem.field for problem in invalid.problems] == ["id"]


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"not json", "column 1: not JSON"),
        (b'{"a": 1', "not JSON"),
        (b'{"a": "\xc3\xa9\xff"}', "column 9: the text is not UTF-8"),
        (b'{"a": NaN}', "column 7: not JSON"),
        (b'{"a": "\\ud800"}', "not JSON"),
        (b"[1]", "the record is a list of 1, not a JSON object"),
        (b'"text"', 'the record is "text"'),
        (b"5", "the record is 5"),
        (b"null", "the record is null"),
        (b'{"a":' + b"[" * 300 + b"]" * 300 + b"}", "nested deeper than 200 levels"),
        (b"[" * 100_000, "not JSON"),
        (b'{"a":\n x}', "line 2 of the record: not JSON"),
    ],
)
def test_unreadable_records_are_invalid(raw, words):
    """A line that is not a JSON object is one invalid record; other records are read."""
    invalid = Mapping(external_id=None, fields=None).entry_from(Record(9, raw))

    assert isinstance(invalid, Invalid)
    assert (invalid.line, invalid.external_id) == (9, None)
    (problem,) = invalid.problems
    assert (problem.field, words in problem.text) == ("", True)


def test_many_brackets_are_not_depth():
    """A wide record is valid, however many lists it has."""
    assert id_of({"id": 1, "wide": [[n] for n in range(500)]}) == "1"


@pytest.mark.parametrize(
    ("external_id", "fields", "words"),
    [
        ("{{ slug", None, "`externalId` is not a valid template"),
        (None, {"metadata": {"title": "{{ a | nope }}"}}, "`map.metadata.title` is not a valid"),
        (None, {"a": ["{% if x %}"]}, "`map.a[0]` is not a valid template"),
        (None, {"id": "{{ ) }}"}, "`map.id` is not a valid template"),
        (None, {"a": "{% include 'x' %}"}, "cannot load or extend another"),
        (None, {"a": "{% extends 'x' %}"}, "cannot load or extend another"),
        (None, {"a": "{% block b %}{% endblock %}"}, "cannot load or extend another"),
        (None, {"id": 5}, "`map.id` must be a template"),
        (None, {"a": float("inf")}, "`map.a`: the number inf"),
        (None, {"a": 2**70}, "cannot represent"),
    ],
)
def test_invalid_templates_stop_the_import(external_id, fields, words):
    """A template that can never work is one error, before the first record."""
    with pytest.raises(ManifestError) as caught:
        Mapping(external_id=external_id, fields=fields)

    assert words in str(caught.value)


def test_fingerprint_follows_the_templates():
    """The same record and fingerprint always give the same entry."""
    prints = [
        Mapping(external_id=external_id, fields=fields).fingerprint
        for external_id, fields in [
            (None, None),
            ("{{ id }}", None),
            (None, {}),
            (None, {"a": "{{ id }}"}),
            (None, {"a": "{{ id  }}"}),
            (None, {"a": 1}),
            (None, {"a": "1"}),
        ]
    ]

    assert len(set(prints)) == len(prints)
    assert {len(item) for item in prints} == {16}


def test_fingerprint_ignores_the_order_of_keys():
    """Sorting the keys of a map does not send items again."""
    first, second = {"a": "{{ x }}", "b": 1}, {"b": 1, "a": "{{ x }}"}

    assert (
        Mapping(external_id=None, fields=first).fingerprint
        == Mapping(external_id=None, fields=second).fingerprint
    )


def test_external_id_template():
    """The ledger compares the template of this run with that of the previous run."""
    assert Mapping(external_id="{{ a }}", fields={"id": "b"}).external_id_template == "{{ a }}"
    assert Mapping(external_id=None, fields={"id": "b"}).external_id_template == "b"
    assert Mapping(external_id=None, fields=None).external_id_template is None


def test_real_records_map_without_a_problem(real_data):
    """Every real record has a unique id made of its path."""
    mapping = Mapping(
        external_id="pyvideo-{{ source_file }}",
        fields={"url": "{{ videos[0].url }}", "tags": "{{ tags | default(omit, true) }}"},
    )
    records = open_manifest(real_data / "pyvideo-small.yaml").records()

    entries = [mapping.entry_from(record) for record in records]

    assert len({entry.external_id for entry in entries}) == 200
    assert all(isinstance(entry, Entry) for entry in entries)
