"""All flags of commands; those of each theme are declared in `cli/flags/`."""

from typing import TYPE_CHECKING

from ld_import.lazy_names import lazy_names

# A command loads only the flags that it has.
_HOMES = {
    "BatchBytesFlags": "ld_import.cli.flags.requests",
    "ConfigFlags": "ld_import.cli.flags.server",
    "FindingFlags": "ld_import.cli.flags.output",
    "IdentityFlags": "ld_import.cli.flags.manifest",
    "ImportFlags": "ld_import.cli.flags.imports",
    "ImportLedgerFlags": "ld_import.cli.flags.imports",
    "ItemFilterFlags": "ld_import.cli.flags.items",
    "JobImportFlags": "ld_import.cli.flags.imports",
    "JsonFlags": "ld_import.cli.flags.output",
    "KindFlags": "ld_import.cli.flags.manifest",
    "LedgerFlags": "ld_import.cli.flags.server",
    "LibraryImportFlags": "ld_import.cli.flags.uploads",
    "LogFlags": "ld_import.cli.flags.output",
    "ManifestFlags": "ld_import.cli.flags.manifest",
    "MaxWaitFlags": "ld_import.cli.flags.requests",
    "ProfileFlags": "ld_import.cli.flags.server",
    "ProjectCheckFlags": "ld_import.cli.flags.checks",
    "RowFlags": "ld_import.cli.flags.output",
    "ServerFlags": "ld_import.cli.flags.server",
    "SourceFlags": "ld_import.cli.flags.sources",
    "TargetFlags": "ld_import.cli.flags.items",
    "UploadFlags": "ld_import.cli.flags.uploads",
    "UrlCheckFlags": "ld_import.cli.flags.checks",
    "command_flags": "ld_import.cli.flags.declare",
    "command_of": "ld_import.cli.flags.declare",
    "copy_flags": "ld_import.cli.flags.declare",
    "flag_group": "ld_import.cli.flags.declare",
}

if TYPE_CHECKING:
    from ld_import.cli.flags.checks import ProjectCheckFlags, UrlCheckFlags
    from ld_import.cli.flags.declare import command_flags, command_of, copy_flags, flag_group
    from ld_import.cli.flags.imports import ImportFlags, ImportLedgerFlags, JobImportFlags
    from ld_import.cli.flags.items import ItemFilterFlags, TargetFlags
    from ld_import.cli.flags.manifest import IdentityFlags, KindFlags, ManifestFlags
    from ld_import.cli.flags.output import FindingFlags, JsonFlags, LogFlags, RowFlags
    from ld_import.cli.flags.requests import BatchBytesFlags, MaxWaitFlags
    from ld_import.cli.flags.server import ConfigFlags, LedgerFlags, ProfileFlags, ServerFlags
    from ld_import.cli.flags.sources import SourceFlags
    from ld_import.cli.flags.uploads import LibraryImportFlags, UploadFlags

# Commands import all flags from here.
__all__ = [
    "BatchBytesFlags",
    "ConfigFlags",
    "FindingFlags",
    "IdentityFlags",
    "ImportFlags",
    "ImportLedgerFlags",
    "ItemFilterFlags",
    "JobImportFlags",
    "JsonFlags",
    "KindFlags",
    "LedgerFlags",
    "LibraryImportFlags",
    "LogFlags",
    "ManifestFlags",
    "MaxWaitFlags",
    "ProfileFlags",
    "ProjectCheckFlags",
    "RowFlags",
    "ServerFlags",
    "SourceFlags",
    "TargetFlags",
    "UploadFlags",
    "UrlCheckFlags",
    "command_flags",
    "command_of",
    "copy_flags",
    "flag_group",
]

__getattr__ = lazy_names(__name__, _HOMES)
