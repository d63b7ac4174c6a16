"""Suggestions for commands and options that do not exist: one sentence with what to type."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from shlex import join

from ld_import.wording import did_you_mean

KINDS = ("videos", "images", "files", "media-library")
# Words of other programs, and the command that does the same here. `{rest}` are the arguments that
# followed the word.
COMMANDS = {
    **dict.fromkeys(
        ("import", "upload", "run", "send", "push", "migrate", "load", "start", "ingest", "add"),
        "videos{rest}",
    ),
    **dict.fromkeys(("sync", "resume", "continue", "restart", "rerun"), "videos{rest}"),
    **dict.fromkeys(("retry", "retry-failed"), "videos{rest} --retry-failed"),
    **dict.fromkeys(("dry-run", "dryrun", "plan", "preview", "simulate"), "videos{rest} --dry-run"),
    **dict.fromkeys(("check", "lint", "verify-manifest", "test"), "validate{rest}"),
    **dict.fromkeys(("list", "ls", "search", "find"), "ledger items"),
    **dict.fromkeys(("failed", "failures", "errors", "problems"), "ledger items --state failed"),
    **dict.fromkeys(("history", "log", "logs", "db", "database"), "ledger runs"),
    **dict.fromkeys(("job", "watch", "follow", "wait"), "status JOB_ID --watch"),
    **dict.fromkeys(("map", "mapping", "dump"), "ledger export"),
    **dict.fromkeys(("ping", "diagnose", "diagnostics", "health", "info", "auth"), "doctor"),
    **dict.fromkeys(("server", "serve", "mock", "fake"), "emulator"),
    **dict.fromkeys(("config", "configure", "setup", "new", "create", "generate"), "init"),
    **dict.fromkeys(("properties", "metadata", "media-types", "project"), "fields"),
    **dict.fromkeys(("example", "examples", "sample", "tour", "try"), "demo"),
    **dict.fromkeys(("man", "manual", "docs", "usage", "commands"), "help"),
    **dict.fromkeys(("completion", "completions", "autocomplete"), "--install-completion"),
    "version": "--version",
}
# The same inside a group.
GROUP_COMMANDS = {
    **dict.fromkeys(("list", "ls", "find", "search", "all"), "items"),
    **dict.fromkeys(("failed", "failures", "errors", "invalid"), "items --state failed"),
    **dict.fromkeys(("history", "log", "latest"), "runs"),
    **dict.fromkeys(("csv", "dump", "map", "json", "jsonl"), "export"),
    **dict.fromkeys(("item", "get", "view", "info", "cat"), "show{rest}"),
    **dict.fromkeys(("batches", "batch", "requests"), "jobs"),
}
# Commands of the ledger that are typed without `ledger`.
LEDGER_WORDS = (
    *("runs", "jobs", "items", "show", "export", "reasons", "verify"),
    *("adopt", "forget", "prune", "undo", "uploads"),
)
# Options of other programs, and the one that does the same here. A command that does not have it
# gets no suggestion.
OPTIONS = {
    **dict.fromkeys(
        ("dryrun", "dry", "simulate", "noop", "whatif", "preview", "plan", "test", "pretend"),
        "--dry-run",
    ),
    **dict.fromkeys(("retry", "retries", "retryerrors", "failed"), "--retry-failed"),
    **dict.fromkeys(("overwrite", "update", "replace", "upsert", "patch"), "--on-existing patch"),
    **dict.fromkeys(("skipexisting", "ignoreexisting"), "--on-existing skip"),
    **dict.fromkeys(("all", "forceall", "resend"), "--force"),
    **dict.fromkeys(("id", "ids", "include", "filter", "item"), "--only"),
    **dict.fromkeys(("max", "count", "first", "head", "top", "maxitems"), "--limit"),
    **dict.fromkeys(("batch", "chunk", "chunksize", "batchcount", "pagesize"), "--batch-size"),
    **dict.fromkeys(
        ("threads", "workers", "concurrency", "concurrent", "jobs", "transfers", "processes"),
        "--parallel",
    ),
    **dict.fromkeys(("rate", "ratelimit", "throttle", "rps", "qps", "delay", "tps"), "--max-rate"),
    **dict.fromkeys(("quota", "perday"), "--daily-limit"),
    **dict.fromkeys(("host", "url", "endpoint", "baseurl", "api", "target"), "--server"),
    **dict.fromkeys(("env", "environment", "stage", "section"), "--profile"),
    "token": "--token-file",
    **dict.fromkeys(("conf", "configfile", "settings"), "--config"),
    **dict.fromkeys(("db", "database", "statefile", "state"), "--ledger"),
    **dict.fromkeys(("version", "apiver"), "--api-version"),
    **dict.fromkeys(("timeout", "wait", "jobtimeout"), "--max-wait"),
    **dict.fromkeys(("maxtime", "duration", "deadline", "stopafter"), "--max-duration"),
    **dict.fromkeys(("nofollow", "async", "background", "detach"), "--no-wait"),
    **dict.fromkeys(("debug", "trace", "verbosity"), "--verbose"),
    **dict.fromkeys(("silent", "noprogress"), "--quiet"),
    **dict.fromkeys(("log", "logs"), "--log-file"),
    **dict.fromkeys(("metrics", "prometheus"), "--metrics-file"),
    **dict.fromkeys(
        ("noverify", "k", "skiptls", "nocheckcertificate", "noverifyssl"), "--insecure"
    ),
    **dict.fromkeys(("cacert", "ca", "cabundle", "cert"), "--ca-file"),
    **dict.fromkeys(("system", "source", "origin"), "--system-name"),
    **dict.fromkeys(("idtemplate", "key", "idfield"), "--external-id"),
    **dict.fromkeys(("hook", "callback", "notify"), "--webhook"),
    **dict.fromkeys(("follow", "f"), "--watch"),
    **dict.fromkeys(("type",), "--kind"),
    **dict.fromkeys(("out", "file", "write"), "--output"),
    **dict.fromkeys(("outputformat", "csv", "jsonlines", "jsonl"), "--format"),
    **dict.fromkeys(("sep", "separator", "fieldseparator"), "--delimiter"),
    **dict.fromkeys(("tab", "worksheet"), "--sheet"),
    **dict.fromkeys(("checkurl", "urls", "checklinks"), "--check-urls"),
    **dict.fromkeys(("y", "force", "assumeyes", "noninteractive"), "--yes"),
    **dict.fromkeys(("asjson", "jsonoutput", "j"), "--json"),
}


def unknown_command(name: str, rest: Sequence[str], program: str, known: list[str]) -> str:
    """Return the sentence about a command that `program` does not have."""
    is_root = "videos" in known
    word = name.lower().replace("_", "-")
    if "." in name or "/" in name:
        return f"{name!r} is not a command; name the command first: {program} {known[0]} {name}"
    if is_root and word in LEDGER_WORDS:
        return _sentence(name, f"{program} ledger {word}{_joined(rest)}")
    words = COMMANDS if is_root else GROUP_COMMANDS
    line = words.get(word)
    if line is None or (line.split("{")[0].split()[0] not in known and not line.startswith("-")):
        return f"there is no command {name!r}; {did_you_mean(name, known)}"
    wanted = f"{program} {line.format(rest=_joined(rest))}"
    sentence = _sentence(name, wanted)
    is_import = line.startswith(KINDS[0])
    return f"{sentence} (or {', '.join(KINDS[1:])} for {KINDS[0]})" if is_import else sentence


def unknown_option(name: str, program: str, known: Collection[str]) -> str:
    """Return the sentence about an option that a command does not have.

    `known` are the command's own options.
    """
    word = name.lower().replace("-", "").replace("_", "")
    same = [option for option in known if option.replace("-", "") == word]
    wanted = same[0] if same else OPTIONS.get(word)
    if wanted is not None and wanted.split()[0] in known:
        return f"there is no option {name}; type `{wanted}`"
    close = did_you_mean(name, sorted(known))
    if close.startswith("did you mean"):
        return f"there is no option {name}; {close}"
    if word in ("resume", "continue"):
        return f"there is no option {name}: the same command continues where the last run stopped"
    return f"there is no option {name}; `{program} --help` lists those there are"


def misplaced_option(
    name: str, program: str, known: Collection[str], commands: Sequence[str]
) -> str:
    """Return the sentence about an option before the name of a command, where few are allowed."""
    close = did_you_mean(name, sorted(known))
    if close.startswith("did you mean"):
        return f"there is no option {name}; {close}"
    return (
        f"there is no option {name} before a command; type it after the command, as in"
        f" `{program} {commands[0]} {name}`"
    )


def _sentence(name: str, line: str) -> str:
    return f"there is no command {name!r}; type `{line}`"


def _joined(words: Sequence[str]) -> str:
    return f" {join(words)}" if words else ""
