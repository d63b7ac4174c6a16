"""Warnings: values that a server may accept, and which its project does not allow."""

from __future__ import annotations

import pytest

from ld_import.preflight import ProjectCheck, project_from
from ld_import.preflight.faults import REFUSALS, Rule
from tests.preflight.projects import NOW, answer_of, check_of, found, prop

ITEMS = {"items": [{"value": "news"}, {"value": "sport"}, "nonsense"]}


@pytest.mark.parametrize(
    ("plugin", "config", "good", "bad", "rule"),
    [
        ("li-text", {"maxLength": 3}, "abc", "abcd", "text-length"),
        ("li-text", {"minLength": 3}, "abc", "ab", "text-length"),
        ("li-text", {"allowNewlines": False}, "a b", "a\nb", "line-break"),
        ("li-text", {"dataProvider": ITEMS}, "news", "nws", "not-in-list"),
        ("li-enum", {"dataProvider": ITEMS}, "news", "nws", "not-in-list"),
        ("li-string-list", {"dataProvider": ITEMS}, ["news"], ["news", "x"], "not-in-list"),
        ("li-integer", {"minValue": 1900}, 1900, 1899, "range"),
        ("li-integer", {"maxValue": 10}, 10, 11, "range"),
        ("li-integer", {"dataProvider": {"items": [{"value": 4}]}}, 4, 5, "not-in-list"),
        ("li-numeric-list", {"maxItems": 1}, [1], [1, 2], "list-length"),
        (
            "li-document-references",
            {"max": 0},
            {"references": []},
            {"references": [{"id": "1"}]},
            "list-length",
        ),
        ("li-document-references", {"min": 1}, {"references": [{"id": "1"}]}, {}, "list-length"),
        ("li-date", {}, "2024-05-31", "31.5.2024", "not-a-date"),
        ("li-datetime", {}, "2024-05-31T12:00:00.000Z", "yesterday", "not-a-date"),
        ("li-color", {}, "#8CBA51", "green", "not-a-color"),
        ("li-invalid", {}, False, True, "marked-invalid"),
        ("li-datetime-validity", {}, {"to": "2026-06-01"}, {"to": "2026-04-30"}, "validity-over"),
        ("li-license-profile", {}, {"handle": "own"}, {"handle": "other"}, "not-in-list"),
    ],
)
def test_limit_of_a_value(plugin, config, good, bad, rule):
    """A value inside the limits passes, one outside of them is one warning."""
    check = check_of(prop("one", plugin, **config))

    (fault,) = check.faults({"metadata": {"one": bad}})

    assert check.faults({"metadata": {"one": good}}) == []
    assert (fault.rule, fault.is_refusal) == (rule, False)
    assert fault.field.startswith("metadata.one")
    assert "; " not in fault.text


@pytest.mark.parametrize("limit", [None, "12", True, [], {}])
def test_damaged_limits_are_ignored(limit):
    """A configuration that is not understood limits nothing."""
    config = dict.fromkeys(("minLength", "maxLength", "minValue", "dataProvider", "max"), limit)
    check = check_of(prop("one", "li-text", **config), prop("two", "li-integer", **config))

    assert found(check, {"one": "x", "two": 3}) == []


@pytest.mark.parametrize("value", [None, "", []])
def test_missing_required_property(value):
    """An import may omit it, so that it is a warning."""
    check = check_of(prop("one", "acme-any", required=True))

    assert found(check, {}) == [("missing-required", "metadata.one")]
    assert found(check, {"one": value}) == [("missing-required", "metadata.one")]
    assert found(check, {"one": False}) == []


def test_missing_license_profile():
    """A media type with profiles needs one, or documents may not publish the medium."""
    check = check_of(prop("rights", "li-license-profile"))

    assert found(check, {}) == [("no-license-profile", "metadata.rights")]


def test_type_that_is_not_documented_for_media():
    """Any value passes, with a warning."""
    check = check_of(prop("section", "li-category"))

    assert found(check, {"section": {"id": "news"}}) == [("not-on-media", "metadata.section")]
    assert found(check, {"section": None}) == found(check, {}) == []


def test_deletion_routine():
    """Media of this type that no document uses are deleted: each of its records has a warning."""
    check = check_of(deletionRoutine={"enabled": True})

    assert found(check, {}) == [("deletion-routine", "mediaType")]


def library(*properties, **media_type):
    return check_of(*properties, kind="media-library", **media_type)


@pytest.mark.parametrize(
    ("translation", "expected"),
    [
        ({"locale": "fr", "metadata": {"title": "Feu"}}, []),
        ({"locale": "de", "metadata": {}}, [("default-locale", "translations.de")]),
        ({"locale": "it", "metadata": {}}, [("unknown-locale", "translations.it")]),
        (
            {"locale": "fr", "metadata": {"year": 1}},
            [("not-translatable", "translations.fr.metadata.year")],
        ),
        ({"locale": "fr", "metadata": {"year": None}}, []),
        (
            {"locale": "fr", "metadata": {"year": "1"}},
            [
                ("wrong-type", "translations.fr.metadata.year"),
                ("not-translatable", "translations.fr.metadata.year"),
            ],
        ),
        (
            {"locale": "fr", "metadata": {"titel": "Feu"}},
            [("unknown-property", "translations.fr.metadata.titel")],
        ),
        (
            {"locale": "fr", "metadata": {}, "asset": {"key": "a.mp4"}},
            [("asset-not-translatable", "translations.fr.asset")],
        ),
    ],
)
def test_translation(translation, expected):
    """Locale, properties and asset of a translation are checked."""
    check = library(prop("title", "li-text", translatable=True), prop("year", "li-integer"))

    assert found(check, {}, mediaType="video", translations=[translation]) == expected


def test_translatable_asset():
    """The project may allow another asset for each language."""
    check = library(asset={"translatable": True})
    translation = {"locale": "fr", "metadata": {}, "asset": {"key": "a.mp4"}}

    assert found(check, {}, mediaType="video", translations=[translation]) == []


def test_project_with_one_language():
    """Every locale of a translation is unknown."""
    project = project_from({**answer_of(), "settings": {}})
    assert project is not None
    check = ProjectCheck(project, "media-library", NOW)

    (fault,) = check.faults(
        {"mediaType": "video", "translations": [{"locale": "fr", "metadata": {}}]}
    )

    assert (fault.rule, fault.advice) == ("unknown-locale", "the project has no languages")


def test_other_imports_have_no_translations():
    """A field `translations` of a video is not one that the server reads."""
    check = check_of(prop("title", "li-text"))

    assert found(check, {}, translations=[{"locale": "it", "metadata": {"x": 1}}]) == []


def test_rules_that_refuse():
    """All other rules are warnings, because it is not documented that an import checks them."""
    assert {rule.value for rule in REFUSALS} == {
        "unknown-property",
        "wrong-type",
        "unknown-media-type",
        "media-type-of-other-kind",
        "unconfirmed-media-type",
        "asset-of-media-type",
    }
    assert set(Rule) > REFUSALS
