import tomllib

import pytest
from pydantic import ValidationError

import dem
from dem import paths
from dem.federated import FederatedConfig


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"method": "gossip"}, "method"),
        ({"houses": 0}, "houses"),
        ({"method": "fedavg", "houses": 1}, "houses must be at least 2"),
        ({"seeds": ()}, "seeds"),
        ({"seeds": (1, 1)}, "seeds must differ"),
        ({"seeds": (-1,)}, "seeds must not be negative"),
        ({"rounds": 0}, "rounds"),
        ({"method": "fedprox"}, "mu must be positive"),
        ({"method": "fedavg", "mu": 0.1}, "mu must be positive for method 'fedprox' and 0"),
        ({"mu": -1.0}, "mu"),
        ({"data": "/no/such/folder"}, "existing folder"),
        ({"environment": "office"}, "environment"),
        ({"evaluate_every": -1}, "evaluate_every"),
        ({"learner": {"layers": 3}}, "layers"),
        ({"round": 3}, "round"),
    ],
)
def test_config__wrong_setting__is_refused_by_name(settings, message):
    with pytest.raises(ValidationError, match=message):
        FederatedConfig(**settings)


def test_config__relative_folder__becomes_absolute(tmp_path, monkeypatch):
    (tmp_path / "homes").mkdir()
    monkeypatch.chdir(tmp_path)
    assert FederatedConfig(data="homes").data == str(tmp_path / "homes")


def test_run_config__there_and_back__is_the_same_experiment():
    config = FederatedConfig(method="fedprox", mu=0.5, seeds=(3, 4), houses=3, evaluate_every=2)
    assert FederatedConfig.from_run_config(config.to_run_config()) == config


def test_run_config__broken_list__is_refused_by_name():
    with pytest.raises(ValueError, match="seeds must be JSON"):
        FederatedConfig.from_run_config({"seeds": "[1, 2"})


def test_json__there_and_back__is_the_same_experiment():
    config = FederatedConfig(seeds=(3, 4))
    assert FederatedConfig.model_validate_json(config.model_dump_json()) == config


def test_evaluates_after__every_third_round__and_the_last():
    config = FederatedConfig(rounds=7, evaluate_every=3)
    assert [server_round for server_round in range(1, 8) if config.evaluates_after(server_round)] == [3, 6, 7]
    assert not FederatedConfig(rounds=7).evaluates_after(7)


def test_pyproject__flower_app__offers_exactly_the_settings():
    project = tomllib.loads((paths.ROOT / "pyproject.toml").read_text())
    offered = project["tool"]["flwr"]["app"]["config"]
    of_the_run = {"result", "values", "checkpoint"}
    assert set(offered) == set(FederatedConfig().to_run_config()) | of_the_run
    FederatedConfig.from_run_config({name: value for name, value in offered.items() if name not in of_the_run})


def test_pyproject__version__is_that_of_the_package():
    project = tomllib.loads((paths.ROOT / "pyproject.toml").read_text())
    assert project["project"]["version"] == dem.__version__
