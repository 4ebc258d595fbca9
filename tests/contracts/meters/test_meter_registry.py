"""MeterRegistry: accreditation, revocation, change of key, readings in order and once, roles, pause."""

import dataclasses

import pytest
from eth_utils import keccak
from meters_world import SLOT, Neighbourhood, address_of, key_of
from refusals import NOBODY, refused

from dem.chain.meters import MeterRegistry

PRIVILEGED = {
    "accredit": ("REGISTRAR_ROLE", (address_of(7), address_of(8))),
    "revoke": ("REGISTRAR_ROLE", (address_of(0),)),
    "pause": ("PAUSER_ROLE", ()),
    "unpause": ("PAUSER_ROLE", ()),
}


class TestAccreditation:
    def test_accredit__ties_a_meter_and_a_home_both_ways(self, world):
        assert world.read(world.contract.traderOf, address_of(1)) == world.homes[1]
        assert world.read(world.contract.meterOf, world.homes[1]) == address_of(1)

    def test_accredit__home_with_a_meter__is_refused(self, world):
        with refused("HomeHasMeter", home=world.homes[0], meter=address_of(0)):
            world.register.accredit(address_of(0, 1), world.homes[0])

    def test_accredit__meter_of_another_home__is_refused(self, world):
        with refused("MeterKnown", meter=address_of(0)):
            world.register.accredit(address_of(0), world.stranger)

    @pytest.mark.parametrize("pair", [(NOBODY, address_of(8)), (address_of(8), NOBODY)])
    def test_accredit__zero_address__is_refused(self, world, pair):
        with refused("ZeroAddress"):
            world.register.accredit(*pair)

    def test_revoke__leaves_the_home_without_a_meter__and_its_readings_where_they_are(self, world):
        slot = world.over
        world.record(world.sign())
        world.register.revoke(address_of(0))
        assert world.read(world.contract.traderOf, address_of(0)) == NOBODY
        assert world.read(world.contract.meterOf, world.homes[0]) == NOBODY
        assert world.register.reading_of(world.homes[0], slot) == (500, 0)

    def test_revoke__twice__is_refused(self, world):
        world.register.revoke(address_of(0))
        with refused("UnknownMeter", meter=address_of(0)):
            world.register.revoke(address_of(0))

    def test_revoked_key__never_comes_back__and_the_home_gets_another(self, world):
        world.register.revoke(address_of(0))
        with refused("MeterKnown"):
            world.register.accredit(address_of(0), world.homes[0])
        world.register.accredit(address_of(0, 1), world.homes[0])
        world.record(world.sign(generation=1))

    @pytest.mark.parametrize("call", PRIVILEGED)
    def test_privileged_call__without_its_role__is_refused(self, world, call):
        role, arguments = PRIVILEGED[call]
        with refused("AccessControlUnauthorizedAccount", account=world.stranger, neededRole=keccak(text=role)):
            world.send(getattr(world.contract, call), *arguments, sender=world.stranger)

    def test_deployment__slots_of_no_length__is_refused(self, connection):
        with refused("InvalidSlotLength"):
            MeterRegistry.deploy(connection, slot_s=0)

    def test_deployment__without_an_admin__is_refused(self, world):
        with refused("ZeroAddress"):
            world.connection.deploy("MeterRegistry", NOBODY, SLOT, sender=world.stranger)


class TestRecord:
    def test_record__keeps_what_was_measured(self, world):
        receipt = world.record(world.sign(imported=120, exported=7), world.sign(1, imported=0, exported=2**32 - 1))
        assert world.recorded(receipt) == 2
        assert world.register.reading_of(world.homes[0], world.over) == (120, 7)
        assert world.register.reading_of(world.homes[1], world.over) == (0, 2**32 - 1)
        assert world.register.reading_of(world.homes[2], world.over) is None

    def test_record__slots_that_share_a_word__stay_apart(self, world):
        first = world.over - 9
        slots = range(first, first + 10)
        readings = [world.sign(slot=slot, nonce=n, imported=n, exported=10 * n) for n, slot in enumerate(slots)]
        world.record(*readings)
        assert [world.register.reading_of(world.homes[0], slot) for slot in slots] == [(n, 10 * n) for n in range(10)]

    def test_record__handed_in_again__changes_nothing(self, world):
        reading = world.sign()
        world.record(reading)
        assert world.recorded(world.record(reading, reading)) == 0
        assert world.register.nonce_of(address_of(0)) == 1

    def test_record__part_of_a_batch_handed_in_by_another_before__does_not_stop_the_rest(self, world):
        batch = [world.sign(home) for home in range(3)]
        world.record(batch[1])
        assert world.recorded(world.record(*batch)) == 2

    def test_record__same_slot_with_other_numbers__is_refused(self, world):
        world.record(world.sign(imported=500))
        for nonce in (0, 1):
            with refused("AlreadyReported", home=world.homes[0], slot=world.over):
                world.record(world.sign(imported=499, nonce=nonce))

    def test_record__same_slot_and_numbers_under_the_next_nonce__is_refused(self, world):
        world.record(world.sign())
        with refused("AlreadyReported"):
            world.record(world.sign(nonce=1))

    def test_record__nonce_used_for_another_slot__is_refused(self, world):
        world.record(world.sign())
        with refused("UnexpectedNonce", given=0, expected=1):
            world.record(world.sign(slot=world.over - 1))

    def test_record__reordered__is_refused_until_the_gap_is_filled(self, world):
        early, late = world.sign(slot=world.over - 1), world.sign(nonce=1)
        with refused("UnexpectedNonce", meter=address_of(0), given=1, expected=0):
            world.record(late)
        world.record(early, late)

    def test_record__slot_not_over__is_refused(self, world):
        running = world.over + 1
        with refused("SlotNotOver", slot=running, end=(running + 1) * SLOT):
            world.record(world.sign(slot=running))

    def test_record__revoked_meter__is_refused(self, world):
        reading = world.sign()
        world.register.revoke(address_of(0))
        with refused("UnknownMeter", meter=address_of(0)):
            world.record(reading)

    def test_record__strangers_key__is_refused(self, world):
        with refused("UnknownMeter", meter=address_of(5)):
            world.record(world.sign(5))

    def test_record__numbers_changed_on_the_way__is_refused(self, world):
        reading = world.sign()
        forged = dataclasses.replace(reading, reading=dataclasses.replace(reading.reading, imported=1))
        with refused("UnknownMeter"):
            world.record(forged)

    def test_record__no_signature_at_all__is_refused(self, world):
        with refused("UnknownMeter", meter=NOBODY):
            world.record(dataclasses.replace(world.sign(), signature=bytes(64)))

    def test_record__signed_for_another_register__is_refused(self, world):
        other = Neighbourhood.deploy(world.connection)
        with refused("UnknownMeter"):
            world.record(world.sign(domain=other.domain))

    def test_record__more_than_there_is_room_for__is_refused(self, world):
        with refused("ReadingTooLarge", imported=2**32 - 1):
            world.record(world.sign(imported=2**32 - 1))

    def test_record__while_paused__waits(self, world):
        reading = world.sign()
        world.send(world.contract.pause, sender=world.register.operator)
        with refused("EnforcedPause"):
            world.record(reading)
        world.send(world.contract.unpause, sender=world.register.operator)
        world.record(reading)

    def test_home_behind__signed_reading__needs_no_place_in_the_books(self, world):
        reading = world.sign(1)
        assert world.read(world.contract.homeBehind, reading.words) == world.homes[1]
        world.register.revoke(address_of(1))
        assert world.read(world.contract.homeBehind, reading.words) == NOBODY


class TestRotation:
    def test_rotate__successor_counts_on__and_the_old_key_is_over(self, world):
        world.record(world.sign(slot=world.over - 1))
        world.register.rotate(key_of(0), key_of(0, 1), sender=world.stranger)
        assert world.read(world.contract.meterOf, world.homes[0]) == address_of(0, 1)
        with refused("UnknownMeter"):
            world.record(world.sign(nonce=1))
        world.record(world.sign(nonce=1, generation=1))

    def test_rotate__a_slot_reported_under_the_old_key__is_not_reported_again(self, world):
        world.record(world.sign())
        world.register.rotate(key_of(0), key_of(0, 1))
        with refused("AlreadyReported"):
            world.record(world.sign(nonce=1, generation=1, imported=1))

    def test_rotate__back_to_an_old_key__is_refused(self, world):
        world.register.rotate(key_of(0), key_of(0, 1))
        with refused("MeterKnown"):
            world.register.rotate(key_of(0, 1), key_of(0))

    def test_rotate__by_a_stranger_or_onto_one__is_refused(self, world):
        domain, fields = world.domain, {"meter": "address", "successor": "address"}
        values = {"meter": address_of(0), "successor": address_of(6)}
        signatures = {home: sign_rotation(home, domain, fields, values) for home in (0, 6, 7)}
        with refused("UnknownMeter", meter=address_of(7)):
            world.send(world.contract.rotate, *values.values(), signatures[7], signatures[6], sender=world.stranger)
        with refused("SuccessorDisagrees", signer=address_of(0), successor=address_of(6)):
            world.send(world.contract.rotate, *values.values(), signatures[0], signatures[0], sender=world.stranger)

    def test_rotate__revoked_meter__is_refused(self, world):
        world.register.revoke(address_of(0))
        with refused("UnknownMeter"):
            world.register.rotate(key_of(0), key_of(0, 1))


def sign_rotation(home, domain, fields, values):
    from dem.chain import typed_data

    return typed_data.sign(key_of(home), domain, "Rotation", fields, values).bytes65
