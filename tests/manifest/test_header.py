"""Headers: one error for all problems, each with its line."""

from __future__ import annotations

import pytest

from ld_import.manifest import Header, open_manifest


def test_every_key_is_read(write):
    """A header has six values and the place of the records."""
    manifest = open_manifest(
        write(
            "a.yaml",
            'systemName: s\nexternalId: "{{ id }}"\nmap: {a: "{{ b }}", c: [1.5, no]}\n'
            "webhook: https://x.example/hook\ncontext: {n: 0012}\nmediaLibraryEntries: []\n",
        )
    )

    assert manifest.header == Header(
        system_name="s",
        external_id="{{ id }}",
        map={"a": "{{ b }}", "c": [1.5, "no"]},
        webhook="https://x.example/hook",
        context={"n": "0012"},
        source=None,
        list_key="mediaLibraryEntries",
    )


def test_empty_keys_are_ignored(write):
    """A key without a value has no effect."""
    text = "systemName:\nexternalId:\nmap:\nwebhook:\ncontext:\nitems: []\n"

    assert open_manifest(write("a.yaml", text)).header == Header(list_key="items")


def test_records_only_have_no_header(write):
    """Flags and the configuration apply instead."""
    assert open_manifest(write("a.yaml", "- 1\n")).header == Header()


def test_all_problems_are_in_one_error(refusal):
    """Fixing a header takes one run, not one for each mistake."""
    message = refusal(
        "a.yaml",
        "sytemName: x\nexternalId: 5\nmap: []\nwebhook: hook\ncontext: text\n"
        "items: 1\nvideos: []\n",
    )

    assert message == (
        "a.yaml: line 1: `sytemName` is not a key of a manifest; did you mean `systemName`?"
        '; line 2: `externalId` must be a template such as "{{ slug }}", not 5'
        "; line 3: `map` must be a mapping from fields of an entry to templates, not a list of 0"
        '; line 4: `webhook` must be an http or https address, not "hook"'
        '; line 5: `context` must be a mapping, passed to the server as it is, not "text"'
        "; line 6: `items` must be a list of records, not 1"
        "; line 7: the records must be in one place, not in `items` and `videos`"
    )


@pytest.mark.parametrize("text", ["systemName: x\n", "{}\n"])
def test_a_header_needs_records(refusal, text):
    """A mapping without records would import nothing, which is not intended."""
    assert "the key with the records is missing: add one of `source`, `items`" in refusal(
        "a.yaml", text
    )


@pytest.mark.parametrize("value", ["5", "''", "'  '", "[x]", "true"])
def test_system_name_is_a_text(refusal, value):
    """It is part of the identity of every item, so it must not depend on YAML typing."""
    assert "`systemName` must be a text" in refusal("a.yaml", f"systemName: {value}\nitems: []\n")


@pytest.mark.parametrize("value", ["'ftp://x'", "'https://'", "x.example", "5"])
def test_webhook_is_an_address(refusal, value):
    """The server calls it."""
    assert "`webhook` must be an http" in refusal("a.yaml", f"webhook: {value}\nitems: []\n")


@pytest.mark.parametrize(("length", "is_fine"), [(8192, True), (8193, False)])
def test_context_has_a_limit_in_bytes(write, refusal, length, is_fine):
    """The API accepts 8192 bytes of compact UTF-8 JSON."""
    text = "ä" * ((length - 8) // 2) + "x" * (length % 2)
    manifest = f'{{"context": {{"a":"{text}"}}, "items": []}}'

    if is_fine:
        assert open_manifest(write("a.json", manifest)).header.context == {"a": text}
    else:
        assert refusal("a.json", manifest) == (
            "a.json: line 1: `context` has 8193 bytes; at most 8192 are allowed"
        )


@pytest.mark.parametrize(
    ("key", "value"),
    [("context", '{"a": "\\ud800"}'), ("systemName", '"\\ud800"'), ("\\ud800", "1")],
)
def test_lone_surrogates_are_refused(refusal, key, value):
    """A lone surrogate is valid in the grammar of JSON, but cannot be encoded."""
    message = refusal("a.json", f'{{"{key}": {value}, "items": []}}')

    assert f"`{key}` has a value that JSON cannot represent" in message
    assert message.isprintable()


def test_unknown_key_without_a_near_one(refusal):
    """If no name is similar, the message lists the names."""
    assert "available: `systemName`, `externalId`" in refusal("a.yaml", "zzz: 1\nitems: []\n")
