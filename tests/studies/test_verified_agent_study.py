"""The study of the verified agent, small: its tables, its words, and what it says without the extra."""

import pandas as pd
import pytest

from dem import plots
from dem.proofs import HOW_TO_INSTALL
from dem.studies import verified_agent as study
from dem.studies import verified_report as report
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
    assert HOW_TO_INSTALL in report.proof_words(result, None)
    assert report.show_proofs(config, result, None) is None


def test_proofs__beside_the_rest__are_drawn_and_put_in_words(config, result, tmp_path, monkeypatch):
    monkeypatch.setenv("DEM_FIGURES", str(tmp_path))
    row = {"actions": 1, "rows": 900, "log_rows": 12, "setup_s": 2.0, "proof_s": 3.5, "proof_bytes": 4_000}
    row |= {"deploy_gas": 3_000_000, "check_gas": 500_000, "gas": 700_000, "gas_per_action": 7e5, "memory_gb": 1.0}
    proofs = study.Proofs(pd.DataFrame([row]))
    bars, sizes = report.show_proofs(config, result, proofs).axes
    assert bars.texts[-1].get_text() == "700,000"
    assert sizes.lines[-1].get_ydata()[0] == 500_000 - report.ONE_TRANSACTION_GAS
    assert "3.5 s (900 rows, 4,000 bytes)" in report.proof_words(result, proofs)
    assert not list(tmp_path.iterdir()), "quick figures hold no proof"


def test_figures_and_words__come_from_the_result(result):
    plots.use_style()
    assert [text.get_text() for text in report.draw_gas(result).axes[0].texts] == [
        f"{gas:,.0f}" for gas in result.gas["gas_per_action"]
    ]
    assert len(report.draw_value(result).axes[0].patches) == len(study.LABELS)
    assert report.draw_sizes(result).axes[0].get_ylim()[0] == 0
    assert f"{result.gas['gas'].iloc[0]:,}" in report.gas_words(result)
    assert f"{100 * result.loss.iloc[0]:.2f}" in report.value_words(result)
