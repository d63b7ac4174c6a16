"""The header: every problem at once, each with its line."""

from __future__ import annotations

import pytest

from ld_import.manifest import Header, open_manifest


def test_every_key_arrives(write):
    """A header says six things and where the records are."""
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


def test_keys_left_empty_are_left_out(write):
    """A key without a value says nothing."""
    text = "systemName:\nexternalId:\nmap:\nwebhook:\ncontext:\nitems: []\n"

    assert open_manifest(write("a.yaml", text)).header == Header(list_key="items")


def test_records_only_have_no_header(write):
    """Flags and configuration speak where the file does not."""
    assert open_manifest(write("a.yaml", "- 1\n")).header == Header()


def test_all_problems_come_at_once(refusal):
    """Mending a header takes one run, not one for each mistake."""
    sentence = refusal(
        "a.yaml",
        "sytemName: x\nexternalId: 5\nmap: []\nwebhook: hook\ncontext: text\n"
        "items: 1\nvideos: []\n",
    )

    assert sentence == (
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
    """A mapping that names no records imports nothing, and nobody meant that."""
    assert "the key with the records is missing: add one of `source`, `items`" in refusal(
        "a.yaml", text
    )


@pytest.mark.parametrize("value", ["5", "''", "'  '", "[x]", "true"])
def test_system_name_is_a_text(refusal, value):
    """It is part of every item's identity, so it must not depend on how YAML reads it."""
    assert "`systemName` must be a text" in refusal("a.yaml", f"systemName: {value}\nitems: []\n")


@pytest.mark.parametrize("value", ["'ftp://x'", "'https://'", "x.example", "5"])
def test_webhook_is_an_address(refusal, value):
    """The server calls it, from outside."""
    assert "`webhook` must be an http" in refusal("a.yaml", f"webhook: {value}\nitems: []\n")


@pytest.mark.parametrize(("length", "is_fine"), [(8192, True), (8193, False)])
def test_context_has_a_limit_in_bytes(write, refusal, length, is_fine):
    """The API takes 8192 bytes of compact UTF-8 JSON."""
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
def test_half_characters_are_refused(refusal, key, value):
    """A lone surrogate passes JSON's grammar and no encoder, not even that of the terminal."""
    sentence = refusal("a.json", f'{{"{key}": {value}, "items": []}}')

    assert f"`{key}` has a value that JSON cannot represent" in sentence
    assert sentence.isprintable()


def test_unknown_key_without_a_near_one(refusal):
    """Where no name is near, the known ones are listed."""
    assert "available: `systemName`, `externalId`" in refusal("a.yaml", "zzz: 1\nitems: []\n")
