"""Contract tests of `kinds/base.py`, run for every kind with the documented request bodies.

Subclass `JobContract` for a kind whose server works with jobs, and `KindContract` for a synchronous
kind. The subclass overrides the fixture `kind`.
"""

from __future__ import annotations

import random
from pathlib import Path

import orjson
import pytest

from ld_import.kinds.field_hashes import hashes_from
from ld_import.model import Entry, Invalid, Item, ItemKey, Job, State

EXAMPLES = Path(__file__).parents[1] / "vendor-examples"
MUTATIONS = 400
# States of an item in current and older servers, and the corresponding State.
STATES = {
    "imported": State.SUCCESS,
    "success": State.SUCCESS,
    "skipped": State.SKIPPED,
    "failed": State.FAILED,
    "queued": None,
    "Imported": None,
    "": None,
}
SCALARS = (None, True, False, 0, -1, 2**63, 1.5, "", "id", "imported", "ü", "\x00")


def example(name):
    """Return a documented exchange."""
    return orjson.loads((EXAMPLES / f"{name}.json").read_bytes())


def entry_from(wire, line=1, wire_id="id"):
    """Return the entry of an item as documented in the API.

    If the externalId is sent as `id`, then `id` is not a field of the entry.
    """
    fields = {name: value for name, value in wire.items() if name != "id" or wire_id != "id"}
    return Entry(line, wire[wire_id], fields)


def at(fields, path):
    """Return the value at a path."""
    for name in path:
        fields = fields[name]
    return fields


def changed(fields, path, value):
    """Return fields with another value at a path."""
    name, *rest = path
    return {**fields, name: changed(fields[name], rest, value) if rest else value}


def mutated(value, rng):
    """Return JSON that resembles `value`: parts are missing, doubled or of another type."""
    dice = rng.random()
    if dice < 0.15:
        return rng.choice((*SCALARS, [], {}, [value], {"state": value}))
    if isinstance(value, dict):
        return {name: mutated(member, rng) for name, member in value.items() if rng.random() > 0.1}
    if isinstance(value, list):
        return [mutated(element, rng) for element in value for _ in range(rng.randrange(3))]
    return value


def odd(fields, rng):
    """Return fields that may lack something, or have a value without a form in JSON."""
    if rng.random() < 0.7:
        return fields
    if rng.random() < 0.3:
        value = rng.choice((2**64, "\ud800", {1: 2}, b"bytes", 1.0, [[[{}]]], {"a": {"b": 1}}))
        return {**fields, "metadata": {"title": value}}
    made = mutated(fields, rng)
    return made if isinstance(made, dict) else {**fields, "id": made}


class KindContract:
    """Behaviour that the pipeline relies on, for every kind."""

    # Name of the externalId in a request, and the paths of URL and file name in an entry.
    wire_id = "id"
    url_at: tuple[str, ...] = ("url",)
    file_name_at: tuple[str, ...] = ("fileName",)
    required: tuple[str, ...] = ("url", "fileName", "metadata")

    @pytest.fixture
    def kind(self):
        """Return the kind under test."""
        raise NotImplementedError

    @pytest.fixture
    def documented(self, kind):
        """Return the documented import."""
        return example(f"{kind.name}-import")

    @pytest.fixture
    def request_body(self, documented):
        """Return the documented request."""
        return documented["request"]["body"]

    @pytest.fixture
    def entry(self, kind, request_body):
        """Return an entry as documented."""
        return entry_from(request_body[kind.list_key][0], wire_id=self.wire_id)

    @pytest.fixture
    def answers(self, kind):
        """Return documented answers to import and status requests."""
        raise NotImplementedError

    @pytest.fixture
    def item_from(self, kind):
        """Return a function that creates a valid item."""

        def make(entry):
            item = kind.item_from(entry, "archive", b"digest")
            assert isinstance(item, Item), item
            return item

        return make

    def test_documented_request(self, kind, documented, request_body, item_from):
        """Envelope and items together equal the documented request."""
        items = [
            item_from(entry_from(fields, 1, self.wire_id)) for fields in request_body[kind.list_key]
        ]
        before, after = kind.envelope(
            request_body.get("systemName", "archive"),
            webhook=request_body.get("webhook"),
            context=request_body.get("context"),
        )
        text = before + b",".join(item.body for item in items) + after

        assert orjson.loads(text) == request_body
        assert documented["request"]["path"].endswith(f"/{kind.path}")

    def test_item_keeps_what_identifies_it(self, kind, entry):
        """Key, line, record digest, URL and file name come from the entry."""
        item = kind.item_from(Entry(17, entry.external_id, entry.fields), "archive", b"digest")

        assert isinstance(item, Item)
        system_name = entry.fields.get("systemName", "archive")
        assert item.key == ItemKey(system_name, entry.external_id)
        assert (item.line, item.record_digest) == (17, b"digest")
        assert item.url == at(entry.fields, self.url_at)
        assert item.file_name == at(entry.fields, self.file_name_at)

    @pytest.mark.parametrize("seed", range(3))
    def test_items_made_together(self, kind, entry, seed):
        """Entries that are checked together become the same items and problems as by themselves."""
        rng = random.Random(seed)
        options = {"keeps_fields": bool(seed % 2)}
        valid, parts = 0, 0
        for _ in range(MUTATIONS // 4):
            is_clean = rng.random() < 0.5
            entries = [
                Entry(line, f"id {line}", entry.fields if is_clean else odd(entry.fields, rng))
                for line in range(rng.randrange(6))
            ]
            digests = [bytes([line]) for line in range(len(entries))]

            together = kind.items_from(entries, "archive", digests, **options)
            apart = [
                kind.item_from(one, "archive", digest, **options)
                for one, digest in zip(entries, digests, strict=True)
            ]
            assert list(together) == apart
            hashed = kind.items_from(entries, "archive", digests, hashes_fields=True, **options)
            assert list(hashed) == [
                one._replace(field_hashes=hashes_from(one.body)) if isinstance(one, Item) else one
                for one in apart
            ]
            valid += sum(isinstance(one, Item) for one in apart)
            parts += len(apart)
        assert parts / 4 < valid < parts

    def test_fields_of_the_body(self, kind, entry):
        """An item has the fields of its body if they are asked for, else none."""
        kept = kind.item_from(entry, "archive", b"digest", keeps_fields=True)
        plain = kind.item_from(entry, "archive", b"digest")

        assert kept.fields == orjson.loads(kept.body)
        assert plain == kept._replace(fields=None)

    @pytest.mark.parametrize("external_id", ["0", " ", "é/?#&", "x" * 500, "日本", '"', "null"])
    def test_external_id_is_sent_unchanged(self, entry, item_from, external_id):
        """Every character of an id is sent unchanged."""
        item = item_from(Entry(1, external_id, entry.fields))

        assert item.key.external_id == external_id
        assert orjson.loads(item.body)[self.wire_id] == external_id

    def test_external_id_takes_precedence_over_a_field(self, entry, item_from):
        """A field with the name of the identity does not replace it."""
        fields = {**entry.fields, self.wire_id: "another"}
        item = item_from(Entry(1, entry.external_id, fields))

        assert orjson.loads(item.body)[self.wire_id] == entry.external_id

    def test_fields_the_kind_does_not_know_are_kept(self, entry, item_from):
        """Unknown fields are sent: a newer server may support them."""
        item = item_from(Entry(1, entry.external_id, {**entry.fields, "copyright": ["A", "B"]}))

        assert orjson.loads(item.body)["copyright"] == ["A", "B"]

    def test_checksum_ignores_the_order_of_keys(self, entry, item_from):
        """The order of keys does not change the checksum, in nested objects either."""
        meta = {"a": 1, "b": {"c": 2, "d": 3}}
        reordered = {"b": {"d": 3, "c": 2}, "a": 1}
        fields = {**entry.fields, "metadata": meta}
        reversed_fields = {**dict(reversed(entry.fields.items())), "metadata": reordered}

        first = item_from(Entry(1, "x", fields))
        second = item_from(Entry(1, "x", reversed_fields))

        assert first.body != second.body
        assert first.checksum == second.checksum

    @pytest.mark.parametrize(
        "values",
        [
            ({}, {"a": None}),
            ({"a": 1}, {"a": "1"}),
            ({"a": 1}, {"a": True}),
            ({"a": [1, 2]}, {"a": [2, 1]}),
            ({"a": "x"}, {"a": "x "}),
            ({"a": {"b": 1}}, {"a.b": 1}),
        ],
    )
    def test_checksum_depends_on_content(self, entry, item_from, values):
        """Different content has a different checksum."""
        first, second = (
            item_from(Entry(1, "x", {**entry.fields, "metadata": value})) for value in values
        )

        assert first.checksum != second.checksum

    def test_checksum_is_of_the_content_alone(self, kind, entry, item_from):
        """Line, record digest and system do not change the checksum."""
        first = item_from(entry)
        second = kind.item_from(Entry(99, entry.external_id, entry.fields), "other", b"another")

        assert isinstance(second, Item)
        assert first.checksum == second.checksum

    def test_all_problems_are_reported_at_once(self, kind):
        """All missing fields are reported together, so that one correction is enough."""
        invalid = kind.item_from(Entry(3, "x", {}), "archive", b"digest")

        assert isinstance(invalid, Invalid)
        assert (invalid.line, invalid.external_id) == (3, "x")
        assert set(self.required) <= {problem.field for problem in invalid.problems}
        assert all(f"`{problem.field}` is missing" in problem.text for problem in invalid.problems)

    @pytest.mark.parametrize(
        "value", [2**64, -(2**63) - 1, "\ud800", {1: 2}, {"\ud800": 1}, b"bytes"]
    )
    def test_value_without_json_form_is_a_problem(self, kind, entry, value):
        """A value that JSON cannot represent makes the entry invalid."""
        fields = {**entry.fields, "metadata": {"deep": [value]}}
        invalid = kind.item_from(Entry(1, "x", fields), "archive", b"digest")

        assert isinstance(invalid, Invalid)
        assert "cannot be written as JSON" in invalid.problems[0].text

    @pytest.mark.parametrize("is_url", [True, False])
    def test_lone_surrogate_is_a_problem(self, kind, entry, is_url):
        """A lone surrogate, as in a text that a template cuts, makes the entry invalid."""
        path = self.url_at if is_url else self.file_name_at
        fields = changed(entry.fields, path, "https://films.example/\ud800.png")

        assert isinstance(kind.item_from(Entry(1, "x", fields), "archive", b"d"), Invalid)

    def test_largest_numbers_are_exact(self, entry, item_from):
        """64-bit integers are sent exactly."""
        numbers = [2**64 - 1, -(2**63)]
        item = item_from(Entry(1, "x", {**entry.fields, "metadata": {"n": numbers}}))

        assert orjson.loads(item.body)["metadata"]["n"] == numbers

    @pytest.mark.parametrize(
        "answer",
        [None, True, 5, "25bzj8j", [], [{"id": "x"}], {}, {"id": None}, {"id": 5}, {"id": ["x"]}],
    )
    def test_invalid_answer_to_an_import(self, kind, answer):
        """An answer without a job id or a list of results is not accepted."""
        assert kind.submitted_from(answer, ()) is None

    @pytest.mark.parametrize("seed", range(4))
    def test_mutated_answers(self, kind, request_body, item_from, answers, seed):
        """Any JSON answer is read without an exception into values of the declared types."""
        rng = random.Random(seed)
        items = [
            item_from(entry_from(fields, 1, self.wire_id)) for fields in request_body[kind.list_key]
        ]

        jobs = []
        for _ in range(MUTATIONS):
            answer = mutated(rng.choice(answers), rng)
            jobs += [kind.submitted_from(answer, items), kind.job_from(answer, "j")]

        read = [job for job in jobs if job is not None]
        assert MUTATIONS / 10 < len(read) < len(jobs)
        for job in read:
            _check_types(job)


class JobContract(KindContract):
    """Behaviour of kinds whose server processes a request as a job."""

    @pytest.fixture
    def answers(self, kind):
        """Return documented answers to import and status requests."""
        return [example(f"{kind.name}-{end}")["body"] for end in ("import", "status-imported")]

    def test_envelope_without_options(self, kind):
        """Without webhook and context the envelope has system and list only."""
        before, after = kind.envelope('a "quoted" sÿstem\n', webhook=None, context=None)

        assert orjson.loads(before + after) == {
            "systemName": 'a "quoted" sÿstem\n',
            kind.list_key: [],
        }

    def test_envelope_keeps_an_empty_context(self, kind):
        """An empty context is sent."""
        before, after = kind.envelope("s", webhook="https://x.example/", context={})

        assert orjson.loads(before + after)["context"] == {}

    @pytest.mark.parametrize("field", ["url", "fileName", "metadata"])
    @pytest.mark.parametrize("value", [None, 7, True, [], "", "  "])
    def test_value_of_the_wrong_type(self, kind, entry, field, value):
        """A problem names its field and shows the value."""
        fields = {**entry.fields, field: value}
        invalid = kind.item_from(Entry(1, "x", fields), "archive", b"digest")

        assert isinstance(invalid, Invalid)
        assert {problem.field for problem in invalid.problems} == {field}
        shown = orjson.dumps(value).decode()
        assert all(f"`{field}` is {shown}: " in problem.text for problem in invalid.problems)

    def test_documented_answer_starts_a_job(self, kind):
        """The answer to an import is a job that is not finished."""
        answer = example(f"{kind.name}-import")["body"]

        assert kind.submitted_from(answer, ()) == Job("25bzj8j", "started", finished=False)

    def test_documented_status_gives_the_documented_outcomes(self, kind):
        """Imported, skipped and failed items have their ids, reasons and media ids."""
        exchange = example(f"{kind.name}-status-imported")
        listed = exchange["body"][kind.list_key]
        job = kind.job_from(exchange["body"], "25bzj8j")

        assert (job.job_id, job.state, job.finished) == ("25bzj8j", "success", True)
        assert [
            (result.external_id, result.state, result.word, result.reason) for result in job.results
        ] == [
            ("external-unique-id-123", State.SUCCESS, "imported", None),
            ("external-unique-id-234", State.SKIPPED, "skipped", "already exists"),
            ("external-unique-id-345", State.FAILED, "failed", listed[2]["reason"]),
        ]
        assert exchange["request"]["path"].endswith(f"/{kind.path}/status")
        for item, result in zip(listed, job.results, strict=True):
            assert (result.media_id is None) == (result.state is State.FAILED)
            assert result.media_id is None or result.media_id in orjson.dumps(item).decode()

    @pytest.mark.parametrize("key", ["state", "status"])
    @pytest.mark.parametrize("word", STATES)
    def test_state_of_an_item(self, kind, key, word):
        """The state is read from both keys; an unknown word is kept and has no State."""
        answer = {"finished": True, "state": "success"}
        answer[kind.list_key] = [{"externalId": "x", key: word}]
        result = kind.job_from(answer, "j").results[0]

        assert (result.word, result.state) == (word, STATES[word])
        assert result.is_existing == (word == "skipped")

    def test_state_counts_before_status(self, kind):
        """If both keys are present, `state` takes precedence."""
        answer = {"finished": True, "state": "success"}
        answer[kind.list_key] = [{"externalId": "x", "state": "failed", "status": "success"}]

        assert kind.job_from(answer, "j").results[0].state is State.FAILED

    @pytest.mark.parametrize("state", ["started", "success", "failed", "lost", "queued"])
    @pytest.mark.parametrize("finished", [True, False])
    def test_job_without_a_list(self, kind, state, finished):
        """A job without a list of items has `None`, not an empty list."""
        job = kind.job_from({"finished": finished, "state": state, "id": "?"}, "j")

        assert job == Job("j", state, finished, None)
        assert job.is_lost == (state == "lost")

    def test_empty_list_is_a_list(self, kind):
        """A job with an empty list has no results."""
        answer = {"finished": True, "state": "success", kind.list_key: []}

        assert kind.job_from(answer, "j").results == ()

    @pytest.mark.parametrize(
        "answer",
        [
            None,
            True,
            5,
            "finished",
            [],
            [{"finished": True}],
            {},
            {"state": "success"},
            {"finished": None},
            {"finished": 1},
            {"finished": "true"},
        ],
    )
    def test_invalid_answer_to_a_status_request(self, kind, answer):
        """A status answer without a boolean `finished` is not accepted."""
        assert kind.job_from(answer, "j") is None

    @pytest.mark.parametrize("listed", [None, 5, "items", {}, {"externalId": "x"}])
    def test_value_that_is_not_a_list(self, kind, listed):
        """A value that is not a list counts as no list."""
        answer = {"finished": True, "state": "success", kind.list_key: listed}

        assert kind.job_from(answer, "j").results is None

    @pytest.mark.parametrize("ignored", [None, 5, "x", [], {}, {"externalId": 5}, {"id": "x"}])
    def test_item_without_an_id_is_ignored(self, kind, ignored):
        """A result without an externalId is ignored; the others are read."""
        answer = {"finished": True, "state": "success"}
        answer[kind.list_key] = [ignored, {"externalId": "x", "state": "imported"}]

        assert [result.external_id for result in kind.job_from(answer, "j").results] == ["x"]


def _check_types(job):
    assert isinstance(job.job_id, str) or (job.job_id is None and (job.finished or job.is_lost))
    assert isinstance(job.state, str)
    assert isinstance(job.finished, bool)
    for result in job.results or ():
        assert isinstance(result.external_id, str)
        assert isinstance(result.word, str)
        assert isinstance(result.is_existing, bool)
        assert result.state in STATES.values()
        assert result.reason is None or isinstance(result.reason, str)
        assert result.media_id is None or isinstance(result.media_id, str)
