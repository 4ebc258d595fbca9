import dataclasses

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from dem.federated import houses, train
from dem.homes import bill_without_battery
from dem.studies import federated_training as study


def curves(**arms):
    """Rewards of one seed per row, by arm."""
    frames = []
    for arm, runs in arms.items():
        for seed, run in enumerate(runs):
            episodes = range(1, len(run) + 1)
            name = arm.replace("_", " ")
            frames.append(pd.DataFrame({"arm": name, "seed": seed, "episode": episodes, "reward": run}))
    return pd.concat(frames, ignore_index=True)


def episode_of(settled, scale, arm):
    return settled[(settled["scale"] == scale) & (settled["arm"] == arm)]["episode"].to_numpy()


def test_settled_runs__hand_made_curves__stay_near_their_best_from_there():
    rewards = curves(not_federated=[[-10.0, -1, -9, 0, 0, 0]], federated=[[-10.0, 0, 0, 0, 0, 0]])
    settled = study.settled_runs(rewards)
    assert episode_of(settled, "all episodes", "not federated").tolist() == [4]
    assert episode_of(settled, "all episodes", "federated").tolist() == [2]


def test_settled_runs__untrained_first_episode__hides_what_comes_after_only_while_it_sets_the_scale():
    settled = study.settled_runs(curves(not_federated=[[-1000.0, 0, -1, -1, 0, 0]]))
    assert episode_of(settled, "all episodes", "not federated").tolist() == [2]
    assert episode_of(settled, "without the first", "not federated").tolist() == [5]


def test_settled_runs__worst_at_the_end__never_settles():
    settled = study.settled_runs(curves(federated=[[0.0, -1, 0, -5]]))
    assert np.isnan(episode_of(settled, "all episodes", "federated")).all()


def test_paired_difference__arms_of_a_seed__are_compared_with_each_other():
    rewards = curves(
        not_federated=[[-9.0, -9, -9, 0, 0], [-9.0, -9, 0, 0, 0]], federated=[[-9.0, 0, 0, 0, 0], [-9.0, 0, 0, 0, 0]]
    )
    earlier = study.paired_difference(study.settled_runs(rewards), episodes=5).set_index("scale").loc["all episodes"]
    assert earlier["episodes"] == 1.5
    assert earlier["seeds"] == 2
    # Student's t with one degree of freedom, 12.706, times the standard error of (2, 1), 0.5.
    assert earlier["interval"] == pytest.approx(6.353, abs=1e-3)
    assert earlier["paper_episodes"] == 11


def test_paired_difference__run_that_never_settles__counts_as_just_after_the_last_episode():
    rewards = curves(not_federated=[[0.0, -9, 0, -9]] * 2, federated=[[-9.0, 0, 0, 0]] * 2)
    earlier = study.paired_difference(study.settled_runs(rewards), episodes=4).set_index("scale").loc["all episodes"]
    assert earlier["episodes"] == 5 - 2


@pytest.mark.parametrize("field", ["seeds", "episodes", "hidden", "houses", "mu", "workers"])
def test_config__zero__is_refused_by_name(field):
    with pytest.raises(ValidationError, match=field):
        study.Config.for_profile("quick", **{field: 0})


def test_config__both_experiments__share_seeds_and_data_between_arms():
    config = study.Config.for_profile("full")
    assert config.paper("federated").seeds == config.paper("not federated").seeds
    assert len(config.paper("federated").seeds) >= 10
    assert config.paper("federated").rounds == 70
    assert config.home("FedProx").mu > 0 == config.home("FedAvg").mu


@pytest.fixture(scope="module")
def result():
    config = study.Config.for_profile(
        "quick", seeds=2, episodes=2, hidden=8, home_seeds=2, home_episodes=2, home_hidden=8, workers=1
    )
    return study.run(config)


def test_run__smallest_settings__fills_every_table(result):
    assert len(result.rewards) == 2 * 2 * 2
    assert set(result.savings["method"]) == set(study.METHODS)
    assert result.outcome.set_index("method").loc["alone", "difference"] == 0
    assert np.isfinite(result.savings["eur_per_day"]).all()
    np.testing.assert_allclose(result.actions.groupby(["arm", "house"])["share"].sum(), 1.0)
    for table in (result.numbers, result.home_numbers, result.claims, result.earlier):
        assert not table.isna().any(axis=None)


def test_run__first_episode__is_the_same_in_both_arms(result):
    first = result.rewards[result.rewards["episode"] == 1].pivot_table(index="seed", columns="arm", values="reward")
    np.testing.assert_allclose(first["federated"], first["not federated"])


def test_savings__rewards_equal_to_the_bill_without_a_battery__are_zero(result):
    settings = result.config.home("alone")
    tables = [houses.trial_table(settings, house) for house in range(2)]
    reward = np.array([-bill_without_battery(table).sum() / len(table) for table in tables])
    history = train(settings)
    idle = dataclasses.replace(history, evaluation_rewards=np.tile(reward[None, :, None], (2, 1, 2)))
    np.testing.assert_allclose(study._savings(result.config, "alone", idle)["eur_per_day"], 0.0, atol=1e-12)


@pytest.mark.parametrize(
    "draw", [study.draw_rewards, study.draw_settling, study.draw_actions, study.draw_savings], ids=lambda f: f.__name__
)
def test_draw__any_picture__labels_its_axes(result, draw):
    for axis in draw(result).axes:
        assert axis.get_xlabel()


def test_verdicts__words__name_every_arm_and_method(result):
    assert all(arm in study.verdict(result) for arm in study.ARMS)
    assert study.claims_table(result)["arm"].tolist() == result.claims["arm"].tolist()
    assert all(method in study.home_verdict(result) for method in study.METHODS)
