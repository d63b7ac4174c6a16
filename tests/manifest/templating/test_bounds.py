"""Bounds of templates: errors occur soon and use little memory.

Work is counted, not timed: with a low limit, a template that avoids the count would be noticed by
its memory, or because it does not end.
"""

from __future__ import annotations

import tracemalloc
from time import process_time

import pytest

from ld_import.errors import ManifestError
from ld_import.manifest.templating.compiler import Templates
from ld_import.manifest.templating.html import strip_tags, text_from
from ld_import.manifest.templating.slots import Slot
from ld_import.manifest.templating.work import WORK_LIMIT
from ld_import.wording import did_you_mean

TEXT = "x" * 40_000
RECORD: dict[str, object] = {
    "t": TEXT,
    "l": list(range(1000)),
    "none": None,
    "tree": {"c": [{"c": []}]},
    "blanks": " " * 40_000,
    "comments": "<!--" * 10_000,
    "marks": "a" + "\u0315\u0328" * 20_000,
}
DOUBLED = "{% set a = a + a %}" * 40
GROWING = [
    "{{ 'a' * 10 ** 9 }}",
    "{{ 10 ** 9 * [0] }}",
    "{{ 'x' | center(2000000000) }}",
    "{{ 'x'.ljust(10 ** 9) }}",
    "{{ 'x'.zfill(10 ** 9) }}",
    "{{ '\t'.expandtabs(10 ** 9) }}",
    "{{ t | replace('', t) }}",
    "{{ t.replace('x', t) }}",
    "{{ l | join(t) }}",
    "{{ t.join(l | map('string')) }}",
    "{{ l | batch(10 ** 9, 'x') | list }}",
    "{{ l | slice(10 ** 9) | list }}",
    "{{ ('a\n' * 10000) | indent(10 ** 6) }}",
    "{{ t | trim(t) }}",
    "{{ t.strip(t) }}",
    "{{ t | e | e | e | e | e | e | urlencode | urlencode | urlencode | title | title | title }}"
    + "{{ t | title }}" * 100,
    "{% set a = t %}" + "{% set a = a ~ a %}" * 40 + "{{ a }}",
    "{% set a = [1] %}" + DOUBLED + "{{ a }}",
    "{% set a = t %}" + DOUBLED + "{{ a }}",
    "{% set a = [t] %}" + "{% set a = (a, a) %}" * 40 + "{{ a }}",
    "{{ ([none] * 10000) | map('default', t, true) | list }}",
    "{{ ([l] * 100000) | sum(start=[]) }}",
    "{{ ([t] * 10000) | sort }}",
    "{{ '%(a)s%(a)s' * 1000 % {'a': t} }}",
]
LONG = [
    "{% for a in range(10 ** 5) %}{% for b in range(10 ** 5) %}{% endfor %}{% endfor %}",
    "{% for a in range(10 ** 5) %}{% for b in range(10 ** 5) if false %}{% endfor %}{% endfor %}",
    "{% for a in range(10 ** 5) %}{{ t }}{% endfor %}",
    "{% for a in range(10 ** 5) %}" + TEXT + "{% endfor %}",
    "{% for a in range(10 ** 5) %}{% if 'zz' in t %}{% endif %}{% endfor %}",
    "{% for a in range(10 ** 5) %}{% if t is in([t ~ 'a']) %}{% endif %}{% endfor %}",
    "{% for a in range(10 ** 5) %}{% set b = t[1:] %}{% endfor %}",
    "{% for a in range(10 ** 5) %}{% set b = tree[t] is defined %}{% endfor %}",
    "{% for a in range(10 ** 5) %}{% set b = l | sort %}{% endfor %}",
    "{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(40) }}",
    "{{ range(10 ** 5) | map('center', 10000) | list }}",
]
WIDE = [
    "{{ '%2000000000d' | format(1) }}",
    "{{ '%2000000000d' % 1 }}",
    "{{ '%.2000000000f' % 1.5 }}",
    "{{ '%*d' % (10 ** 9, 1) }}",
    "{{ '%(a)2000000000d' % {'a': 1} }}",
    "{{ '{:>9999999999}'.format(1) }}",
    "{{ '{:{}}'.format(1, 10 ** 9) }}",
]


LOW_LIMIT = 200_000


def problem_of(template, limit=WORK_LIMIT):
    """Return the problem of the record, and the peak memory of finding it, in MB."""
    templates = Templates([Slot("f", template)], ["f"], work_limit=limit)
    tracemalloc.start()
    try:
        _, (problem,) = templates.render(RECORD)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return problem.text, peak / 2**20


@pytest.mark.parametrize("template", [*GROWING, *LONG])
def test_templates_are_bounded(template):
    """Work beyond the limit is a problem of the record, and is not done."""
    text, megabytes = problem_of(template, LOW_LIMIT)

    assert "the templates do too much work for this record: the limit is 20 million" in text
    assert megabytes < 20


@pytest.mark.parametrize("template", WIDE)
def test_formats_are_bounded(template):
    """The width of a format is limited."""
    text, megabytes = problem_of(template)

    assert "a format pads to at most 9999 characters" in text
    assert megabytes < 10


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{{ 9 ** (9 ** 9) }}", "too large"),
        ("{{ 10 ** 5000 }}", "too large"),
        ("{{ 5 | round(-10 ** 9) }}", "a precision of at most 20"),
        ("{{ 1.5 | round(10 ** 9, 'ceil') }}", "a precision of at most 20"),
        ("{{ range(10 ** 9) }}", "`range` gives at most 100,000 numbers"),
        ("{% for x in tree.c recursive %}{{ loop(tree.c) }}{% endfor %}", "nested too deeply"),
        ("{{ '%s' % [1] }}", "a list of 1 inside a text"),
    ],
)
def test_other_bounds(template, message):
    """Powers, precisions, ranges and recursion have limits of their own."""
    assert message in problem_of(template)[0]


def test_limit_applies_to_each_record():
    """Each record has the whole budget, however many records there are."""
    slot = Slot("f", "{% for a in range(3000) %}{{ a }}{% endfor %}")
    templates = Templates([slot], ["f"], work_limit=LOW_LIMIT)

    assert all(not templates.render({})[1] for _ in range(10))


def test_a_cheap_template_beside_one_that_does_too_much():
    """The template that exhausts the budget has the problem, the other one has a value."""
    slots = [Slot("a", "{{ n }}"), Slot("b", "{{ 'a' * 10 ** 9 }}")]
    _, problems = Templates(slots, ["a", "b"]).render({"n": 1})

    assert [problem.field for problem in problems] == ["b"]


def test_templates_cannot_call_the_guards():
    """A template cannot contain the names of the counting filters."""
    with pytest.raises(ManifestError, match="not a valid template"):
        Templates([Slot("f", "{{ -9 | ld-import:count }}")], ["f"])
    gaining = "{% set b = [-10 ** 9] | map('ld-import:count') | list %}{{ 'a' * 10 ** 8 }}"

    assert "do too much" in problem_of(gaining)[0]


class Searched(str):
    """A text that counts the characters that `find` reads."""

    looked_at = 0

    def find(self, sign, start=0, *rest):
        result = super().find(sign, start, *rest)
        Searched.looked_at += (result if result >= 0 else len(self)) - start
        return result


OPENINGS = [
    "<!--",
    "<a ",
    "<a ='",
    "<a ='>' ",
    "<!",
    "<![CDATA[",
    "</",
    '<a href="',
    "<style>",
    " ",
]


@pytest.mark.parametrize("opening", OPENINGS)
@pytest.mark.parametrize("strip", [text_from, strip_tags])
def test_html_is_scanned_in_linear_time(opening, strip):
    """The end of an unclosed tag or comment is searched for a few times at most."""
    text = Searched(opening * (20_000 // len(opening)))
    Searched.looked_at = 0

    strip(text)

    assert Searched.looked_at <= 4 * len(text)


def test_filters_run_in_linear_time():
    """Texts of 40 kB took up to minutes each; all of these together take a fraction of a second."""
    names = ["isodate", "slugify", "strip_html", "striptags", "basename", "trim", "title"]
    fields = ["blanks", "comments", "marks", "t"]
    slots = [Slot("f", f"{{{{ {field} | {name} }}}}") for name in names for field in fields]
    templates = Templates(slots, ["f"] * len(slots))
    start = process_time()

    templates.render(RECORD)

    assert process_time() - start < 3


def test_names_are_compared_within_bounds():
    """The number and length of names compared with an unknown name are limited."""
    names = [f"{'k' * 100_000}{n}" for n in range(20)] + [f"key{n}" for n in range(10**5)]

    assert did_you_mean("k" * 100_000, names).startswith("available: ")
