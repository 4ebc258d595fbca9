import contextlib
import sqlite3

import numpy as np
import pandas as pd
import pytest

from dem.chain import SlotTree
from dem.vpp import DisagreementError, Plant
from dem.vpp.ledger import HOME_DEPOSIT
from dem.vpp.neighbourhood import WEI_PER_UNIT
from dem.vpp.slots import BOOKS, MOST_IN_A_LEAF, SIGNED, Slot

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
            gained = sum(book.balance(account) - HOME_DEPOSIT for book in ledger.books.values())
            assert gained == cash[name] * WEI_PER_UNIT
        plant.settlement.audit()
        for book in SIGNED:
            assert_forged_root_is_disproved(plant, book)
        sent = plant.transactions()
    assert events["gas"].gt(0).all()
    assert set(sent.loc[sent["book"] == "response", "operation"]) == {"post", "claim"}
    assert journal["signature"].map(len).eq(64).all()
    assert (journal["response_signature"].notna() == events["event"].reindex(journal.index)).all()


def assert_forged_root_is_disproved(plant, name):
    """The operator posts a root in which a home gave less than its meter signed."""
    ledger, number = plant.settlement.ledger, plant.done + SIGNED.index(name)
    book, slot = ledger.books[name], ledger.first_slot + number
    given = np.full(len(plant.homes.names), 500)
    readings = ledger.identities.read(slot, number, (0 * given, given), book.meters.domain)
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


def slot(metered_wh, cash, missing_wh=0, response_wh=0):
    missing, response = (np.zeros_like(metered_wh) + wh for wh in (missing_wh, response_wh))
    return Slot(7, metered_wh, cash, 30_000, 8_000, missing, response, penalty=2_000, reward=10_000)


def test_received__of_all_books__is_the_homes_cash():
    generator = np.random.default_rng(1)
    metered, cash = generator.integers(-5_000, 5_000, 30), generator.integers(-(10**8), 10**8, 30)
    missing, response = generator.integers(0, 900, (2, 30))
    each = slot(metered, cash, missing, response)
    np.testing.assert_array_equal(sum(each.received(book) for book in BOOKS), cash)


def test_leaves__amount_without_room__names_the_home():
    with pytest.raises(ValueError, match="interval 7, home 1"):
        slot(np.array([0, 0]), np.array([0, MOST_IN_A_LEAF + 1])).leaves("market")


def test_has__nothing_promised__stands_in_no_response_book():
    nothing, something = (slot(np.zeros(2, dtype=int), np.zeros(2, dtype=int), missing_wh=wh) for wh in (0, 5))
    assert [book for book in BOOKS if nothing.has(book)] == ["meters", "market"]
    assert something.has("response")
