"""Import rules: packages, libraries, circles, and the clock as the only source of time.

Read by `ast`, so that an import inside a function or for type checking counts as well.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from dataclasses import dataclass
from functools import cache, lru_cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.syntax import walk

PACKAGE = Path(__file__).resolve().parents[1] / "ld_import"

# Packages that a package may import besides itself; a name includes everything below it.
MAY_IMPORT = {
    "model": (),
    "errors": (),
    "clock": (),
    "atomic_file": (),
    "redaction": ("secret_forms",),
    "secret_forms": (),
    "ids": (),
    "versions": (),
    "tempdir": ("errors",),
    "wording": (),
    "no_proxy": (),
    "url_forms": (),
    "suffixes": (),
    "compact_json": (),
    "usual_values": (),
    "lazy_names": (),
    "lean_httpx": (),
    "events": ("model",),
    "created": ("model",),
    # Five neighbours that never import each other:
    "manifest": (
        "model",
        "errors",
        "tempdir",
        "wording",
        "suffixes",
        "compact_json",
        "usual_values",
        "lazy_names",
    ),
    "kinds": ("model", "created", "errors", "ids", "wording", "compact_json", "usual_values"),
    "api": ("errors", "clock", "ids", "versions", "lean_httpx"),
    "assets": (
        "model",
        "errors",
        "clock",
        "redaction",
        "tempdir",
        "wording",
        "url_forms",
        "small_file",
        "atomic_file",
        "no_proxy",
    ),
    "ledger": (
        "model",
        "created",
        "errors",
        "redaction",
        "ids",
        "tempdir",
        "atomic_file",
        "url_forms",
        "lazy_names",
    ),
    # Findings about records, their groups and the checks that only warn:
    "validation": ("model", "errors", "wording", "tempdir", "url_forms", "lazy_names"),
    # Items that need attention, grouped by cause:
    "reasons": ("model", "validation", "lazy_names"),
    # The configuration of a project, and the check of records against it:
    "preflight": ("model", "errors", "wording"),
    # Checks of URLs by requests to their hosts, with a file of results:
    "url_checks": (
        "model",
        "errors",
        "clock",
        "wording",
        "atomic_file",
        "api.retry",
        "ledger.ownership",
        "validation",
    ),
    # The comparison of a ledger with the server, and its files:
    "verification": ("model", "errors", "kinds", "wording", "atomic_file", "small_file"),
    # Proposals of manifests, measured from exports:
    "proposal": (
        "errors",
        "model",
        "redaction",
        "tempdir",
        "versions",
        "wording",
        "manifest",
        "kinds.addresses",
        "preflight",
    ),
    # Rows of a ledger as lines and files for other systems:
    "exports": ("errors", "redaction", "tempdir"),
    # Joined here, through their protocols:
    "pipeline": (
        "model",
        "created",
        "errors",
        "events",
        "clock",
        "api.client",
        "assets.base",
        "kinds.base",
        "kinds.field_hashes",
        "kinds.media_facts",
        "kinds.media_library.files",
        "kinds.patchable",
        "kinds.patches",
        "kinds.proof",
        "ledger.base",
        "manifest.mapping",
        "validation",
        "wording",
    ),
    # The report of a run, made from the rows of a ledger:
    "report": (
        "model",
        "wording",
        "verification.files",
        "ledger.reader",
        "ledger.run_reader",
        "validation",
        "reasons",
    ),
    # Receives notifications of the server, and interprets nothing:
    "receiver": ("ids",),
    # A server that shares no code with its client:
    "emulator": (),
    # One import as a value and a call:
    "importer": (
        "lean_httpx",
        "__init__",
        "model",
        "errors",
        "clock",
        "redaction",
        "events",
        "versions",
        "small_file",
        "manifest",
        "kinds",
        "api",
        "assets",
        "ledger",
        "preflight",
        "validation",
        "url_checks",
        "verification",
        "wording",
        "pipeline",
        "wording",
    ),
    # The command line:
    "cli": (
        "__init__",
        "assets",
        "model",
        "created",
        "errors",
        "clock",
        "redaction",
        "atomic_file",
        "ids",
        "versions",
        "tempdir",
        "small_file",
        "wording",
        "no_proxy",
        "lazy_names",
        "suffixes",
        "events",
        "manifest",
        "kinds",
        "assets",
        "ledger",
        "preflight",
        "validation",
        "reasons",
        "url_checks",
        "verification",
        "proposal",
        "exports",
        "pipeline",
        "importer",
        "receiver",
        "report",
        "emulator",
    ),
    "small_file": (),
    "__init__": ("errors", "importer", "ledger", "manifest", "lazy_names"),
    "__main__": ("cli",),
}

# The packages in which a library may be imported; a new library needs an entry.
HOMES = {
    "httpx": (
        "lean_httpx",
        "api",
        "assets",
        "emulator",
        "url_checks",
        "importer.http",
        "importer.certificates",
    ),
    "httpcore": ("assets.sources.network",),
    "tenacity": ("api", "assets"),
    "obstore": ("assets",),
    "PIL": ("assets", "cli.demo.pictures"),
    "av": ("assets", "cli.demo.pictures"),
    "filetype": ("assets",),
    "asyncssh": ("assets",),
    "distributed": ("assets",),
    "dask": ("assets",),
    "typer": ("cli",),
    "rich": ("cli",),
    "yaml": ("manifest",),
    "jinja2": ("manifest", "report.page"),
    "markupsafe": ("report.page",),
    "pygal": ("report.chart",),
    "python_calamine": ("manifest.formats.xlsx_workbook",),
    "idna": ("manifest.templating.urls",),
    "jsonschema_rs": ("manifest", "kinds", "emulator", "cli.config"),
    "sqlite3": (
        "ledger",
        "emulator.store",
        "url_checks",
        "exports.database",
        "exports.redirect_store",
    ),
    "starlette": ("emulator", "receiver"),
    "uvicorn": ("emulator", "receiver"),
    "filelock": ("ledger",),
    "prometheus_client": ("cli.output.prometheus",),
    "orjson": (
        "compact_json",
        "manifest",
        "kinds",
        "preflight",
        "api",
        "ledger",
        "receiver",
        "emulator",
        "importer",
        "validation.inspector",
        "url_checks.expected",
        "verification",
        "cli",
    ),
}

# Time is read from the clock that is passed in. The emulator has its own: the defaults of two
# arguments.
CLOCKS = ("clock", "emulator.emulator")
TIME = {
    "asyncio.sleep",
    "time.sleep",
    "time.time",
    "time.monotonic",
    "time.perf_counter",
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
}

# Libraries that `ld-import --help` does not need.
SLOW_TO_IMPORT = (
    "httpx",
    "httpcore",
    "tenacity",
    "rich",
    "yaml",
    "jinja2",
    "pygal",
    "jsonschema_rs",
    "sqlite3",
    "starlette",
    "uvicorn",
    "prometheus_client",
    "obstore",
    "PIL",
    "av",
    "filetype",
    "asyncssh",
    "distributed",
    "dask",
)


def module_name(path):
    """Return a file's module, without the package: `kinds.base`, and `kinds` for its __init__."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if len(parts) > 1 and parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def is_under(module, names):
    return any(module == name or module.startswith(f"{name}.") for name in names)


def imported(nodes):
    """Yield the full name of every module or member that is imported."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = "." * node.level + (node.module or "")
            yield from (f"{start}.{alias.name}" for alias in node.names)


@dataclass(frozen=True)
class Facts:
    """Parts of a module that rules apply to: full names, and how often it names `print`."""

    imported: tuple[str, ...]
    attributes: tuple[str, ...]
    prints: int
    undocumented: tuple[str, ...]


# Three tests read every module.
@cache
def facts_of(source):
    """Return the facts of a module; names of undocumented members begin with a dot."""
    tree = ast.parse(source)
    nodes = [*walk(tree)]
    named = [("", tree), *public(tree, "")]
    return Facts(
        tuple(imported(nodes)),
        tuple(attributes(nodes)),
        sum(isinstance(node, ast.Name) and node.id == "print" for node in nodes),
        tuple(name for name, node in named if not (ast.get_docstring(node) or "").strip()),
    )


@lru_cache(maxsize=4096)
def own_module(name):
    """Return the module of ours that is meant by an imported name."""
    rest = name.split(".")[1:]
    while rest and ".".join(rest) not in MODULES:
        rest.pop()
    return ".".join(rest) or "__init__"


def violations(module, source):
    """Return the rules that a module breaks."""
    facts = facts_of(source)
    names = facts.imported
    found = [violation for name in names if (violation := import_violation(module, name))]
    if module not in CLOCKS:
        times = [name for name in (*names, *facts.attributes) if name in TIME]
        found += [f"{module} uses {name}" for name in times]
    if module.split(".")[0] != "cli":
        found += [f"{module} prints"] * facts.prints
    return found


def import_violation(module, name):
    package, library = module.split(".")[0], name.split(".")[0]
    if not library:
        return f"{module} imports relatively"
    if library == "ld_import":
        ours = own_module(name)
        return (
            None if is_under(ours, (package, *MAY_IMPORT[package])) else f"{module} imports {ours}"
        )
    if library in HOMES:
        return None if is_under(module, HOMES[library]) else f"{module} imports {library}"
    return None if library in sys.stdlib_module_names else f"{library} has no home"


def attributes(nodes):
    """Yield the last two names of every dotted expression: `datetime.now`."""
    for node in nodes:
        if isinstance(node, ast.Attribute):
            owner = node.value
            name = getattr(owner, "attr", None) or getattr(owner, "id", None)
            yield f"{name}.{node.attr}"


def undocumented(module, source):
    """Return the public names of a module, and the module itself, without a docstring."""
    return [f"{module}{name}" for name in facts_of(source).undocumented]


def public(parent, prefix):
    for node in parent.body:
        is_named = isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        if not is_named or node.name.startswith("_") or is_setter(node):
            continue
        name = f"{prefix}.{node.name}"
        yield name, node
        if isinstance(node, ast.ClassDef):
            yield from public(node, name)


def is_setter(node):
    """Return whether the getter of the same name has the docstring."""
    return any(ast.unparse(one).endswith(".setter") for one in node.decorator_list)


def test_every_package_has_an_entry():
    """Every package has an entry in the table."""
    assert {module.split(".")[0] for module in MODULES} == MAY_IMPORT.keys()


@pytest.mark.no_cover
def test_modules_keep_to_the_table():
    """Modules import only what the tables allow, and read time from the clock."""
    assert found_in_modules(violations) == []


@pytest.mark.no_cover
def test_modules_are_documented():
    """Every module, public class and public function has a docstring."""
    assert found_in_modules(undocumented) == []


def found_in_modules(check):
    sources = {name: path.read_text(encoding="utf-8") for name, path in MODULES.items()}
    return [found for name, source in sources.items() for found in check(name, source)]


@pytest.mark.parametrize(
    ("module", "source", "violation"),
    [
        ("kinds.videos", "from ld_import.api import LivingdocsClient", "kinds.videos imports api"),
        ("api.client", "import ld_import.model", "api.client imports model"),
        ("api.client", "from ld_import import model", "api.client imports model"),
        ("ledger.base", "from ld_import import __version__", "ledger.base imports __init__"),
        ("ledger.base", "from . import sqlite", "ledger.base imports relatively"),
        (
            "pipeline.run",
            "def late():\n    from ld_import.ledger import SqliteLedger",
            "pipeline.run imports ledger",
        ),
        (
            "pipeline.run",
            "from ld_import.ledger.sqlite import SqliteLedger",
            "pipeline.run imports ledger.sqlite",
        ),
        (
            "pipeline.run",
            "from ld_import.ledger import sqlite",
            "pipeline.run imports ledger.sqlite",
        ),
        (
            "pipeline.run",
            "if TYPE_CHECKING:\n    from ld_import.emulator import Emulator",
            "pipeline.run imports emulator",
        ),
        ("emulator.app", "from ld_import.errors import ApiError", "emulator.app imports errors"),
        ("events", "import ld_import.clock", "events imports clock"),
        ("cli.output.console", "import httpx", "cli.output.console imports httpx"),
        ("manifest.formats.yaml", "import sqlite3", "manifest.formats.yaml imports sqlite3"),
        (
            "pipeline.planning.batching",
            "import orjson",
            "pipeline.planning.batching imports orjson",
        ),
        ("api.client", "import requests", "requests has no home"),
        ("api.retry", "from time import sleep", "api.retry uses time.sleep"),
        ("api.retry", "asyncio.sleep(1)", "api.retry uses asyncio.sleep"),
        ("ledger.sqlite", "datetime.datetime.now()", "ledger.sqlite uses datetime.now"),
        ("kinds.base", "print('here')", "kinds.base prints"),
    ],
)
def test_broken_rules_are_reported(module, source, violation):
    """An invented module that breaks a rule is reported."""
    assert violations(module, source) == [violation]


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("pipeline.run", "from ld_import.ledger.base import Ledger"),
        ("pipeline.run", "from ld_import.pipeline.planning import batching"),
        ("cli.app", "from ld_import import __version__\nfrom ld_import.emulator import Emulator"),
        ("importer.http", "import httpx"),
        ("cli.output.console", "print('done')"),
        ("clock", "import asyncio\nasyncio.sleep(0)"),
        ("api.client", "from time import struct_time"),
    ],
)
def test_permitted_imports(module, source):
    """Permitted imports are not reported."""
    assert violations(module, source) == []


def graph():
    """Return the modules that each module imports, also late or for type checking."""
    return {
        module: {
            own_module(name)
            for name in facts_of(path.read_text(encoding="utf-8")).imported
            if name.split(".")[0] == "ld_import"
        }
        - {module, "__init__"}
        for module, path in MODULES.items()
    }


def circles(edges):
    """Return the modules of every circle."""
    try:
        list(TopologicalSorter(edges).static_order())
    except CycleError as error:
        return error.args[1]
    return []


@pytest.mark.no_cover
def test_no_circles():
    """No module imports itself through others, inside a package or across packages."""
    assert circles(graph()) == []


def test_circles_are_reported():
    """A circle of two is found and named."""
    assert set(circles({"a": {"b"}, "b": {"a"}})) == {"a", "b"}


def test_missing_docstrings_are_reported():
    """Modules, classes, methods and functions need one; private and inner ones do not."""
    source = (
        "class A:\n    def b(self):\n        def c(): ...\n    def _d(self): ...\ndef e(): ...\n"
    )

    assert undocumented("m", source) == ["m", "m.A", "m.A.b", "m.e"]


def test_command_line_imports_little():
    """Importing the command line loads no library that only a command needs."""
    code = "import sys, ld_import.cli.app; print(*sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=PACKAGE.parent
    )
    loaded = set(run.stdout.split())

    assert run.returncode == 0, run.stderr
    assert "ld_import.cli.app" in loaded
    assert loaded.isdisjoint(SLOW_TO_IMPORT), loaded.intersection(SLOW_TO_IMPORT)
