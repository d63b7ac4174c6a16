"""The recipes for unattended runs: their options exist, and exit codes match the table."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from ld_import.cli.output.prometheus import DECISIONS
from ld_import.importer.http import ANSWER_SECONDS, CONNECT_SECONDS
from tests.docs import README, UNATTENDED
from tests.docs.generated import help_of
from tests.harness.records import broken, videos

TEXT = README.read_text(encoding="utf-8")
SECTION = UNATTENDED.read_text(encoding="utf-8")
CODES = dict(re.findall(r"^\| ([\d/ ]+) \|.*\| (.*) \|$", TEXT.split("## Exit codes")[1], re.M))
CONTINUING = {
    int(code) for codes, again in CODES.items() if "**yes" in again for code in codes.split("/")
}
KNOWN = {int(code) for codes in CODES for code in codes.split("/")}
UNITS = {"s": 1, "min": 60, "h": 3600}


def blocks(language):
    """Return the recipes written in a language."""
    return re.findall(rf"```{language}\n(.*?)```", SECTION, re.DOTALL)


def unit(kind):
    """Return the directives of a systemd unit, its continued lines joined."""
    (text,) = [one for one in blocks("ini") if one.split("\n")[0].endswith(kind)]
    return dict(re.findall(r"^(\w+)=(.*)$", text.replace("\\\n", ""), re.MULTILINE))


def seconds(text):
    """Return the seconds of a systemd time span."""
    ((number, word),) = re.findall(r"^(\d+)([a-z]+)$", text)
    return int(number) * UNITS[word]


@pytest.fixture(scope="module")
def job():
    """Return the job template of the CronJob."""
    (text,) = [one for one in blocks("yaml") if "CronJob" in one]
    return yaml.safe_load(text)["spec"]["jobTemplate"]["spec"]


@pytest.fixture(scope="module")
def pod(job):
    """Return the pod template of the CronJob."""
    return job["template"]["spec"]


def cron_line():
    """Return the command of the crontab line."""
    (text,) = blocks("crontab")
    return text.splitlines()[-1].split(maxsplit=5)[5]


def cron_words():
    """Return the arguments of the program in the crontab line."""
    return shlex.split(cron_line().split("ld-import ", 1)[1].split(" || ")[0])


def test_options_exist(pod):
    """Every option in a recipe is in the help of the command."""
    shown = set(re.findall(r"(?<![\w-])--?[a-z][\w-]*", help_of("videos")))
    service = shlex.split(unit(".service")["ExecStart"])
    given = [*cron_words(), *service[1:], *pod["containers"][0]["args"]]

    options = {word.split("=")[0] for word in given if word.startswith("-")}
    assert options >= {"-q", "--token-file", "--metrics-file", "--max-duration"}
    assert options <= shown


def test_every_exit_code_has_a_row():
    """The table of schedulers and that of exit codes name the same codes."""
    table = re.findall(r"^\| ([\d, ]+) \|", SECTION, re.MULTILINE)

    assert sorted(int(code) for row in table for code in row.split(",")) == sorted(KNOWN)


def test_service_acts_on_the_exit_codes():
    """The service restarts after codes for which a re-run continues; failures stay failures."""
    service = unit(".service")
    again = {int(code) for code in service["RestartForceExitStatus"].split()}
    fine = {int(code) for code in service["SuccessExitStatus"].split()}

    assert again <= CONTINUING
    assert again | fine >= CONTINUING
    assert fine == {10, 129, 130, 143}
    assert service["Type"] != "oneshot"


def test_service_has_time_to_stop_and_to_give_up():
    """The stop timeout allows an orderly stop, and all allowed starts fit in their interval."""
    service = unit(".service")
    span = int(service["StartLimitBurst"]) * seconds(service["RestartSec"])

    assert seconds(service["TimeoutStopSec"]) > ANSWER_SECONDS + CONNECT_SECONDS
    assert span < seconds(service["StartLimitIntervalSec"]) < seconds("24h")
    assert unit(".timer")["WantedBy"] == "timers.target"


def test_job_acts_on_the_exit_codes(job, pod):
    """Each exit code but 0 has one rule: retry if a re-run continues, otherwise fail."""
    rules = {
        rule["action"]: rule["onExitCodes"]
        for rule in job["podFailurePolicy"]["rules"]
        if "onExitCodes" in rule
    }

    assert {rule["containerName"] for rule in rules.values()} == {pod["containers"][0]["name"]}
    assert {rule["operator"] for rule in rules.values()} == {"In"}
    assert CONTINUING | {10} == set(rules["Count"]["values"])
    assert {0, *rules["Count"]["values"], *rules["FailJob"]["values"]} == KNOWN
    assert all(rule["values"] == sorted(set(rule["values"])) for rule in rules.values())
    assert pod["restartPolicy"] == "Never"


def test_job_has_time_to_stop(job, pod):
    """The run ends before its deadline, and an orderly stop fits in the grace period."""
    (longest,) = [one for one in pod["containers"][0]["args"] if "--max-duration=" in one]

    assert int(longest.split("=")[1]) < job["activeDeadlineSeconds"]
    assert pod["terminationGracePeriodSeconds"] > ANSWER_SECONDS + CONNECT_SECONDS


def test_volumes_of_the_job_are_there(pod):
    """Every mount is a volume, and all paths are on a volume."""
    (container,) = pod["containers"]
    mounts = {one["mountPath"]: one["name"] for one in container["volumeMounts"]}
    paths = [word.split("=")[-1] for word in container["args"] if "/" in word and "//" not in word]

    assert set(mounts.values()) == {one["name"] for one in pod["volumes"]}
    assert {str(Path(path).parent) for path in paths} == set(mounts)


@pytest.fixture
def at_night(place):
    """Return a function that runs the crontab line like cron: by `sh`, almost no environment."""
    (place.folder / "token").write_text("demo-token\n", encoding="utf-8")
    line = cron_line().replace("/srv/migration", str(place.folder))
    line = line.replace("/var/lib/prometheus/node-exporter", str(place.folder))
    line = line.replace("https://server.example", place.url)

    def run():
        return subprocess.run(
            ["/bin/sh", "-c", line],
            env={"PATH": f"{Path(sys.executable).parent}{os.pathsep}/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_cron_is_silent_when_all_is_well(place, at_night):
    """A successful run prints nothing, so that cron sends no mail, and writes metrics."""
    place.write(*videos(2), name="talks.yaml")

    done = at_night()

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert "ld_import_exit_code{" in (place.folder / "talks.prom").read_text(encoding="utf-8")
    assert len(place.mine()) == 2


def test_cron_mails_the_exit_code(place, at_night):
    """Invalid records make cron send a mail, although the run succeeds otherwise."""
    place.write(*videos(1), broken(2), name="talks.yaml")

    assert at_night().stdout == "ld-import ended with 3\n"


def test_metrics_named_are_those_written(place):
    """The README's table and alerts name exactly the metrics that are written."""
    path = place.folder / "talks.prom"
    place.write(*videos(1))
    place.run("videos", "--metrics-file", path)
    written = set(re.findall(r"^# TYPE (\w+)", path.read_text(encoding="utf-8"), re.MULTILINE))
    (rules,) = [yaml.safe_load(one) for one in blocks("yaml") if "alert:" in one]
    asked = " ".join(one["expr"] for group in rules["groups"] for one in group["rules"])
    table = SECTION.split("| metric | says |")[1].split("\n\n")[0]

    # Only a run with a storage has these.
    files = {"ld_import_uploads", "ld_import_uploaded_bytes"}
    assert set(re.findall(r"`(ld_import_\w+)`", table)) == written | files
    assert set(re.findall(r"ld_import_\w+", asked)) <= written
    assert set(DECISIONS) <= set(re.findall(r"`(\w+)`", table))
