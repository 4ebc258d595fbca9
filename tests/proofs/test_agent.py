"""The small policy: what it sees, and that rounding it changes little of what it saves."""

import pandas as pd
import pytest

from dem import borrowed, data
from dem.agents import evaluate
from dem.agents.imitation import ImitationConfig
from dem.homes import Home
from dem.proofs import IntegerAgent, Outlook, train
from dem.proofs.agent import BLOCK_HOURS

START = pd.Timestamp("2023-06-05", tz="UTC")
CONFIG = ImitationConfig(hidden=16, updates=150, batch_size=256, rows=4_000)


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    with borrowed.one_thread():
        yield


@pytest.fixture(scope="module")
def neighbourhood():
    return data.load(homes=1, start="2023-05-01", end="2023-06-12", tariff="time_of_use", seed=1)


@pytest.fixture(scope="module")
def outlook(neighbourhood):
    return Outlook.day_ahead(neighbourhood[neighbourhood.index < START])


@pytest.fixture(scope="module")
def small(neighbourhood, outlook):
    return train(neighbourhood[neighbourhood.index < START], config=CONFIG, outlook=outlook, seed=1)


def test_features__are_means_of_the_forecasts(neighbourhood, outlook):
    features, expected = outlook.features(neighbourhood), outlook.forecast(neighbourhood)
    assert len(features) == sum(len(blocks) for blocks in BLOCK_HOURS.values())
    step = data.step_hours(neighbourhood)
    mean = expected.load[:, round(8 / step) : round(16 / step)].mean(axis=1) / step
    assert features["load+16"].to_numpy() == pytest.approx(mean, rel=1e-6)


def test_integer_agent__captures_nearly_what_it_was_rounded_from(neighbourhood, small):
    floating, whole = (
        evaluate(agent, neighbourhood, start=START)["captured"].mean() for agent in (small, IntegerAgent(small))
    )
    assert floating > 0.3
    assert whole == pytest.approx(floating, abs=0.05)


def test_integer_agent__homes_that_show_something_else__are_refused(neighbourhood, small):
    with pytest.raises(ValueError, match="observes"):
        IntegerAgent(small).policy(Home(neighbourhood))
