import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dem import units


@given(st.integers(0, 10**9))
def test_kwh_to_wh__whole_wh__comes_back(energy_wh):
    assert units.kwh_to_wh(units.wh_to_kwh(energy_wh)) == energy_wh


@given(st.floats(0, 1e6, allow_nan=False))
def test_kwh_to_wh__any_energy__is_within_half_a_wh(energy_kwh):
    assert abs(Fraction(units.kwh_to_wh(energy_kwh)) - Fraction(str(energy_kwh)) * 1000) <= Fraction(1, 2)


def test_kwh_to_wh__halves__round_to_even():
    assert [units.kwh_to_wh(energy) for energy in (0.0005, 0.0015, 0.0025)] == [0, 2, 2]


def test_whole_wh__either_sign__is_rounded_half_to_even():
    assert units.whole_wh(np.array([0.1234, 1.0006, -0.0015, 0.0025])).tolist() == [123, 1001, -2, 2]


@pytest.mark.parametrize("value", [-0.001, math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("convert", [units.kwh_to_wh, units.kg_to_g])
def test_to_whole_units__negative_or_not_finite__is_refused(convert, value):
    with pytest.raises(ValueError, match="must be finite and not negative"):
        convert(value)


def test_price__negative__is_refused_on_chain():
    with pytest.raises(ValueError, match="price_eur_per_kwh"):
        units.eur_per_kwh_to_wei_per_wh(-0.05, 2000)


@pytest.mark.parametrize("rate", [0, -1, math.nan])
def test_price__bad_exchange_rate__is_refused(rate):
    with pytest.raises(ValueError, match="eur_per_ether"):
        units.eur_per_kwh_to_wei_per_wh(0.2, rate)


def test_price__day_ahead_quotation__becomes_wei_per_wh():
    price = units.eur_per_mwh_to_eur_per_kwh(50.0)
    assert price == pytest.approx(0.05)
    # 0.05 EUR/kWh = 0.00005 EUR/Wh; at 2,000 EUR an ether that is 2.5e-8 ether = 2.5e10 wei.
    assert units.eur_per_kwh_to_wei_per_wh(price, 2000) == 25_000_000_000


@given(st.floats(0.0001, 10), st.integers(100, 10_000))
def test_price__paid_for_one_kwh__costs_its_euros(price, rate):
    wei = units.eur_per_kwh_to_wei_per_wh(price, rate) * units.WH_PER_KWH
    # Whole wei per Wh: at these prices at least ten million of them, so half a wei is lost in the eighth digit.
    assert units.wei_to_eur(wei, rate) == pytest.approx(price, rel=1e-7)


def test_gas_to_eur__known_case__is_gas_times_price():
    assert units.gas_to_eur(100_000, gas_price_gwei=20, eur_per_ether=2000) == pytest.approx(4.0)


def test_kw_to_kwh__half_an_hour__is_half():
    assert units.kw_to_kwh(3.0, 0.5) == pytest.approx(1.5)
