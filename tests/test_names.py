"""The names of the field are kept: private words of earlier versions do not come back."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.syntax import STRING_OR_COMMENT

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("ld_import", "tests", "benchmarks")

# Old name → the name to use.
CLASSES = {
    "Allowance": "Quota",
    "Board": "RunCounters",
    "Broken": "UnreadableRecord",
    "Carried": "Delivery",
    "Carrier": "BatchSender",
    "Chunks": "PlanSource",
    "ChunksAhead": "PrefetchedPlan",
    "ChunksHere": "LocalPlan",
    "Cutter": "Batcher",
    "Fate": "Download",
    "Follower": "JobFollower",
    "Halver": "JobBisector",
    "Handover": "Resume",
    "Helper": "PlanWorker",
    "Hints": "Notifications",
    "Isolator": "RequestBisector",
    "Kept": "RecordCache",
    "Later": "LazyGroup",
    "Left": "LeaveReason",
    "Met": "SeenKey",
    "Nonsense": "CorruptValue",
    "Noted": "RecordingSeen",
    "Objection": "Rejection",
    "Patience": "Retrier",
    "Portion": "PlanPart",
    "Recipe": "PlanRequest",
    "Rehearsal": "DryRun",
    "Scratch": "TempBytes",
    "Secrets": "Redactor",
    "Several": "FanOut",
    "Trouble": "fault_middleware",
    "Undone": "FailedBatch",
    "Unfit": "TemplateValueError",
    "Why": "SendReason",
    "Workbench": "JobRunner",
}
FUNCTIONS = {
    "masked": "redact",
    "native": "to_json",
    "open_document": "open_manifest",
    "persist": "call",
    "places_for": "placeholders",
    "plain": "sanitize",
    "rehearse": "plan_all",
    "spoken": "humanize",
    "standing": "state",
    "take_steps": "migrate",
    "understand": "resolve_import",
    "undone_with": "failed_batch_size",
    "unmet": "not_in_manifest",
}
# Module → where its content is.
MODULES = {
    "cli/ahead.py": "importer/prefetch.py",
    "cli/assemble.py": "importer/build.py",
    "cli/board.py": "cli/output/counters.py",
    "cli/described.py": "cli/output/event_text.py",
    "cli/find.py": "cli/config/discovery.py",
    "cli/gauges.py": "cli/output/prometheus.py",
    "cli/helper.py": "importer/worker.py",
    "cli/later.py": "cli/lazy.py",
    "cli/lines.py": "cli/output/plain_log.py",
    "cli/outputs.py": "cli/config/output_files.py",
    "cli/recipe.py": "importer/protocol.py",
    "cli/show.py": "cli/output/console.py",
    "cli/task.py": "importer/spec.py",
    "cli/tell.py": "cli/output/summary.py",
    "cli/text.py": "cli/output/sanitize.py",
    "cli/watch.py": "cli/output/listeners.py",
    "emulator/bodies.py": "emulator/body_validation.py",
    "emulator/checks.py": "emulator/request_checks.py",
    "emulator/intake.py": "emulator/library_import.py",
    "emulator/trouble.py": "emulator/fault_middleware.py",
    "emulator/views.py": "emulator/inspection.py",
    "emulator/work.py": "emulator/job_runner.py",
    "kinds/marks.py": "kinds/field_hashes.py",
    "kinds/matches.py": "kinds/media_library/matching.py",
    "kinds/verdicts.py": "kinds/media_library/results.py",
    "ledger/damage.py": "ledger/corruption.py",
    "ledger/seen.py": "ledger/seen_keys.py",
    "ledger/sense.py": "ledger/row_validation.py",
    "ledger/statements.py": "ledger/sql.py",
    "ledger/upgrade.py": "ledger/migrations.py",
    "manifest/anchors.py": "manifest/formats/yaml_anchors.py",
    "manifest/columns.py": "manifest/formats/csv_columns.py",
    "manifest/document.py": "manifest/manifest.py",
    "manifest/identity.py": "manifest/external_id.py",
    "manifest/kept.py": "manifest/spool.py",
    "manifest/natives.py": "manifest/templating/values.py",
    "manifest/nodes.py": "manifest/formats/yaml_builder.py",
    "manifest/omit.py": "manifest/templating/values.py",
    "manifest/parse.py": "manifest/record_json.py",
    "manifest/places.py": "manifest/formats/yaml_lines.py",
    "manifest/reader.py": "manifest/base.py",
    "manifest/scalars.py": "manifest/formats/yaml_scalars.py",
    "manifest/sentences.py": "wording.py",
    "manifest/templates.py": "manifest/templating/compiler.py",
    "manifest/unfit.py": "manifest/templating/values.py",
    "pipeline/blocks.py": "pipeline/planning/record_blocks.py",
    "pipeline/carried.py": "pipeline/delivery/delivery.py",
    "pipeline/carry.py": "pipeline/delivery/send.py",
    "pipeline/chunks.py": "pipeline/planning/plan_source.py",
    "pipeline/cut.py": "pipeline/planning/batching.py",
    "pipeline/existing.py": "pipeline/delivery/on_existing.py",
    "pipeline/halve.py": "pipeline/delivery/bisect_jobs.py",
    "pipeline/hints.py": "pipeline/delivery/notifications.py",
    "pipeline/identity.py": "pipeline/planning/identity_guard.py",
    "pipeline/isolate.py": "pipeline/delivery/bisect_requests.py",
    "pipeline/rehearse.py": "pipeline/planning/dry_run.py",
    "pipeline/resolve.py": "pipeline/delivery/reconcile.py",
    "pipeline/stop.py": "pipeline/shutdown.py",
    "secrets.py": "redaction.py",
}


# Attributes of other libraries: `rich.text.Text.plain`.
OF_OTHERS = ("plain",)
WORD = re.compile(r"\w+")
FUNCTION = re.compile(rf"(?:\.|\bdef\b)[\s\\]*(?:{'|'.join(FUNCTIONS)})\b")


def old_names(source: str) -> set[str]:
    """Return the old class names that a module uses, and the old functions it defines or calls."""
    found = CLASSES.keys() & WORD.findall(source)
    if found:
        found &= {*WORD.findall(STRING_OR_COMMENT.sub(" ", source))}
    # Most modules have none, and parsing takes time.
    if FUNCTION.search(source):
        found |= names_in(ast.parse(source)) & FUNCTIONS.keys()
    return found


def names_in(tree: ast.AST) -> set[str]:
    """Return the names of functions that are defined, and of attributes."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.Attribute) and node.attr not in OF_OTHERS:
            names.add(node.attr)
    return names


@pytest.mark.no_cover
def test_no_old_names():
    """Classes, functions and attributes have the field's names."""
    paths = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]
    files = [path for path in paths if path != Path(__file__)]
    found = {str(path): old_names(path.read_text(encoding="utf-8")) for path in files}

    assert {path: names for path, names in found.items() if names} == {}


def test_no_old_modules():
    """The old modules are gone, and the new ones are there."""
    package = ROOT / "ld_import"

    assert [name for name in MODULES if (package / name).exists()] == []
    assert [name for name in MODULES.values() if not (package / name).exists()] == []


def test_an_old_name_is_noticed():
    """A class that is used and a function that is defined are found, a word in a text is not."""
    source = 'from a import Carrier\ndef plain(): "Helper"\nx.unmet\n'

    assert old_names(source) == {"Carrier", "plain", "unmet"}
