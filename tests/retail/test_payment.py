"""Response paid for on a chain: to the unit, once, and only as the meters say."""

import numpy as np
import pytest
from eth_account import Account

from dem import chain
from dem.chain import ContractError, SlotReading, SlotTree
from dem.retail.payment import Rates, ResponsePayments

RATES = Rates(reward=130 * 10**9, penalty=30 * 10**9)
DELIVERED = np.array([[500, 0, 120], [430, 20, 0]])
MISSING = np.array([[0, 80, 0], [10, 0, 60]])
KEY = "0x" + "17" * 32


@pytest.fixture(scope="module")
def connection():
    with chain.connect("test") as opened:
        yield opened


@pytest.fixture
def payments(connection):
    before = connection.snapshot()
    deployed = ResponsePayments.deploy(connection, RATES, 10 * 10**18)
    for home in homes(connection):
        deployed.settlement.deposit(home, 10**15)
    yield deployed
    connection.restore(before)


def homes(connection):
    return connection.accounts[1:4]


def test_pay__event__credits_what_was_delivered_less_what_was_missing(payments, connection):
    paid = payments.pay(homes(connection), payments.trees(homes(connection), DELIVERED, MISSING))
    owed = RATES.reward * DELIVERED.sum(axis=0) - RATES.penalty * MISSING.sum(axis=0)
    assert paid.credited.tolist() == owed.tolist()
    assert paid.spent == sum(paid.credited)
    held = connection.balance(payments.settlement.settlement.address)
    accounts = [payments.settlement.operator, *homes(connection)]
    assert held == sum(payments.settlement.balance(account) for account in accounts)


def test_pay__same_event_again__is_refused(payments, connection):
    trees = payments.trees(homes(connection), DELIVERED, MISSING)
    payments.pay(homes(connection), trees)
    with pytest.raises(ContractError):
        payments.pay(homes(connection), trees)


def test_challenge__root_that_leaves_response_out__falls_to_the_meters_statement(payments, connection):
    home, settlement = homes(connection)[0], payments.settlement
    settlement.meters.accredit(Account.from_key(KEY).address, home)
    true = payments.trees(homes(connection), DELIVERED, MISSING)[0]
    forged = SlotTree(true.slot, dict(true.energy_wh) | {str(home): (0, 400)})
    settlement.post(forged, import_price=RATES.penalty, export_price=RATES.reward)
    statement = SlotReading(true.slot, 0, *true.energy_wh[str(home)]).signed(KEY, settlement.meters.domain)
    receipt = settlement.challenge(forged, home, statement, sender=home)
    assert [event.name for event in receipt.events] == ["BatchRefused"]


@pytest.mark.parametrize(
    ("delivered", "missing", "message"),
    [
        (DELIVERED[:, :2], MISSING, "must have shape"),
        (DELIVERED, MISSING[:1], "must have shape"),
        (-DELIVERED, MISSING, "must not be negative"),
    ],
)
def test_trees__numbers_that_make_no_sense__are_refused(payments, connection, delivered, missing, message):
    with pytest.raises(ValueError, match=message):
        payments.trees(homes(connection), delivered, missing)
