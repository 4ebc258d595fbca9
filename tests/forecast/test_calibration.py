import numpy as np
import pandas as pd
import pytest

from dem import data
from dem.forecast import Calibrated, SeasonalNaive, evaluate

START = pd.Timestamp("2023-05-01", tz="UTC")
DAYS = pd.date_range(START, periods=10, freq="D")


@pytest.fixture(scope="module")
def early(table):
    return table[table.index < START]


@pytest.fixture
def calibrated(early):
    return Calibrated(SeasonalNaive("load_kwh"), weeks=1).fit(early)


def restless(table):
    """The homes with noise that training never saw."""
    noise = np.random.default_rng(1).uniform(0, 1.0, len(table))
    return table.assign(load_kwh=table["load_kwh"] + noise)


def test_fit__biased_and_too_narrow__covers_what_it_promises(table, noiseless):
    noisy = table.assign(load_kwh=table["load_kwh"] + np.random.default_rng(1).uniform(0, 0.4, len(table)))
    forecaster = Calibrated(noiseless(table), weeks=2, pace=0).fit(noisy[noisy.index < START])
    assert evaluate(forecaster, noisy, START, horizon=48)["coverage_80"].mean() == pytest.approx(0.8, abs=0.02)


def test_predict_each__errors_larger_than_in_training__widens_the_bands(table, calibrated):
    still = Calibrated(calibrated.forecaster, weeks=1, pace=0)
    still._shift = calibrated._shift
    table = restless(table)
    covered = [evaluate(kind, table, START, horizon=48)["coverage_90"].mean() for kind in (still, calibrated)]
    assert covered[0] < covered[1] <= 0.95


def test_predict_each__first_origin__is_as_predict(table, calibrated):
    alone = calibrated.predict(table, START, 48).predicted
    np.testing.assert_allclose(calibrated.predict_each(table, DAYS, 48)[0], alone, rtol=1e-5)


def test_predict_each__future_altered__changes_nothing_before_it(table, calibrated, spoilt):
    expected = calibrated.predict_each(table, DAYS, 48)
    # What comes after the third origin is known at none of the first three.
    altered = calibrated.predict_each(spoilt("load_kwh", DAYS[2], 3.0), DAYS, 48)
    np.testing.assert_array_equal(altered[:3], expected[:3])
    assert not np.array_equal(altered[3], expected[3])
    np.testing.assert_array_equal(calibrated.predict_each(spoilt("load_kwh", DAYS[-1]), DAYS, 48), expected)


def test_predict_each__horizon_longer_than_the_stride__waits_for_the_truth(table, calibrated, spoilt):
    hours = pd.date_range(START, periods=30, freq="h")
    expected = calibrated.predict_each(table, hours, 48)
    calibrated.pace = 0
    unmoved = calibrated.predict_each(table, hours, 48)
    np.testing.assert_array_equal(expected[:24], unmoved[:24])
    assert not np.array_equal(expected[24], unmoved[24])


def test_follow__noisy_homes__widens_their_bands_alone(table, calibrated):
    before = calibrated.predict(table, START, 48)
    noisy = restless(table[table["home"] != "home_002"])
    calibrated.follow(noisy[noisy.index < START])
    after = calibrated.predict(table, START, 48)
    width = (after.at(0.95) - after.at(0.05)).mean() / (before.at(0.95) - before.at(0.05)).mean()
    assert width["home_001"] > 1.02
    assert width["home_002"] == pytest.approx(1.0)


def test_follow__earlier_origin__is_refused(early, calibrated):
    calibrated.follow(early)
    with pytest.raises(ValueError, match="would know what came"):
        calibrated.predict(early, START - pd.Timedelta(days=2), 48)


def test_follow__table_too_short__is_refused(early, calibrated):
    with pytest.raises(ValueError, match="at least fifteen days"):
        calibrated.follow(early[early.index < early.index[0] + pd.Timedelta(days=14)])


def test_calibrated__bad_use__is_refused(table, oracle):
    with pytest.raises(ValueError, match="weeks must be at least 1"):
        Calibrated(SeasonalNaive("load_kwh"), weeks=0)
    with pytest.raises(ValueError, match="pace must not be negative"):
        Calibrated(SeasonalNaive("load_kwh"), pace=-0.1)
    with pytest.raises(RuntimeError, match="not trained"):
        Calibrated(SeasonalNaive("load_kwh")).predict(table, START, 48)
    with pytest.raises(RuntimeError, match="not calibrated"):
        Calibrated(oracle()).predict(table, START, 48)
    with pytest.raises(ValueError, match="at least 768 intervals"):
        Calibrated(SeasonalNaive("load_kwh"), weeks=5).fit(table)


def test_predict__future_altered__changes_nothing(table, spoilt, calibrated):
    expected = calibrated.predict(table, START, 48).predicted
    np.testing.assert_array_equal(calibrated.predict(spoilt("load_kwh", START), START, 48).predicted, expected)
    assert data.home_names(table) == list(calibrated.predict(table, START, 48).homes)
