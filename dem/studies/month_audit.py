"""What somebody can verify about a street's month who trusts the meters and nobody else."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dem import units
from dem.chain import ContractError, SignedReading, SlotReading, SlotTree
from dem.studies.month_on_chain import ChainMonth, Street, meter_key

TAKEN = "taken"
_BOOKS_SAMPLE = 10  # readings of each home that are looked up in the register


@dataclass(frozen=True)
class Checks:
    """What an auditor found out, with the meters' signatures and public data alone.

    Attributes:
        roots: roots recomputed from signed readings.
        roots_equal: of these, those that are the posted ones.
        books_equal: whether the register holds what the meters signed, in a sample of the slots.
        forged_refused: whether a root with one changed leaf is gone after its challenge.
        poster_lost_wei: of its stake.
        challenger_got_wei: its share.
        second_uses: ways to use a Wh or a reading twice, and the error that refused each.
        conserved: whether credits issued are those that exist and those that are retired, and each home's tax is that
            of its readings.
    """

    roots: int
    roots_equal: int
    books_equal: bool
    forged_refused: bool
    poster_lost_wei: int
    challenger_got_wei: int
    second_uses: dict[str, str]
    conserved: bool


def audit(street: Street, month: ChainMonth) -> Checks:
    """Recompute, look up, disprove and try; changes nothing that the homes have, but for the challenger's reward."""
    forged_refused, lost, got = _forge(street)
    return Checks(
        roots=len(month.trees),
        roots_equal=sum(_recomputed(street, month, tree) == _posted(street, tree.slot) for tree in month.trees),
        books_equal=_books_equal(street, month.signed),
        forged_refused=forged_refused,
        poster_lost_wei=lost,
        challenger_got_wei=got,
        second_uses={name: _refusal(attempt) for name, attempt in _second_uses(street, month).items()},
        conserved=_conserved(street),
    )


def _recomputed(street: Street, month: ChainMonth, tree: SlotTree) -> bytes:
    """The root that follows from what the meters signed for a slot."""
    told = [readings[tree.slot - street.first].reading for readings in month.signed]
    pairs = zip(street.homes, told, strict=True)
    return SlotTree(tree.slot, {str(home): (each.imported, each.exported) for home, each in pairs}).root


def _posted(street: Street, slot: int) -> bytes:
    return bytes(street.connection.read(street.settlement.settlement.batchOf, slot).root)


def _books_equal(street: Street, signed: list[list[SignedReading]]) -> bool:
    meters = street.meters
    return all(
        meters.reading_of(home, told.reading.slot) == (told.reading.imported, told.reading.exported)
        for home, readings in zip(street.homes, signed, strict=True)
        for told in readings[:: max(1, len(readings) // _BOOKS_SAMPLE)]
    )


def _forge(street: Street) -> tuple[bool, int, int]:
    """The poster adds a kWh to a home's bill in the next slot; a neighbour disproves it with what the meter signed.

    Returns:
        Whether the root is gone, wei that the poster lost, wei that the challenger got.
    """
    connection, settlement = street.connection, street.settlement
    slot = street.first + len(street.month.times)
    connection.advance_to(max(connection.now + 1, (slot + 1) * street.meters.slot_s))
    honest, robbed = street.tree(0).energy_wh, street.homes[0]
    imported, exported = honest[str(robbed)]
    forged = SlotTree(slot, {**honest, str(robbed): (imported + units.WH_PER_KWH, exported)})
    reading = SlotReading(slot, len(street.month.times), imported, exported)
    poster, challenger = settlement.operator, street.homes[1]
    before = [settlement.balance(account) for account in (poster, challenger)]
    settlement.post(forged, import_price=1, export_price=1)
    settlement.challenge(forged, robbed, reading.signed(meter_key(0), street.meters.domain), sender=challenger)
    after = [settlement.balance(account) for account in (poster, challenger)]
    return not any(_posted(street, slot)), before[0] - after[0], after[1] - before[1]


def _second_uses(street: Street, month: ChainMonth) -> dict[str, Callable[[], Any]]:
    # The home that makes certificates and credits.
    number = next(number for number in range(len(street.homes)) if all(street.producing_slots(number)))
    home, office, meters = street.homes[number], street.office, street.meters
    early, late = (street.first + slots[0] for slots in street.producing_slots(number))
    told = month.signed[0][0].reading
    other = SlotReading(told.slot, len(month.trees), told.imported + 1, told.exported)
    return {
        "a credit for a certified Wh": lambda: office.credit(home, [early]),
        "a certificate for a credited Wh": lambda: office.certify(home, [late]),
        "a second certificate": lambda: office.certify(home, [early]),
        "a slot settled again": lambda: street.settlement.claim(home, month.trees[:1]),
        "another reading of a slot": lambda: meters.record([other.signed(meter_key(0), meters.domain)]),
    }


def _refusal(attempt: Callable[[], Any]) -> str:
    """The error that refused it, or `TAKEN`."""
    try:
        attempt()
    except ContractError as error:
        return error.name
    return TAKEN


def _conserved(street: Street) -> bool:
    read, credits = street.connection.read, street.office.credits
    issued = read(credits.totalSupply) + read(credits.retired) == read(credits.issued)
    factors = street.month.average.whole_g_per_kwh
    due = [
        sum(street.energy_of(home, slot)[0] * factor for slot, factor in enumerate(factors))
        for home in range(street.month.homes)
    ]
    told = [street.office.emissions_of(home) for home in street.homes]
    return issued and due == [each.owed + each.paid + each.offset for each in told]
