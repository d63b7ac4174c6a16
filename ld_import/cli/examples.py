"""The examples at the end of a command's help: a command line, and its purpose."""

Example = tuple[str, str]


def _imports(kind: str) -> tuple[Example, ...]:
    """Return the examples of an import command."""
    return (
        (f"ld-import {kind} {kind}.yaml --dry-run", "Show what would be sent, and send nothing."),
        (f"ld-import {kind} {kind}.yaml --limit 20", "Begin with twenty items."),
        (f"ld-import {kind} {kind}.yaml", "Import; the same command continues after a stop."),
        (
            f"ld-import {kind} {kind}.yaml --retry-failed",
            "Send the items that failed once more.",
        ),
        (
            f"ld-import {kind} {kind}.csv --system-name archive --external-id 'photo-{{{{ id }}}}'",
            "Import a table without a manifest of its own.",
        ),
    )


EXAMPLES: dict[str, tuple[Example, ...]] = {
    "ld-import": (
        ("ld-import demo", "See an import, an interruption and a second run on this machine."),
        ("ld-import init export.csv", "Propose a manifest from an export of the old system."),
        ("ld-import videos videos.yaml --dry-run", "Show what an import would send."),
        ("ld-import help exit-codes", "Read a page; also: states, manifest, templates."),
    ),
    "ld-import videos": _imports("videos"),
    "ld-import images": _imports("images"),
    "ld-import files": _imports("files"),
    "ld-import media-library": _imports("media-library"),
    "ld-import validate": (
        ("ld-import validate videos.yaml", "Show all problems, grouped by cause."),
        (
            "ld-import validate videos.yaml --check-urls --sample 200",
            "Also ask the hosts of 200 URLs whether the file is there.",
        ),
        (
            "ld-import validate videos.yaml --check-project",
            "Also check the metadata against the project of the server.",
        ),
    ),
    "ld-import init": (
        ("ld-import init export.csv", "Measure an export, ask, and write a manifest."),
        (
            "ld-import init export.csv --yes --kind images --dry-run",
            "Print the proposal, and write nothing.",
        ),
        ("ld-import init", "Write a commented sample."),
    ),
    "ld-import probe": (
        ("ld-import probe scans/*.jpg", "Show the facts of files, and which cannot be uploaded."),
        ("ld-import probe film.mp4 --json", "Print them for another program."),
    ),
    "ld-import doctor": (
        ("ld-import doctor videos", "Check everything that an import of videos needs."),
        ("ld-import doctor --profile live", "Check another server of ld-import.yaml."),
    ),
    "ld-import fields": (
        ("ld-import fields videos", "List the properties that metadata of videos may have."),
    ),
    "ld-import status": (
        ("ld-import status 25bzj8j", "Show a job and its items."),
        ("ld-import status 25bzj8j --watch", "Follow it to its end, and record its outcomes."),
    ),
    "ld-import emulator": (
        ("ld-import emulator --store server.sqlite3", "Keep the data of the local server."),
        ("ld-import emulator --set job_seconds=5", "Let each job take five seconds."),
    ),
    "ld-import ledger": (
        ("ld-import ledger runs", "List the latest runs."),
        ("ld-import ledger items --state failed", "List the items that failed, with the reason."),
        ("ld-import ledger export --format csv -o map.csv", "Write the map from old to new ids."),
    ),
    "ld-import ledger uploads": (
        ("ld-import ledger uploads --state failed", "List the files that cannot be stored."),
        ("ld-import ledger uploads --csv > uploads.csv", "Write all files as a table."),
    ),
    "ld-import ledger items": (
        ("ld-import ledger items --state failed --state invalid", "List the items to fix."),
        ("ld-import ledger items --limit 0 --json", "Print all items for another program."),
    ),
    "ld-import ledger export": (
        ("ld-import ledger export -o items.jsonl", "Write all items as JSON lines."),
        (
            "ld-import ledger export --format csv --state success -o map.csv",
            "Write the map from legacy id and URL to mediaId.",
        ),
    ),
    "ld-import ledger adopt": (
        (
            "ld-import ledger adopt videos.yaml --dry-run",
            "Show which records the server has already.",
        ),
        ("ld-import ledger adopt videos.yaml --yes", "Record them; nothing is sent."),
    ),
    "ld-import ledger forget": (
        ("ld-import ledger forget talk-7 --dry-run", "Show what removing an item means."),
        ("ld-import ledger forget --all --kind videos --yes", "Remove a whole target."),
    ),
    "ld-import ledger prune": (
        (
            "ld-import ledger prune --before 2026-01-31 --dry-run",
            "Show how many rows and bytes would be removed.",
        ),
    ),
    "ld-import ledger undo": (
        (
            "ld-import ledger undo 2026-11-21T01:00:00Z-7f3a --dry-run",
            "Show which entries of a run would be archived, and why others are left.",
        ),
    ),
    "ld-import help": (
        ("ld-import help videos", "Explain a command; the same as `ld-import videos --help`."),
        ("ld-import help exit-codes", "Read a page; also: states, manifest, templates."),
    ),
    "ld-import schema": (
        ("ld-import schema videos > videos.schema.json", "Let an editor check a manifest."),
        ("ld-import schema summary", "Describe the document that `videos --json` prints."),
    ),
}
