import pytest

from dem.app import demo
from dem.app.security import Caller
from dem.app.service import Options, Service
from dem.vpp import Config, Plant

SMALL = {"homes": 3, "horizon_days": 1, "history_days": 23, "roof_share": 0.4, "forecaster": "yesterday"}
OPERATOR = Caller("operator")


@pytest.fixture(scope="module")
def service():
    config = Config(**SMALL, agent="rest", feeder=False)
    with Service(Options(make_plant=lambda connection: Plant(config, connection))) as opened:
        yield opened


def test_fill__small_plant__has_homes_that_have_traded_and_gas_on_one_chain(service):
    keys = demo.fill(service)
    desks = service.desks
    assert [issued.home for issued in keys] == desks.plant.names
    assert service.caller(keys[0].key).home == desks.plant.names[0]
    assert len(service.do(desks.plant.intervals, OPERATOR)) == demo.INTERVALS_BEFORE
    market = service.do(desks.orders.market, OPERATOR)
    assert len(market.rounds) == 1
    assert market.book
    # Roots of the plant's intervals and orders of the auction are on the same chain.
    assert {"post", "placeBid"} <= {use.operation for use in service.do(desks.homes.gas_used, OPERATOR)}
