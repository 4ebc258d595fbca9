"""Processes on loopback: that they work is tested in test_backends; here, that they end, whatever happens."""

import time

import psutil
import pytest

from dem import paths
from dem.federated import FederatedConfig, deployment

pytestmark = pytest.mark.usefixtures("loopback")


@pytest.fixture
def runs(monkeypatch, tmp_path):
    """A folder for this test's runs alone: others may be running beside it."""
    monkeypatch.setattr(paths, "BUILD", tmp_path)
    return tmp_path


def processes_left(runs):
    left = []
    for process in psutil.process_iter():
        try:
            if (
                process.environ().get("FLWR_HOME", "").startswith(str(runs))
                and process.status() != psutil.STATUS_ZOMBIE
            ):
                left.append(process.cmdline())
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return left


def test_train_deployed__no_time_left__raises_and_leaves_no_process(runs):
    with pytest.raises(TimeoutError, match="did not finish in time"):
        deployment.train_deployed(FederatedConfig.small(rounds=1), timeout_s=1.0)
    assert processes_left(runs) == []


def test_train_deployed__server_app_fails__raises_with_its_reason_and_leaves_no_process(runs, monkeypatch):
    monkeypatch.setattr(FederatedConfig, "to_run_config", lambda config: {"method": "gossip"})
    with pytest.raises(deployment.DeploymentError, match=r"(?s)without a result.*method"):
        deployment.train_deployed(FederatedConfig.small(rounds=1), timeout_s=600.0)
    assert processes_left(runs) == []


def test_train_deployed__no_source_tree__says_so(monkeypatch, tmp_path):
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    with pytest.raises(deployment.DeploymentError, match=r"no pyproject\.toml"):
        deployment.train_deployed(FederatedConfig.small())


def test_free_ports__several__are_all_different():
    addresses = deployment._free_ports(20)
    assert len(set(addresses)) == 20


def test_loopback__node_and_link_killed__are_not_missed_and_the_link_comes_back(runs):
    with deployment.Loopback(runs, 1, time.monotonic() + 600.0, durable=True) as loopback:
        loopback.start_link()
        loopback.start_node(0)
        loopback.kill_node(0)
        loopback.kill_link()
        loopback.check_alive()
        assert processes_left(runs) == []
        loopback.start_link()
        assert len(processes_left(runs)) >= 1
    assert processes_left(runs) == []
