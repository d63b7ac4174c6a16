"""Messages for mistakes in templates: what is written there, and what to write instead."""

from __future__ import annotations

import re

import orjson
import pytest

from ld_import.errors import ManifestError
from ld_import.manifest.mapping import Mapping
from ld_import.model import Invalid, Record

RECORD = {
    "id": "1",
    "title": "A talk",
    "size": 5,
    "tags": ["a", "b"],
    "author": {"name": "N"},
    "none": None,
    "views": "12",
    "held-on": "2020-01-02",
    "my field": 1,
}
# Words of the parser and of Python, which mean nothing to the author of a manifest.
INTERNAL = re.compile(
    r"token|print statement|expected '|unexpected|Jinja|Encountered|object|argument \d|NoneType"
    r"|\bstr\b|\bint\b object|\bdict\b|Error|positional|\bchar\b"
)

MISTAKES = [
    ("{{ title", "`{{` is not closed", "add `}}`"),
    ("{{ title }", "`{{` is not closed: there is only one `}`", "write `}}`"),
    ("{ title }}", "`}}` has only one `{` before it", "write `{{`"),
    ("{{ title %}", "`{{` is closed with `%}`", "write `}}`"),
    ("{% if title }}x{% endif %}", "`{%` is closed with `}}`", "write `%}`"),
    ("{{ title[0 }}", "`[` is not closed", "add `]` before `}}`"),
    ("{{ title | default(omit }}", "`(` is not closed", "add `)` before `}}`"),
    ("{{ title) }}", "`)` has no `(` before it", "add or remove one"),
    ("{{ 'title }}", "a text that begins with ' is not closed", "add ' at its end"),
    ("{{ title | replace(“a”, 'b') }}", "“ is a typographic quote", "use ' or \""),
    ("{{ }}", "`{{ }}` is empty", "write the name of a field in it"),
    ("{{ {{ title }} }}", "`{{` is inside `{{ }}`", "write names there without braces"),
    ("{{ title | }}", "a name is missing after `|`", "`{{ field | upper }}`"),
    ("{{ title | isodat }}", "there is no filter `isodat`", "did you mean `isodate`"),
    ("{{ title | zzz }}", "there is no filter `zzz`", "available: `abs`, `attr`"),
    ("{{ title | split(',') }}", "there is no filter `split`", "write `field.split(',')`"),
    ("{{ title is strange }}", "there is no test `is strange`", "did you mean `string`?"),
    ("{{ title | truncate 10 }}", "arguments of a filter have no parentheses", "`truncate(10)`"),
    ("{{ title | upper trim }}", "`trim` has no `|` before it", "write `| trim`"),
    ("{{ my field }}", "`field` follows without an operator", "record['my field']"),
    ("{{ 5title }}", "a name cannot begin with a digit", "write `record['5title']`"),
    ("{{ $title }}", "a name is written without `$`", "remove it"),
    ("{{ title = 'a' }}", "`=` is not a comparison", "write `==`"),
    ("{{ title == }}", "a value is missing after `==`", "complete the expression"),
    ("{{ title && size }}", "`&&` is not an operator", "write `and`"),
    ("{{ title || size }}", "`||` is not an operator", "write `or`"),
    ("{{ !title }}", "`!` is not an operator", "write `not`"),
    ("{{ title ? 'a' : 'b' }}", "there is no `a ? b : c`", "write `b if a else c`"),
    ("{{ title; }}", "`;` cannot be there", "remove it"),
    ("{% if title %}x", "`{% if %}` is not closed", "add `{% endif %}`"),
    ("{% if title %}x{% endfi %}", "there is no `{% endfi %}`", "did you mean `endif`?"),
    ("x{% endif %}", "`{% endif %}` has no `{% if … %}` before it", "add or remove one"),
    ("{% fro a in tags %}", "there is no `{% fro %}`", "did you mean `for`?"),
    ("{% for a tags %}{% endfor %}", "`{% for %}` has no `in`", "`{% for one in list %}`"),
    ("{{ if title }}a", "`{{ if … }}` is a statement", "write `{% if … %} … {% endif %}`"),
    ("{{ title else 'x' }}", "`else` has no `if` before it", "if condition else"),
    ("{{ title if }}", "a value is missing after `if`", "complete"),
    ("{{ title | default(omit true) }}", "`true` follows without a comma", "put `,` before it"),
    ("{# note", "`{#` is not closed", "add `#}`"),
    ("{% %}", "`{% %}` is empty", "`{{ field }}`"),
    ("{{ title @ }}", "`@` cannot be part of a name", "record['…']"),
    ("{{ title § }}", "the character §, number 10 of the template, cannot be there", "remove it"),
]


@pytest.mark.parametrize(("template", "what", "advice"), MISTAKES)
def test_mistakes_in_a_template(template, what, advice):
    """A message names the key, what is wrong, the template, and what to write instead."""
    with pytest.raises(ManifestError) as raised:
        Mapping(external_id="x", fields={"metadata": {"title": template}})

    text = str(raised.value)
    head, _, tail = text.partition(f" (`{template}`)")
    assert head.startswith("`map.metadata.title` is not a valid template: ")
    assert what in head
    assert tail.startswith("; ")
    assert advice in tail
    assert not INTERNAL.search(text.replace(template, ""))


FAILURES = [
    ("{{ titel }}", "`titel` is not in the record", "did you mean `title`? If it can be missing"),
    ("{{ zzz }}.mp4", "`zzz` is not in the record", "available: `id`, `title`"),
    ("{{ zzz }}", "`zzz` is not in the record", "add `| default(omit, true)` to leave the prop"),
    ("{{ held-on }}", "`held` is not in the record", "is written `record['held-on']`"),
    ("{{ len(title) }}", "`len` is not in the record", "there is no function `len(…)`: use"),
    ("{{ fetch(title) }}", "`fetch` is not in the record", "use a filter"),
    ("{{ null }}", "`null` is not in the record", "write `none`"),
    ("{{ author.nam }}", "`nam` is not in this mapping", "did you mean `name`?"),
    ("{{ none.name }}", "null has no `name`", "if it can be missing, add `| default(omit, true)`"),
    ("{{ tags[5] }}", "item 5 is not in this list of 2", "add `| default(omit, true)`"),
    ("{{ title.name }}", '"A talk" has no `name`', "it is a text, not a mapping with fields"),
    ("{{ tags.name }}", "a list of 2 has no `name`", "write `[0]` for the first item"),
    ("{{ tags }} x", "a list of 2 inside a text", "pick one value, or join a list"),
    ("{{ tags | slugify }}", "`slugify` needs a text, not a list of 2", "put `join(', ')`"),
    ("{{ author | slugify }}", "`slugify` needs a text, not a mapping of 1", "one of its fields"),
    ("{{ none | slugify }}", "`slugify` needs a text, not null", "put `default(omit, true)`"),
    ("{{ size | join(', ') }}", "`join` needs a list, not 5", ""),
    ("{{ title | round }}", '`round` needs a number, not "A talk"', "put `float` before it"),
    ("{{ title | isodate }}", '"A talk" is not a date in ISO', "give its form"),
    ("{{ views > 5 }}", "a text and a number cannot be compared", "convert a text with `| int`"),
    ("{{ title + size }}", "a text and a number cannot be added", "join texts with `~`"),
    ("{{ title | replace('a') }}", "`replace` does not take these arguments", "('old', 'new')`"),
    ("{{ title | slugify(3) }}", "`slugify` takes no arguments", "write `| slugify`"),
    ("{{ tags | map('uper') | list }}", "there is no filter `uper`", "did you mean `upper`?"),
    ("{{ title.uper() }}", '"A talk" has no method `uper`', "did you mean `upper`"),
    ("{{ title() }}", '"A talk" cannot be called', "did you mean a filter?"),
]


def problem_of(template, record=None, **mapping):
    made = Mapping(**{"external_id": "x", "fields": {"metadata": {"title": template}}, **mapping})
    invalid = made.entry_from(Record(1, orjson.dumps(record or RECORD)))
    assert isinstance(invalid, Invalid)
    (problem,) = invalid.problems
    return problem.text


@pytest.mark.parametrize(("template", "what", "advice"), FAILURES)
def test_templates_that_do_not_fit_a_record(template, what, advice):
    """A message names the field, what is wrong with its value, the template, and what to do."""
    text = problem_of(template)

    head, _, tail = text.partition(f" (template `{template}`)")
    assert head.startswith(f"`metadata.title`: {what}")
    assert advice in tail
    assert not INTERNAL.search(text.replace(template, ""))


def test_the_sentence_does_not_depend_on_other_fields():
    """Records without a field have one sentence, so that they are one group."""
    texts = {
        problem_of("{{ subtitle }}", record).partition("; ")[0]
        for record in ({"id": 1, "title": "a"}, {"id": 2, "lead": "b"}, {"id": 3, "sub": 1})
    }

    assert texts == {
        "`metadata.title`: `subtitle` is not in the record (template `{{ subtitle }}`)"
    }


def test_an_id_has_no_default():
    """The advice for an externalId is not to leave it out."""
    text = problem_of("x", external_id="{{ number }}")

    assert text.startswith("`externalId`: `number` is not in the record (template `{{ number }}`);")
    assert text.endswith("; an externalId needs it in every record")

    near = problem_of("x", external_id="{{ tittle }}")
    assert near.endswith("did you mean `title`? An externalId needs it in every record")


def test_all_mistakes_at_once():
    """A header with three broken templates names all three."""
    fields = {"url": "{{ url }", "fileName": "{{ title | uper }}", "metadata": {"a": "{{ ok }}"}}

    with pytest.raises(ManifestError) as raised:
        Mapping(external_id="{{ slug", fields=fields)

    text = str(raised.value)
    assert text.startswith("3 templates are not valid: (1) `externalId` is not a valid template: ")
    assert ". (2) `map.url` is not" in text
    assert ". (3) `map.fileName` is not" in text
    assert text.endswith("did you mean `upper`?")
    assert "map.metadata" not in text


@pytest.mark.parametrize("text", ['{"a":{"b":1}}', "a }} b", "{title}", "f(){ return {a} }"])
def test_texts_with_braces_are_constants(text):
    """Only `{ name }}` is taken for a mistake; other texts with braces are constants."""
    entry = Mapping(external_id="x", fields={"f": text}).entry_from(Record(1, b"{}"))

    assert not isinstance(entry, Invalid)
    assert entry.fields == {"f": text}
