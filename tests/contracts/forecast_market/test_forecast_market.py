"""ForecastMarket: commitments, reveals, scores, payment, lateness, roles, hostile receivers."""

import dataclasses

import pytest
from eth_utils import keccak
from forecast_world import HOMES, REVEALED, STAKE, TERMS
from refusals import NOBODY, refused

from dem.chain.forecast_market import ForecastMarket, ForecastTerms
from dem.market.forecast_stakes import payouts, score

ACTUAL = (120, 150, -100)


class TestCommit:
    def test_commit__holds_the_stake__and_tells_nothing_of_the_forecast(self, world):
        forecast = world.forecast()
        receipt = world.market.commit(forecast, STAKE)
        assert world.connection.balance(world.contract) == STAKE
        assert {name for event in receipt.events for name in event.values} == {"home", "day", "stake"}

    def test_commit__twice__is_refused(self, world):
        world.committed(world.forecast())
        with refused("WrongState", home=world.homes[0]):
            world.committed(world.forecast(net=(0, 0, 0)))

    def test_commit__after_the_gate__is_refused(self, world):
        forecast = world.forecast()
        world.open_gate(forecast.day)
        with refused("TooLate", day=forecast.day):
            world.committed(forecast)

    @pytest.mark.parametrize("stake", [0, TERMS.min_stake - 1])
    def test_commit__stake_too_small__is_refused(self, world, stake):
        with refused("InvalidStake", stake=stake):
            world.market.commit(world.forecast(), stake)

    def test_commit__without_a_meter__is_refused(self, world):
        forecast = dataclasses.replace(world.forecast(), home=world.stranger)
        with refused("NoMeter", home=world.stranger):
            world.committed(forecast)

    def test_commit__to_nothing__is_refused(self, world):
        with refused("EmptyCommitment"):
            world.send(world.contract.commit, world.tomorrow, bytes(32), sender=world.homes[0], value=STAKE)

    def test_commit__while_paused__is_refused__and_the_rest_goes_on(self, world):
        early = world.forecast()
        world.committed(early)
        world.send(world.contract.pause, sender=world.market.operator)
        with refused("EnforcedPause"):
            world.committed(world.forecast(1))
        world.open_gate(early.day)
        world.market.reveal(early)


class TestReveal:
    def test_reveal__before_the_gate__is_refused(self, world):
        forecast = world.forecast()
        world.committed(forecast)
        with refused("TooEarly", day=forecast.day):
            world.market.reveal(forecast)

    def test_reveal__once_the_day_has_begun__is_refused(self, world):
        forecast = world.forecast()
        world.committed(forecast)
        world.connection.advance_to(world.market.start_of(forecast.day))
        with refused("TooLate", day=forecast.day):
            world.market.reveal(forecast)

    def test_reveal__something_else__is_refused(self, world):
        forecast = world.forecast()
        world.committed(forecast)
        world.open_gate(forecast.day)
        for change in ({"net_wh": (1, 2, 3)}, {"salt": bytes(32)}):
            with refused("CommitmentMismatch", home=world.homes[0], day=forecast.day):
                world.market.reveal(dataclasses.replace(forecast, **change))

    def test_reveal__another_number_of_slots__is_refused(self, world):
        forecast = world.forecast(net=(1, 2))
        world.committed(forecast)
        world.open_gate(forecast.day)
        with refused("WrongLength", given=2):
            world.market.reveal(forecast)

    def test_reveal__a_copied_commitment__does_not_open(self, world):
        """Who copies a hash has to reveal what the other revealed, and that is another hash under its own name."""
        forecast = world.forecast()
        world.committed(forecast)
        copied = world.of(forecast).commitment
        world.send(world.contract.commit, forecast.day, copied, sender=world.homes[1], value=STAKE)
        world.open_gate(forecast.day)
        world.market.reveal(forecast)
        with refused("CommitmentMismatch", home=world.homes[1]):
            world.market.reveal(dataclasses.replace(forecast, home=world.homes[1]))

    def test_reveal__twice__is_refused(self, world):
        forecast = world.forecast()
        world.committed(forecast)
        world.open_gate(forecast.day)
        world.market.reveal(forecast)
        with refused("WrongState", state=REVEALED):
            world.market.reveal(forecast)


class TestScore:
    def test_score__equals_the_one_off_chain(self, world):
        forecast = world.forecast(net=(-1_500, 333, 0))
        world.scored([forecast], [ACTUAL])
        assert world.of(forecast).score == score(forecast.net_wh, ACTUAL, TERMS.capacity)

    def test_score__not_revealed__is_refused(self, world):
        forecast = world.forecast()
        world.committed(forecast)
        world.end(forecast.day)
        world.measure(0, forecast.day, ACTUAL)
        with refused("WrongState"):
            world.market.score(forecast)

    def test_score__before_the_day_is_over_or_after_the_window__is_refused(self, world):
        forecast = world.forecast()
        world.committed(forecast)
        world.open_gate(forecast.day)
        world.market.reveal(forecast)
        with refused("TooEarly"):
            world.market.score(forecast)
        world.end_scoring(forecast.day)
        with refused("TooLate"):
            world.market.score(forecast)

    def test_score__without_a_reading__is_refused__and_goes_once_it_is_there(self, world):
        forecast = world.forecast()
        world.committed(forecast)
        world.open_gate(forecast.day)
        world.market.reveal(forecast)
        world.end(forecast.day)
        with refused("NotReported", home=world.homes[0], slot=forecast.day * TERMS.slots_per_day):
            world.market.score(forecast)
        world.measure(0, forecast.day, ACTUAL)
        world.market.score(forecast, sender=world.stranger)

    def test_score__something_else_than_was_revealed__is_refused(self, world):
        forecast = world.forecast()
        world.committed(forecast)
        world.open_gate(forecast.day)
        world.market.reveal(forecast)
        world.end(forecast.day)
        world.measure(0, forecast.day, ACTUAL)
        with refused("CommitmentMismatch"):
            world.market.score(dataclasses.replace(forecast, net_wh=ACTUAL))

    def test_score__twice__is_refused(self, world):
        forecast = world.forecast()
        world.committed(forecast)
        world.open_gate(forecast.day)
        world.market.reveal(forecast)
        world.end(forecast.day)
        world.measure(0, forecast.day, ACTUAL)
        world.market.score(forecast)
        with refused("WrongState"):
            world.market.score(forecast)


class TestClaim:
    def test_claim__better_forecasts_take_from_worse__to_the_wei(self, world):
        forecasts = [world.forecast(0, ACTUAL), world.forecast(1, (0, 0, 0)), world.forecast(2, (900, -900, 900))]
        day = world.scored(forecasts, [ACTUAL] * HOMES)
        expected = payouts([STAKE] * 3, [score(each.net_wh, ACTUAL, TERMS.capacity) for each in forecasts])
        for home in world.homes:
            world.market.claim(home, day, sender=world.stranger)
        assert [world.market.balance(home) for home in world.homes] == expected
        assert expected[0] > STAKE > expected[2]
        assert sum(expected) == 3 * STAKE

    def test_claim__missing_reveal__loses_the_stake_to_those_with_a_score(self, world):
        silent, told = world.forecast(0), world.forecast(1)
        world.committed(silent)
        day = world.scored([told], [ACTUAL])
        world.market.claim(told.home, day)
        assert world.market.balance(told.home) == 2 * STAKE
        with refused("WrongState", home=silent.home):
            world.market.claim(silent.home, day)

    def test_claim__twice__is_refused(self, world):
        day = world.scored([world.forecast()], [ACTUAL])
        world.market.claim(world.homes[0], day)
        with refused("WrongState"):
            world.market.claim(world.homes[0], day)

    def test_claim__while_scores_may_still_come__is_refused(self, world):
        forecast = world.forecast()
        world.committed(forecast)
        world.end(forecast.day)
        with refused("TooEarly"):
            world.market.claim(forecast.home, forecast.day)

    def test_forfeit__nobody_has_a_score__goes_to_the_treasury_once(self, world):
        forecast = world.forecast()
        world.committed(forecast)
        with refused("TooEarly"):
            world.market.forfeit(forecast.day)
        world.end_scoring(forecast.day)
        world.market.forfeit(forecast.day, sender=world.stranger)
        assert world.market.balance(world.treasury) == STAKE
        with refused("NothingForfeited"):
            world.market.forfeit(forecast.day)

    def test_forfeit__somebody_has_a_score__is_refused(self, world):
        day = world.scored([world.forecast()], [ACTUAL])
        with refused("NothingForfeited", day=day):
            world.market.forfeit(day)


class TestMoney:
    def test_withdraw__pays_once(self, world):
        world.market.claim(world.homes[0], world.scored([world.forecast()], [ACTUAL]))
        world.market.withdraw(world.homes[0], world.stranger)
        assert world.connection.balance(world.contract) == 0
        with refused("NothingToWithdraw", account=world.homes[0]):
            world.market.withdraw(world.homes[0])

    @pytest.mark.parametrize("refuses", [False, True], ids=["calls back", "refuses"])
    def test_withdraw__hostile_receiver__gains_nothing(self, world, refuses):
        hostile, _ = world.connection.deploy("HostileAccount", sender=world.stranger)
        withdraw = world.contract.withdraw.encode_input(hostile)
        world.send(hostile.prepare, world.contract, withdraw, refuses, sender=world.stranger)
        world.market.claim(world.homes[0], world.scored([world.forecast()], [ACTUAL]))
        if refuses:
            with refused("PaymentRefused", to=hostile):
                world.market.withdraw(world.homes[0], hostile)
            return
        world.market.withdraw(world.homes[0], hostile)
        assert world.read(hostile.reentries) == 0
        assert world.connection.balance(hostile) == STAKE


class TestRoles:
    @pytest.mark.parametrize("call", ["pause", "unpause"])
    def test_pause__without_its_role__is_refused(self, world, call):
        with refused("AccessControlUnauthorizedAccount", account=world.stranger, neededRole=keccak(text="PAUSER_ROLE")):
            world.send(getattr(world.contract, call), sender=world.stranger)

    def test_unpause__lets_commitments_in_again(self, world):
        for call in (world.contract.pause, world.contract.unpause):
            world.send(call, sender=world.market.operator)
        world.committed(world.forecast())

    @pytest.mark.parametrize("name", ["slots_per_day", "gate_s", "scoring_s", "capacity", "min_stake"])
    def test_deployment__a_term_of_nothing__is_refused(self, world, name):
        terms = dataclasses.replace(ForecastTerms(), **{name: 0})
        with refused("InvalidTerms"):
            ForecastMarket.deploy(world.connection, meters=world.market.meters, treasury=world.treasury, terms=terms)

    def test_deployment__no_treasury__is_refused(self, world):
        with refused("InvalidTerms"):
            ForecastMarket.deploy(world.connection, meters=world.market.meters, treasury=NOBODY)

    @pytest.mark.parametrize(("place", "error"), [(0, "ZeroAddress"), (1, "InvalidTerms")], ids=["admin", "register"])
    def test_deployment__nobody_in_a_place__is_refused(self, world, place, error):
        who = [world.treasury, world.market.meters.registry]
        who[place] = NOBODY
        terms = (world.treasury, *dataclasses.astuple(ForecastTerms()))
        with refused(error):
            world.connection.deploy("ForecastMarket", *who, terms, sender=world.stranger)
