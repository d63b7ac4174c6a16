"""Commented samples: a manifest without an export, and a configuration without a token."""

from __future__ import annotations

from ld_import.proposal.manifest_text import quoted
from ld_import.versions import NEWEST

MEDIA_TYPE = {"images": "image", "files": "file"}
RECORDS = {"videos": "bees.mp4", "images": "market-day.jpg", "files": "minutes-1953.pdf"}

HEADER = """\
# A sample manifest of `ld-import init`; `ld-import init EXPORT` proposes one from an export.

# The name of the old system: half of the identity of every item. Never change it later.
systemName: {system_name}
# The other half: a template that gives each record an id that is unique, in every record, and the
# same in a later export. Without it, the `externalId` or `id` of the record counts.
# externalId: "{{{{ number }}}}"

# The records, here in this file. For an export, name its file beside this one instead:
# source: export.csv
"""

JOB_RECORDS = """\
{kind}:
  - id: "0001"
    # The server downloads the file from this address.
    url: https://old-server.example/files/{file}
    # The title in Livingdocs, not a name on disk.
    fileName: A sample title
{media_type}    # Fields of the project; `ld-import fields {kind}` lists them.
    metadata:
      title: A sample title

# For an export: how a record becomes an entry. The values are templates (docs/manifest.md).
# map:
#   url: "{{{{ address | encode_url }}}}"
#   fileName: "{{{{ title | trim }}}}"
#   metadata:
#     title: "{{{{ title | trim }}}}"
#     tags: "{{{{ keywords.split('|') | map('trim') | list }}}}"
#     recordedAt: "{{{{ recorded | isodate('%d/%m/%Y') }}}}"
"""

LIBRARY_RECORDS = """\
mediaLibraryEntries:
  - externalId: photo-0001
    mediaType: image
    # The object in the storage of the server, which downloads nothing.
    asset:
      key: archive/photo-0001.jpg
      url: https://storage.example/archive/photo-0001.jpg
      size: 284410
      width: 1600
      height: 1067
      filename: photo-0001.jpg
      mimeType: image/jpeg
    metadata:
      title: A sample title
"""

CONFIG = """\
# Settings of `ld-import`, read from the working directory. Flags and environment variables win.
# profile: live                     # the profile in use without --profile
{profiles}
{kind}:
  manifest: {manifest}
  # batchSize: 50
  # dailyLimit: 10000
"""
PROFILES = """\
# profiles:
#   live:
#     server: https://server.example
"""
CREDENTIALS = """\
#     apiVersion: {version}
#     # The token never belongs into this file. Name a file that only you can read, or a program
#     # that prints it, or set the environment variable LD_IMPORT_TOKEN.
#     tokenFile: secrets/live-token
#     # tokenCommand: pass show livingdocs/live
"""


def sample_manifest(kind: str, system_name: str) -> str:
    """Return a manifest with one record, which validates."""
    header = HEADER.format(system_name=quoted(system_name))
    if kind == "media-library":
        return header + LIBRARY_RECORDS
    handle = MEDIA_TYPE.get(kind)
    media_type = f"    mediaType: {handle}\n" if handle else ""
    return header + JOB_RECORDS.format(kind=kind, file=RECORDS[kind], media_type=media_type)


def sample_config(kind: str, manifest: str, server: str | None = None) -> str:
    """Return a configuration that names the manifest, and the server if it is known."""
    profiles, rest = PROFILES, CREDENTIALS.format(version=NEWEST)
    if server is not None:
        profiles = f"profiles:\n  live:\n    server: {quoted(server)}\n"
        rest = rest.replace("#     ", "    # ")
    return CONFIG.format(profiles=profiles + rest, kind=kind, manifest=quoted(manifest))
