import contextlib
import sqlite3

import numpy as np
import pandas as pd
import pytest

from dem.chain import SlotTree
from dem.vpp import DisagreementError, Plant
from dem.vpp.ledger import HOME_DEPOSIT
from dem.vpp.neighbourhood import WEI_PER_UNIT
from dem.vpp.slots import BOOKS, MOST_IN_A_LEAF, Slot

STEPS = 3
CHALLENGE_STEPS = 4


@pytest.fixture
def on_chain(small):
    """Settings of a small plant on the chain of this process."""
    return small(chain="test")


def test_run__a_day_on_the_chain__homes_have_what_the_journal_says(slow):
    with Plant(slow) as plant:
        events, claimed = plant.run(1), plant.homes.per_day - CHALLENGE_STEPS
        journal, ledger = plant.home_events(), plant.settlement.ledger
        cash = journal[journal["number"] < claimed].groupby("home")["cash"].sum()
        for account, name in zip(ledger.identities.accounts, plant.homes.names, strict=True):
            gained = sum(ledger.books[book].balance(account) - HOME_DEPOSIT for book in BOOKS)
            assert gained == cash[name] * WEI_PER_UNIT
        plant.settlement.audit()
        assert_forged_root_is_disproved(plant)
    assert events["gas"].gt(0).all()
    assert journal["signature"].map(len).eq(64).all()


def assert_forged_root_is_disproved(plant):
    """The operator posts a root in which a home gave less than its meter signed."""
    ledger, number = plant.settlement.ledger, plant.done
    book, slot = ledger.books["meters"], ledger.first_slot + number
    metered = [-500] * len(plant.homes.names)
    readings = ledger.identities.read(slot, number, metered, book.meters.domain)
    forged = SlotTree(slot, dict.fromkeys(ledger.identities.addresses, (0, 400)))
    ledger.connection.advance_to((slot + 1) * book.meters.slot_s)
    book.post(forged, import_price=2, export_price=1)
    home, challenger = ledger.identities.accounts[0], ledger.connection.accounts[50]
    assert book.challenge(forged, home, readings[0], sender=challenger).value("BatchRefused", "slot") == slot


def test_plant__chain_lost__is_brought_up_to_the_journal(on_chain):
    with Plant(on_chain) as plant:
        for _ in range(STEPS):
            plant.step()
        before = plant.events()
    with Plant(on_chain) as plant:
        pd.testing.assert_frame_equal(plant.events(), before)
        plant.step()
        plant.settlement.audit()


@pytest.mark.parametrize("change", ["UPDATE homes SET cash = cash + 1", "UPDATE homes SET metered_wh = metered_wh - 1"])
def test_plant__journal_was_changed__disagrees(on_chain, change):
    with Plant(on_chain) as plant:
        plant.step()
    with contextlib.closing(sqlite3.connect(on_chain.journal, isolation_level=None)) as database:
        database.execute(f"{change} WHERE number = 0 AND home = ?", (plant.homes.names[1],))
    with pytest.raises(DisagreementError, match="interval 0"):
        Plant(on_chain)


def test_plant__another_root_on_the_chain__disagrees(on_chain):
    with Plant(on_chain) as plant:
        ledger = plant.settlement.ledger
        forged = SlotTree(ledger.first_slot, dict.fromkeys(ledger.identities.addresses, (0, 0)))
        ledger.connection.advance_to((forged.slot + 1) * ledger.books["meters"].meters.slot_s)
        ledger.books["meters"].post(forged, import_price=2, export_price=1)
        with pytest.raises(DisagreementError, match="on the chain"):
            plant.step()


def test_received__of_both_books__is_the_homes_cash():
    generator = np.random.default_rng(1)
    metered, cash = generator.integers(-5_000, 5_000, 30), generator.integers(-(10**8), 10**8, 30)
    slot = Slot(0, metered, cash, import_price=30_000, export_price=8_000)
    np.testing.assert_array_equal(sum(slot.received(book) for book in BOOKS), cash)


def test_leaves__amount_without_room__names_the_home():
    slot = Slot(7, np.array([0, 0]), np.array([0, MOST_IN_A_LEAF + 1]), 1, 1)
    with pytest.raises(ValueError, match="interval 7, home 1"):
        slot.leaves("market")
