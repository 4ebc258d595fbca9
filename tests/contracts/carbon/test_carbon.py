"""Certificates, credits, factors and the tax: issued from signed production, once, moved, claimed, retired, paid."""

import pytest
from carbon_world import AVERAGE, MARGINAL, MONEY, RATE, READINGS, SLOTS, SOLAR, WIND
from eth_utils import keccak
from refusals import NOBODY, refused

from dem.chain.carbon import UNITS_PER_MG, Emissions, Technology

PRIVILEGED = {
    ("attributes", "setTechnology"): ("REGISTRAR_ROLE", ("0x" + "11" * 20, 1)),
    ("attributes", "take"): ("ISSUER_ROLE", ("0x" + "11" * 20, 1)),
    ("certificates", "pause"): ("PAUSER_ROLE", ()),
    ("certificates", "unpause"): ("PAUSER_ROLE", ()),
    ("credits", "pause"): ("PAUSER_ROLE", ()),
    ("credits", "unpause"): ("PAUSER_ROLE", ()),
    ("average", "publish"): ("FACTOR_ROLE", (0, [1])),
}


class TestCertificates:
    def test_issue__a_unit_for_each_wh_given_to_the_network(self, world):
        world.office.certify(world.homes[0], [world.slot(1), world.slot(2)])
        assert [world.certificates(world.homes[0], n) for n in range(4)] == [0, 1_001, 1_002, 0]
        assert world.certificates(world.homes[0], 1, WIND) == 0

    @pytest.mark.parametrize("again", ["certify", "credit"])
    @pytest.mark.parametrize("first", ["certify", "credit"])
    def test_issue__the_same_wh_again_as_either__is_refused(self, world, first, again):
        getattr(world.office, first)(world.homes[0], [world.slot(1)])
        with refused("AttributesUsed", home=world.homes[0], slot=world.slot(1)):
            getattr(world.office, again)(world.homes[0], [world.slot(1)])

    @pytest.mark.parametrize("kind", ["certify", "credit"])
    def test_issue__the_same_slot_twice_in_one_call__is_refused(self, world, kind):
        with refused("AttributesUsed"):
            getattr(world.office, kind)(world.homes[0], [world.slot(1)] * 2)

    def test_issue__anothers_production__is_out_of_reach(self, world):
        with refused("TechnologyUnknown", home=world.stranger):
            world.office.certify(world.stranger, [world.slot(1)])

    @pytest.mark.parametrize("number", [0, SLOTS], ids=["no energy", "no reading"])
    def test_issue__nothing_produced__is_refused_and_uses_nothing_up(self, world, number):
        with refused("NothingProduced", home=world.homes[1], slot=world.slot(number)):
            world.office.certify(world.homes[1], [world.slot(number)])
        assert not world.read(world.office.attributes.isTaken, world.homes[1], world.slot(number))

    def test_issue__technology_withdrawn__is_refused(self, world):
        world.office.set_technology(world.homes[0], Technology.UNKNOWN)
        with refused("TechnologyUnknown"):
            world.office.certify(world.homes[0], [world.slot(1)])

    def test_claim__burns_for_good_and_says_for_whom(self, world):
        world.office.certify(world.homes[0], [world.slot(1)])
        certificate = world.office.certificate_id(world.slot(1), SOLAR)
        holder, buyer = world.homes[0], world.homes[2]
        world.send(world.office.certificates.safeTransferFrom, holder, buyer, certificate, 600, b"", sender=holder)
        receipt = world.office.claim(buyer, certificate, 500, world.stranger, "July")
        assert receipt.value("CertificatesClaimed", "beneficiary") == world.stranger
        assert receipt.value("CertificatesClaimed", "message") == "July"
        assert (world.certificates(holder, 1), world.certificates(buyer, 1)) == (401, 100)
        with refused("ERC1155InsufficientBalance"):
            world.office.claim(buyer, certificate, 101, buyer)

    def test_claim__of_nothing__is_refused(self, world):
        with refused("ZeroAmount"):
            world.office.claim(world.homes[0], 1, 0, world.homes[0])


class TestCredits:
    def test_issue__what_the_network_emits_less__to_the_unit(self, world):
        receipt = world.office.credit(world.homes[1], [world.slot(3), world.slot(4)])[0]
        mg = 30 * MARGINAL[3] + 40 * MARGINAL[4]
        assert world.credits(world.homes[1]) == mg * UNITS_PER_MG
        assert receipt.value("CreditsIssued", "technology") == WIND
        assert world.read(world.office.credits.issuedOf, world.slot(3), WIND) == 30 * MARGINAL[3] * UNITS_PER_MG

    def test_retire__burns_for_good_and_says_for_whom(self, world):
        world.office.credit(world.homes[1], [world.slot(3)])
        everything = world.credits(world.homes[1])
        receipt = world.office.retire(world.homes[1], everything, world.stranger, "a flight")
        assert receipt.value("CreditsRetired", "message") == "a flight"
        assert world.read(world.office.credits.totalSupply) == 0
        assert world.read(world.office.credits.retiredFor, world.stranger) == everything
        with refused("ERC20InsufficientBalance"):
            world.office.retire(world.homes[1], 1, world.stranger)

    def test_retire__nothing__is_refused(self, world):
        with refused("ZeroAmount"):
            world.office.retire(world.homes[1], 0, world.homes[1])

    def test_deployment__average_factors__is_refused(self, world):
        office = world.office
        with refused("FactorsNotMarginal"):
            world.connection.deploy(
                "CarbonCredits", office.operator, office.attributes, office.average, sender=office.operator
            )


class TestFactors:
    def test_publish__is_for_good(self, world):
        with refused("FactorKnown", slot=world.slot(1)):
            world.office.publish(world.slot(1), average=[1])
        assert world.read(world.office.average.factorOf, world.slot(1)) == AVERAGE[1]

    def test_publish__too_large__is_refused(self, world):
        with refused("FactorTooLarge", factor=2**16 - 1):
            world.office.publish(world.slot(SLOTS), average=[2**16 - 1])

    def test_factor_of__slot_without_one__is_refused(self, world):
        with refused("FactorUnknown", slot=world.slot(SLOTS)):
            world.read(world.office.marginal.factorOf, world.slot(SLOTS))

    def test_publish__zero__is_a_factor(self, world):
        world.office.publish(world.slot(SLOTS), average=[0])
        assert world.read(world.office.average.factorOf, world.slot(SLOTS)) == 0

    def test_factors__tell_their_kind_and_source(self, world):
        for contract, kind, source in (
            (world.office.average, 0, "average, 2099"),
            (world.office.marginal, 1, "marginal, 2099"),
        ):
            assert (world.read(contract.kind), world.read(contract.source)) == (kind, source)


class TestTax:
    emissions = sum(imported * factor for (imported, _), factor in zip(READINGS[2], AVERAGE, strict=True))

    def test_assess__wh_times_the_average_factor__each_slot_once(self, world):
        home = world.homes[2]
        world.office.assess(home, world.first, 5)
        world.office.assess(home, world.first + 2, SLOTS - 2)
        assert world.office.emissions_of(home) == Emissions(self.emissions, 0, 0)

    def test_assess__slot_without_a_reading__is_refused(self, world):
        with refused("NotReported", home=world.homes[2], slot=world.slot(SLOTS)):
            world.office.assess(world.homes[2], world.first, SLOTS + 1)

    def test_pay__rounds_up_and_goes_to_the_treasury(self, world):
        home = world.homes[2]
        world.office.assess(home, world.first, SLOTS)
        world.office.pay(home, 7)
        world.office.pay(home, self.emissions - 7)
        due = -(-7 * RATE // 10**9) + -(-(self.emissions - 7) * RATE // 10**9)
        assert world.money(world.treasury) == due == MONEY - world.money(home)
        assert world.office.emissions_of(home) == Emissions(0, self.emissions, 0)

    def test_offset__retires_a_neighbours_credits_in_favour_of_the_home(self, world):
        producer, home = world.homes[0], world.homes[2]
        world.office.credit(producer, [world.slot(n) for n in range(SLOTS)])
        world.office.assess(home, world.first, SLOTS)
        units = self.emissions * UNITS_PER_MG
        world.send(world.office.credits.transfer, home, units, sender=producer)
        world.office.offset(home, self.emissions)
        assert world.office.emissions_of(home) == Emissions(0, 0, self.emissions)
        assert world.read(world.office.credits.retiredFor, home) == units
        assert world.credits(home) == world.credits(world.office.tax) == 0

    @pytest.mark.parametrize("way", ["pay", "offset"])
    @pytest.mark.parametrize("excess", [0, 1])
    def test_discharge__nothing_or_more_than_is_owed__is_refused(self, world, way, excess):
        home = world.homes[2]
        world.office.assess(home, world.first, SLOTS)
        with refused("NotOwed", owed=self.emissions):
            getattr(world.office, way)(home, (self.emissions + 1) * excess)

    def test_pay__without_the_money__is_refused(self, world):
        home = world.homes[2]
        world.office.assess(home, world.first, SLOTS)
        world.send(world.office.currency.transfer, world.stranger, MONEY, sender=home)
        with refused("ERC20InsufficientBalance"):
            world.office.pay(home, self.emissions)
        assert world.office.emissions_of(home).owed == self.emissions

    @pytest.mark.parametrize(
        ("change", "error"),
        [
            *(({place: NOBODY}, "ZeroAddress") for place in ("meters", "factors", "credits", "currency")),
            ({"rate": 0}, "InvalidRate"),
            ({"treasury": NOBODY}, "InvalidTreasury"),
            ({"factors": "marginal"}, "FactorsNotAverage"),
        ],
    )
    def test_deployment__of_a_tax_that_makes_no_sense__is_refused(self, world, change, error):
        office = world.office
        terms = {"meters": office.meters.registry, "factors": office.average, "credits": office.credits}
        terms |= {"currency": office.currency, "rate": RATE, "treasury": world.treasury} | change
        if terms["factors"] == "marginal":
            terms["factors"] = office.marginal
        with refused(error):
            world.connection.deploy("CarbonTax", *terms.values(), sender=office.operator)

    @pytest.mark.parametrize(
        ("name", "others"),
        [
            ("EmissionFactors", (0, "a source")),
            ("EnergyAttributes", ("meters",)),
            ("EnergyCertificates", ("attributes",)),
            ("CarbonCredits", ("attributes", "marginal")),
        ],
    )
    def test_deployment__nobody_in_a_place__is_refused(self, world, name, others):
        office = world.office
        known = {"meters": office.meters.registry, "attributes": office.attributes, "marginal": office.marginal}
        whole = [office.operator, *(known.get(each, each) for each in others)]
        for place in [0, *(1 + n for n, each in enumerate(others) if each in known)]:
            with refused("ZeroAddress"):
                arguments = [NOBODY if n == place else each for n, each in enumerate(whole)]
                world.connection.deploy(name, *arguments, sender=office.operator)


class TestHostileCurrency:
    def test_pay__currency_that_calls_back__counts_once(self, world):
        office, home = world.office, world.homes[2]
        currency, _ = world.connection.deploy("BalancingCurrencyMock", sender=home)
        tax, _ = world.connection.deploy(
            "CarbonTax",
            *(office.meters.registry, office.average, office.credits, currency, RATE, world.treasury),
            sender=home,
        )
        world.send(currency.mint, home, MONEY, sender=home)
        world.send(currency.approve, tax, MONEY, sender=home)
        world.send(tax.assess, home, world.first, SLOTS, sender=home)
        owed = world.read(tax.emissionsOf, home).owed
        world.send(currency.callDuringTransfer, tax, tax.pay.encode_input(home, owed), sender=home)
        world.send(tax.pay, home, owed, sender=home)
        assert world.read(currency.reentries) == 0
        assert bytes(world.read(currency.lastError))[:4] == keccak(text="NotOwed(uint256,uint256)")[:4]


class TestRoles:
    @pytest.mark.parametrize("call", PRIVILEGED, ids=lambda call: ".".join(call))
    def test_privileged_call__without_its_role__is_refused(self, world, call):
        role, arguments = PRIVILEGED[call]
        method = getattr(getattr(world.office, call[0]), call[1])
        with refused("AccessControlUnauthorizedAccount", account=world.stranger, neededRole=keccak(text=role)):
            world.send(method, *arguments, sender=world.stranger)

    @pytest.mark.parametrize(("contract", "issue"), [("certificates", "certify"), ("credits", "credit")])
    def test_pause__stops_issues__and_nothing_else(self, world, contract, issue):
        getattr(world.office, issue)(world.homes[0], [world.slot(1)])
        world.send(getattr(world.office, contract).pause, sender=world.office.operator)
        with refused("EnforcedPause"):
            getattr(world.office, issue)(world.homes[0], [world.slot(2)])
        if issue == "certify":
            world.office.claim(world.homes[0], world.office.certificate_id(world.slot(1), SOLAR), 1, world.homes[0])
        else:
            world.office.retire(world.homes[0], 1, world.homes[0])
        world.send(getattr(world.office, contract).unpause, sender=world.office.operator)
        getattr(world.office, issue)(world.homes[0], [world.slot(2)])

    def test_certificates__say_that_they_are_erc_1155(self, world):
        assert world.read(world.office.certificates.supportsInterface, "0xd9b67a26")
