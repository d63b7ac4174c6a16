"""ld-import moves legacy media into the Livingdocs CMS and records what arrived.

The public API, for imports from Python; everything else may change between versions:

- `open_manifest(path)`: a manifest, its header checked; its records stream
- `ImportSpec.for_manifest(manifest, kind=…, server=Server(…), ledger_path=…)`: an import
- `run_import(spec)`: send everything that is not on the server yet, return an `ImportResult`
- `plan_import(spec)`: a dry run
- `open_ledger(path)`: a reader of the ledger; `TargetFilter` selects one server and kind in it
- the errors of `ld_import.errors`, all of them `LdImportError`

The packages, in the order in which a record passes them: `manifest` reads and maps, `kinds` checks
and builds requests, `pipeline` plans and delivers, `api` sends, `ledger` records; `importer` joins
them, `cli` is the command line. After a run, `reasons`, `verification`, `exports` and `report` work
on what the ledger has. `receiver` and `emulator` stand alone.
"""

from ld_import.lazy_names import TYPE_CHECKING, lazy_names

__version__ = "0.1.0"

# Loaded when they are used: the command line imports this package at each start.
_HOMES = {
    "ImportResult": "ld_import.importer.result",
    "ImportSpec": "ld_import.importer.spec",
    "Server": "ld_import.importer.server",
    "TargetFilter": "ld_import.ledger.target_filter",
    "open_ledger": "ld_import.ledger.reader",
    "open_manifest": "ld_import.manifest.manifest",
    "plan_import": "ld_import.importer.dry_run",
    "run_import": "ld_import.importer.run",
    "ApiError": "ld_import.errors",
    "LdImportError": "ld_import.errors",
    "LedgerError": "ld_import.errors",
    "LedgerLocked": "ld_import.errors",
    "ManifestError": "ld_import.errors",
    "UsageError": "ld_import.errors",
}

if TYPE_CHECKING:
    from ld_import.errors import (
        ApiError,
        LdImportError,
        LedgerError,
        LedgerLocked,
        ManifestError,
        UsageError,
    )
    from ld_import.importer.dry_run import plan_import
    from ld_import.importer.result import ImportResult
    from ld_import.importer.run import run_import
    from ld_import.importer.server import Server
    from ld_import.importer.spec import ImportSpec
    from ld_import.ledger import TargetFilter, open_ledger
    from ld_import.manifest import open_manifest

__all__ = [
    "ApiError",
    "ImportResult",
    "ImportSpec",
    "LdImportError",
    "LedgerError",
    "LedgerLocked",
    "ManifestError",
    "Server",
    "TargetFilter",
    "UsageError",
    "__version__",
    "open_ledger",
    "open_manifest",
    "plan_import",
    "run_import",
]


__getattr__ = lazy_names(__name__, _HOMES)
