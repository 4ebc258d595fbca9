"""What somebody might try, and that it is refused or gains nothing."""

from auction_market import ALL, MIN_QTY, SETTLEMENT_TTL, TICK, Auction, escrow, load, reverts
from eth_abi import encode
from eth_utils import keccak

ACCEPT, REFUSE, REENTER = 0, 1, 2
BLOCK_GAS_LIMIT = 30_000_000


def call(signature: str, *arguments) -> bytes:
    kinds = signature[signature.index("(") + 1 : -1].split(",")
    return keccak(text=signature)[:4] + encode([kind for kind in kinds if kind], arguments)


def withdrawal(order_id: int, to) -> bytes:
    return call("withdraw(uint256[],address)", [order_id], str(to))


def hostile_with_proceeds(auction):
    """A contract with a cancelled order to its credit, beside an honest one's money in the market."""
    auction.bid(auction.traders[2], 5, 1000)
    contract = load("HostileHome").deploy(sender=auction.stranger)
    value = escrow(True, 6 * TICK, 100)
    place = call("placeBid(uint256,uint256,uint256)", 6 * TICK, 100, 0)
    contract.perform(auction.market, place, sender=auction.stranger, value=value)
    order_id = 6 << 32
    assert auction.market.orderOf(order_id).trader == contract.address
    contract.perform(auction.market, call("cancelOrder(uint256)", order_id), sender=auction.stranger)
    return contract, order_id, value


def test_reentrancy__withdrawing_while_withdrawing__gains_nothing(auction):
    contract, order_id, value = hostile_with_proceeds(auction)
    before = auction.market.balance
    contract.behave(REENTER, auction.market, withdrawal(order_id, auction.stranger), sender=auction.stranger)
    contract.perform(auction.market, withdrawal(order_id, contract), sender=auction.stranger)
    assert contract.balance == value
    assert auction.market.balance == before - value


def test_reverting_receiver__blocks_itself_only_and_can_still_withdraw_elsewhere(auction, buyer):
    contract, order_id, value = hostile_with_proceeds(auction)
    contract.behave(REFUSE, auction.market, b"", sender=auction.stranger)
    with reverts("PaymentRefused", to=contract.address, amount=value):
        contract.perform(auction.market, withdrawal(order_id, contract), sender=auction.stranger)
    order = auction.bid(buyer, 5, 100)
    auction.market.cancelOrder(order, sender=buyer)
    auction.market.withdraw([order], buyer, sender=buyer)
    contract.perform(auction.market, withdrawal(order_id, auction.traders[5]), sender=auction.stranger)
    assert auction.proceeds(order_id) == 0


def test_reverting_receiver__as_a_side_of_a_trade__does_not_stop_its_settlement(auction, seller):
    contract, _, _ = hostile_with_proceeds(auction)
    contract.behave(REFUSE, auction.market, b"", sender=auction.stranger)
    place = call("placeBid(uint256,uint256,uint256)", 12 * TICK, 100, 0)
    contract.perform(auction.market, place, sender=auction.stranger, value=escrow(True, 12 * TICK, 100))
    ask = auction.ask(seller, 10, 100)
    auction.settle(auction.trade(12 << 32, ask, auction.clear()), 100)
    auction.market.withdraw([ask], seller, sender=seller)
    assert auction.proceeds(ask) == 0


def test_dust__orders_below_the_least_quantity__are_refused(auction, buyer):
    with reverts("InvalidQuantity", least=MIN_QTY):
        auction.bid(buyer, 12, MIN_QTY - 1)


def test_dust__hundreds_of_small_orders__neither_stop_a_round_nor_make_anyones_call_dearer(connection):
    quiet, flooded = (Auction.deploy(connection.accounts) for _ in range(2))
    replay = load("AuctionReplay").deploy(sender=quiet.admin)
    dust = [(0, price * TICK, MIN_QTY) for price in range(1, 9) for _ in range(40)]
    for part in (dust[:160], dust[160:]):
        replay.act(flooded.market, part, sender=quiet.admin, value=10**18)
    gas = []
    for auction in (quiet, flooded):
        expiry = (auction.now // 60 + 60) * 60
        orders = [auction.bid(trader, 20, 100, expiry) for trader in auction.traders[2:5]]
        ask = auction.ask(auction.traders[1], 10, 150, expiry)
        matched = auction.market.matchOrders(ALL, sender=auction.stranger)
        settled = auction.settle(auction.trade(orders[0], ask), 100)
        cancelled = auction.market.cancelOrder(orders[2], sender=auction.traders[4])
        gas.append([receipt.gas_used for receipt in (matched, settled, cancelled)])
    assert all(flooded - quiet < 12_000 for quiet, flooded in zip(*gas, strict=True)), gas


def test_dust__orders_that_run_out_together__are_removed_in_calls_of_bounded_cost(connection):
    auction = Auction.deploy(connection.accounts)
    replay = load("AuctionReplay").deploy(sender=auction.admin)
    replay.act(auction.market, [(0, 3 * TICK, MIN_QTY)] * 150, sender=auction.admin, value=10**18)
    auction.wait(25 * 3600)
    auction.bid(auction.traders[0], 12, 100), auction.ask(auction.traders[1], 10, 100)
    receipts = [auction.market.matchOrders(60, sender=auction.stranger) for _ in range(3)]
    assert auction.market.status().round == 1
    assert max(receipt.gas_used for receipt in receipts) < BLOCK_GAS_LIMIT / 5


def test_front_running__a_cancellation_by_a_round__leaves_trade_and_rest_as_they_are_due(auction, buyer, seller):
    bid = auction.bid(buyer, 12, 100)
    ask = auction.ask(seller, 10, 60)
    auction.clear()  # ahead of the buyer's cancellation
    auction.market.cancelOrder(bid, sender=buyer)
    assert auction.proceeds(bid) == escrow(True, 12 * TICK, 40)
    auction.settle(auction.trade(bid, ask), 60)
    assert auction.proceeds(bid) + auction.proceeds(ask) == auction.market.balance


def test_front_running__an_unfinished_round__does_not_hold_a_cancellation_up(auction, buyer, seller):
    low = auction.bid(buyer, 12, 100)
    auction.bid(auction.traders[2], 20, 50), auction.ask(seller, 10, 120), auction.ask(seller, 11, 100)
    auction.market.matchOrders(1, sender=auction.stranger)
    assert auction.market.status().inProgress
    auction.market.cancelOrder(low, sender=buyer)
    assert auction.proceeds(low) == escrow(True, 12 * TICK, 100)


def test_self_trade__an_order_that_could_meet_ones_own__is_refused(auction, buyer):
    bid = auction.bid(buyer, 12, 100)
    with reverts("SelfTrade", trader=buyer.address, price=12 * TICK):
        auction.ask(buyer, 12, 50)
    ask = auction.ask(buyer, 13, 50)
    with reverts("SelfTrade", trader=buyer.address, price=13 * TICK):
        auction.bid(buyer, 14, 50)
    auction.market.cancelOrder(bid, sender=buyer)
    auction.ask(buyer, 11, 50)
    auction.market.cancelOrder(ask, sender=buyer)


def test_self_trade__a_filled_order__stands_in_the_way_until_it_is_claimed(auction, buyer):
    bid, _, _ = auction.crossed()
    with reverts("SelfTrade"):
        auction.ask(buyer, 12, 50)
    auction.market.withdraw([bid], buyer, sender=buyer)
    auction.ask(buyer, 12, 50)


def test_proof__replayed__is_refused(auction, buyer, seller):
    bids = [auction.bid(buyer, 12, 100) for _ in range(2)]
    asks = [auction.ask(seller, 10, 100) for _ in range(2)]
    auction.clear()
    trades = [auction.trade(*pair) for pair in zip(bids, asks, strict=True)]
    proof = auction.proof(trades[0], 100)
    auction.market.settle(trades[0], proof, sender=auction.stranger)
    with reverts("TradeResolved", tradeId=trades[0]):
        auction.market.settle(trades[0], proof, sender=auction.stranger)
    with reverts("WrongMeter"):
        auction.market.settle(trades[1], proof, sender=auction.stranger)


def test_proof__of_another_market__is_refused(auction, connection):
    other = Auction.deploy(connection.accounts)
    _, _, trade = auction.crossed()
    with reverts("WrongMeter"):
        auction.market.settle(trade, other.proof(trade, 100), sender=auction.stranger)


def test_proof__after_its_time__is_refused(auction):
    _, _, trade = auction.crossed()
    proof = auction.proof(trade, 100)
    auction.wait(SETTLEMENT_TTL + 1)
    with reverts("SettlementClosed", tradeId=trade):
        auction.market.settle(trade, proof, sender=auction.stranger)


def test_proof__read_before_the_round_or_in_the_future__is_refused(auction):
    before = auction.now
    _, _, trade = auction.crossed()
    for read_at in (before, auction.now + 1000):
        with reverts("ReadingOutsideWindow", readAt=read_at):
            auction.market.settle(trade, auction.proof(trade, 100, read_at=read_at), sender=auction.stranger)


def test_proof__by_a_wrong_or_revoked_meter__is_refused(auction, buyer, seller):
    _, _, trade = auction.crossed()
    for signer in (buyer, auction.traders[3], auction.stranger):
        with reverts("WrongMeter", seller=seller.address):
            auction.settle(trade, 100, signer=signer)
    proof = auction.proof(trade, 100)
    auction.meters.accredit(auction.meter(seller), "0x" + "00" * 20, sender=auction.admin)
    with reverts("WrongMeter", seller=seller.address):
        auction.market.settle(trade, proof, sender=auction.stranger)


def test_proof__tampered_or_malformed__is_refused(auction):
    _, _, trade = auction.crossed()
    proof = auction.proof(trade, 100)
    more = (101).to_bytes(8, "big") + proof[8:]
    with reverts("WrongMeter"):
        auction.market.settle(trade, more, sender=auction.stranger)
    with reverts("WrongMeter"):
        auction.market.settle(trade, proof[:24] + b"\0" * 64, sender=auction.stranger)
    for length in (0, 87, 89):
        with reverts("MalformedProof", length=length):
            auction.market.settle(trade, (proof + b"\0")[:length], sender=auction.stranger)


def test_proof__of_less_than_the_trade__is_refused_and_a_fuller_one_still_counts(auction):
    _, _, trade = auction.crossed()
    with reverts("NotPerformed", delivered=50, refused=49, quantity=100):
        auction.settle(trade, 50, 49)
    auction.settle(trade, 100)


def test_proof__largest_numbers__do_not_overflow(auction, seller):
    _, ask, trade = auction.crossed()
    auction.settle(trade, 2**64 - 1, 2**64 - 1)
    assert auction.proceeds(ask) < auction.market.balance


def test_pause__withdrawal_cancellation_settlement_and_expiry__still_work(auction, buyer, seller):
    _, ask, trade = auction.crossed()
    bid = auction.bid(buyer, 5, 100)
    rest = auction.bid(auction.traders[2], 12, 100)
    other = auction.ask(auction.traders[3], 10, 100)
    failing = auction.trade(rest, other, auction.clear())
    auction.market.pause(sender=auction.admin)
    with reverts("MarketIsPaused"):
        auction.bid(auction.traders[4], 12, 100)
    with reverts("MarketIsPaused"):
        auction.market.matchOrders(ALL, sender=auction.stranger)
    with reverts("MarketIsPaused"):
        auction.market.matchWithWitness([], [], 1, 1, sender=auction.stranger)
    auction.settle(trade, 100)
    auction.market.cancelOrder(bid, sender=buyer)
    auction.market.withdraw([bid], buyer, sender=buyer)
    auction.market.withdraw([ask], seller, sender=seller)
    auction.let_expire(failing)
    auction.market.removeExpired(1, sender=auction.stranger)
    assert auction.proceeds(rest) > 0


def test_pause__in_the_middle_of_a_round__lets_it_finish(auction, buyer, seller):
    auction.bid(buyer, 12, 50), auction.bid(buyer, 13, 50), auction.ask(seller, 10, 100)
    auction.market.matchOrders(1, sender=auction.stranger)
    auction.market.pause(sender=auction.admin)
    auction.market.matchOrders(ALL, sender=auction.stranger)
    assert auction.market.status()[:3] == (True, False, 1)
