import numpy as np
import pytest

from dem.agents import CheckpointError
from dem.federated import task
from dem.federated.pooled import PooledTrainer


class Watched:
    """Passes everything on to a learner and keeps the size of the buffer behind each update."""

    def __init__(self, learner):
        self._learner, self.batches = learner, []

    def __getattr__(self, name):
        return getattr(self._learner, name)

    def update(self, batch):
        self.batches.append(batch)
        self._learner.update(batch)


def test_episode__two_houses__learns_from_the_rows_of_both(tiny):
    config = tiny(environment="home", method="pooled")
    trainer = task.trainer(config, 0)
    trainer.learner = Watched(trainer.learner)
    loads = [environment.observe()[:, 1] for environment in trainer.environments]
    assert not np.array_equal(*loads)
    trainer.episode()
    steps = [int(environment.state()["done_steps"]) for environment in trainer.environments]
    assert steps == [config.episode.steps] * 2
    assert len(trainer.learner.batches) == config.episode.steps


def test_episode__observations_of_each_house__follow_each_other(tiny):
    config = tiny(environment="paper", method="pooled")
    trainer = task.trainer(config, 0)
    trainer.learner = Watched(trainer.learner)
    trainer.episode()
    batch = trainer.learner.batches[-1]
    # The houses read alternate half-hours, so one house's hour advances by one a step, whatever the other does.
    advance = (batch.next_observation[..., 3] - batch.observation[..., 3]) % 24
    assert set(np.unique(advance.numpy())) == {1.0}


def test_load_state__of_more_houses__is_refused(tiny):
    two = task.trainer(tiny(method="pooled"), 0)
    three = task.trainer(tiny(method="pooled", houses=3), 0)
    with pytest.raises(CheckpointError, match="expected"):
        two.load_state(three.state())


def test_pooled__one_house__is_the_episode_trainer(tiny):
    config = tiny(method="local", houses=1, environment="home")
    alone = task.trainer(config, 0)
    pooled = PooledTrainer([task.trainer(config, 0).environment], task.trainer(config, 0).learner, config.episode)
    np.testing.assert_array_equal(alone.episode(), pooled.episode())
