"""The contract tests for every registered kind, and tests of the shared functions."""

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


def test_every_kind_has_a_contract_test():
    """Kinds without jobs are listed by name, so that a new kind cannot be forgotten."""
    assert [*JOB_KINDS, "media-library"] == list(KINDS)


@pytest.mark.parametrize("name", KINDS)
def test_kind_is_registered_under_its_name(name):
    """The registry key is the name of the kind; each kind has its own path."""
    kind = KINDS[name]

    assert kind.name == name
    assert [other.path for other in KINDS.values()].count(kind.path) == 1


@pytest.mark.parametrize("name", JOB_KINDS)
def test_path_of_a_job_kind(name):
    """The name of a kind is also part of its path and the name of its list."""
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
def test_value_in_a_message(value, text):
    """A value is shown as JSON, or as its repr if JSON cannot represent it."""
    assert short_json(value) == text


def test_long_value_is_cut():
    """Only the beginning of a long value is shown."""
    text = short_json("x" * 500)

    assert len(text) == SHOWN_VALUE_LENGTH
    assert text.startswith('"xxx')
    assert text.endswith("x…")


def test_memory_of_a_body():
    """A body does not keep a larger buffer: thousands of bodies are in memory at once."""
    fields = {"id": "v1", "metadata": {"description": "x" * 3000}}
    encode(fields)
    tracemalloc.start()
    try:
        # Many, since other threads allocate a little at any time.
        bodies = [encode(fields)[0] for _ in range(100)]
        used, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert used < sum(map(len, bodies)) + 500 * len(bodies)
