import numpy as np
import pandas as pd
import pytest

from dem.grid import Feeder, GridError, charges
from dem.grid.schedule import injections
from dem.grid.sensitivity import solve_at

HOURS = 0.25
HOMES = pd.DataFrame(
    {"home": ["near", "far", "other", "same"], "bus": ["633", "675", "652", "675"], "phase": ["A", "A", "A", "A"]}
)
TRADES = pd.DataFrame(
    {
        "seller": ["near", "far", "far", "other"],
        "buyer": ["far", "near", "same", "near"],
        "energy_kwh": [20.0, 5.0, 8.0, 10.0],
        "bid": 0.2,
        "ask": 0.1,
    }
)


@pytest.fixture
def street():
    return Feeder.ieee13(HOMES)


def share(street, trades):
    return charges(street, trades, HOURS, energy_price=0.1, fee_per_kwh_km=0.02)


def test_charges__losses__add_up_to_what_the_trades_cause(street):
    before = solve_at(street, street.power_kw, "before").losses
    after = solve_at(street, injections(TRADES, street.homes, HOURS), "after").losses
    street.set_power(np.zeros(4))
    paid = share(street, TRADES)
    assert paid["loss_kwh"].sum() == pytest.approx((after - before) * HOURS, rel=1e-3)
    assert (paid["loss_eur"] == 0.1 * paid["loss_kwh"]).all()


def test_charges__trade_against_the_flow__is_paid_for_the_losses_it_spares(street):
    paid = share(street, TRADES.iloc[:2])["loss_kwh"]
    assert paid[0] > 0 > paid[1]


def test_charges__trade_on_one_place__costs_nothing(street):
    paid = share(street, TRADES.iloc[[2]])
    assert paid[["loss_kwh", "distance_km", "network_eur"]].to_numpy() == pytest.approx(np.zeros((1, 3)), abs=1e-9)


def test_charges__order_of_trades__does_not_matter(street):
    forth, back = share(street, TRADES), share(street, TRADES.iloc[::-1])
    assert forth["loss_kwh"].to_numpy() == pytest.approx(back["loss_kwh"].to_numpy()[::-1], rel=1e-4, abs=1e-5)


def test_charges__network__by_energy_and_distance(street):
    paid = share(street, TRADES.iloc[[0]])
    feet = 500 + 2000 + 500
    assert paid["distance_km"].item() == pytest.approx(feet * 0.3048e-3)
    assert paid["network_eur"].item() == pytest.approx(20 * feet * 0.3048e-3 * 0.02)


def test_charges__negative_price__refused(street):
    with pytest.raises(GridError, match="energy_price"):
        charges(street, TRADES, HOURS, energy_price=-1.0, fee_per_kwh_km=0.0)
