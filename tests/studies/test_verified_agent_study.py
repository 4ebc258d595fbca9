"""The study of the verified agent, small: its tables, its words, and what it says without the extra."""

import pytest

from dem import plots
from dem.proofs import HOW_TO_INSTALL
from dem.studies import verified_agent as study
from dem.studies.verified_gas import BELIEVED, COMPUTED, DISPUTED, NOT_CHECKED

TINY = {"train_homes": 1, "test_homes": 1, "train_weeks": 6, "test_weeks": 1, "seeds": 1, "updates": 30}


@pytest.fixture(scope="module")
def config():
    return study.Config(**TINY, hidden=(8, 32))


@pytest.fixture(scope="module")
def result(config):
    return study.run(config)


def test_run__every_agent_and_way__is_there(result):
    assert list(result.value["agent"]) == list(study.LABELS)
    assert list(result.gas["way"]) == [NOT_CHECKED, COMPUTED, BELIEVED, DISPUTED, COMPUTED]
    assert result.states.shape == (study.DAY_ACTIONS, result.network.inputs)


def test_run__a_larger_network__costs_more_gas(result):
    assert result.sizes["check_gas"].is_monotonic_increasing


def test_prove__without_the_extra__says_how_to_get_it__and_shows_no_number(config, result, monkeypatch):
    monkeypatch.setattr(study, "available", lambda: False)
    assert study.prove(config, result) is None
    assert HOW_TO_INSTALL in study.proof_words(result, None)
    assert study.show_proofs(config, result, None) is None


def test_figures_and_words__come_from_the_result(result):
    plots.use_style()
    assert [text.get_text() for text in study.draw_gas(result).axes[0].texts] == [
        f"{gas:,.0f}" for gas in result.gas["gas_per_action"]
    ]
    assert len(study.draw_value(result).axes[0].patches) == len(study.LABELS)
    assert study.draw_sizes(result).axes[0].get_ylim()[0] == 0
    assert f"{result.gas['gas'].iloc[0]:,}" in study.gas_words(result)
    assert f"{100 * result.loss.iloc[0]:.2f}" in study.value_words(result)
