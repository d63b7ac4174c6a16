"""Empty cells of named columns: never unknown fields; properties are omitted, texts are empty."""

from __future__ import annotations

import pytest

from ld_import.manifest import Mapping, open_manifest
from ld_import.model import Entry, Invalid

ROW = "id,title,tags,width,metadata.title,metadata.credit,a.b.c,items\nv1,T,,,M,,,\n"


@pytest.fixture
def mapped(write):
    """Map the row of a table; return the fields, or the problems by field."""

    def mapped(fields, external_id="{{ id }}", text=ROW, name="a.csv"):
        manifest = open_manifest(write(name, text))
        mapping = Mapping(external_id=external_id, fields=fields, columns=manifest.columns)
        (record,) = manifest.records()
        result = mapping.entry_from(record)
        if isinstance(result, Invalid):
            return {problem.field: problem.text for problem in result.problems}
        return result.fields

    return mapped


@pytest.mark.parametrize(
    "template",
    [
        "{{ tags }}",
        "{{ tags.split('|') }}",
        "{{ tags | upper }}",
        "{{ tags | trim | slugify }}",
        "{{ width | int }}",
        "{{ tags | isodate }}",
        "{{ tags[0] }}",
        "{{ tags | length }}",
        "{{ tags or width }}",
        "{{ record.tags }}",
        "{{ record['tags'] }}",
        "{{ metadata.credit }}",
        "{{ record.metadata['credit'] | strip_html }}",
        "{{ a.b.c }}",
        "{{ tags | default(omit) }}",
        "{{ tags | default(omit, true) }}",
        "{{ omit if not tags else tags }}",
    ],
)
def test_single_expression_omits_the_property(mapped, template):
    """The column is known and empty in this row, whatever operation a template applies."""
    assert mapped({"f": template, "g": "{{ title }}"}) == {"g": "T"}


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("{{ title }} {{ tags }}", "T "),
        ("{{ title }}{{ tags | upper }}.{{ a.b.c }}", "T."),
        ("{{ title ~ ', ' ~ tags }}", "T, "),
        ("{% if tags %}no{% else %}yes{% endif %}", "yes"),
        ("{% for tag in tags %}{{ tag }}{% endfor %}-", "-"),
        ("{{ tags | default('none') }}", "none"),
        ("{{ tags | d('none') | upper }}", "NONE"),
        ("{{ tags | default(title) }}", "T"),
        ("{{ metadata.credit or metadata.title }}", "M"),
        ("{{ tags is defined }}", False),
        ("{{ tags is undefined }}", True),
        ("{{ tags == '' }}", True),
        ("{{ tags == 'x' or tags != '' }}", False),
        ("{{ 'x' in tags }}", False),
        ("{{ [title, tags] | join('/') }}", "T/"),
        ("{{ [title, tags] | select | list }}", ["T"]),
        ("{{ metadata }}", {"title": "M"}),
        ("{{ record | length }}", 4),
    ],
)
def test_everywhere_else_it_is_an_empty_text(mapped, template, value):
    """It is undefined, so that `default` and `is defined` work."""
    assert mapped({"f": template}) == {"f": value}


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{{ tag }}", "`tag` is not in the record"),
        ("{{ title }} {{ tag }}", "`tag` is not in the record"),
        ("{{ metadata.credits }}", "`credits` is not in this mapping"),
        ("{{ metadata.b }}", "`b` is not in this mapping"),
        ("{{ record.credit }}", "`credit` is not in this mapping"),
        ("{{ title.tags }}", "has no `tags`"),
        (
            "{{ tags + title }}",
            "`tags` is empty in this row (template `{{ tags + title }}`); if it can be missing, add"
            " `| default(omit, true)` to leave the property out",
        ),
        ("{{ width > 5 }}", "`width` is empty in this row"),
    ],
)
def test_unknown_columns_are_errors(mapped, template, words):
    """A name without a column is a mistake in the template, as is an operation without meaning."""
    assert words in mapped({"f": template})["f"]


@pytest.mark.parametrize(
    ("external_id", "column"),
    [
        ("{{ tags }}", "tags"),
        ("v-{{ tags }}", "tags"),
        ("v-{{ tags | slugify }}", "tags"),
        ("{{ 'v' ~ tags }}", "tags"),
        ("v-{{ [id, tags] | join('-') }}", "tags"),
        ("v-{{ metadata.credit }}", "credit"),
        ("v-{{ record['tags'] }}", "tags"),
        ("v-{{ tags.strip() }}", "tags"),
    ],
)
def test_an_empty_id_column_is_an_error(mapped, external_id, column):
    """An id without one of its parts could be that of another item."""
    problems = mapped({"f": "x"}, external_id)

    assert list(problems) == ["externalId"]
    text = f"`externalId`: `{column}` is empty in this row (template `{external_id}`)"
    assert problems["externalId"] == f"{text}; an externalId needs it in every record"


def test_an_id_may_have_a_default(mapped):
    """A template can define a value for an empty cell."""
    assert mapped({"f": "x"}, "{{ tags | default(id) }}") == {"f": "x"}
    assert mapped({"f": "x"}, "{% if tags %}{{ tags }}{% else %}{{ id }}{% endif %}") == {"f": "x"}


def test_an_empty_id_without_a_template_is_an_error(mapped):
    """No other field replaces it."""
    problems = mapped(None, None, "id,title\n,T\n")

    assert "neither `externalId` nor `id`" in problems["id"]


def test_rows_of_a_tsv_have_empty_cells_too(mapped):
    """Both kinds of tables have named columns."""
    assert mapped({"f": "{{ t }}"}, text="id\tt\n1\t\n", name="a.tsv") == {}


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.yaml"])
def test_records_of_other_formats_have_no_columns(mapped, name):
    """Only the record itself defines its fields."""
    text = '{"id": "v1"}\n' if name.endswith("l") and "json" in name else '[{"id": "v1"}]\n'

    assert "`tags` is not in the record" in mapped({"f": "{{ tags }}"}, text=text, name=name)["f"]


def test_each_row_has_its_own_empty_cells(write):
    """Empty cells do not affect the next row, nor the fingerprint of the mapping."""
    manifest = open_manifest(write("a.csv", "id,m.t\n1,\n2,x\n3,\n"))
    mapping = Mapping(external_id=None, fields={"f": "{{ m.t }}"}, columns=manifest.columns)

    result = [mapping.entry_from(record) for record in manifest.records()]

    assert result == [Entry(2, "1", {}), Entry(3, "2", {"f": "x"}), Entry(4, "3", {})]
    assert mapping.fingerprint == Mapping(external_id=None, fields={"f": "{{ m.t }}"}).fingerprint
