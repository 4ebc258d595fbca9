import matplotlib.pyplot as plt
import numpy as np
import pytest
from pydantic import ValidationError

from dem.chain import gas
from dem.studies import gas_usage as study

SMALL = {"homes": (2,), "commitments": (2, 4), "intervals": (1, 3), "settlement_homes": 2, "reading_homes": 2}


@pytest.fixture(scope="module")
def result():
    return study.run(study.Config(**SMALL))


def later(result, operation):
    return result.operations.set_index("operation").at[operation, "our_later"]


def test_run__again__measures_the_same_gas(result):
    again = study.run(study.Config(**SMALL, seed=7))
    assert again.operations.equals(result.operations)
    assert again.settlement.equals(result.settlement)


def test_run__whole_path__is_three_times_less_than_the_papers(result):
    operations = result.operations.set_index("operation")
    assert operations.at[study.WHOLE_PATH, "paper_later"] == 686_095
    assert operations.at[study.WHOLE_PATH, "our_later"] * 2.9 < 686_095
    assert later(result, study.WHOLE_PATH) == sum(later(result, name) for name in study.OUR_PATH)


def test_run__closing__costs_the_same_whatever_the_number_of_commitments(result):
    assert result.settlement["close"].nunique() == 1


def test_run__several_intervals_claimed_at_once__cost_less_each(result):
    assert result.claims["gas_per_interval"].is_monotonic_decreasing


def test_costs__assumed_prices__scale_the_euros(result):
    costs = result.costs.set_index("item")
    config = study.Config(**SMALL)
    ratio = config.l1_gas_price_gwei / config.l2_gas_price_gwei
    np.testing.assert_allclose(costs["EUR on L1"], costs["EUR on L2"] * ratio)
    whole = costs.loc["whole path, paper"]
    assert whole["EUR on L1"] == pytest.approx(686_095 * config.l1_gas_price_gwei * 1e-9 * config.eur_per_ether)


def test_paper_settlement__its_own_runs__are_met_and_extended_by_60_000_a_pair():
    paper = gas.published_settlement()
    np.testing.assert_allclose(study.paper_settlement(2 * paper["pairs"]), paper["settlement_gas"])
    assert study.paper_gas_per_pair() == pytest.approx(60_000, rel=0.01)
    assert study.paper_settlement(1_000) == pytest.approx(gas.BLOCK_GAS_LIMIT, rel=0.02)


def test_summary__every_operation_of_the_paper__has_a_row(result):
    table = study.summary(result)
    assert table["operation"].tolist() == list(study.OPERATIONS)
    assert (table["times less"] > 0).all()


def test_draw__both_figures__label_axes_with_units(result):
    for figure in (study.draw_gas_usage(result), study.draw_settlement(result)):
        assert all("gas" in axes.get_xlabel() + axes.get_ylabel() for axes in figure.axes)
        plt.close(figure)


def test_numbers__every_bar__has_its_gas(result):
    assert set(result.numbers["source"]) == {"paper", "ours"}
    assert len(result.numbers) == 2 * len(study.OPERATIONS)
    assert result.numbers["first_gas"].notna().all()


@pytest.mark.parametrize("field", ["eur_per_ether", "l1_gas_price_gwei", "l2_gas_price_gwei"])
def test_config__price_of_zero__is_refused_by_name(field):
    with pytest.raises(ValidationError, match=field):
        study.Config(**SMALL, **{field: 0})


@pytest.mark.parametrize(
    ("field", "value"),
    [("commitments", (1,)), ("intervals", (25,)), ("homes", (1,)), ("homes", (110,)), ("intervals", ())],
)
def test_config__size_the_contracts_cannot_take__is_refused_by_name(field, value):
    with pytest.raises(ValidationError, match=field):
        study.Config(**{**SMALL, field: value})
