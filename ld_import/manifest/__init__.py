"""Manifests: files of legacy records, and the templates that turn a record into an entry.

`open_manifest` checks the header and streams `Record`s; `Mapping` makes an `Entry` of each.
Validating entries is up to the kinds.
"""

from typing import TYPE_CHECKING

from ld_import.lazy_names import lazy_names

_HOMES = {
    "FORMATS_BY_SUFFIX": "ld_import.manifest.formats",
    "FORMAT_NAMES": "ld_import.suffixes",
    "Format": "ld_import.manifest.base",
    "Header": "ld_import.manifest.header",
    "Manifest": "ld_import.manifest.manifest",
    "Mapping": "ld_import.manifest.mapping",
    "STANDARD_INPUT": "ld_import.manifest.files",
    "open_manifest": "ld_import.manifest.manifest",
    "read_mapping": "ld_import.manifest.formats.yaml_lines",
}

if TYPE_CHECKING:
    from ld_import.manifest.base import Format
    from ld_import.manifest.files import STANDARD_INPUT
    from ld_import.manifest.formats import FORMATS_BY_SUFFIX
    from ld_import.manifest.formats.yaml_lines import read_mapping
    from ld_import.manifest.header import Header
    from ld_import.manifest.manifest import Manifest, open_manifest
    from ld_import.manifest.mapping import Mapping
    from ld_import.suffixes import FORMAT_NAMES

__all__ = [
    "FORMATS_BY_SUFFIX",
    "FORMAT_NAMES",
    "STANDARD_INPUT",
    "Format",
    "Header",
    "Manifest",
    "Mapping",
    "open_manifest",
    "read_mapping",
]

__getattr__ = lazy_names(__name__, _HOMES)
