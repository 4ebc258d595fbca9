"""Trades: proof, payment, default on either side, rematch, withdrawal."""

from auction_market import SETTLEMENT_TTL, TICK, deposit_per_wh, escrow, reverts

BID_DEPOSIT = deposit_per_wh(12 * TICK)
ASK_DEPOSIT = deposit_per_wh(10 * TICK)
PRICE = 11 * TICK
LOCKED = escrow(True, 12 * TICK, 100) + escrow(False, 10 * TICK, 100)


def strikes(auction, trader):
    return auction.market.strikesOf(trader)


def test_settle__delivered__pays_the_seller_and_returns_both_deposits(auction, buyer, seller):
    bid, ask, trade = auction.crossed()
    assert auction.proceeds(bid) == auction.proceeds(ask) == 0
    auction.settle(trade, 100)
    assert auction.proceeds(ask) == 100 * (PRICE + ASK_DEPOSIT)
    assert auction.proceeds(bid) == 100 * (12 * TICK - PRICE + BID_DEPOSIT)
    assert auction.proceeds(ask) + auction.proceeds(bid) == auction.market.balance == LOCKED
    assert auction.market.tradeOf(trade).resolved


def test_settle__more_delivered_than_traded__pays_what_was_traded(auction):
    _, ask, trade = auction.crossed()
    auction.settle(trade, 10**6)
    assert auction.proceeds(ask) == 100 * (PRICE + ASK_DEPOSIT)


def test_settle__buyer_refused__is_slashed_and_the_seller_made_whole_up_to_the_deposit(auction, buyer, seller):
    bid, ask, trade = auction.crossed()
    receipt = auction.settle(trade, 40, 60)
    (rematch,) = list(receipt.decode_logs(auction.market.OrderRematched))
    assert auction.market.orderOf(rematch.newOrderId).qty == 60
    assert auction.proceeds(ask) == 40 * (PRICE + ASK_DEPOSIT) + 60 * BID_DEPOSIT
    assert auction.proceeds(bid) == escrow(True, 12 * TICK, 100) - 40 * PRICE - 60 * BID_DEPOSIT
    assert auction.proceeds(ask) + auction.proceeds(bid) + 60 * ASK_DEPOSIT == auction.market.balance
    assert (strikes(auction, buyer), strikes(auction, seller)) == (1, 0)


def test_expire__nothing_proven__slashes_the_seller_and_rematches_the_buyer(auction, buyer, seller):
    bid, ask, trade = auction.crossed()
    receipt = auction.let_expire(trade)
    (rematch,) = list(receipt.decode_logs(auction.market.OrderRematched))
    (penalty,) = list(receipt.decode_logs(auction.market.PenaltyApplied))
    assert (penalty.trader, penalty.amount, penalty.strikes) == (seller.address, 100 * ASK_DEPOSIT, 1)
    assert (auction.proceeds(bid), auction.proceeds(ask)) == (100 * ASK_DEPOSIT, 0)
    again = auction.ask(auction.traders[2], 12, 100)
    round_ = auction.clear()
    trade = auction.trade(rematch.newOrderId, again, round_)
    auction.settle(trade, 100, signer=auction.traders[2])
    orders = (bid, ask, rematch.newOrderId, again)
    assert sum(auction.proceeds(order) for order in orders) == auction.market.balance


def test_expire__order_ran_out__refunds_instead(auction, buyer, seller):
    bid = auction.bid(buyer, 12, 100, auction.now + 120)
    ask = auction.ask(seller, 10, 100, auction.now + 120)
    trade = auction.trade(bid, ask, auction.clear())
    auction.let_expire(trade)
    assert auction.proceeds(bid) == auction.market.balance == LOCKED
    assert auction.market.status().bestBid == 0


def test_expire__buyer_cancelled_the_rest__refunds_instead(auction, buyer, seller):
    bid, ask = auction.bid(buyer, 12, 150), auction.ask(seller, 10, 100)
    trade = auction.trade(bid, ask, auction.clear())
    auction.market.cancelOrder(bid, sender=buyer)
    auction.let_expire(trade)
    assert auction.proceeds(bid) == auction.market.balance


def test_expire__would_meet_the_traders_own_order__refunds_instead(auction, buyer):
    bid, _, trade = auction.crossed()
    auction.market.withdraw([bid], buyer, sender=buyer)
    auction.ask(buyer, 11, 50)
    auction.let_expire(trade)
    assert auction.proceeds(bid) == LOCKED


def test_expire__in_time__is_refused(auction):
    _, _, trade = auction.crossed()
    auction.wait(SETTLEMENT_TTL - 10)
    with reverts("SettlementOpen", tradeId=trade):
        auction.market.expire(trade, sender=auction.stranger)


def test_trade__resolved__cannot_be_resolved_again(auction):
    _, _, trade = auction.crossed()
    auction.settle(trade, 100)
    auction.wait(SETTLEMENT_TTL + 1)
    with reverts("TradeResolved", tradeId=trade):
        auction.market.expire(trade, sender=auction.stranger)
    with reverts("TradeResolved", tradeId=trade):
        auction.market.adminCancelTrade(trade, sender=auction.admin)


def test_trade__that_never_was__is_unknown(auction, buyer, seller):
    bid, ask, trade = auction.crossed()
    other = auction.bid(buyer, 5, 100)
    wrong = [0, auction.trade(other, ask), auction.trade(ask, bid), auction.trade(bid, ask, 2), trade | 1 << 200]
    for each in [*wrong, auction.trade(bid, ask | 1 << 60), auction.trade(bid | 1 << 58, ask)]:
        with reverts("UnknownTrade"):
            auction.market.settle(each, b"", sender=auction.stranger)


def test_trade__of_an_order_that_never_was__is_unknown_in_a_queue_with_holes_too(auction, buyer, seller):
    orders = [auction.bid(buyer, 12, 100) for _ in range(3)]
    auction.market.cancelOrder(orders[1], sender=buyer)
    ask = auction.ask(seller, 10, 100)
    round_ = auction.clear()
    with reverts("UnknownTrade"):
        auction.market.tradeOf(auction.trade(orders[0] + 9, ask, round_))


def test_trades__several_of_one_order__are_resolved_one_by_one(auction, buyer):
    bid = auction.bid(buyer, 12, 100)
    sellers = auction.traders[1:4]
    asks = [auction.ask(each, 10, qty) for each, qty in zip(sellers, (30, 30, 30), strict=True)]
    round_ = auction.clear()
    trades = [auction.trade(bid, ask, round_) for ask in asks]
    auction.settle(trades[1], 30, signer=sellers[1])
    auction.settle(trades[0], 30, signer=sellers[0])
    assert [auction.market.tradeOf(trade).resolved for trade in trades] == [True, True, False]
    auction.let_expire(trades[2])
    assert strikes(auction, sellers[2]) == 1


def test_trades__of_later_rounds_of_one_order__are_resolved_one_by_one(auction, buyer, seller):
    bid = auction.bid(buyer, 12, 100)
    trades = []
    for _ in range(3):
        ask = auction.ask(seller, 10, 30)
        trades.append(auction.trade(bid, ask, auction.clear()))
    for trade in reversed(trades):
        auction.settle(trade, 30)
        with reverts("TradeResolved"):
            auction.settle(trade, 30)
    auction.market.cancelOrder(bid, sender=buyer)
    assert auction.proceeds(bid) == escrow(True, 12 * TICK, 100) - 90 * PRICE


def test_trade__begun_by_the_later_stretch_of_an_order__is_resolved_once(auction, buyer, seller):
    ask = auction.ask(seller, 10, 100)
    first = auction.bid(buyer, 12, 30)
    trades = [auction.trade(first, ask, auction.clear())]
    later = [auction.bid(trader, 12, 50) for trader in auction.traders[2:4]]
    round_ = auction.clear()
    trades += [auction.trade(bid, ask, round_) for bid in later]
    assert [auction.market.tradeOf(trade).quantity for trade in trades] == [30, 50, 20]
    for trade in trades:
        auction.settle(trade, 50)
        with reverts("TradeResolved"):
            auction.settle(trade, 50)
    assert auction.proceeds(ask) == 100 * (PRICE + ASK_DEPOSIT)


def test_withdraw__nothing_proven_yet__pays_nothing(auction, buyer, seller):
    bid, ask, _ = auction.crossed()
    for order, trader in ((bid, buyer), (ask, seller)):
        auction.market.withdraw([order], trader, sender=trader)
    assert auction.market.balance == LOCKED


def test_withdraw__several_orders_and_one_twice__pays_each_once(auction, buyer):
    orders = [auction.bid(buyer, 5, 100), auction.bid(buyer, 6, 100)]
    for order in orders:
        auction.market.cancelOrder(order, sender=buyer)
    receiver = auction.traders[5]
    before = receiver.balance
    auction.market.withdraw([*orders, orders[0]], receiver, sender=buyer)
    assert receiver.balance - before == escrow(True, 5 * TICK, 100) + escrow(True, 6 * TICK, 100)
    assert auction.market.balance == 0


def test_withdraw__somebody_elses__is_refused(auction, buyer, seller):
    order = auction.bid(buyer, 5, 100)
    auction.market.cancelOrder(order, sender=buyer)
    with reverts("NotTrader", orderId=order, caller=seller.address):
        auction.market.withdraw([order], seller, sender=seller)
