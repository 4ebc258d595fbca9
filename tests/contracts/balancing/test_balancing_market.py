"""BalancingMarket, call by call: price, orders, cancellation, certification, settlement, reserve."""

import pytest
from balancing_world import CANCELLED, CERTIFIED, CURVE, MONEY, OPEN, SETTLED, TERMS, UNIT
from refusals import NOBODY, refused

from dem.chain.balancing import BalancingMarket, BalancingTerms
from dem.market.balancing_curve import Curve


class TestPrice:
    def test_price__no_order__is_the_base_price(self, world):
        assert world.read(world.contract.priceAt, world.next_slot) == CURVE.base

    def test_price__more_production_than_consumption__is_cheaper(self, world):
        slot = world.next_slot
        world.market.sell(world.homes[0], slot, 500)
        assert world.read(world.contract.priceAt, slot) == CURVE.base - CURVE.amplitude // 2 < CURVE.base

    def test_price__more_consumption_than_production__is_dearer(self, world):
        slot = world.next_slot
        world.market.buy(world.homes[0], slot, 500)
        assert world.read(world.contract.priceAt, slot) == CURVE.base + CURVE.amplitude // 2 > CURVE.base

    def test_price__matched_again__is_the_base_price_again(self, world):
        slot = world.next_slot
        world.market.buy(world.homes[0], slot, 700)
        world.market.sell(world.homes[1], slot, 700)
        assert world.read(world.contract.priceAt, slot) == CURVE.base

    def test_quotes__are_what_orders_then_cost(self, world):
        slot = world.next_slot
        payment = world.read(world.contract.quoteBuy, slot, 300)
        pay, bond = world.read(world.contract.quoteSell, slot, 300)
        assert payment == 300 * 215 * UNIT
        assert (pay, bond) == (300 * 185 * UNIT, 300 * 115 * UNIT)
        assert world.market.buy(world.homes[0], slot, 300).value == payment
        assert world.market.sell(world.homes[0], slot + 1, 300).value == pay


class TestBuy:
    def test_buy__takes_the_integral_out_of_the_balance(self, world):
        order = world.market.buy(world.homes[0], world.next_slot, 1_500)
        assert order.value == (1_000 * 250 + 500 * 300) * UNIT
        assert world.market.balance(world.homes[0]) == MONEY - order.value
        stored = world.read(world.contract.orderOf, order.id)
        assert (stored.quantity, stored.state, stored.value) == (1_500, OPEN, order.value)

    def test_buy__split__costs_the_same_to_the_unit(self, world):
        slot = world.next_slot
        parts = [world.market.buy(world.homes[0], slot, quantity).value for quantity in (1, 333, 7, 1_000, 159)]
        assert sum(parts) == world.market.buy(world.homes[1], slot + 1, 1_500).value

    def test_buy__above_the_callers_limit__is_refused(self, world):
        payment = world.read(world.contract.quoteBuy, world.next_slot, 10)
        with refused("PaymentAboveLimit", payment=payment, limit=payment - 1):
            world.market.buy(world.homes[0], world.next_slot, 10, payment - 1)
        world.market.buy(world.homes[0], world.next_slot, 10, payment)

    def test_buy__beyond_the_balance__is_refused(self, world):
        world.send(world.contract.withdraw, MONEY - 1, world.homes[0], sender=world.homes[0])
        with refused("InsufficientBalance", available=1):
            world.market.buy(world.homes[0], world.next_slot, 10)

    @pytest.mark.parametrize("quantity", [2**32, 2**63, 2**255, 2**256 - 1])
    def test_buy__overflowing_quantity__is_refused(self, world, quantity):
        for trade in (world.market.buy, world.market.sell):
            with refused("QuantityTooLarge", quantity=quantity, limit=2**32 - 1):
                trade(world.homes[0], world.next_slot, quantity)

    def test_buy__largest_quantity__is_taken_at_the_highest_price(self, world):
        needed = (2**32 - 1) * CURVE.max_price
        world.market.join(world.homes[0], needed)
        order = world.market.buy(world.homes[0], world.next_slot, 2**32 - 1)
        assert order.value == CURVE.cost(2**32 - 1)

    def test_buy__nothing__is_refused(self, world):
        for trade in (world.market.buy, world.market.sell):
            with refused("ZeroAmount"):
                trade(world.homes[0], world.next_slot, 0)


class TestSell:
    def test_sell__takes_a_bond_and_pays_nothing_yet(self, world):
        order = world.market.sell(world.homes[0], world.next_slot, 1_000)
        assert order.value == 1_000 * 150 * UNIT
        assert world.market.balance(world.homes[0]) == MONEY - (1_000 * CURVE.max_price - order.value)

    def test_sell__beyond_the_surplus_limit__brings_nothing_more(self, world):
        slot = world.next_slot
        order = world.market.sell(world.homes[0], slot, 2_000)
        assert order.value == CURVE.worst_case_loss
        assert world.market.sell(world.homes[1], slot, 10_000).value == 0

    def test_sell__below_the_callers_limit__is_refused(self, world):
        pay, _ = world.read(world.contract.quoteSell, world.next_slot, 10)
        with refused("PayoutBelowLimit", payout=pay, limit=pay + 1):
            world.market.sell(world.homes[0], world.next_slot, 10, pay + 1)

    def test_sell__without_money_for_the_bond__is_refused(self, world):
        world.market.join(world.stranger)
        with refused("InsufficientBalance", available=0):
            world.market.sell(world.stranger, world.next_slot, 10)


class TestTime:
    def test_orders__for_the_present_and_the_past__are_refused(self, world):
        slot = world.next_slot
        world.end(slot)
        for late in (slot, slot + 1):
            for trade in (world.market.buy, world.market.sell):
                with refused("GateClosed", slot=late):
                    trade(world.homes[0], late, 1)

    def test_orders__at_gate_closure__are_refused(self, world):
        slot = world.next_slot + 1
        order = world.market.buy(world.homes[0], slot, 5)
        world.close_gate(slot)
        for trade in (world.market.buy, world.market.sell):
            with refused("GateClosed", slot=slot):
                trade(world.homes[0], slot, 1)
        with refused("GateClosed", slot=slot):
            world.market.cancel(order)

    def test_orders__beyond_the_horizon__are_refused(self, world):
        last = world.market.current_slot + TERMS.horizon
        world.market.buy(world.homes[0], last, 1)
        for beyond in (last + 1, 2**48, 2**255):
            with refused("BeyondHorizon", slot=beyond, last=last):
                world.market.buy(world.homes[0], beyond, 1)


class TestCancel:
    def test_cancel__right_after__returns_exactly_what_was_paid(self, world):
        slot = world.next_slot
        world.market.sell(world.homes[1], slot, 123)
        before = world.balances()
        for trade in (world.market.buy, world.market.sell):
            for quantity in (1, 77, 2_500):
                world.market.cancel(trade(world.homes[0], slot, quantity))
                assert world.balances() == before

    def test_cancel__after_the_price_fell__refunds_the_present_price(self, world):
        slot = world.next_slot
        order = world.market.buy(world.homes[0], slot, 400)
        world.market.sell(world.homes[1], slot, 400)
        receipt = world.market.cancel(order)
        assert receipt.value("OrderCancelled", "payout") == 400 * 180 * UNIT < order.value

    def test_cancel__after_the_price_rose__refunds_no_more_than_was_paid(self, world):
        slot = world.next_slot
        order = world.market.buy(world.homes[0], slot, 400)
        world.market.buy(world.homes[1], slot, 400)
        assert world.market.cancel(order).value("OrderCancelled", "payout") == order.value

    def test_cancel__sale_after_the_price_rose__costs_the_difference_out_of_the_bond(self, world):
        slot = world.next_slot
        order = world.market.sell(world.homes[0], slot, 400)
        world.market.buy(world.homes[1], slot, 400)
        world.market.cancel(order)
        assert world.market.balance(world.homes[0]) == MONEY - 400 * (220 - 180) * UNIT

    def test_cancel__sale_after_the_price_fell__gains_nothing(self, world):
        slot = world.next_slot
        order = world.market.sell(world.homes[0], slot, 400)
        world.market.sell(world.homes[1], slot, 400)
        world.market.cancel(order)
        assert world.market.balance(world.homes[0]) == MONEY

    def test_cancel__below_the_callers_limit__is_refused(self, world):
        order = world.market.buy(world.homes[0], world.next_slot, 400)
        with refused("PayoutBelowLimit", payout=order.value, limit=order.value + 1):
            world.market.cancel(order, order.value + 1)

    def test_cancel__by_another__is_refused(self, world):
        order = world.market.buy(world.homes[0], world.next_slot, 400)
        with refused("NotOrderOwner", orderId=order.id):
            world.send(world.contract.cancel, order.id, 0, sender=world.homes[1])

    def test_cancel__twice__is_refused(self, world):
        order = world.market.buy(world.homes[0], world.next_slot, 400)
        world.market.cancel(order)
        assert world.read(world.contract.orderOf, order.id).state == CANCELLED
        with refused("OrderNotOpen", orderId=order.id):
            world.market.cancel(order)

    def test_cancel__sandwich_around_a_buyer__gains_nothing(self, world):
        slot = world.next_slot
        attack = world.market.buy(world.homes[0], slot, 500)
        world.market.buy(world.homes[1], slot, 500)
        world.market.cancel(attack)
        assert world.market.balance(world.homes[0]) <= MONEY


@pytest.fixture
def traded(world):
    """A slot over, with 600 Wh bought by home 0 and 400 Wh sold by home 1."""
    slot = world.next_slot
    bought = world.market.buy(world.homes[0], slot, 600)
    sold = world.market.sell(world.homes[1], slot, 400)
    world.end(slot)
    return slot, bought, sold


class TestCertify:
    def test_certify__counts_up_to_the_quantity(self, world, traded):
        slot, bought, sold = traded
        world.market.certify(slot, {bought.id: 10_000, sold.id: 390})
        meters = world.read(world.contract.metersOf, slot)
        assert (meters.unconsumed, meters.undelivered, meters.certified) == (0, 10, 2)
        assert world.read(world.contract.orderOf, bought.id).metered == 600
        assert world.read(world.contract.orderOf, sold.id).state == CERTIFIED

    def test_certify__twice__is_refused(self, world, traded):
        slot, bought, _ = traded
        world.market.certify(slot, {bought.id: 1})
        with refused("OrderNotOpen", orderId=bought.id):
            world.market.certify(slot, {bought.id: 1})

    def test_certify__another_slots_order__is_refused(self, world, traded):
        slot, _, _ = traded
        other = world.market.buy(world.homes[0], slot + 2, 1)
        with refused("WrongSlot", orderId=other.id, slot=slot):
            world.market.certify(slot, {other.id: 1})

    def test_certify__before_the_slots_end__is_refused(self, world):
        order = world.market.buy(world.homes[0], world.next_slot, 1)
        world.close_gate(order.slot)
        with refused("SlotNotOver", slot=order.slot):
            world.market.certify(order.slot, {order.id: 1})

    def test_certify__after_the_window__is_refused(self, world, traded):
        slot, bought, _ = traded
        world.end_certification(slot)
        with refused("CertificationOver", slot=slot):
            world.market.certify(slot, {bought.id: 1})


class TestSettle:
    def test_settle__all_as_traded__pays_the_producer_and_refunds_nothing(self, world, traded):
        slot, bought, sold = traded
        world.market.certify(slot, {bought.id: 600, sold.id: 400})
        reserve = world.reserve()
        world.market.settle(slot, [bought.id, sold.id], sender=world.stranger)
        assert world.market.balance(world.homes[0]) == MONEY - bought.value
        assert world.market.balance(world.homes[1]) == MONEY + sold.value
        assert world.reserve() == reserve + CURVE.worst_case_loss + CURVE.cost(200)
        assert world.pot(slot) == 0

    def test_settle__deviations__settle_at_the_average_price_between_traded_and_metered(self, world, traded):
        slot, bought, sold = traded
        world.market.certify(slot, {bought.id: 500, sold.id: 400})
        numerator, denominator = world.read(world.contract.imbalancePrice, slot)
        assert numerator == denominator * 215 * UNIT  # average of 220 at 200 Wh and 210 at 100 Wh
        world.market.settle(slot, [bought.id, sold.id])
        assert world.market.balance(world.homes[0]) == MONEY - bought.value + 100 * 215 * UNIT

    def test_settle__unconsumed_energy_grown_dear__refunds_no_more_than_was_paid(self, world, traded):
        slot, bought, sold = traded
        world.market.certify(slot, {bought.id: 0, sold.id: 0})
        world.market.settle(slot, [bought.id, sold.id])
        assert world.market.balance(world.homes[0]) <= MONEY

    def test_settle__undelivered_energy__costs_no_less_than_its_pay(self, world, traded):
        slot, bought, sold = traded
        world.market.certify(slot, {bought.id: 600, sold.id: 0})
        world.market.settle(slot, [bought.id, sold.id])
        replacement = CURVE.cost(600) - CURVE.cost(200)
        assert world.market.balance(world.homes[1]) == MONEY + sold.value - max(sold.value, replacement) <= MONEY

    def test_settle__promise_never_kept__does_not_make_a_friends_energy_cheaper(self, world):
        """A producer that never delivers, and a friend who buys behind it, pay no less than the friend alone."""
        slot = world.next_slot
        alone = world.market.buy(world.homes[2], slot + 1, 800).value
        promise = world.market.sell(world.homes[0], slot, 800)
        friend = world.market.buy(world.homes[1], slot, 800)
        world.end(slot)
        world.market.certify(slot, {promise.id: 0, friend.id: 800})
        world.market.settle(slot, [promise.id, friend.id])
        paid = 2 * MONEY - world.market.balance(world.homes[0]) - world.market.balance(world.homes[1])
        assert paid >= alone > friend.value

    def test_settle__purchase_never_consumed__does_not_make_a_friends_energy_dearer(self, world):
        slot = world.next_slot
        alone = world.market.sell(world.homes[2], slot + 1, 800).value
        push = world.market.buy(world.homes[0], slot, 800)
        friend = world.market.sell(world.homes[1], slot, 800)
        world.end(slot)
        world.market.certify(slot, {push.id: 0, friend.id: 800})
        world.market.settle(slot, [push.id, friend.id])
        got = world.market.balance(world.homes[0]) + world.market.balance(world.homes[1]) - 2 * MONEY
        assert got <= alone < friend.value

    def test_settle__before_certification__is_refused(self, world, traded):
        slot, bought, _ = traded
        world.market.certify(slot, {bought.id: 600})
        with refused("CertificationPending", slot=slot):
            world.market.settle(slot, [bought.id])

    def test_settle__no_reading_in_time__pays_no_producer_and_refunds_no_consumer(self, world, traded):
        slot, bought, sold = traded
        world.end_certification(slot)
        world.market.settle(slot, [sold.id, bought.id])
        assert world.market.balance(world.homes[0]) == MONEY - bought.value
        assert world.market.balance(world.homes[1]) == MONEY

    def test_settle__twice__pays_once(self, world, traded):
        slot, bought, sold = traded
        world.market.certify(slot, {bought.id: 100, sold.id: 400})
        world.market.settle(slot, [sold.id, sold.id])
        world.market.settle(slot, [sold.id, bought.id])
        after = world.balances()
        world.market.settle(slot, [sold.id, bought.id])
        assert world.balances() == after
        assert world.read(world.contract.orderOf, sold.id).state == SETTLED

    def test_settle__unknown_or_cancelled_order__is_refused(self, world):
        slot = world.next_slot
        order = world.market.buy(world.homes[0], slot, 10)
        kept = world.market.buy(world.homes[0], slot, 10)
        world.market.cancel(order)
        world.end_certification(slot)
        for wrong in (order.id, kept.id + 1):
            with refused("OrderNotOpen", orderId=wrong):
                world.market.settle(slot, [wrong])

    def test_settle__all_cancelled__frees_the_slots_reserve(self, world):
        slot = world.next_slot
        reserve = world.reserve()
        world.market.cancel(world.market.buy(world.homes[0], slot, 10))
        world.end(slot)
        world.market.settle(slot, [])
        assert world.reserve() == reserve


class TestReserve:
    def test_open__with_less_reserve_than_the_worst_case__is_refused(self, connection):
        market = BalancingMarket.deploy(connection, TERMS, opened=False)
        needed = CURVE.worst_case_loss * (1 + 3 + 2)
        assert connection.read(market.market.requiredReserve) == needed
        market.fund_reserve(needed - 1)
        with refused("InsufficientReserve", needed=needed, available=needed - 1):
            connection.send(market.market.open, sender=market.operator)
        market.fund_reserve(1)
        connection.send(market.market.open, sender=market.operator)
        with refused("MarketAlreadyOpen"):
            connection.send(market.market.open, sender=market.operator)

    def test_orders__before_opening__are_refused(self, connection):
        market = BalancingMarket.deploy(connection, TERMS, opened=False)
        market.join(connection.accounts[1], 10**15)
        with refused("MarketNotOpen"):
            market.buy(connection.accounts[1], market.current_slot + 1, 1)

    def test_first_order__sets_the_worst_case_aside__and_the_second_nothing(self, world):
        reserve = world.reserve()
        slot = world.next_slot
        world.market.buy(world.homes[0], slot, 1)
        world.market.buy(world.homes[0], slot, 1)
        assert world.reserve() == reserve - CURVE.worst_case_loss
        assert world.pot(slot) == CURVE.worst_case_loss + CURVE.cost(2)

    def test_first_order__with_the_reserve_withdrawn__is_refused(self, world):
        operator = world.market.operator
        world.send(world.contract.withdrawReserve, world.reserve(), operator, sender=operator)
        with refused("InsufficientReserve", needed=CURVE.worst_case_loss, available=0):
            world.market.buy(world.homes[0], world.next_slot, 1)

    def test_withdraw_reserve__never_reaches_what_slots_hold(self, world):
        operator = world.market.operator
        world.market.buy(world.homes[0], world.next_slot, 100)
        free = world.reserve()
        with refused("InsufficientReserve", needed=free + 1, available=free):
            world.send(world.contract.withdrawReserve, free + 1, operator, sender=operator)

    def test_worst_case__all_production_no_consumption__is_lost_to_the_unit_and_no_more(self, world):
        slot = world.next_slot
        total = world.reserve()
        orders = [world.market.sell(home, slot, 1_700) for home in world.homes]
        world.end(slot)
        world.market.certify(slot, {order.id: order.quantity for order in orders})
        world.market.settle(slot, [order.id for order in orders])
        assert world.reserve() == total - CURVE.worst_case_loss

    @pytest.mark.parametrize(
        "curve",
        [(0, 0, 1, 1), (1, 2, 1, 1), (1, 1, 0, 1), (1, 1, 1, 0)],
        ids=["no base", "amplitude above base", "no scale", "no surplus limit"],
    )
    def test_deploy__bad_curve__is_refused(self, world, curve):
        timing = (3600, 900, 7200, 3)
        operator = world.market.operator
        with refused("InvalidTerms"):
            world.connection.deploy("BalancingMarket", operator, world.market.currency, curve, timing, sender=operator)

    @pytest.mark.parametrize("timing", [(0, 0, 1, 1), (10, 30, 1, 3), (10, 0, 0, 3), (10, 0, 1, 0)])
    def test_deploy__bad_timing__is_refused(self, world, timing):
        operator = world.market.operator
        with refused("InvalidTerms"):
            world.connection.deploy(
                "BalancingMarket", operator, world.market.currency, (1, 1, 1, 1), timing, sender=operator
            )

    @pytest.mark.parametrize("place", [0, 1], ids=["admin", "currency"])
    def test_deploy__nobody_in_a_place__is_refused(self, world, place):
        operator = world.market.operator
        who = [operator, world.market.currency]
        who[place] = NOBODY
        with refused("ZeroAddress"):
            world.connection.deploy("BalancingMarket", *who, (1, 1, 1, 1), (3600, 900, 7200, 3), sender=operator)

    def test_currency__without_an_admin__is_refused(self, world):
        with refused("ZeroAddress"):
            world.connection.deploy("EnergyCurrency", "Energy Euro", "EEUR", NOBODY, sender=world.market.operator)

    def test_terms__fractions__are_refused(self):
        with pytest.raises(ValueError, match="whole numbers"):
            BalancingTerms(Curve(0.2, 0.1, 1.0))
