import dataclasses

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from dem import paths, plots
from dem.studies import agent_benchmark as study
from dem.studies import agent_report as report

TINY = {
    "seeds": 2,
    "episodes": 3,
    "home_seeds": 2,
    "home_episodes": 1,
    "random_steps": 40,
    "steps": 8,
    "batch_size": 16,
    "hidden": 8,
    "play_steps": 30,
    "train_days": 8,
    "test_days": 2,
    "workers": 1,
}


@pytest.fixture(scope="module")
def result():
    return study.run(study.Config.for_profile("quick", **TINY))


def test_run__every_agent_seed_and_episode__has_one_reward(result):
    counts = result.rewards.groupby(["agent", "seed"]).size()
    assert counts.index.get_level_values("agent").unique().tolist() == sorted(study.ALGORITHMS)
    assert (counts == 3).all()
    assert len(counts) == 8
    assert result.rewards["normalised"].between(-1, 1).all()
    assert np.isfinite(result.rewards["reward"]).all()


def test_run__shares_of_actions__sum_to_one(result):
    total = result.actions.groupby(["agent", "seed"])["share"].sum()
    np.testing.assert_allclose(total, 1.0)
    assert len(total) == 8


def test_run__constant_actions__none_earns_anything(result):
    assert result.constants["action"].tolist() == ["charge", "charge and sell", "discharge", "sell", "buy"]
    assert (result.constants["reward"] <= 0).all()


def test_run__claims__set_the_papers_beside_ours_for_every_agent(result):
    claims = result.claims.set_index("agent")
    assert claims.index.tolist() == list(study.ALGORITHMS)
    assert claims.loc["DDQN", "paper_episode"] == 6
    assert claims.loc["DSAC", "paper_episode"] == 40
    assert claims.loc[["DQN", "DDPG"], "paper_episode"].isna().all()


def test_run__savings__cover_agents_and_rules(result):
    runs = result.savings.groupby("policy").size()
    assert runs.to_dict() == {
        **dict.fromkeys(study.ALGORITHMS, 2),
        "self-consumption": 1,
        "price threshold": 1,
        "random": 1,
    }
    best = study.savings_table(result)
    assert best["eur_per_day"].is_monotonic_decreasing


@pytest.mark.parametrize("draw", [study.draw_rewards, study.draw_actions, study.draw_savings])
def test_draw__every_axis__says_what_it_shows(result, draw):
    plots.use_style()
    figure = draw(result)
    labels = [axis.get_xlabel() for axis in figure.axes] + [figure.get_supxlabel()]
    assert any("episode" in label or "EUR/day" in label or "share" in label for label in labels)
    figure.clear()


def test_numbers__one_row_per_agent_and_episode(result):
    assert len(result.numbers) == len(study.ALGORITHMS) * 3
    assert result.numbers.notna().all().all()


@pytest.mark.parametrize("source", ["drahix", "citylearn_2022_phase_1"])
def test_home_tables__real_data__give_one_household_and_later_test_days(source):
    folder = paths.ROOT.parent / "shared" / "data" / source
    if not folder.exists():
        pytest.skip(f"{folder} is not here")
    train, test = study._home_tables(study.Config.for_profile("quick", data=str(folder)))
    assert train["home"].nunique() == test["home"].nunique() == 1
    assert train.index.max() < test.index.min()
    assert test.index[0] - train.index[0] == pd.Timedelta(days=56)
    per_day = train["load_kwh"].sum() / 56
    assert 2 < per_day < 60


def test_config__full_profile__has_the_papers_episodes_and_at_least_five_seeds():
    config = study.Config.for_profile("full")
    assert config.episodes == 70
    assert min(config.seeds, config.home_seeds) >= 5


def test_config__no_seeds__is_refused():
    with pytest.raises(ValidationError, match="seeds"):
        study.Config.for_profile("quick", seeds=0)


def test_report__words_and_tables__have_every_agent(result):
    words = report.verdict(result)
    assert all(f"**{agent}** settles in" in words for agent in study.ALGORITHMS)
    assert report.claims_table(result)["agent"].tolist() == list(study.ALGORITHMS)
    assert len(report.euros_table(result)) == result.savings["policy"].nunique()


def test_savings_verdict__agents__are_judged_by_their_interval_beside_the_best_rule(result):
    seeds = {"DQN": (0.3, 0.3), "DDPG": (0.0, 0.0), "DSAC": (0.0, 0.3), "DDQN": (0.3, 0.31)}
    rows = [(agent, saved) for agent, both in seeds.items() for saved in both]
    rows += [("self-consumption", 0.1), ("price threshold", 0.05), ("random", -1.0)]
    savings = pd.DataFrame(rows, columns=["policy", "eur_per_day"])
    words = report.savings_verdict(dataclasses.replace(result, savings=savings))
    assert "*self-consumption*, saves 0.100" in words
    assert "more: DQN, DDQN; less: DDPG; neither more nor less: DSAC" in words
