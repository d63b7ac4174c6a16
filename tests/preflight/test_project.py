"""The configuration of a project: the parts that a check needs, and what is not one."""

from __future__ import annotations

import pytest

from ld_import.preflight import Property, project_from

ANSWER = {
    "v": 2,
    "$baseRevision": 17,
    "settings": {
        "handle": "daily-news",
        "languages": {
            "available": [{"locale": "de"}, {"locale": "fr"}, {"label": "no locale"}],
            "defaultLanguage": {"locale": "de"},
        },
    },
    "mediaTypes": [
        {
            "type": "mediaVideo",
            "handle": "talk",
            "info": {"label": "Talk"},
            "asset": {"translatable": True, "replaceable": False},
            "deletionRoutine": {"enabled": True},
            "metadata": [
                {"handle": "title", "type": "li-text", "config": {"required": True}},
                {"type": "no handle"},
                "nonsense",
            ],
        },
        {"type": "mediaImage", "handle": "photo"},
    ],
    "mediaCenter": {"licenseProfiles": {"enabled": True, "profiles": [{"handle": "own"}]}},
}


def test_parts_of_a_project():
    """Media types with their properties, languages and license profiles are read."""
    project = project_from(ANSWER)

    assert project is not None
    assert (project.handle, project.revision) == ("daily-news", "17")
    assert (project.locales, project.default_locale) == (("de", "fr"), "de")
    assert project.license_profiles == ("own",)
    talk = project.media_types["talk"]
    assert talk.properties == {"title": Property("title", "li-text", {"required": True})}
    assert talk.properties["title"].is_required
    assert not talk.properties["title"].is_translatable
    assert (talk.label, talk.is_asset_translatable, talk.has_deletion_routine) == (
        "Talk",
        True,
        True,
    )
    assert [media_type.handle for media_type in project.types_of("videos")] == ["talk"]
    assert len(project.types_of("media-library")) == 2


def test_project_without_media_types_has_the_default_ones():
    """The server then uses one type of each kind with four texts."""
    project = project_from({"settings": {}})

    assert project is not None
    assert [*project.media_types] == ["video", "image", "file"]
    assert [*project.media_types["video"].properties] == [
        "title",
        "caption",
        "source",
        "description",
    ]


def test_license_profiles_that_are_not_enabled():
    """Profiles of a project that does not use them are omitted."""
    profiles = {"enabled": False, "profiles": [{"handle": "own"}]}
    project = project_from({"settings": {}, "mediaCenter": {"licenseProfiles": profiles}})

    assert project is not None
    assert project.license_profiles == ()


@pytest.mark.parametrize("answer", [None, [], "text", {}, {"settings": []}, {"mediaTypes": []}])
def test_other_answer(answer):
    """An answer without settings is not a project configuration."""
    assert project_from(answer) is None
