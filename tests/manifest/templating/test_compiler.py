"""Templates: types are kept, and every failure is a message for users."""

from __future__ import annotations

import re

import pytest

from ld_import.errors import ManifestError
from ld_import.manifest import Mapping
from ld_import.model import Invalid
from tests.manifest.mapped import RECORD, map_fields, problems_of, record_of


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
        "url": "`url`: `videos` is not in the record (template `{{ videos[0].url }}`);"
        " available: `id`, `slug`, `title`, `duration`, `tags`, `speakers`, `none`, `is_new`, …;"
        " if it can be missing, add `| default(omit, true)` to leave the property out",
        "fileName": "`fileName`: `titel` is not in the record (template `{{ titel }}.mp4`);"
        " did you mean `title`? If it can be missing, add `| default('')`",
        "metadata.w": "`metadata.w`: `h` is not in this mapping (template `{{ size.h }}`);"
        " available: `items`, `keys`, `w`",
        "metadata.s": "`metadata.s`: item 2 is not in this list of 0 (template"
        " `{{ speakers[2] }}`); if it can be missing, add `| default(omit, true)` to leave the"
        " property out",
        "list[1]": '`list[1]`: "2012" is not a date in ISO, RFC 2822 or DD.MM.YYYY (template'
        ' `{{ title | isodate }}`); give its form, as in isodate("%d/%m/%Y")',
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
    """Any failure of a template becomes one message with field, reason, template and advice."""
    text = problems_of({"f": template})["f"]

    assert text.startswith("`f`: ")
    assert f" (template `{template}`)" in text
    assert words in text.replace(f" (template `{template}`)", "")


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

    assert message in text.replace(f" (template `{template}`)", "")
    assert not re.search(r"Error|NoneType|'(str|int|list|dict)'|object|operand", text)


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
    with pytest.raises(ManifestError, match=f"there is no filter `{name}`"):
        Mapping(external_id="x", fields={"f": f"{{{{ a | {name} }}}}"})


@pytest.mark.parametrize("template", ["{% set self = 1 %}", "{% call f() %}{% endcall %}"])
def test_excluded_statements(template):
    """Statements that cannot be bounded, or that would hide the record, are errors."""
    with pytest.raises(ManifestError, match="is not a valid template"):
        Mapping(external_id="x", fields={"f": template})


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{{ 1 if 'a'.b else 2 }}", '"a" has no `b`'),
        ("{{ title if 'a'[1] else id }}", '"a" has no `1`'),
    ],
)
def test_constant_that_is_missing(template, message):
    """Jinja evaluates constants while it compiles; a missing one is a mistake in the manifest."""
    with pytest.raises(ManifestError, match=re.escape(message)):
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
