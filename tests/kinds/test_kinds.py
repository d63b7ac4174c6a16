"""Every kind that can be chosen passes the suite of all kinds."""

from __future__ import annotations

import tracemalloc

import pytest

from ld_import.kinds import KINDS
from ld_import.kinds.base import SHOWN_VALUE_LENGTH, encode, short_json
from ld_import.kinds.job import JobKind
from tests.kinds.contract import JobContract, KindContract, example

JOB_KINDS = [name for name, kind in KINDS.items() if isinstance(kind, JobKind)]


class TestEveryJobKind(JobContract):
    @pytest.fixture(params=JOB_KINDS)
    def kind(self, request):
        return KINDS[request.param]


class TestMediaLibrary(KindContract):
    wire_id = "externalId"
    url_at = ("asset", "url")
    file_name_at = ("asset", "filename")
    required = ("mediaType", "asset")

    @pytest.fixture
    def kind(self):
        return KINDS["media-library"]

    @pytest.fixture
    def documented(self):
        return example("library-import")

    @pytest.fixture
    def answers(self):
        ends = ("", "-errors", "-2025-03", "-errors-2025-03", "-metadata-2024")
        return [example(f"library-import{end}")["body"] for end in ends]


def test_every_kind_is_held_to_a_contract():
    """What is not a kind of jobs is listed by name, so that a new one cannot slip past."""
    assert [*JOB_KINDS, "media-library"] == list(KINDS)


@pytest.mark.parametrize("name", KINDS)
def test_kind_is_registered_under_its_name(name):
    """A kind is chosen by the name it calls itself; no two take the same way."""
    kind = KINDS[name]

    assert kind.name == name
    assert [one.path for one in KINDS.values()].count(kind.path) == 1


@pytest.mark.parametrize("name", JOB_KINDS)
def test_path_of_a_job_kind(name):
    """The requests of a job go to the path of its name, which is also the name of its list."""
    assert (KINDS[name].path, KINDS[name].list_key) == (f"import/{name}", name)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        ("a", '"a"'),
        ({"a": [1, 2.5]}, '{"a":[1,2.5]}'),
        ("ü", '"ü"'),
        (2**70, str(2**70)),
        ({1: 2}, "{1: 2}"),
        ("\ud800", "'\\ud800'"),
    ],
)
def test_value_in_a_sentence(value, text):
    """A value is shown as JSON, and as Python has it where JSON cannot say it."""
    assert short_json(value) == text


def test_long_value_is_cut():
    """A long value is recognised by its start."""
    text = short_json("x" * 500)

    assert len(text) == SHOWN_VALUE_LENGTH
    assert text.startswith('"xxx')
    assert text.endswith("x…")


def test_body_takes_the_memory_of_its_text():
    """Thousands of bodies are held at once: none keeps the buffer it was written into."""
    fields = {"id": "v1", "metadata": {"description": "x" * 3000}}
    encode(fields)
    tracemalloc.start()
    try:
        body, _ = encode(fields)
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert taken < len(body) + 500
