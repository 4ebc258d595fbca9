import pytest
from eth_account import Account
from eth_utils import keccak

from dem import chain
from dem.chain import AuctionTerms, EnergyDoubleAuction
from dem.chain.meter import Reading
from dem.market import double_auction

TICK = 10**9
METER_KEY = keccak(text="the seller's meter")
BIDS, ASKS = ((12, 100), (9, 50)), ((8, 60), (10, 70))


@pytest.fixture(scope="module")
def meters(connection):
    """A register with one meter, of account 2."""
    register, _ = connection.deploy("AuctionMeterRegistry", sender=connection.accounts[0])
    address = Account.from_key(METER_KEY).address
    connection.send(register.accredit, address, connection.accounts[2], sender=connection.accounts[0])
    return register


@pytest.fixture
def make_auction(connection, meters):
    before = connection.snapshot()
    yield lambda **terms: EnergyDoubleAuction.deploy(connection, meters=meters, terms=AuctionTerms(**terms))
    connection.restore(before)


@pytest.fixture
def auction(make_auction):
    return make_auction()


def book(auction):
    """Account 1 bids, account 2 asks; prices in ticks."""
    buyer, seller = auction.connection.accounts[1:3]
    bids = [auction.place_bid(buyer, price * TICK, quantity) for price, quantity in BIDS[:1]]
    asks = [auction.place_ask(seller, price * TICK, quantity) for price, quantity in ASKS]
    bids += [auction.place_bid(auction.connection.accounts[3], price * TICK, quantity) for price, quantity in BIDS[1:]]
    return bids, asks


@pytest.mark.parametrize("pricing", ["pair_midpoint", "equilibrium_midpoint"])
def test_match__both_price_rules__clears_as_off_chain(make_auction, pricing):
    auction = make_auction(pricing=pricing)
    bids, asks = book(auction)
    auction.match()
    columns = [[getattr(order, field) for order in side] for side in (bids, asks) for field in ("price", "quantity")]
    expected = double_auction.clear(*columns, pricing=pricing)
    assert auction.clearing(auction.round) == (expected.price, expected.quantity)
    assert [auction.fill(order) for order in bids] == expected.bid_fill.tolist()
    assert [auction.fill(order) for order in asks] == expected.ask_fill.tolist()


def test_match__pay_as_bid__reports_the_lowest_bid_that_trades(make_auction):
    auction = make_auction(pricing="pay_as_bid")
    book(auction)
    auction.match()
    assert auction.clearing(1) == (12 * TICK, 100)


def test_match__few_steps__goes_on_with_the_next_call(auction):
    book(auction)
    auction.match(1)
    assert auction.in_progress
    assert auction.round == 0
    auction.match()
    assert not auction.in_progress
    assert auction.round == 1


def test_settle__meters_reading__pays_the_seller_who_withdraws(auction):
    (bid, _), (ask, _) = book(auction)
    auction.match()
    price, _ = auction.clearing(1)
    now = auction.connection.now
    auction.settle(Reading(auction.trade_id(bid, ask, 1), delivered=60, refused=0, read_at=now), METER_KEY)
    deposit = ask.price // 10
    assert auction.proceeds(ask) == 60 * (price + deposit)
    receiver = "0x00000000000000000000000000000000000000AB"
    auction.withdraw(ask.trader, [ask], receiver)
    assert auction.connection.balance(receiver) == 60 * (price + deposit)
    assert auction.proceeds(ask) == 0


def test_settle__another_meter__is_refused(auction):
    (bid, _), (ask, _) = book(auction)
    auction.match()
    reading = Reading(auction.trade_id(bid, ask, 1), delivered=60, refused=0, read_at=auction.connection.now)
    with pytest.raises(chain.ContractError, match="WrongMeter"):
        auction.settle(reading, keccak(text="a stranger's meter"))


def test_cancel__open_order__credits_what_it_locked(auction):
    (bid, _), _ = book(auction)
    auction.cancel(bid)
    assert auction.proceeds(bid) == 100 * (12 * TICK + 12 * TICK // 10)


def test_expire__no_proof_in_time__compensates_the_buyer(auction):
    (bid, _), (ask, _) = book(auction)
    auction.match()
    trade = auction.trade_id(bid, ask, 1)
    with pytest.raises(chain.ContractError, match="SettlementOpen"):
        auction.expire(trade)
    auction.connection.advance_to(auction.connection.now + AuctionTerms().settlement_ttl_s + 1)
    auction.expire(trade)
    assert auction.proceeds(bid) == 60 * ask.price // 10


def test_terms__unknown_pricing__is_refused_by_name():
    with pytest.raises(ValueError, match=r"pricing must be one of pair_midpoint.*'uniform'"):
        AuctionTerms(pricing="uniform")


def test_deploy__terms_that_make_no_market__are_refused_by_the_contract(make_auction):
    with pytest.raises(chain.ContractError, match="InvalidParameter"):
        make_auction(tick=0)
