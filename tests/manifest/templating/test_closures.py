"""Closures: the values and the problems of Jinja, for every template and record."""

from __future__ import annotations

import os
from random import Random

import pytest

from ld_import.errors import ManifestError
from ld_import.manifest.templating.closures import Closures
from ld_import.manifest.templating.compiler import Templates
from ld_import.manifest.templating.sandbox import Sandbox
from ld_import.manifest.templating.slots import Slot
from ld_import.manifest.templating.work import WORK_LIMIT
from tests.manifest.mapped import RECORD
from tests.manifest.templating import generated

TEMPLATES = int(os.environ.get("LD_IMPORT_TEST_TEMPLATES", "100"))
SEED = int(os.environ.get("LD_IMPORT_TEST_SEED", "1"))
RECORDS = 25

PLAIN = (
    "{{ title }}",
    "{{ record.title }}",
    "{{ size.w }}",
    "{{ size['items'] }}",
    "{{ tags[0] }}",
    "{{ tags[-1] }}",
    "{{ title[:2] }}",
    "{{ tags }}",
    "a {{ id }}% {{ title }} %s",
    "{# note #}",
    "{% raw %}{{ title }}{% endraw %}",
    "{{ title | slugify }}-{{ slug | sha256 }}.mp4",
    "{{ missing | default(omit) }}",
    "{{ speakers | default([], true) | join(', ') }}",
    "{{ tags | map('upper') | join(' ') }}",
    "{{ title | truncate(3, end='…') }}",
    "{{ title | replace('0', id) }}",
    "{{ [title, id] | join('-') }}",
    "{{ title ~ '-' ~ id }}",
    "{{ id * 2 }}",
    "{{ title.split('0') }}",
    "{{ title if is_new and not speakers else slug or id }}",
    "{{ missing is defined }}",
    "{{ title in tags or id == 7 }}",
    "{{ size[title] | default(size.keys) }}",
)

ODD = (
    "{{ missing | default(1e999) }}",
    "{{ missing | default(9223372036854775808) }}",
    "{{ title.upper }}",
    "{{ title.upper | default('-') }}",
    "{{ tags.count is defined }}",
    "{{ size.values | default('-') }}",
    "{{ size.items }}{{ size.items() | list | length }}",
    "{{ size['nope'].w | default('-') }}",
    "{{ missing.nope | default('-') }}",
    "{{ tags['0'] }}",
    "{{ tags[true] }}",
    "{{ tags.0 }}",
    "{{ title not in tags }}",
    "{{ 1 < id < 3 }}",
    "{{ id < 1e999 }}",
    "{{ id - 2 }} {{ id // 2 }} {{ id ** 2 }}",
    "{{ id if not is_new }}",
    "{{ (id if not is_new) | default('-') }}",
    "{{ ﬁ }}{{ fi }}",
    "{{ 'x' or missing }}",
    "{{ [title, [id, none]] }}",
    "{{ [missing] | length }}",
    "{{ omit }}",
    "{{ omit }} ",
    "{{ self }}{{ loop }}{{ range }}",
    "{{ range(id) | list }}",
    "{{ record }}",
    "{{ record.record.record.title }}",
    "{{ record['missing'] | default(omit) }}",
    "{{ size | attr('w') }}",
    "{{ title | e }}{{ '<' ~ title | e }}",
    "{{ title | safe }}",
    "{{ title | float }} {{ duration }} {{ is_new }}{{ none }}",
    "{{ tags | select | list }}{{ tags | map('upper') }}",
    "{{ title | nope }}",
    "{{ is_new and title | nope }}",
    "{{ title | default(1, 2, 3) }}",
    "{{ title" + " | trim" * 45 + " }}",
    "\n {{- title }} \t {{ title -}} \n {{+ title }}\r\n%s%%",
)


def made(*templates, has_id=False, columns=None, limit=WORK_LIMIT):
    """Return the compiled templates, or the text of the mistakes in them."""
    slots = [Slot(f"f{at}", text, has_id and not at) for at, text in enumerate(templates)]
    try:
        return Templates(slots, [slot.field for slot in slots], columns, work_limit=limit)
    except ManifestError as mistake:
        return str(mistake)


@pytest.fixture
def made_by_jinja(monkeypatch):
    """Return `made`, without closures."""

    def make(*arguments, **options):
        with monkeypatch.context() as patch:
            patch.setattr(Closures, "of", lambda closures, statement: None)
            return made(*arguments, **options)

    return make


def result_of(templates, record):
    """Return values and problems as text, so that `1`, `1.0` and `True` differ."""
    return templates if isinstance(templates, str) else repr(templates.render(record))


# Python warns about `{{ none[1:] }}`, in both cases.
@pytest.mark.no_cover
@pytest.mark.filterwarnings("ignore::SyntaxWarning")
def test_generated_templates_give_the_results_of_jinja(made_by_jinja):
    """A closure differs from Jinja in no value, type, message, and amount of work."""
    random = Random(SEED)
    for _ in range(TEMPLATES):
        is_table = random.random() < 0.3
        templates = [generated.template(random) for _ in range(random.choice((1, 1, 1, 3)))]
        options = {
            "has_id": random.random() < 0.2,
            "columns": generated.COLUMNS if is_table else None,
            "limit": random.choice((150, 400, *[WORK_LIMIT] * 8)),
        }
        ours, jinjas = made(*templates, **options), made_by_jinja(*templates, **options)
        for _ in range(RECORDS):
            record = (generated.row if is_table else generated.record)(random)
            assert result_of(ours, record) == result_of(jinjas, record), (templates, record)


@pytest.mark.parametrize("template", PLAIN)
def test_plain_templates_do_not_start_jinja(template, made_by_jinja, monkeypatch):
    """The usual templates give the values of Jinja, and Jinja does not compile them."""
    expected, problems = made_by_jinja(template).render(RECORD)
    monkeypatch.setattr(Sandbox, "compile", None)

    values, _ = made(template).render(RECORD)

    assert not problems
    assert repr(values) == repr(expected)


@pytest.mark.no_cover
@pytest.mark.parametrize("template", ODD)
def test_odd_templates_give_the_results_of_jinja(template, made_by_jinja):
    """A name of Python or Jinja, a missing part, and a constant mean the same in both."""
    columns = {name: at for at, name in enumerate(RECORD)}
    others = {"self": "s", "loop": [1], "range": 2, "record": {"title": None}, "ﬁ": 1, "fi": 2}
    records = RECORD, {**RECORD, **others}, {**others, "title": "<Ä%s>", "tags": [], "id": None}

    for options in ({}, {"columns": columns, "has_id": True}):
        ours, jinjas = made(template, **options), made_by_jinja(template, **options)
        for record in records:
            assert result_of(ours, record) == result_of(jinjas, record)


@pytest.mark.parametrize(
    "template", ["{{ tags | join(', ') }}", "{{ tags|join }}", "a{{ tags|join('')}}"]
)
@pytest.mark.parametrize(
    "tags", [[], ["a"], ["a", "bcd", ""], ["a", 1, None], ["a", 2.5], ["a", ["b"]], "abc", {"k": 1}]
)
def test_joined_items_count_as_in_jinja(template, tags, made_by_jinja):
    """Each limit of the work is reached by the same lists."""
    for limit in (20, 40, 60, 66, 70, 71, 90, 130):
        ours, jinjas = made(template, limit=limit), made_by_jinja(template, limit=limit)
        assert result_of(ours, {"tags": tags}) == result_of(jinjas, {"tags": tags})
