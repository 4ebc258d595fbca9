"""Both markets take meters from the register: one accreditation, one revocation."""

import pytest
from eth_account import Account
from meters_world import address_of, key_of
from refusals import refused

from dem.chain import EnergyDoubleAuction, FixedPriceMarket, Reading

TICK = 10**9
METER = Account.from_key(key_of(0))


@pytest.fixture
def purchase(world):
    """A market of posted prices and what home 1 bought there of home 0."""
    market = FixedPriceMarket.deploy(world.connection, meters=world.contract)
    market.offer(world.homes[0], TICK, 500)
    return market, market.buy(world.homes[1], world.homes[0], 500).value("EnergyBought", "purchaseId")


@pytest.fixture
def trade(world):
    """A double auction and what home 1 bought there of home 0."""
    auction = EnergyDoubleAuction.deploy(world.connection, meters=world.contract)
    bid = auction.place_bid(world.homes[1], 12 * TICK, 100)
    ask = auction.place_ask(world.homes[0], 10 * TICK, 100)
    auction.match()
    return auction, auction.trade_id(bid, ask, auction.round)


def test_fixed_price_market__delivery__is_proved_by_the_registers_meter(world, purchase):
    market, number = purchase
    market.deliver(number, 500, world.connection.now, METER)
    assert market.balance(world.homes[0]) == 500 * TICK


def test_fixed_price_market__revoked_meter__proves_nothing(world, purchase):
    market, number = purchase
    world.register.revoke(address_of(0))
    with refused("WrongMeter", signer=address_of(0)):
        market.deliver(number, 500, world.connection.now, METER)


def test_double_auction__trade__is_settled_by_the_registers_meter(world, trade):
    auction, number = trade
    receipt = auction.settle(Reading(number, 100, 0, world.connection.now), key_of(0), world.stranger)
    assert receipt.value("TradeSettled", "delivered") == 100


def test_double_auction__revoked_meter__settles_nothing(world, trade):
    auction, number = trade
    world.register.revoke(address_of(0))
    with refused("WrongMeter"):
        auction.settle(Reading(number, 100, 0, world.connection.now), key_of(0), world.stranger)
