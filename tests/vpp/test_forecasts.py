import functools
from dataclasses import replace

import numpy as np
import pytest

from dem.forecast import Boosting, NeuralConfig
from dem.vpp import forecasts
from dem.vpp.forecasts import look_out
from dem.vpp.neighbourhood import Neighbourhood


@pytest.fixture(scope="module")
def homes():
    from dem.vpp import Config

    return Neighbourhood.load(Config(homes=3, horizon_days=2, history_days=23))


@pytest.mark.parametrize("forecaster", ["ridge", "boosting", "lstm", "transformer", "yesterday"])
def test_look_out__another_future__changes_nothing_before_it(homes, forecaster, monkeypatch):
    monkeypatch.setattr(forecasts, "Boosting", functools.partial(Boosting, iterations=3, rows=2_000))
    monkeypatch.setattr(forecasts, "NETWORK", NeuralConfig(hidden=8, layers=1, updates=3, batch_size=16))
    gate = 10
    later = homes.window.index >= homes.times[gate]
    changed = homes.window.assign(
        **{name: homes.window[name].where(~later, homes.window[name] * 3 + 0.1) for name in ("load_kwh", "pv_kwh")}
    )
    one, other = (look_out(each, forecaster) for each in (homes, replace(homes, window=changed)))
    np.testing.assert_array_equal(one.load[: gate + 1], other.load[: gate + 1])
    np.testing.assert_array_equal(one.pv[: gate + 1], other.pv[: gate + 1])
    np.testing.assert_array_equal(
        one.ahead.forecast(homes.window).load[: gate + 1], other.ahead.forecast(changed).load[: gate + 1]
    )
    assert (one.load[gate + 1 :] != other.load[gate + 1 :]).any()


def test_look_out__perfect__is_what_happens(homes):
    outlook = look_out(homes, "perfect")
    np.testing.assert_allclose(outlook.load, homes.load_kwh, rtol=1e-6)
    np.testing.assert_allclose(outlook.ahead.forecast(homes.window).pv[:-1, 0], homes.pv_kwh[1:], rtol=1e-6)


def test_look_out__yesterday__repeats_the_day_before(homes):
    outlook = look_out(homes, "yesterday")
    np.testing.assert_allclose(outlook.load[homes.per_day :], homes.load_kwh[: -homes.per_day], rtol=1e-6)


@pytest.mark.parametrize("forecaster", ["boosting", "lstm", "transformer"])
def test_look_out__learned_model__follows_its_seed_and_spans_cases(homes, forecaster, monkeypatch):
    monkeypatch.setattr(forecasts, "NETWORK", NeuralConfig(hidden=8, layers=1, updates=3, batch_size=16))
    monkeypatch.setattr(forecasts, "Boosting", functools.partial(Boosting, iterations=3, rows=2_000))
    one, again, other = (look_out(homes, forecaster, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.load, again.load)
    assert (one.load != other.load).any()
    assert len(one.ahead.load_factors) == len(one.ahead.pv_factors) == 6
    assert (np.diff(one.ahead.load_factors) >= 0).all()
