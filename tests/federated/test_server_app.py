"""The app as Flower starts it, over nodes in this process."""

import pytest
from flwr.app import Context, RecordDict

from dem.federated import client_app, server_app
from dem.federated.inprocess import InProcessGrid
from dem.federated.values import Neighbourhood, ValuesConfig, train
from dem.federated.values.progress import Progress


@pytest.fixture
def values():
    homes = Neighbourhood(homes=2, data_weeks=3, trial_weeks=1, data_seed=5)
    return ValuesConfig(neighbourhood=homes, features=4, rounds=2)


def started(**settings):
    """What Flower does with the server's app."""
    server_app.app(InProcessGrid(client_app.app, 2), Context(1, 1, {}, RecordDict(), settings))


def test_main__values__are_trained_into_the_checkpoint(values, tmp_path):
    checkpoint = tmp_path / "checkpoint.npz"
    started(values=values.model_dump_json(), checkpoint=str(checkpoint))
    progress = Progress.load(checkpoint)
    assert (progress.config, progress.rounds) == (values, 2)
    here = train(values).models[0]
    assert all((progress.shared[name] == array).all() for name, array in here.items())


def test_main__values_without_a_checkpoint__are_refused(values):
    with pytest.raises(ValueError, match="values need a checkpoint"):
        started(values=values.model_dump_json(), checkpoint="")
