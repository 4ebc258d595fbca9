"""FixedPriceMarket: offers, purchases, proofs of delivery, refunds, withdrawal, roles, hostile buyers, random lives.

``DEM_STATEFUL_EXAMPLES=500 pytest tests/contracts/fixed_price`` looks further into random lives.
"""

import pytest
from eth_utils import keccak
from fixed_price_world import AVAILABLE, PRICE, WINDOW, Shop
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from lives import try_lives
from refusals import NOBODY, refused

COST = 1_000 * PRICE


class TestOffer:
    def test_offer__is_the_sellers_own(self, shop):
        shop.market.offer(shop.sellers[1], 3 * PRICE, 7)
        first, second = (shop.read(shop.contract.offerOf, seller) for seller in shop.sellers)
        assert (first.price, first.available) == (PRICE, AVAILABLE)
        assert (second.price, second.available) == (3 * PRICE, 7)

    def test_offer__without_an_accredited_meter__is_refused(self, shop):
        with refused("NoMeter", home=shop.stranger):
            shop.send(shop.contract.setEnergyAvailable, 1, sender=shop.stranger)

    def test_offer__taken_back__needs_no_meter(self, shop):
        shop.accredit(shop.sellers[0], "0x" + "00" * 20)
        shop.send(shop.contract.setEnergyAvailable, 0, sender=shop.sellers[0])
        with refused("NotEnoughEnergy", available=0):
            shop.buy(1)

    def test_offer__price_of_nothing__is_refused(self, shop):
        with refused("ZeroAmount"):
            shop.send(shop.contract.setEnergyPrice, 0, sender=shop.sellers[0])

    @pytest.mark.parametrize("call", ["setEnergyPrice", "setEnergyAvailable"])
    def test_offer__overflowing_number__is_refused(self, shop, call):
        with refused("SafeCastOverflowedUintDowncast", value=2**56):
            shop.send(getattr(shop.contract, call), 2**56, sender=shop.sellers[0])


class TestBuy:
    def test_buy__credits_the_right_to_the_energy_and_holds_the_money(self, shop):
        purchase = shop.buy(1_000)
        assert shop.read(shop.contract.entitlementOf, shop.buyers[0]) == 1_000
        assert shop.read(shop.contract.offerOf, shop.sellers[0]).available == AVAILABLE - 1_000
        assert shop.market.balance(shop.sellers[0]) == 0
        assert shop.connection.balance(shop.contract) == COST
        stored = shop.read(shop.contract.purchaseOf, purchase)
        assert (stored.buyer, stored.quantity, stored.price) == (shop.buyers[0], 1_000, PRICE)

    def test_buy__keeps_its_price_when_the_seller_changes_it(self, shop):
        purchase = shop.buy(1_000)
        shop.send(shop.contract.setEnergyPrice, 9 * PRICE, sender=shop.sellers[0])
        shop.deliver(purchase)
        assert shop.market.balance(shop.sellers[0]) == COST

    def test_buy__price_raised_in_front_of_it__is_refused(self, shop):
        shop.send(shop.contract.setEnergyPrice, 2 * PRICE, sender=shop.sellers[0])
        with refused("WrongPayment", sent=COST, cost=2 * COST):
            shop.send(shop.contract.buyEnergy, shop.sellers[0], 1_000, sender=shop.buyers[0], value=COST)

    def test_buy__more_than_offered__is_refused(self, shop):
        for quantity in (AVAILABLE + 1, 2**256 - 1):
            with refused("NotEnoughEnergy", quantity=quantity, available=AVAILABLE):
                shop.send(shop.contract.buyEnergy, shop.sellers[0], quantity, sender=shop.buyers[0])

    def test_buy__nothing__is_refused(self, shop):
        with refused("ZeroAmount"):
            shop.buy(0)

    def test_buy__of_oneself__is_refused(self, shop):
        with refused("SelfPurchase", seller=shop.sellers[0]):
            shop.market.buy(shop.sellers[0], shop.sellers[0], 1)

    def test_buy__of_somebody_without_a_price__is_refused(self, shop):
        with refused("NoPrice", seller=shop.sellers[1]):
            shop.buy(1, seller=1)


class TestDeliver:
    def test_deliver__pays_the_seller_and_counts_the_energy(self, shop):
        purchase = shop.buy()
        receipt = shop.deliver(purchase, sender=shop.stranger)
        assert receipt.value("EnergyDelivered", "meter") == shop.meters[0]
        assert shop.market.balance(shop.sellers[0]) == COST
        assert shop.read(shop.contract.entitlementOf, shop.buyers[0]) == 0
        assert shop.read(shop.contract.receivedBy, shop.buyers[0]) == 1_000

    def test_deliver__in_part__refunds_the_rest(self, shop):
        shop.deliver(shop.buy(), delivered=300, sender=shop.sellers[0])
        assert shop.market.balance(shop.sellers[0]) == 300 * PRICE
        assert shop.market.balance(shop.buyers[0]) == 700 * PRICE

    def test_deliver__early_reading_picked_by_the_buyer__is_refused_and_the_full_one_still_counts(self, shop):
        purchase = shop.buy()
        for other in (shop.buyers[0], shop.stranger):
            with refused("PartialDelivery", purchaseId=purchase, delivered=300, quantity=1_000):
                shop.deliver(purchase, delivered=300, sender=other)
        shop.deliver(purchase, sender=shop.stranger)
        assert shop.market.balance(shop.sellers[0]) == COST

    def test_deliver__more_than_bought__counts_what_was_bought(self, shop):
        shop.deliver(shop.buy(), delivered=2**200)
        assert shop.market.balance(shop.sellers[0]) == COST

    def test_deliver__same_proof_twice__is_refused(self, shop):
        purchase = shop.buy()
        shop.deliver(purchase)
        with refused("NotPending", purchaseId=purchase):
            shop.deliver(purchase)

    def test_deliver__proof_of_another_purchase__is_refused(self, shop):
        first, second = shop.buy(), shop.buy()
        at = shop.connection.now
        signature = shop.market.sign(first, 1_000, at, shop.meters[0])
        with refused("WrongMeter"):
            shop.send(shop.contract.deliver, second, 1_000, at, signature, sender=shop.sellers[0])

    @pytest.mark.parametrize("change", ["delivered", "measured_at"])
    def test_deliver__proof_changed__is_refused(self, shop, change):
        purchase, at = shop.buy(), shop.connection.now
        signature = shop.market.sign(purchase, 500, at, shop.meters[0])
        changed = (1_000, at) if change == "delivered" else (500, at + 1)
        shop.connection.advance_to(at + 10)
        with refused("WrongMeter"):
            shop.send(shop.contract.deliver, purchase, *changed, signature, sender=shop.sellers[0])

    def test_deliver__wrong_meter__is_refused(self, shop):
        with refused("WrongMeter", signer=shop.meters[1], seller=shop.sellers[0]):
            shop.deliver(shop.buy(), meter=1)

    def test_deliver__revoked_meter__is_refused(self, shop):
        purchase = shop.buy()
        shop.accredit(shop.sellers[0], "0x" + "00" * 20)
        with refused("WrongMeter", signer=shop.meters[0]):
            shop.deliver(purchase)

    def test_deliver__malformed_signature__is_refused(self, shop):
        purchase = shop.buy()
        with refused("ECDSAInvalidSignatureLength", length=3):
            shop.send(shop.contract.deliver, purchase, 1, shop.connection.now, b"abc", sender=shop.sellers[0])

    def test_deliver__another_markets_proof__is_refused(self, shop):
        purchase, at = shop.buy(), shop.connection.now
        other = Shop.deploy(shop.connection)
        signature = other.market.sign(purchase, 1_000, at, shop.meters[0])
        with refused("WrongMeter"):
            shop.send(shop.contract.deliver, purchase, 1_000, at, signature, sender=shop.sellers[0])

    def test_deliver__reading_before_the_purchase_or_of_the_future__is_refused(self, shop):
        early = shop.connection.now - 1
        purchase = shop.buy()
        for wrong in (early, shop.connection.now + 1_000):
            with refused("ReadingOutOfTime", measuredAt=wrong):
                shop.deliver(purchase, measured_at=wrong)

    def test_deliver__after_the_deadline__is_refused(self, shop):
        purchase, at = shop.buy(), shop.connection.now
        shop.expire(purchase)
        with refused("DeliveryOverdue", purchaseId=purchase):
            shop.deliver(purchase, measured_at=at)


class TestRefund:
    def test_refund__after_the_deadline__returns_everything_whoever_calls(self, shop):
        purchase = shop.buy()
        shop.expire(purchase)
        shop.send(shop.contract.refund, purchase, sender=shop.stranger)
        assert shop.market.balance(shop.buyers[0]) == COST
        assert shop.read(shop.contract.entitlementOf, shop.buyers[0]) == 0
        with refused("NotPending"):
            shop.send(shop.contract.refund, purchase, sender=shop.stranger)

    def test_refund__before_the_deadline__is_the_sellers_choice_only(self, shop):
        purchase = shop.buy()
        with refused("DeliveryPending", purchaseId=purchase):
            shop.send(shop.contract.refund, purchase, sender=shop.buyers[0])
        shop.send(shop.contract.refund, purchase, sender=shop.sellers[0])
        assert shop.market.balance(shop.buyers[0]) == COST


class TestWithdraw:
    def test_withdraw__pays_once_and_whomever_the_owner_names(self, shop):
        shop.deliver(shop.buy())
        before = shop.connection.balance(shop.stranger)
        shop.send(shop.contract.withdraw, shop.stranger, sender=shop.sellers[0])
        assert shop.connection.balance(shop.stranger) == before + COST
        with refused("NothingToWithdraw", account=shop.sellers[0]):
            shop.send(shop.contract.withdraw, shop.stranger, sender=shop.sellers[0])

    @pytest.fixture
    def contract_buyer(self, shop):
        """A contract with a refund to withdraw."""
        mock, _ = shop.connection.deploy("FixedPriceBuyerMock", shop.contract, sender=shop.stranger)
        receipt = shop.send(mock.buy, shop.sellers[0], 1_000, sender=shop.stranger, value=COST)
        shop.send(shop.contract.refund, receipt.value("EnergyBought", "purchaseId"), sender=shop.sellers[0])
        return mock

    def test_withdraw__again_while_receiving__gets_nothing(self, shop, contract_buyer):
        shop.buy()
        shop.send(contract_buyer.withdraw, sender=shop.stranger)
        assert shop.connection.balance(contract_buyer) == COST
        assert shop.read(contract_buyer.reentries) == 0
        assert bytes(shop.read(contract_buyer.lastError))[:4] == keccak(text="NothingToWithdraw(address)")[:4]

    def test_withdraw__refusing_receiver__harms_only_itself_and_can_name_another(self, shop, contract_buyer):
        shop.send(contract_buyer.setRefuses, True, sender=shop.stranger)
        with refused("PaymentRefused", to=contract_buyer.address):
            shop.send(contract_buyer.withdraw, sender=shop.stranger)
        shop.deliver(shop.buy())
        shop.send(shop.contract.withdraw, shop.sellers[0], sender=shop.sellers[0])
        shop.send(contract_buyer.withdrawTo, shop.buyers[1], sender=shop.stranger)
        assert shop.connection.balance(shop.contract) == 0


class TestPause:
    def test_pause__stops_trade_and_never_the_way_out(self, shop):
        delivered, expired = shop.buy(), shop.buy()
        shop.send(shop.contract.pause, sender=shop.market.operator)
        for call in (shop.contract.setEnergyPrice, shop.contract.setEnergyAvailable):
            with refused("EnforcedPause"):
                shop.send(call, 1, sender=shop.sellers[0])
        with refused("EnforcedPause"):
            shop.buy(1)
        shop.deliver(delivered)
        shop.expire(expired)
        shop.send(shop.contract.refund, expired, sender=shop.stranger)
        for account in (shop.sellers[0], shop.buyers[0]):
            shop.send(shop.contract.withdraw, account, sender=account)
        assert shop.connection.balance(shop.contract) == 0
        shop.send(shop.contract.unpause, sender=shop.market.operator)
        shop.buy(1)

    @pytest.mark.parametrize("call", ["pause", "unpause"])
    def test_pause__without_the_role__is_refused(self, shop, call):
        with refused("AccessControlUnauthorizedAccount", account=shop.stranger, neededRole=keccak(text="PAUSER_ROLE")):
            shop.send(getattr(shop.contract, call), sender=shop.stranger)

    def test_deploy__without_a_delivery_window__is_refused(self, shop):
        operator = shop.market.operator
        with refused("InvalidDeliveryWindow"):
            shop.connection.deploy("FixedPriceMarket", operator, shop.market.meters, 0, sender=operator)

    @pytest.mark.parametrize("place", [0, 1], ids=["admin", "register"])
    def test_deploy__nobody_in_a_place__is_refused(self, shop, place):
        who = [shop.market.operator, shop.market.meters]
        who[place] = NOBODY
        with refused("ZeroAddress"):
            shop.connection.deploy("FixedPriceMarket", *who, WINDOW, sender=shop.market.operator)


class FixedPriceMachine(RuleBasedStateMachine):
    """Random sellers and buyers: money conserved to the wei, entitlements as bought, everybody can leave."""

    shop: Shop

    def __init__(self):
        super().__init__()
        self.before = self.shop.connection.snapshot()
        self.pending: dict[int, tuple[int, int, int, int]] = {}  # purchase: buyer, seller, quantity, price
        self.balances = {account: 0 for account in (*self.shop.sellers, *self.shop.buyers)}
        self.offers = {0: (PRICE, AVAILABLE), 1: (0, 0)}

    who = st.integers(0, 1)

    @rule(seller=who, price=st.integers(1, 10**12), available=st.integers(0, 10**6))
    def offer(self, seller, price, available):
        self.shop.market.offer(self.shop.sellers[seller], price, available)
        self.offers[seller] = (price, available)

    @rule(buyer=who, seller=who, quantity=st.integers(1, 2_000))
    def buy(self, buyer, seller, quantity):
        price, available = self.offers[seller]
        if price == 0 or quantity > available:
            with refused("NotEnoughEnergy" if price else "NoPrice"):
                self.shop.buy(quantity, buyer, seller)
            return
        self.pending[self.shop.buy(quantity, buyer, seller)] = (buyer, seller, quantity, price)
        self.offers[seller] = (price, available - quantity)

    @precondition(lambda self: self.pending)
    @rule(data=st.data(), delivered=st.integers(0, 3_000), right=st.booleans())
    def deliver(self, data, delivered, right):
        purchase = data.draw(st.sampled_from(sorted(self.pending)))
        buyer, seller, quantity, price = self.pending[purchase]
        bought_at = self.shop.read(self.shop.contract.purchaseOf, purchase).boughtAt
        meter = seller if right else 1 - seller
        if self._expired(purchase) or not right:
            with refused("DeliveryOverdue" if self._expired(purchase) else "WrongMeter"):
                self.shop.deliver(purchase, delivered, meter, bought_at)
            return
        self.shop.deliver(purchase, delivered, meter, bought_at, self.shop.sellers[seller])
        counted = min(delivered, quantity)
        self.balances[self.shop.sellers[seller]] += counted * price
        self.balances[self.shop.buyers[buyer]] += (quantity - counted) * price
        del self.pending[purchase]

    @precondition(lambda self: self.pending)
    @rule(data=st.data())
    def refund(self, data):
        purchase = data.draw(st.sampled_from(sorted(self.pending)))
        if not self._expired(purchase):
            with refused("DeliveryPending"):
                self.shop.send(self.shop.contract.refund, purchase, sender=self.shop.stranger)
            return
        self._refund(purchase)

    @rule(seconds=st.sampled_from([60, 3_600, WINDOW]))
    def time_passes(self, seconds):
        self.shop.connection.advance_to(self.shop.connection.now + seconds)

    @rule(data=st.data())
    def withdraw(self, data):
        self._withdraw(data.draw(st.sampled_from(list(self.balances))))

    @invariant()
    def money_is_conserved(self):
        held = sum(quantity * price for _, _, quantity, price in self.pending.values())
        assert self.shop.connection.balance(self.shop.contract) == held + sum(self.balances.values())

    @invariant()
    def entitlements_are_what_is_pending(self):
        for index, buyer in enumerate(self.shop.buyers):
            pending = sum(quantity for who, _, quantity, _ in self.pending.values() if who == index)
            assert self.shop.read(self.shop.contract.entitlementOf, buyer) == pending

    def teardown(self):
        try:
            self.time_passes(WINDOW)
            for purchase in list(self.pending):
                self._refund(purchase)
            for account in self.balances:
                self._withdraw(account)
            assert self.shop.connection.balance(self.shop.contract) == 0
        finally:
            self.shop.connection.restore(self.before)

    def _refund(self, purchase):
        buyer, _, quantity, price = self.pending.pop(purchase)
        self.shop.send(self.shop.contract.refund, purchase, sender=self.shop.stranger)
        self.balances[self.shop.buyers[buyer]] += quantity * price

    def _withdraw(self, account):
        assert self.shop.market.balance(account) == self.balances[account]
        if self.balances[account]:
            self.shop.send(self.shop.contract.withdraw, account, sender=account)
            self.balances[account] = 0

    def _expired(self, purchase):
        # The transaction's own block comes at least a second later.
        return self.shop.connection.now + 1 >= self.shop.read(self.shop.contract.purchaseOf, purchase).deadline


def test_fixed_price_market__random_lives__conserve_money_and_let_everybody_leave(shop):
    FixedPriceMachine.shop = shop
    try_lives(FixedPriceMachine, examples=4, steps=16)
