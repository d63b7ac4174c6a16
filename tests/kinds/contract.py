"""The suites every kind must pass: what stands in `kinds/base.py`, held to the documented bodies.

A kind is tested by a subclass whose fixture `kind` gives it: of `JobContract` when its server works
in jobs, of `KindContract` when it answers at once.
"""

from __future__ import annotations

import random
from pathlib import Path

import orjson
import pytest

from ld_import.model import Entry, Invalid, Item, ItemKey, Job, State

EXAMPLES = Path(__file__).parents[1] / "vendor-examples"
MUTATIONS = 400
# What servers say of an item, now and before, and what it means here.
WORDS = {
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
    """Return the entry of an item as it is documented on the wire.

    Where `id` is the externalId, it is no field of the entry.
    """
    fields = {name: value for name, value in wire.items() if name != "id" or wire_id != "id"}
    return Entry(line, wire[wire_id], fields)


def at(fields, path):
    """Return the value that lies at a path."""
    for name in path:
        fields = fields[name]
    return fields


def changed(fields, path, value):
    """Return fields that have another value at a path."""
    name, *rest = path
    return {**fields, name: changed(fields[name], rest, value) if rest else value}


def mutated(value, rng):
    """Return JSON that resembles `value`: parts are missing, doubled or of another type."""
    dice = rng.random()
    if dice < 0.15:
        return rng.choice((*SCALARS, [], {}, [value], {"state": value}))
    if isinstance(value, dict):
        return {name: mutated(one, rng) for name, one in value.items() if rng.random() > 0.1}
    if isinstance(value, list):
        return [mutated(one, rng) for one in value for _ in range(rng.randrange(3))]
    return value


class KindContract:
    """What the pipeline relies on, whatever is imported and however the server answers."""

    # How an externalId is called on the wire, and where an entry has its address and its name.
    wire_id = "id"
    url_at: tuple[str, ...] = ("url",)
    file_name_at: tuple[str, ...] = ("fileName",)
    required: tuple[str, ...] = ("url", "fileName", "metadata")

    @pytest.fixture
    def kind(self):
        """Return the kind; a subclass says which."""
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
        """Return documented answers, to imports and to questions."""
        raise NotImplementedError

    @pytest.fixture
    def item_from(self, kind):
        """Return a maker of items that must be valid."""

        def make(entry):
            item = kind.item_from(entry, "archive", b"digest")
            assert isinstance(item, Item), item
            return item

        return make

    def test_documented_request_imports_as_it_stands(
        self, kind, documented, request_body, item_from
    ):
        """Envelope and items put together are the documented request, neither more nor less."""
        items = [item_from(entry_from(one, 1, self.wire_id)) for one in request_body[kind.list_key]]
        before, after = kind.envelope(
            request_body.get("systemName", "archive"),
            webhook=request_body.get("webhook"),
            context=request_body.get("context"),
        )
        text = before + b",".join(item.body for item in items) + after

        assert orjson.loads(text) == request_body
        assert documented["request"]["path"].endswith(f"/{kind.path}")

    def test_item_keeps_what_identifies_it(self, kind, entry):
        """Key, line, record digest and what a ledger shows come from the entry."""
        item = kind.item_from(Entry(17, entry.external_id, entry.fields), "archive", b"digest")

        assert isinstance(item, Item)
        system_name = entry.fields.get("systemName", "archive")
        assert item.key == ItemKey(system_name, entry.external_id)
        assert (item.line, item.record_digest) == (17, b"digest")
        assert item.url == at(entry.fields, self.url_at)
        assert item.file_name == at(entry.fields, self.file_name_at)

    @pytest.mark.parametrize("external_id", ["0", " ", "é/?#&", "x" * 500, "日本", '"', "null"])
    def test_external_id_goes_out_as_it_is(self, entry, item_from, external_id):
        """No sign of an id is changed, however odd it looks."""
        item = item_from(Entry(1, external_id, entry.fields))

        assert item.key.external_id == external_id
        assert orjson.loads(item.body)[self.wire_id] == external_id

    def test_external_id_wins_over_a_field(self, entry, item_from):
        """A field that happens to be called as the identity does not replace it."""
        fields = {**entry.fields, self.wire_id: "another"}
        item = item_from(Entry(1, entry.external_id, fields))

        assert orjson.loads(item.body)[self.wire_id] == entry.external_id

    def test_fields_the_kind_does_not_know_are_kept(self, entry, item_from):
        """The server may have learned a field since; it decides."""
        item = item_from(Entry(1, entry.external_id, {**entry.fields, "copyright": ["A", "B"]}))

        assert orjson.loads(item.body)["copyright"] == ["A", "B"]

    def test_checksum_does_not_see_the_order_of_keys(self, entry, item_from):
        """The same content in another order is the same content, nested objects included."""
        meta = {"a": 1, "b": {"c": 2, "d": 3}}
        turned = {"b": {"d": 3, "c": 2}, "a": 1}
        fields = {**entry.fields, "metadata": meta}
        backwards = {**dict(reversed(entry.fields.items())), "metadata": turned}

        one = item_from(Entry(1, "x", fields))
        other = item_from(Entry(1, "x", backwards))

        assert one.body != other.body
        assert one.checksum == other.checksum

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
    def test_checksum_sees_every_change_of_content(self, entry, item_from, values):
        """What would go out differently is another content."""
        one, other = (
            item_from(Entry(1, "x", {**entry.fields, "metadata": value})) for value in values
        )

        assert one.checksum != other.checksum

    def test_checksum_is_of_the_content_alone(self, kind, entry, item_from):
        """Line, record digest and system do not count."""
        one = item_from(entry)
        other = kind.item_from(Entry(99, entry.external_id, entry.fields), "other", b"another")

        assert isinstance(other, Item)
        assert one.checksum == other.checksum

    def test_every_problem_comes_at_once(self, kind):
        """Mending an entry takes one run: all required fields are named together."""
        invalid = kind.item_from(Entry(3, "x", {}), "archive", b"digest")

        assert isinstance(invalid, Invalid)
        assert (invalid.line, invalid.external_id) == (3, "x")
        assert set(self.required) <= {problem.field for problem in invalid.problems}
        assert all(f"`{one.field}` is missing" in one.text for one in invalid.problems)

    @pytest.mark.parametrize(
        "value", [2**64, -(2**63) - 1, "\ud800", {1: 2}, {"\ud800": 1}, b"bytes"]
    )
    def test_what_json_cannot_say_is_a_problem(self, kind, entry, value):
        """A value that cannot go out is data that is wrong, not a crash."""
        fields = {**entry.fields, "metadata": {"deep": [value]}}
        invalid = kind.item_from(Entry(1, "x", fields), "archive", b"digest")

        assert isinstance(invalid, Invalid)
        assert "cannot be written as JSON" in invalid.problems[0].text

    @pytest.mark.parametrize("is_url", [True, False])
    def test_half_a_letter_is_a_problem(self, kind, entry, is_url):
        """A template may cut a letter in two; such an entry ends no run."""
        path = self.url_at if is_url else self.file_name_at
        fields = changed(entry.fields, path, "https://films.example/\ud800.png")

        assert isinstance(kind.item_from(Entry(1, "x", fields), "archive", b"d"), Invalid)

    def test_largest_numbers_go_out(self, entry, item_from):
        """Numbers of 64 bits arrive digit for digit."""
        numbers = [2**64 - 1, -(2**63)]
        item = item_from(Entry(1, "x", {**entry.fields, "metadata": {"n": numbers}}))

        assert orjson.loads(item.body)["metadata"]["n"] == numbers

    @pytest.mark.parametrize(
        "answer",
        [None, True, 5, "25bzj8j", [], [{"id": "x"}], {}, {"id": None}, {"id": 5}, {"id": ["x"]}],
    )
    def test_strange_answer_to_an_import(self, kind, answer):
        """Without the id of a job, or a list of results, the answer is not this API's."""
        assert kind.submitted_from(answer, ()) is None

    @pytest.mark.parametrize("seed", range(4))
    def test_no_answer_makes_it_stumble(self, kind, request_body, item_from, answers, seed):
        """Whatever JSON comes, reading it raises nothing and gives values of the promised types."""
        rng = random.Random(seed)
        items = [item_from(entry_from(one, 1, self.wire_id)) for one in request_body[kind.list_key]]

        jobs = []
        for _ in range(MUTATIONS):
            answer = mutated(rng.choice(answers), rng)
            jobs += [kind.submitted_from(answer, items), kind.job_from(answer, "j")]

        read = [job for job in jobs if job is not None]
        assert MUTATIONS / 10 < len(read) < len(jobs)
        for job in read:
            _check_types(job)


class JobContract(KindContract):
    """What the pipeline relies on besides, where the server works off a request as a job."""

    @pytest.fixture
    def answers(self, kind):
        """Return the answer to the import and that to a question."""
        return [example(f"{kind.name}-{end}")["body"] for end in ("import", "status-imported")]

    def test_envelope_says_only_what_was_given(self, kind):
        """Without webhook and context there is the system and the list, which may be empty."""
        before, after = kind.envelope('a "quoted" sÿstem\n', webhook=None, context=None)

        assert orjson.loads(before + after) == {
            "systemName": 'a "quoted" sÿstem\n',
            kind.list_key: [],
        }

    def test_envelope_keeps_an_empty_context(self, kind):
        """A context that says nothing was still given."""
        before, after = kind.envelope("s", webhook="https://x.example/", context={})

        assert orjson.loads(before + after)["context"] == {}

    @pytest.mark.parametrize("field", ["url", "fileName", "metadata"])
    @pytest.mark.parametrize("value", [None, 7, True, [], "", "  "])
    def test_value_of_the_wrong_kind(self, kind, entry, field, value):
        """A problem is about one field, and its sentence names it and shows the value."""
        fields = {**entry.fields, field: value}
        invalid = kind.item_from(Entry(1, "x", fields), "archive", b"digest")

        assert isinstance(invalid, Invalid)
        assert {problem.field for problem in invalid.problems} == {field}
        shown = orjson.dumps(value).decode()
        assert all(f"`{field}` is {shown}: " in problem.text for problem in invalid.problems)

    def test_documented_answer_starts_a_job(self, kind):
        """The answer to an import is a job that has not finished."""
        answer = example(f"{kind.name}-import")["body"]

        assert kind.submitted_from(answer, ()) == Job("25bzj8j", "started", finished=False)

    def test_documented_status_gives_the_documented_outcomes(self, kind):
        """Imported, skipped and failed come with their ids, reasons and media entries."""
        exchange = example(f"{kind.name}-status-imported")
        listed = exchange["body"][kind.list_key]
        job = kind.job_from(exchange["body"], "25bzj8j")

        assert (job.job_id, job.state, job.finished) == ("25bzj8j", "success", True)
        assert [(one.external_id, one.state, one.word, one.reason) for one in job.results] == [
            ("external-unique-id-123", State.SUCCESS, "imported", None),
            ("external-unique-id-234", State.SKIPPED, "skipped", "already exists"),
            ("external-unique-id-345", State.FAILED, "failed", listed[2]["reason"]),
        ]
        assert exchange["request"]["path"].endswith(f"/{kind.path}/status")
        for told, read in zip(listed, job.results, strict=True):
            assert (read.media_id is None) == (read.state is State.FAILED)
            assert read.media_id is None or read.media_id in orjson.dumps(told).decode()

    @pytest.mark.parametrize("key", ["state", "status"])
    @pytest.mark.parametrize("word", WORDS)
    def test_word_of_an_item(self, kind, key, word):
        """The state stands under either key; an unknown word is kept and is no state of ours."""
        answer = {"finished": True, "state": "success"}
        answer[kind.list_key] = [{"externalId": "x", key: word}]
        result = kind.job_from(answer, "j").results[0]

        assert (result.word, result.state) == (word, WORDS[word])
        assert result.is_existing == (word == "skipped")

    def test_state_counts_before_status(self, kind):
        """Where both keys stand, the newer one is right."""
        answer = {"finished": True, "state": "success"}
        answer[kind.list_key] = [{"externalId": "x", "state": "failed", "status": "success"}]

        assert kind.job_from(answer, "j").results[0].state is State.FAILED

    @pytest.mark.parametrize("state", ["started", "success", "failed", "lost", "queued"])
    @pytest.mark.parametrize("finished", [True, False])
    def test_job_without_a_list(self, kind, state, finished):
        """A job may say nothing of its items; that is not an empty list."""
        job = kind.job_from({"finished": finished, "state": state, "id": "?"}, "j")

        assert job == Job("j", state, finished, None)
        assert job.is_lost == (state == "lost")

    def test_empty_list_is_a_list(self, kind):
        """A job that lists no item has told all it knows."""
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
    def test_strange_answer_to_a_question(self, kind, answer):
        """Without saying whether it is finished the answer is not this API's."""
        assert kind.job_from(answer, "j") is None

    @pytest.mark.parametrize("listed", [None, 5, "items", {}, {"externalId": "x"}])
    def test_list_that_is_none(self, kind, listed):
        """Something else in place of the list is no list."""
        answer = {"finished": True, "state": "success", kind.list_key: listed}

        assert kind.job_from(answer, "j").results is None

    @pytest.mark.parametrize("one", [None, 5, "x", [], {}, {"externalId": 5}, {"id": "x"}])
    def test_item_without_an_id_is_passed_over(self, kind, one):
        """What cannot be matched says nothing; its neighbours still do."""
        answer = {"finished": True, "state": "success"}
        answer[kind.list_key] = [one, {"externalId": "x", "state": "imported"}]

        assert [result.external_id for result in kind.job_from(answer, "j").results] == ["x"]


def _check_types(job):
    assert isinstance(job.job_id, str) or (job.job_id is None and (job.finished or job.is_lost))
    assert isinstance(job.state, str)
    assert isinstance(job.finished, bool)
    for result in job.results or ():
        assert isinstance(result.external_id, str)
        assert isinstance(result.word, str)
        assert isinstance(result.is_existing, bool)
        assert result.state in WORDS.values()
        assert result.reason is None or isinstance(result.reason, str)
        assert result.media_id is None or isinstance(result.media_id, str)
