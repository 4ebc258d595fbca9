"""Placing, cancelling, running out: who may, what it costs, what comes back."""

import pytest
from auction_market import (
    ASK,
    DEPOSIT_RATE,
    MIN_QTY,
    ORDER_TTL,
    TICK,
    Auction,
    deposit_per_wh,
    escrow,
    load,
    reverts,
    terms,
)

LARGEST = 2**40 - 1


def test_placeBid__order__is_readable_and_its_value_and_deposit_are_locked(auction, buyer):
    expiry = (auction.now // 60 + 30) * 60
    order_id = auction.bid(buyer, 12, 100, expiry)
    order = auction.market.orderOf(order_id)
    assert (order.id, order.trader, order.isBid, order.price) == (order_id, buyer.address, True, 12 * TICK)
    assert (order.qty, order.qtyFilled, order.expiry) == (100, 0, expiry)
    assert order.createdAt == auction.now
    assert order.deposit == 100 * deposit_per_wh(12 * TICK)
    assert auction.market.balance == 100 * 12 * TICK + order.deposit


def test_placeAsk__order__locks_the_deposit_alone(auction, seller):
    order = auction.market.orderOf(auction.ask(seller, 12, 100))
    assert not order.isBid
    assert auction.market.balance == order.deposit == 100 * 12 * TICK * DEPOSIT_RATE // 10_000


def test_place__no_expiry__lives_as_long_as_an_order_may(auction, buyer):
    order = auction.market.orderOf(auction.bid(buyer, 12, 100))
    assert order.expiry == (auction.now + ORDER_TTL) // 60 * 60


@pytest.mark.parametrize("price", [0, 1, TICK + 1, 2**24 * TICK, 2**256 - 1])
def test_place__price_off_the_grid__is_refused(auction, buyer, price):
    with reverts("InvalidPrice", price=price, priceTick=TICK):
        auction.market.placeBid(price, 100, 0, sender=buyer, value=0)


@pytest.mark.parametrize("qty", [0, MIN_QTY - 1, LARGEST + 1, 2**64, 2**128 + 10, 2**256 - 1])
def test_place__quantity_out_of_range__is_refused(auction, buyer, qty):
    with reverts("InvalidQuantity", qty=qty, least=MIN_QTY, most=LARGEST):
        auction.market.placeAsk(TICK, qty, 0, sender=buyer, value=0)


def test_place__expiry_past_or_too_far__is_refused(auction, buyer):
    for expiry in (1, auction.now, auction.now + ORDER_TTL + 120, 2**256 - 1):
        with reverts("InvalidExpiry", expiry=expiry):
            auction.market.placeAsk(TICK, 100, expiry, sender=buyer, value=escrow(False, TICK, 100))


@pytest.mark.parametrize("difference", [-1, 1])
def test_place__another_value_than_needed__is_refused(auction, buyer, difference):
    needed = escrow(True, TICK, 100)
    assert auction.market.escrowFor(True, TICK, 100) == needed
    with reverts("WrongValue", sent=needed + difference, needed=needed):
        auction.market.placeBid(TICK, 100, 0, sender=buyer, value=needed + difference)


def test_place__queue_that_would_overflow__is_refused_and_the_next_price_still_takes_orders(connection):
    cheap = Auction.deploy(connection.accounts, priceTick=1, depositRate=0)
    replay = load("AuctionReplay").deploy(sender=cheap.admin)
    for _ in range(8):
        replay.act(cheap.market, [(ASK, 1, LARGEST)] * 128, sender=cheap.admin)
    assert cheap.market.depthAt(False, 1) == 1024 * LARGEST
    with reverts("QueueFull", price=1, isBid=False):
        cheap.market.placeAsk(1, 1024, 0, sender=cheap.traders[0])
    cheap.market.placeAsk(2, LARGEST, 0, sender=cheap.traders[0])


def test_cancelOrder__untouched_order__gives_everything_back(auction, buyer):
    order_id = auction.bid(buyer, 12, 100)
    auction.market.cancelOrder(order_id, sender=buyer)
    assert auction.proceeds(order_id) == escrow(True, 12 * TICK, 100)
    auction.market.withdraw([order_id], buyer, sender=buyer)
    assert auction.market.balance == 0
    assert auction.market.status().bestBid == 0


def test_cancelOrder__partly_filled__gives_the_rest_back_and_keeps_the_trade(auction, buyer, seller):
    bid = auction.bid(buyer, 12, 100)
    ask = auction.ask(seller, 10, 40)
    round_ = auction.clear()
    auction.market.cancelOrder(bid, sender=buyer)
    assert auction.proceeds(bid) == escrow(True, 12 * TICK, 60)
    order = auction.market.orderOf(bid)
    assert (order.qty, order.qtyFilled) == (40, 40)
    assert auction.market.tradeOf(auction.trade(bid, ask, round_)).quantity == 40


def test_cancelOrder__twice_or_filled__is_refused(auction, buyer):
    bid, _, _ = auction.crossed()
    with reverts("NothingLeft", orderId=bid):
        auction.market.cancelOrder(bid, sender=buyer)
    other = auction.bid(buyer, 5, 100)
    auction.market.cancelOrder(other, sender=buyer)
    with reverts("NothingLeft", orderId=other):
        auction.market.cancelOrder(other, sender=buyer)


def test_cancelOrder__somebody_elses_or_unknown__is_refused(auction, buyer, seller):
    order_id = auction.bid(buyer, 12, 100)
    with reverts("NotTrader", orderId=order_id, caller=seller.address):
        auction.market.cancelOrder(order_id, sender=seller)
    for unknown in (0, order_id + 1, 2**200):
        with reverts("UnknownOrder", orderId=unknown):
            auction.market.cancelOrder(unknown, sender=seller)


def test_queue__cancellation_in_the_middle__moves_those_behind_up_and_nobody_else(auction, seller):
    owners = [auction.traders[k] for k in (0, 2, 3, 4, 5)]
    bids = [auction.bid(trader, 12, 100) for trader in owners]
    auction.market.cancelOrder(bids[1], sender=owners[1])
    auction.ask(seller, 12, 250)
    auction.clear()
    assert [auction.filled(bid) for bid in bids] == [100, 0, 100, 50, 0]
    auction.market.cancelOrder(bids[3], sender=owners[3])
    auction.ask(seller, 12, 30)
    auction.clear()
    assert [auction.filled(bid) for bid in bids] == [100, 0, 100, 50, 30]


def test_matchOrders__order_that_ran_out__is_taken_off_first(auction, buyer, seller):
    short = auction.bid(buyer, 20, 100, auction.now + 120)
    lasting = auction.bid(auction.traders[2], 12, 100)
    auction.wait(121)
    ask = auction.ask(seller, 10, 150)
    auction.clear()
    assert (auction.filled(short), auction.filled(lasting), auction.filled(ask)) == (0, 100, 100)
    assert auction.proceeds(short) == escrow(True, 20 * TICK, 100)


def test_removeExpired__many__goes_on_where_it_stopped(auction, buyer):
    expiry = (auction.now // 60 + 3) * 60
    orders = [auction.bid(buyer, 5 + k, 100, expiry) for k in range(4)]
    auction.wait(200)
    for expected in (3, 1, 0):
        receipt = auction.market.removeExpired(3, sender=auction.stranger)
        assert len(list(receipt.decode_logs(auction.market.OrderCancelled))) == expected
    assert all(auction.proceeds(order) for order in orders)
    with reverts("NoWork"):
        auction.market.removeExpired(0, sender=auction.stranger)


def test_expiry__not_yet__stays(auction, buyer):
    order = auction.bid(buyer, 5, 100, auction.now + 600)
    auction.wait(400)
    auction.market.removeExpired(10, sender=auction.stranger)
    assert auction.market.depthAt(True, 5 * TICK) == auction.market.orderOf(order).qty == 100


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("minQty", 0),
        ("minQty", 2**40),
        ("priceTick", 0),
        ("priceTick", 2**64),
        ("orderTTL", 59),
        ("settlementTTL", 0),
        ("depositRate", 10_001),
        ("maxSlippage", 10_001),
        ("meters", "0x" + "00" * 20),
    ],
)
def test_deployment__parameter_that_makes_no_sense__is_refused(auction, name, value):
    changed = terms(**({"meters": auction.meters} | {name: value}))
    with reverts("InvalidParameter", name=name):
        load("EnergyDoubleAuction").deploy(auction.admin, changed, sender=auction.admin)
