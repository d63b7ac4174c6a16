"""Makes the proposal of a manifest from a measured export."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ld_import.errors import ManifestError, UsageError
from ld_import.manifest import Manifest, Mapping
from ld_import.manifest.templating.filters import slugify
from ld_import.preflight.project import MEDIA_TYPES, MediaType, ProjectConfig
from ld_import.proposal import templates
from ld_import.proposal.columns import Column
from ld_import.proposal.identity import Identity, identity_of
from ld_import.proposal.measure import Measured
from ld_import.proposal.media import (
    ASSET_NAMES,
    LIBRARY,
    NEEDED_OF_ASSET,
    Media,
    media_of,
)
from ld_import.proposal.media import MEDIA_TYPES as CONTENT
from ld_import.proposal.metadata import columns_for_metadata, commented_lines, is_addressable
from ld_import.proposal.names import words_of
from ld_import.proposal.paths import expression, shown
from ld_import.proposal.properties import limited, lines_for
from ld_import.proposal.proposal import Line, Proposal, Source
from ld_import.proposal.wording import example_of, name_of, share_of
from ld_import.wording import amount, did_you_mean

MISSING_HOST = "https://old-server.example"
_date_in_name = re.compile(r"[-_. ]*(?:19|20)\d\d[-_.]?\d\d(?:[-_.]?\d\d)?.*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """Choices of the user; `None` leaves a choice to the measurements."""

    kind: str | None = None
    system_name: str | None = None
    external_id: str | None = None


@dataclass(frozen=True, slots=True)
class Findings:
    """Suggestions of the measurements, before the user is asked."""

    media: Media
    identity: Identity
    system_name: str


def findings_of(manifest: Manifest, measured: Measured, kind: str | None) -> Findings:
    """Return kind, id and system that the measurements suggest."""
    media = media_of(measured, kind)
    identity = identity_of(manifest, measured, media.url)
    return Findings(media, identity, system_name_of(manifest.records_path.name))


def system_name_of(file_name: str) -> str:
    """Return the slug of a file's name, without its endings and a date at its end."""
    stem = file_name.removesuffix(".gz").rpartition(".")[0] or file_name
    return slugify(_date_in_name.sub("", stem) or stem)


def propose(
    measured: Measured,
    findings: Findings,
    wishes: Wishes,
    source: Source,
    project: ProjectConfig | None = None,
) -> Proposal:
    """Return the manifest for these findings and wishes. Raises UsageError for an invalid id."""
    media, identity = findings.media, findings.identity
    proposal = Proposal(
        kind=media.kind,
        system_name=wishes.system_name or findings.system_name,
        external_id=identity.template,
        source=source,
        kind_notes=[f"Kind: {media.kind}, because {media.reason}."],
        id_notes=[_sentence(text) for text in identity.reasons],
    )
    if wishes.external_id is not None:
        proposal.external_id = _wished_id(measured, wishes.external_id)
        proposal.id_notes = ["Chosen by you."]
    proposal.id_notes += [f"Not {text}." for text in identity.rejected]
    proposal.kind_notes += _warnings(measured, media)
    media_type = _media_type(media, project)
    _add_fields(proposal, measured, media, media_type)
    _add_metadata(proposal, measured, media, media_type)
    return proposal


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _wished_id(measured: Measured, wish: str) -> str:
    """Return a template; the name of a column is accepted, too."""
    by_name = {shown(path): path for path in measured.columns}
    if wish in by_name:
        return templates.braced(expression(by_name[wish]))
    if "{{" in wish:
        try:
            Mapping(external_id=wish, fields=None)
        except ManifestError as error:
            raise UsageError(f"--external-id: {error}", hint=error.hint) from None
        return wish
    raise UsageError(
        f"--external-id {wish!r} is neither a column nor a template",
        hint=f"{did_you_mean(wish, by_name)} A template looks like '{{{{ id }}}}'",
    )


def _warnings(measured: Measured, media: Media) -> Iterator[str]:
    url = media.url
    if measured.unreadable:
        records = amount(measured.unreadable, "record")
        yield f"{records} of the export cannot be read: `ld-import validate` lists them."
    if measured.is_cut:
        yield "The export has more columns than were measured; the others are not listed."
    if media.others and media.kind != LIBRARY:
        listed = ", ".join(f"{count:,} like {kind}" for kind, count in media.others.items())
        yield f"Some URLs end otherwise ({listed}): the server refuses them in this import."
    if url is None:
        return
    if lacking := measured.count - url.filled:
        yield f"{amount(lacking, 'record')} without a URL: they are invalid and not sent."
    if url.urls.page_count:
        yield (
            f"{amount(url.urls.page_count, 'URL')} lead to pages of video portals, not to files:"
            " the server cannot fetch those."
        )
    if url.urls.signed:
        yield "URLs with a signature expire: import before that, or export them again."


def _media_type(media: Media, project: ProjectConfig | None) -> MediaType | None:
    """Return the type of the project: with the default handle, else the first of its kind."""
    if project is None:
        return None
    content = media.content if media.kind == LIBRARY else media.kind
    types = project.types_of(content)
    default = MEDIA_TYPES[content][1]
    return next((part for part in types if part.handle == default), types[0] if types else None)


def _add_fields(
    proposal: Proposal, measured: Measured, media: Media, media_type: MediaType | None
) -> None:
    if media.kind == LIBRARY:
        proposal.fields.append(Line("mediaType", CONTENT[media.content]))
        proposal.asset += _asset_lines(measured, media)
        return
    proposal.fields += [_url_line(measured, media), _title_line(measured, media, "fileName")]
    handle = media_type.handle if media_type is not None else CONTENT[media.kind]
    if media.kind != "videos" or handle != CONTENT["videos"]:
        note = "the handle of a media type of the project"
        proposal.fields.append(Line("mediaType", handle, note))


def _url_line(measured: Measured, media: Media) -> Line:
    url = media.url
    if url is None:
        note = "EDIT: the export has no column of URLs; name the file of each record here"
        return Line("url", f"{MISSING_HOST}/", note)
    value = expression(url.path)
    note = f"{share_of(measured, url)}, such as {example_of(url)}"
    if media.is_path:
        note = f"EDIT the address: {name_of(url.path)} has no host, such as {example_of(url)}"
        slash = "" if url.example.startswith("/") else "/"
        return Line("url", f"{MISSING_HOST}{slash}{{{{ {value} | urlencode }}}}", note)
    return Line("url", templates.braced(_url_value(value, url)), note)


def _url_value(value: str, url: Column) -> str:
    return f"{value} | encode_url" if url.urls.unencoded else value


def _titles(measured: Measured) -> list[Column]:
    """Return the columns that can be a title, the best one first."""
    found = [
        column
        for column in columns_for_metadata(measured)
        if column.filled
        and column.role == "title"
        and not column.types.keys() - {"text", "integer", "number"}
        and is_addressable(measured, column.path)
    ]
    return sorted(found, key=lambda column: _title_rank(measured, column))


def _title_rank(measured: Measured, column: Column) -> tuple[float, ...]:
    words = words_of(str(column.path[-1]))
    return (len(column.path), len(words), "label" in words, -measured.fill_rate(column))


def _title_line(measured: Measured, media: Media, key: str) -> Line:
    """Return the title of each record, with the name of the file where it has none."""
    fallback = _file_name(media)
    titles = _titles(measured)
    if not titles:
        return Line(key, fallback, "the title in Livingdocs; the export has no column of titles")
    title = titles[0]
    value = templates.path_expression(measured, title)
    is_complete = measured.is_full(title)
    if not is_complete and not templates.is_cell(measured, title):
        value += " | default('', true)"
    value += " | trim" if title.types.keys() == {"text"} else " | string | trim"
    share = share_of(measured, title)
    if not is_complete:
        value += f" | default({fallback.removeprefix('{{ ').removesuffix(' }}')}, true)"
        share += ", else the name of the file"
    note = f"the title in Livingdocs; {share}, such as {example_of(title)}"
    return Line(key, templates.braced(value), note)


def _file_name(media: Media) -> str:
    if media.url is None:
        return "{{ record | length }}"
    value = expression(media.url.path)
    return templates.braced(value if media.url.urls.nameless else f"{value} | basename")


def _asset_lines(measured: Measured, media: Media) -> Iterator[Line]:
    content = CONTENT[media.content]
    url = media.url
    if url is not None:
        yield Line("url", templates.braced(_url_value(expression(url.path), url)))
    for name in ASSET_NAMES:
        column = media.assets.get(name)
        if column is not None:
            value = expression(column.path)
            is_text = name in ("key", "mimeType", "filename")
            number = " | float" if name == "duration" else " | int"
            yield Line(name, templates.braced(value + ("" if is_text else number)))
        elif name == "filename":
            yield Line(name, _file_name(media))
        elif name in NEEDED_OF_ASSET[content]:
            note = f"{name} is required: the export has no such column"
            yield Line("", None, note, is_active=False)


def _add_metadata(
    proposal: Proposal, measured: Measured, media: Media, media_type: MediaType | None
) -> None:
    used = {column.path for column in (media.url, *media.assets.values()) if column is not None}
    if media.kind != LIBRARY and media.url is not None:
        used = {media.url.path}
    columns = [column for column in columns_for_metadata(measured) if column.path not in used]
    taken: set[str] = set()
    if media_type is None:
        line = _title_line(measured, media, "title")
        titles = _titles(measured)
        proposal.metadata.append(line)
        taken.add("title")
        columns = [column for column in columns if column not in titles[:1]]
        proposal.metadata_notes.append(
            "The project's fields are not known here: `ld-import fields` lists them. Remove the #"
            " of a line to import it, and change its name to that of the field."
        )
    else:
        columns = _add_title(proposal, measured, media, media_type, columns)
        done = {line.key for line in proposal.metadata}
        lines, columns = lines_for(measured, media_type, columns, done)
        proposal.metadata += lines
        taken |= media_type.properties.keys()
        proposal.metadata_notes.append(
            f"Fields of the project's media type `{media_type.handle}`; a commented column has no"
            " field there."
        )
    proposal.metadata += commented_lines(measured, columns, taken)


def _add_title(
    proposal: Proposal,
    measured: Measured,
    media: Media,
    media_type: MediaType,
    columns: list[Column],
) -> list[Column]:
    """Add the property `title`, if the type has it; return the columns that it leaves."""
    prop = media_type.properties.get("title")
    if prop is None or prop.type != "li-text":
        return columns
    titles = _titles(measured)
    line = _title_line(measured, media, prop.handle)
    value = (line.template or "").removeprefix("{{ ").removesuffix(" }}")
    template = templates.braced(limited(value, titles[0] if titles else None, prop))
    proposal.metadata.append(replace(line, template=template))
    return [column for column in columns if column not in titles[:1]]
