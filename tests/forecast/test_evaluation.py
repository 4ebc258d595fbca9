import numpy as np
import pandas as pd
import pytest

from dem.forecast import SeasonalNaive, evaluate
from dem.forecast.evaluation import pinball_loss

START = pd.Timestamp("2023-05-01", tz="UTC")
QUANTILES = (0.1, 0.5, 0.9)


def test_evaluate__oracle__makes_no_error(table, oracle):
    scores = evaluate(oracle(), table, START, horizon=48)
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


def test_evaluate__every_week_the_same__is_covered_without_width(table):
    hours = table.index.dayofweek * 24 + table.index.hour
    periodic = table.assign(wholesale_price=0.1 + 0.05 * np.sin(hours.to_numpy()))
    scores = evaluate(SeasonalNaive("wholesale_price").fit(periodic), periodic, START, horizon=48)
    assert (scores["coverage_90"] == 1).all()


def test_evaluate__no_room__is_refused(table, fitted):
    with pytest.raises(ValueError, match="no origin: the table ends at"):
        evaluate(fitted("naive"), table, pd.Timestamp("2023-05-14 12:00", tz="UTC"), horizon=48)


def test_evaluate__horizon_of_nothing__is_refused(table, fitted):
    with pytest.raises(ValueError, match="horizon must be at least 1 interval, got 0"):
        evaluate(fitted("naive"), table, START, horizon=0)


def test_evaluate__start_as_text__is_utc(table, fitted):
    text = START.tz_localize(None).isoformat()
    pd.testing.assert_frame_equal(
        evaluate(fitted("naive"), table, text, horizon=48), evaluate(fitted("naive"), table, START, horizon=48)
    )
    with pytest.raises(ValueError, match=r"start must be a time such as .* got 'soon'"):
        evaluate(fitted("naive"), table, "soon", horizon=48)


def test_pinball_loss__by_hand__weighs_both_sides():
    assert pinball_loss(np.array([2.0]), np.array([[1.0, 2.0, 4.0]]), QUANTILES) == pytest.approx((0.1 + 0 + 0.2) / 3)
