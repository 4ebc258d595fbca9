"""Rounds: price rules, resuming, the slippage guard, the witness."""

import pytest
from auction_market import ALL, EQUILIBRIUM_MIDPOINT, PAY_AS_BID, TICK, Auction, escrow, load, reverts, terms


def fill_book(auction, bids, asks):
    """Bids and asks as (price in ticks, Wh), of traders 0 and 1."""
    return (
        [auction.bid(auction.traders[0], *order) for order in bids],
        [auction.ask(auction.traders[1], *order) for order in asks],
    )


def price_of(auction, round_=1):
    return auction.market.roundOf(round_).price


BOOK = [(20, 100), (16, 100), (14, 100)], [(10, 150), (11, 100), (18, 100)]


def test_matchOrders__pair_midpoint__is_between_the_worst_pair_that_trades(auction):
    fill_book(auction, *BOOK)
    receipt = auction.market.matchOrders(ALL, sender=auction.stranger)
    (event,) = list(receipt.decode_logs(auction.market.TradeMatched))
    assert (event.round, event.quantity, event.mcp) == (1, 250, 25 * TICK // 2)
    assert auction.market.roundOf(1) == (25 * TICK // 2, 250, auction.now)


def test_matchOrders__equilibrium_midpoint__lies_where_supply_meets_demand(connection):
    auction = Auction.deploy(connection.accounts, pricingMode=EQUILIBRIUM_MIDPOINT)
    fill_book(auction, *BOOK)
    auction.clear()
    assert price_of(auction) == 14 * TICK  # the bid at 14 is filled in part: nothing below it clears the market


def test_matchOrders__pay_as_bid__every_trade_has_its_bids_price(connection):
    auction = Auction.deploy(connection.accounts, pricingMode=PAY_AS_BID)
    bids, asks = fill_book(auction, *BOOK)
    auction.clear()
    assert price_of(auction) == 14 * TICK
    trades = [(bids[0], asks[0]), (bids[1], asks[0]), (bids[1], asks[1]), (bids[2], asks[1])]
    found = [auction.market.tradeOf(auction.trade(*pair)) for pair in trades]
    assert [(trade.quantity, trade.price // TICK) for trade in found] == [(100, 20), (50, 16), (50, 16), (50, 14)]


def test_matchOrders__nothing_crosses__is_no_round(auction):
    fill_book(auction, [(9, 100)], [(10, 100)])
    auction.market.matchOrders(ALL, sender=auction.stranger)
    assert auction.market.status() == (False, False, 0, 9 * TICK, 10 * TICK)


def test_matchOrders__step_by_step__takes_no_orders_meanwhile_but_lets_them_leave(auction):
    bids, asks = fill_book(auction, *BOOK)
    auction.market.matchOrders(1, sender=auction.stranger)
    assert auction.market.status().inProgress
    with reverts("RoundInProgress", round=1):
        auction.bid(auction.traders[2], 30, 100)
    with reverts("UnknownTrade"):
        auction.market.tradeOf(auction.trade(bids[0], asks[0]))
    auction.market.cancelOrder(asks[2], sender=auction.traders[1])
    while auction.market.status().inProgress:
        auction.market.matchOrders(1, sender=auction.stranger)
    assert auction.market.roundOf(1)[:2] == (25 * TICK // 2, 250)
    assert [auction.filled(order) for order in bids + asks] == [100, 100, 50, 150, 100, 0]


def test_matchOrders__in_pieces__says_that_the_round_is_unfinished(auction):
    fill_book(auction, *BOOK)
    receipt = auction.market.matchOrders(1, sender=auction.stranger)
    (event,) = list(receipt.decode_logs(auction.market.RoundUnfinished))
    assert (event.round, event.quantity) == (1, 100)
    receipt = auction.market.matchOrders(ALL, sender=auction.stranger)
    assert not list(receipt.decode_logs(auction.market.RoundUnfinished))


def test_matchOrders__order_that_runs_out_in_the_middle_of_a_round__takes_no_further_part(auction, buyer, seller):
    auction.bid(auction.traders[2], 20, 50)
    short = auction.bid(buyer, 16, 100, auction.now + 120)
    ask = auction.ask(seller, 10, 150)
    auction.market.matchOrders(1, sender=auction.stranger)
    assert auction.market.status().inProgress
    auction.wait(121)
    auction.clear()
    assert (auction.filled(short), auction.filled(ask)) == (0, 50)
    assert auction.proceeds(short) == escrow(True, 16 * TICK, 100)
    assert auction.market.roundOf(1)[:2] == (15 * TICK, 50)


def test_matchOrders__only_steps_for_orders_that_ran_out__says_how_far_the_round_is(auction, buyer, seller):
    auction.bid(auction.traders[2], 20, 50)
    auction.bid(buyer, 16, 100, auction.now + 120)
    auction.ask(seller, 10, 150)
    auction.market.matchOrders(1, sender=auction.stranger)
    auction.wait(121)
    assert tuple(auction.market.matchOrders.call(1, sender=auction.stranger)) == (50, 0)


def test_matchOrders__no_work__is_refused(auction):
    with reverts("NoWork"):
        auction.market.matchOrders(0, sender=auction.stranger)


def test_matchOrders__rest_of_a_bid__trades_again_in_later_rounds(auction, buyer, seller):
    bid = auction.bid(buyer, 12, 100)
    asks = []
    for expected in (30, 60, 90, 100):
        asks.append(auction.ask(seller, 10, 30))
        auction.clear()
        assert auction.filled(bid) == expected
    quantities = [auction.market.tradeOf(auction.trade(bid, ask, k + 1)).quantity for k, ask in enumerate(asks)]
    assert quantities == [30, 30, 30, 10]


def test_slippage__guard__moves_the_price_no_further_than_limits_demand(connection):
    auction = Auction.deploy(connection.accounts, maxSlippage=1_000)
    buyer, seller = auction.traders[:2]
    auction.bid(buyer, 100, 100), auction.ask(seller, 100, 100)
    auction.clear()
    for bid, ask, expected in ((200, 90, 110), (100, 50, 99), (200, 150, 150), (60, 30, 60)):
        auction.bid(buyer, bid, 100), auction.ask(auction.traders[2], ask, 100)
        last = auction.clear()
        assert price_of(auction, last) == expected * TICK
        auction.market.withdraw([], buyer, sender=buyer)


def test_slippage__guard_where_every_pair_has_its_own_price__is_refused(auction):
    guarded = terms(auction.meters, maxSlippage=1_000, pricingMode=PAY_AS_BID)
    with reverts("InvalidParameter", name="maxSlippage", value=1_000):
        load("EnergyDoubleAuction").deploy(auction.admin, guarded, sender=auction.admin)


def test_matchWithWitness__the_right_one__is_the_same_round(auction):
    bids, asks = fill_book(auction, *BOOK)
    prices = [price * TICK for price in (20, 16, 14)], [price * TICK for price in (10, 11)]
    auction.market.matchWithWitness(*prices, 250, 25 * TICK // 2, sender=auction.stranger)
    assert auction.market.roundOf(1)[:2] == (25 * TICK // 2, 250)
    assert [auction.filled(order) for order in bids + asks] == [100, 100, 50, 150, 100, 0]


@pytest.mark.parametrize(
    ("bids", "asks", "quantity", "error"),
    [
        ([], [], 0, "InvalidWitness"),
        ([20, 16], [10, 11], 200, "CrossingOrdersLeft"),
        ([20, 16], [10], 151, "InvalidWitness"),
        ([16, 14], [10, 11], 200, "IncompleteWitness"),
        ([20, 14], [10], 150, "IncompleteWitness"),
        ([20], [11], 100, "IncompleteWitness"),
        ([20, 16, 14], [10, 11, 18], 300, "InvalidWitness"),
        ([20, 16, 14, 13], [10, 11], 250, "IncompleteWitness"),
        ([20, 16, 14], [10, 11], 251, "InvalidWitness"),
        ([20], [10], 100, "CrossingOrdersLeft"),
        ([20, 16, 14], [10, 11], 2**60, "InvalidWitness"),
    ],
)
def test_matchWithWitness__orders_left_out_or_made_up__is_refused(auction, bids, asks, quantity, error):
    fill_book(auction, *BOOK)
    prices = [price * TICK for price in bids], [price * TICK for price in asks]
    with reverts(error):
        auction.market.matchWithWitness(*prices, quantity, 25 * TICK // 2, sender=auction.stranger)
    assert auction.market.status().round == 0


def test_matchWithWitness__another_price__is_refused(auction):
    fill_book(auction, *BOOK)
    prices = [price * TICK for price in (20, 16, 14)], [price * TICK for price in (10, 11)]
    with reverts("WrongPrice", given=12 * TICK, price=25 * TICK // 2):
        auction.market.matchWithWitness(*prices, 250, 12 * TICK, sender=auction.stranger)


def test_matchWithWitness__expired_orders_left__is_refused(auction, buyer):
    auction.bid(buyer, 20, 100, auction.now + 120)
    auction.wait(121)
    with reverts("ExpiredOrdersLeft"):
        auction.market.matchWithWitness([20 * TICK], [], 1, 0, sender=auction.stranger)
