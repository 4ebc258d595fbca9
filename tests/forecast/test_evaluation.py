import numpy as np
import pandas as pd
import pytest

from dem import data
from dem.forecast import Calibrated, SeasonalNaive, evaluate
from dem.forecast.evaluation import pinball_loss
from dem.forecast.protocol import Forecast

START = pd.Timestamp("2023-05-01", tz="UTC")
QUANTILES = (0.1, 0.5, 0.9)


class Oracle:
    """Knows what comes, and says so with a band of given width about it."""

    target, scope, quantiles = "load_kwh", "home", QUANTILES

    def __init__(self, width=0.0, shift=0.0):
        self.band = shift + width * np.array([-1.0, 0.0, 1.0])

    def fit(self, table):
        return self

    def predict(self, table, origin, horizon):
        origins = pd.DatetimeIndex([origin])
        times = pd.date_range(origin, periods=horizon, freq="30min")
        names = tuple(data.home_names(table))
        return Forecast(self.target, self.predict_each(table, origins, horizon)[0], QUANTILES, times, names)

    def predict_each(self, table, origins, horizon):
        wide = data.wide(table, "load_kwh")
        rows = wide.index.searchsorted(origins)[:, None] + np.arange(horizon)
        return wide.to_numpy()[rows].transpose(0, 2, 1)[..., None] + self.band


def test_evaluate__oracle__makes_no_error(table):
    scores = evaluate(Oracle(), table, START, horizon=48)
    assert list(scores["week"]) == [0, 0, 0, 1, 1, 1]
    assert (scores[["mase", "rmse", "pinball", "scaled_pinball"]] < 1e-12).all().all()
    assert (scores["coverage_80"] == 1).all()


def test_evaluate__as_yesterday__has_a_mase_of_about_one(table):
    scores = evaluate(SeasonalNaive("load_kwh").fit(table), table, START, horizon=48)
    assert scores["mase"].mean() == pytest.approx(1.0, abs=0.25)


def test_evaluate__pv__counts_coverage_by_day_only(table, fitted):
    scores = evaluate(fitted("linear", "pv_kwh"), table, START, horizon=48)
    assert scores["coverage_90"].mean() < 0.98


def test_evaluate__intraday__forecasts_every_interval_once(table, fitted):
    scores = evaluate(fitted("naive"), table, START, horizon=8)
    day = evaluate(fitted("naive"), table, START, horizon=48)
    np.testing.assert_allclose(scores["mase"], day["mase"], rtol=0.05)


def test_evaluate__no_room__is_refused(table, fitted):
    with pytest.raises(ValueError, match="no origin: the table ends at"):
        evaluate(fitted("naive"), table, pd.Timestamp("2023-05-14 12:00", tz="UTC"), horizon=48)


def test_pinball_loss__by_hand__weighs_both_sides():
    assert pinball_loss(np.array([2.0]), np.array([[1.0, 2.0, 4.0]]), QUANTILES) == pytest.approx((0.1 + 0 + 0.2) / 3)


def test_calibrated__biased_and_too_narrow__covers_what_it_promises(table):
    noisy = table.assign(load_kwh=table["load_kwh"] + np.random.default_rng(1).uniform(0, 0.4, len(table)))
    forecaster = Calibrated(Noiseless(table), weeks=2).fit(noisy[noisy.index < START])
    assert evaluate(forecaster, noisy, START, horizon=48)["coverage_80"].mean() == pytest.approx(0.8, abs=0.02)


class Noiseless(Oracle):
    """Knows what comes but for the noise, of which it thinks too little."""

    def __init__(self, quiet):
        super().__init__(width=0.01)
        self.quiet = quiet

    def predict_each(self, table, origins, horizon):
        return super().predict_each(self.quiet, origins, horizon)


def test_calibrated__bad_use__is_refused(table):
    with pytest.raises(ValueError, match="weeks must be at least 1"):
        Calibrated(SeasonalNaive("load_kwh"), weeks=0)
    with pytest.raises(RuntimeError, match="not trained"):
        Calibrated(SeasonalNaive("load_kwh")).predict(table, START, 48)
    with pytest.raises(RuntimeError, match="not calibrated"):
        Calibrated(Oracle()).predict(table, START, 48)
    with pytest.raises(ValueError, match="at least 768 intervals"):
        Calibrated(SeasonalNaive("load_kwh"), weeks=5).fit(table)


def test_calibrated__future_altered__changes_nothing(table, spoilt):
    forecaster = Calibrated(SeasonalNaive("load_kwh"), weeks=2).fit(table)
    expected = forecaster.predict(table, START, 48).predicted
    np.testing.assert_array_equal(forecaster.predict(spoilt("load_kwh", START), START, 48).predicted, expected)
