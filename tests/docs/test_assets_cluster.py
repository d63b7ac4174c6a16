"""The page about clusters: its commands start one, and its options and objects exist."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from ld_import.assets.base import NotPrepared
from tests import docs
from tests.docs import ASSETS_CLUSTER, fences, section
from tests.harness.cluster_tasks import prepare, task
from tests.harness.dask_cluster import FORKED
from tests.harness.shared import LOOPBACK, Launch, free_ports

dask = pytest.importorskip("dask")
pytest.importorskip("distributed")
from distributed.cli.dask_scheduler import main as scheduler_cli  # noqa: E402
from distributed.cli.dask_worker import main as worker_cli  # noqa: E402

from ld_import.assets.cluster import ClusterExecutor  # noqa: E402

CLI = {"scheduler": scheduler_cli, "worker": worker_cli}
FOLDER = "/etc/dask"
ADDRESS = "tls://scheduler.example:8786"


def commands():
    """Return the arguments of each `dask` command on the page, in its order."""
    text = ASSETS_CLUSTER.read_text(encoding="utf-8")
    lines = "\n".join(fence.text for fence in fences(ASSETS_CLUSTER, "sh"))
    found = [shlex.split(one) for one in re.findall(r"\bdask ((?:scheduler|worker) .*)", lines)]
    listed = re.findall(r"args: \[dask, (.*)\]", text)
    return found + [re.findall(r'[^\s,"]+', one) for one in listed]


def block(text, language):
    """Return the first block in this language."""
    return text.partition(f"```{language}\n")[2].partition("```")[0]


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_options_exist(words):
    """Every option of a command on the page is one that Dask knows."""
    known = {name for one in CLI[words[0]].params for name in (*one.opts, *one.secondary_opts)}

    assert {word for word in words if word.startswith("--")} <= known
    assert len(commands()) == 6


@pytest.fixture
def configured(tmp_path):
    """Return a folder with the certificates and the settings of the page."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    text = section(ASSETS_CLUSTER, "## Certificates")
    make, settings = block(text, "sh"), block(text, "yaml")
    run = subprocess.run(
        ["/bin/sh", "-ec", make], cwd=tmp_path, check=False, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    (tmp_path / "tls.yaml").write_text(settings.replace(FOLDER, str(tmp_path)))
    return tmp_path


@pytest.fixture
def started(configured):
    """Return the address of a cluster that the commands of the page started."""
    [port] = free_ports(1)
    address = f"tls://{LOOPBACK}:{port}"
    launched = Launch(configured)
    lines = [fence.text for fence in fences(ASSETS_CLUSTER, "sh") if fence.text.startswith("dask ")]
    for line in lines[:2]:
        words = shlex.split(line.replace(ADDRESS, address).replace("8786", str(port)))
        quiet = [re.sub(r":8787$", ":0", word) for word in words[1:]]
        launched.run(
            [sys.executable, "-m", "dask", *quiet, "--host", LOOPBACK],
            DASK_CONFIG=str(configured),
            **FORKED,
            PYTHONPATH=str(docs.ROOT),
        )
    yield address
    for process in reversed(launched.processes):
        process.terminate()
        process.wait()


def test_cluster_by_hand(configured, started):
    """Certificates, settings and commands of the page make a cluster that prepares files."""
    settings = yaml.safe_load((configured / "tls.yaml").read_text(encoding="utf-8"))
    with dask.config.set(dask.config.merge(dask.config.config, settings)):
        executor = ClusterExecutor(started, prepare)
        future = executor.submit(task("file", Path(configured)))
        executor.flush()
        result = future.result(timeout=60)
        executor.close()

    assert isinstance(result, NotPrepared)
    assert result.reason.startswith("done: file")


def test_objects_of_kubernetes_fit_together():
    """Labels, ports, secrets and the address of the scheduler agree."""
    text = section(ASSETS_CLUSTER, "## Kubernetes")
    cluster = yaml.safe_load(block(text, "yaml"))
    name, spec = cluster["metadata"]["name"], cluster["spec"]
    worker, scheduler = (spec[part]["spec"]["containers"][0] for part in ("worker", "scheduler"))

    assert cluster["kind"] == "DaskCluster"
    assert worker["env"][0]["value"] == f"tls://{name}-scheduler.default.svc.cluster.local:8786"
    assert f"--workers tls://{name}-scheduler:8786" in text
    assert spec["scheduler"]["service"]["selector"]["dask.org/cluster-name"] == name
    ports = {port["name"]: port["containerPort"] for port in scheduler["ports"]}
    assert ports == {
        port["targetPort"]: port["port"] for port in spec["scheduler"]["service"]["ports"]
    }
    secrets = {"storage-credentials", "dask-tls"}
    assert secrets == set(re.findall(r"create secret generic (\S+)", text))
    assert worker["envFrom"][0]["secretRef"]["name"] in secrets
    for part in ("worker", "scheduler"):
        assert spec[part]["spec"]["volumes"][0]["secret"]["secretName"] == "dask-tls"
        mount = spec[part]["spec"]["containers"][0]["volumeMounts"][0]
        assert mount["mountPath"] == FOLDER
