"""Roles, list, pause, hostile currencies and receivers, signatures: what nobody may do, and what must always work."""

import pytest
from balancing_world import MONEY, TERMS
from eth_utils import keccak
from refusals import refused

from dem.chain import typed_data
from dem.chain.balancing import ROLES, BalancingMarket

PRIVILEGED = {
    "open": ("OPERATOR_ROLE", ()),
    "withdrawReserve": ("OPERATOR_ROLE", (1, "0x" + "11" * 20)),
    "certify": ("CERTIFIER_ROLE", (0, [])),
    "list": ("REGISTRAR_ROLE", ("0x" + "11" * 20, True, True)),
    "pause": ("PAUSER_ROLE", ()),
    "unpause": ("PAUSER_ROLE", ()),
}


class TestRoles:
    @pytest.mark.parametrize("call", PRIVILEGED)
    def test_privileged_call__without_its_role__is_refused(self, world, call):
        role, arguments = PRIVILEGED[call]
        for other in set(ROLES) - {role}:
            world.send(world.contract.grantRole, keccak(text=other), world.stranger, sender=world.market.operator)
        with refused("AccessControlUnauthorizedAccount", account=world.stranger, neededRole=keccak(text=role)):
            world.send(getattr(world.contract, call), *arguments, sender=world.stranger)

    @pytest.mark.parametrize("role", ROLES)
    def test_grant__by_a_stranger__is_refused(self, world, role):
        with refused("AccessControlUnauthorizedAccount", account=world.stranger):
            world.send(world.contract.grantRole, keccak(text=role), world.stranger, sender=world.stranger)

    def test_mint__without_its_role__is_refused(self, world):
        with refused("AccessControlUnauthorizedAccount", account=world.stranger):
            world.send(world.market.currency.mint, world.stranger, 1, sender=world.stranger)


class TestList:
    def test_unlisted__may_neither_buy_nor_sell(self, world):
        with refused("NotConsumer", account=world.stranger):
            world.market.buy(world.stranger, world.next_slot, 1)
        with refused("NotProducer", account=world.stranger):
            world.market.sell(world.stranger, world.next_slot, 1)

    def test_consumer__may_not_sell__nor_producer_buy(self, world):
        consumer, producer = world.homes[:2]
        world.market.join(consumer, producer=False)
        world.market.join(producer, consumer=False)
        world.market.buy(consumer, world.next_slot, 1)
        world.market.sell(producer, world.next_slot, 1)
        with refused("NotProducer", account=consumer):
            world.market.sell(consumer, world.next_slot, 1)
        with refused("NotConsumer", account=producer):
            world.market.buy(producer, world.next_slot, 1)

    def test_taken_off_the_list__keeps_orders_and_money(self, world):
        home = world.homes[0]
        slot = world.next_slot
        kept, dropped = (world.market.buy(home, slot, 100) for _ in range(2))
        world.market.join(home, producer=False, consumer=False)
        world.market.cancel(dropped)
        world.end(slot)
        world.market.certify(slot, {kept.id: 0})
        world.market.settle(slot, [kept.id])
        world.send(world.contract.withdraw, world.market.balance(home), home, sender=home)
        assert world.market.balance(home) == 0


class TestPause:
    @pytest.fixture
    def paused(self, world):
        slot = world.next_slot
        world.orders = [world.market.buy(world.homes[0], slot, 50), world.market.sell(world.homes[1], slot, 50)]
        world.send(world.contract.pause, sender=world.market.operator)
        return world

    def test_pause__stops_deposits_and_orders(self, paused):
        home = paused.homes[0]
        for call, arguments in (("buy", (2, 1, 10**18)), ("sell", (2, 1, 0)), ("deposit", (1,))):
            with refused("EnforcedPause"):
                paused.send(getattr(paused.contract, call), *arguments, sender=home)

    def test_pause__never_stops_the_way_out(self, paused):
        bought, sold = paused.orders
        paused.market.cancel(bought)
        paused.end(sold.slot)
        paused.market.certify(sold.slot, {sold.id: 50})
        paused.market.settle(sold.slot, [sold.id], sender=paused.stranger)
        for home in paused.homes:
            paused.send(paused.contract.withdraw, paused.market.balance(home), home, sender=home)
        operator = paused.market.operator
        paused.send(paused.contract.withdrawReserve, paused.reserve(), operator, sender=operator)
        assert paused.tokens(paused.contract) == 0

    def test_unpause__trade_goes_on(self, paused):
        paused.send(paused.contract.unpause, sender=paused.market.operator)
        paused.market.buy(paused.homes[0], paused.next_slot, 1)


class TestMoney:
    def test_withdraw__pays_whomever_the_owner_names(self, world):
        world.send(world.contract.withdraw, 7, world.stranger, sender=world.homes[0])
        assert world.tokens(world.stranger) == 7

    def test_withdraw__more_than_there_is__is_refused(self, world):
        with refused("InsufficientBalance", needed=MONEY + 1, available=MONEY):
            world.send(world.contract.withdraw, MONEY + 1, world.homes[0], sender=world.homes[0])

    def test_zero_amounts__are_refused(self, world):
        home = world.homes[0]
        for call, arguments in (("withdraw", (0, home)), ("deposit", (0,)), ("fundReserve", (0,))):
            with refused("ZeroAmount"):
                world.send(getattr(world.contract, call), *arguments, sender=home)

    def test_deposit__without_approval__is_refused(self, world):
        world.market.mint(world.homes[0], 10)
        with refused("ERC20InsufficientAllowance"):
            world.send(world.contract.deposit, 10, sender=world.homes[0])

    @pytest.mark.parametrize("seen_before", [False, True], ids=["own use", "used by another first"])
    def test_deposit_with_permit__needs_no_approval_before(self, world, seen_before):
        home, currency = world.homes[0], world.market.currency
        world.market.mint(home, 10)
        deadline = world.connection.now + 1_000
        signature = sign_permit(world, home, 10, deadline)
        if seen_before:
            world.send(currency.permit, home, world.contract, 10, deadline, *signature, sender=world.stranger)
        world.send(world.contract.depositWithPermit, 10, deadline, *signature, sender=home)
        assert world.market.balance(home) == MONEY + 10

    def test_deposit_with_permit__of_another__is_refused(self, world):
        home = world.homes[0]
        world.market.mint(home, 10)
        deadline = world.connection.now + 1_000
        with refused("ERC20InsufficientAllowance"):
            signature = sign_permit(world, home, 10, deadline)
            world.send(world.contract.depositWithPermit, 10, deadline, *signature, sender=world.stranger)


def sign_permit(world, owner, amount, deadline):
    fields = {
        "owner": "address",
        "spender": "address",
        "value": "uint256",
        "nonce": "uint256",
        "deadline": "uint256",
    }
    nonce = world.read(world.market.currency.nonces, owner)
    values = (owner.address, world.contract.address, amount, nonce, deadline)
    domain = typed_data.Domain.of(world.connection, world.market.currency)
    return typed_data.sign(owner, domain, "Permit", fields, dict(zip(fields, values, strict=True))).vrs


class TestHostileCurrency:
    @pytest.fixture
    def hostile(self, connection):
        """A market whose currency does as it likes, with 1,000 in it for account 1."""
        operator, home = connection.accounts[:2]
        currency, _ = connection.deploy("BalancingCurrencyMock", sender=operator)
        timing = (TERMS.slot_s, TERMS.gate_closure_s, TERMS.certification_s, TERMS.horizon)
        contract, _ = connection.deploy("BalancingMarket", operator, currency, (2, 1, 10, 10), timing, sender=operator)
        market = BalancingMarket(connection, contract, currency, operator)
        connection.grant(contract, ROLES, operator, sender=operator)
        for account in (operator, home):
            market.mint(account, 2_000)
            connection.send(currency.approve, contract, 2_000, sender=account)
        connection.send(contract.fundReserve, 1_000, sender=operator)
        connection.send(contract.deposit, 1_000, sender=home)
        return market

    @pytest.mark.parametrize("outer", ["deposit", "withdraw", "fundReserve"])
    @pytest.mark.parametrize("inner", ["deposit", "withdraw", "fundReserve"])
    def test_reentry__is_refused(self, hostile, outer, inner):
        contract, currency, home = hostile.market, hostile.currency, hostile.connection.accounts[1]
        arguments = {"deposit": (1,), "fundReserve": (1,), "withdraw": (1, home)}
        call = getattr(contract, inner).encode_input(*arguments[inner])
        hostile.connection.send(currency.callDuringTransfer, contract, call, sender=home)
        hostile.connection.send(getattr(contract, outer), *arguments[outer], sender=home)
        assert hostile.connection.read(currency.reentries) == 0
        error = hostile.connection.read(currency.lastError)
        assert bytes(error) == keccak(text="ReentrancyGuardReentrantCall()")[:4]

    def test_fee_on_transfer__is_refused_on_the_way_in(self, hostile):
        home = hostile.connection.accounts[1]
        hostile.connection.send(hostile.currency.setFee, 1, sender=home)
        with refused("UnexpectedTransfer", expected=10, received=9):
            hostile.connection.send(hostile.market.deposit, 10, sender=home)

    def test_refused_receiver__blocks_nobody_but_itself__and_can_name_another(self, hostile):
        connection, contract = hostile.connection, hostile.market
        home, other = connection.accounts[1:3]
        connection.send(hostile.currency.refuse, home, sender=home)
        with refused("Error", message="refused"):
            connection.send(contract.withdraw, 10, home, sender=home)
        assert hostile.balance(home) == 1_000
        connection.send(contract.withdraw, 1_000, other, sender=home)
        assert connection.read(hostile.currency.balanceOf, other) == 1_000

    def test_refused_receiver__does_not_stop_settlement(self, hostile):
        connection, contract = hostile.connection, hostile.market
        home, other = connection.accounts[1:3]
        hostile.join(home)
        connection.send(contract.open, sender=hostile.operator)
        order = hostile.buy(home, hostile.current_slot + 1, 5)
        connection.send(hostile.currency.refuse, home, sender=home)
        hostile.advance_to_end_of(order.slot)
        hostile.certify(order.slot, {order.id: 0})
        hostile.settle(order.slot, [order.id], sender=other)
        # Ten prices of two, less what the curve keeps for the way down: refunded, never above what was paid.
        assert 1_000 - order.value <= hostile.balance(home) <= 1_000
