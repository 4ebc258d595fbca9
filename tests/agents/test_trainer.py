import numpy as np
import pytest

from dem.agents import CheckpointError, DiscreteSAC, EpisodeConfig, EpisodeTrainer, Policy, SACConfig
from dem.homes import PaperHome

SMALL = SACConfig(hidden=8, batch_size=16)
SHORT = EpisodeConfig(random_steps=20, steps=10)


def paper_home(houses=2):
    generator = np.random.default_rng(0)
    return PaperHome(generator.uniform(0, 3, (houses, 50, 3)), np.arange(50) % 24, np.arange(houses))


def trainer(seed=1, schedule=SHORT):
    return EpisodeTrainer(paper_home(), DiscreteSAC(4, 5, SMALL, [seed, seed + 1]), schedule)


def test_episode__of_the_schedule__moves_the_row_pointer_by_every_step():
    ours = trainer()
    rewards = ours.episode()
    assert rewards.shape == (2,)
    assert ours.environment.state()["row"] == (20 + 10) % 50


def test_episode__no_random_steps__learns_from_its_own():
    assert np.isfinite(trainer(schedule=EpisodeConfig(random_steps=0, steps=5)).episode()).all()


def test_episode__rewards__are_the_mean_of_own_steps_alone(two_states):
    class Counting(two_states):
        """Pays 1 from its 21st step on."""

        steps = 0

        def step(self, action):
            result = super().step(action)
            self.steps += 1
            result.reward[:] = self.steps > 20
            return result

    ours = EpisodeTrainer(Counting(2), DiscreteSAC(2, 2, SMALL, [1, 2]), SHORT)
    np.testing.assert_array_equal(ours.episode(), [1.0, 1.0])


def test_episode__environment_out_of_time__begins_anew(two_states):
    class Hourly(two_states):
        """Truncates every seventh step and refuses to go on."""

        steps = 0

        def reset(self, seed=None):
            self.steps = 0
            return super().reset()

        def step(self, action):
            assert self.steps < 7
            self.steps += 1
            result = super().step(action)
            result.truncated[:] = self.steps == 7
            return result

    assert np.isfinite(EpisodeTrainer(Hourly(1), DiscreteSAC(2, 2, SMALL, [1]), SHORT).episode()).all()


def test_state__loaded_elsewhere__continues_bit_for_bit():
    original = trainer()
    original.episode()
    twin = trainer(seed=50)
    twin.load_state(original.state())
    np.testing.assert_array_equal(twin.episode(), original.episode())
    for name, value in original.state().items():
        np.testing.assert_array_equal(twin.state()[name], value, err_msg=name)


def test_load_state__foreign_entry__is_named():
    ours = trainer()
    with pytest.raises(CheckpointError, match="'weather/rain' is unknown"):
        ours.load_state({**ours.state(), "weather/rain": np.zeros(1)})


@pytest.mark.parametrize(
    ("learner", "message"),
    [
        (DiscreteSAC(4, 5, SMALL, [1]), "batch_size: the environment has 2, the learner 1"),
        (DiscreteSAC(3, 5, SMALL, [1, 2]), "observation_size: the environment has 4, the learner 3"),
        (DiscreteSAC(4, 6, SMALL, [1, 2]), "action_count: the environment has 5, the learner 6"),
    ],
)
def test_init__environment_and_learner_differ__names_what(learner, message):
    with pytest.raises(ValueError, match=message):
        EpisodeTrainer(paper_home(), learner)


def test_schedule__defaults__are_the_papers():
    assert (EpisodeConfig().random_steps, EpisodeConfig().steps) == (1000, 100)


def test_discrete_sac__is_a_policy():
    assert isinstance(DiscreteSAC(4, 5, SMALL, [1]), Policy)
