"""Baselines, events, gaming: what leaves, what comes back, what is measured, what pretending brings."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dem.retail import ControlGroup, DayMatching, Event, Offer, gaming
from dem.retail import event as events

HOURS, HOMES = 24, 4
EVENT = Event(18, 21)
STAKES = gaming.Stakes(reward=0.4, retail=0.2, events=3)
LEVELS = np.array([0.0, 0.5, 2.0])


@pytest.fixture
def history():
    return np.random.default_rng(3).uniform(0.2, 1.5, (12, HOURS, HOMES))


def offer(home=0, share=0.3, ask=0.1, **changes):
    fields = {
        "home": home,
        "usual_kwh": np.full(HOURS, share),
        "limit_kwh": 10.0,
        "window": (0, HOURS),
        "power_kwh": 1.0,
        "returns": 1.0,
        "ask": ask,
    }
    return Offer(**(fields | changes))


def test_day_matching__ten_days__averages_the_five_highest_of_the_last_ten():
    history = np.ones((12, HOURS, 1)) * np.array([99, 99, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10.0])[:, None, None]
    today = np.full((HOURS, 1), 8.0)
    np.testing.assert_allclose(DayMatching().estimate(history, today, EVENT), 8.0)


@pytest.mark.parametrize(("today", "factor"), [(1.1, 1.1), (3.0, 1.2), (0.1, 0.8), (1.0, 1.0)])
def test_day_matching__day_unlike_others__is_adjusted_up_to_the_limit(today, factor):
    history = np.ones((10, HOURS, 1))
    load = np.full((HOURS, 1), today)
    np.testing.assert_allclose(DayMatching().estimate(history, load, EVENT), factor)


def test_day_matching__adjustment__reads_two_hours_four_hours_ahead():
    load = np.ones((HOURS, 1))
    load[[14, 15]] = 1.1
    load[[13, 16, 17]] = 50.0
    np.testing.assert_allclose(DayMatching().estimate(np.ones((10, HOURS, 1)), load, EVENT), 1.1)


def test_day_matching__home_that_used_nothing_before__is_not_adjusted():
    history = np.ones((10, HOURS, 1))
    history[:, 14:16] = 0.0
    np.testing.assert_allclose(DayMatching().estimate(history, np.ones((HOURS, 1)), EVENT), 1.0)


def test_control_group__homes_alike__is_what_the_others_use_in_proportion(history):
    sizes = np.array([1.0, 2.0, 3.0, 0.5])
    pattern = history[:, :, :1]
    today = np.linspace(0.1, 2.0, HOURS)[:, None] * sizes
    estimate = ControlGroup(np.array([True, True, False, False])).estimate(pattern * sizes, today, EVENT)
    np.testing.assert_allclose(estimate, today[EVENT.hours])


def test_control_group__own_load_on_the_day__has_no_part_in_it(history):
    rule = ControlGroup(np.array([True, True, False, False]))
    today = history[0].copy()
    before = rule.estimate(history, today, EVENT)
    today[:, 3] *= 5
    np.testing.assert_allclose(rule.estimate(history, today, EVENT), before)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_plan__any_offers__keeps_them_and_rebounds_no_more_than_at_once(seed):
    generator = np.random.default_rng(seed)
    load = generator.uniform(0.3, 2.0, (HOURS, HOMES))
    offers = [
        offer(
            home,
            usual_kwh=generator.uniform(0, 0.4, HOURS) * load[:, home],
            limit_kwh=generator.uniform(0, 1),
            window=(0, int(generator.integers(22, 25))),
            power_kwh=generator.uniform(0.2, 1),
            returns=generator.uniform(0, 1),
        )
        for home in range(HOMES)
    ]
    planned, naive = events.plan(load, offers, EVENT), events.at_once(load, offers, EVENT)
    for response in (planned, naive):
        change = response.change_kwh
        left = response.promised_kwh(EVENT).sum(axis=0)
        assert np.abs(change[: EVENT.start]).max() < 1e-6
        for home, each in enumerate(offers):
            assert left[home] <= each.limit_kwh + 1e-6
            assert (-change[:, home] <= each.usual_kwh + 1e-6).all()
            assert (change[:, home] <= each.power_kwh + 1e-6).all()
            assert change[EVENT.end :, home].sum() == pytest.approx(each.returns * left[home], abs=1e-5)
            assert np.abs(change[each.window[1] :, home]).max(initial=0) < 1e-6
    np.testing.assert_allclose(planned.promised_kwh(EVENT).sum(), naive.promised_kwh(EVENT).sum(), atol=1e-5)
    peaks = [(load + each.change_kwh)[EVENT.end :].sum(axis=1).max() for each in (planned, naive)]
    assert peaks[0] <= peaks[1] + 1e-6
    assert planned.certificate.gap <= 1e-6


def test_at_once__appliance__comes_back_as_early_as_its_power_allows():
    moved = events.at_once(np.ones((HOURS, 1)), [offer(power_kwh=0.5)], EVENT).change_kwh[:, 0]
    np.testing.assert_allclose(moved[18:24], [-0.3, -0.3, -0.3, 0.5, 0.4, 0.0])


def test_comfort__warm_house__leaves_out_what_its_band_holds():
    usual = np.full(HOURS, 1.0)
    heating = Offer.comfort(0, usual, band_k=1.0, store_kwh_per_k=3.0, ask=0.1, performance=3.0, returns=0.8)
    assert heating.limit_kwh == pytest.approx(1.0)
    change = events.plan(np.ones((HOURS, 1)) * 2, [heating], EVENT).change_kwh[:, 0]
    assert -change[EVENT.hours].sum() == pytest.approx(1.0, abs=1e-6)
    assert change[EVENT.end :].sum() == pytest.approx(0.8, abs=1e-6)


def test_called__asks_above_the_reward__are_left_alone():
    assert [each.home for each in events.called([offer(0, ask=0.1), offer(1, ask=0.5)], 0.4)] == [0]


def test_gains__honest_home__gains_nothing(history):
    rows = gaming.gains(DayMatching(), history, history[0], EVENT, STAKES, LEVELS)
    assert (rows.loc[rows["level_kwh"] == 0, "gain"] == 0).all()
    assert (gaming.best(rows)["gain"] >= 0).all()


def test_gains__steady_home__are_those_of_pencil_and_paper():
    history, today = np.ones((10, HOURS, 1)), np.ones((HOURS, 1))
    rows = gaming.gains(DayMatching(), history, today, EVENT, STAKES, np.array([0.1])).set_index("way")["gain"]
    # 4 hours of 0.1 kWh burnt at 0.20 raise the baseline by a tenth: 3 hours of 0.1 kWh at 0.40.
    assert rows[gaming.HOURS_BEFORE] == pytest.approx(3 * 0.1 * 0.4 - 4 * 0.1 * 0.2)
    # 5 days of 3 hours, shared by 3 events, raise five of ten days, which are then the highest.
    assert rows[gaming.DAYS_BEFORE] == pytest.approx(3 * 0.1 * 0.4 - 5 * 3 * 0.1 * 0.2 / 3)


def test_gains__rule__takes_away_the_way_that_it_is_for(history):
    def most(rule, stakes=STAKES):
        return gaming.best(gaming.gains(rule, history, history[0], EVENT, stakes, LEVELS)).groupby("way")["gain"].max()

    assert most(DayMatching(limit=np.inf))[gaming.HOURS_BEFORE] > most(DayMatching())[gaming.HOURS_BEFORE]
    assert most(DayMatching(limit=0.0))[gaming.HOURS_BEFORE] == 0
    assert most(DayMatching(), gaming.Stakes(0.4, 0.2, 3, lead=2))[gaming.HOURS_BEFORE] == 0
    control = most(ControlGroup(np.array([True, True, False, False])))
    assert control[gaming.HOURS_BEFORE] == 0
    assert control[gaming.DAYS_BEFORE] < most(DayMatching())[gaming.DAYS_BEFORE]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda past: Event(18, 18), "window from 18 to 18 is empty"),
        (lambda past: offer(window=(20, 20)), "window of home 0 is empty"),
        (lambda past: offer(window=(20, 30)), "outside the day"),
        (lambda past: offer(ask=-0.1), "ask of home 0 must be at least 0"),
        (lambda past: offer(limit_kwh=np.nan), "limit_kwh of home 0"),
        (lambda past: offer(returns=1.5), "returns of home 0"),
        (lambda past: offer(usual_kwh=np.full(HOURS, np.nan)), "usual_kwh of home 0"),
        (lambda past: Offer.comfort(2, np.ones(HOURS), -1.0, 4.0, 0.1), "comfort of home 2"),
        (lambda past: DayMatching().estimate(past[:9], past[0], EVENT), "needs 10 past days, there are 9"),
        (lambda past: DayMatching().estimate(past * np.nan, past[0], EVENT), "loads must be finite"),
        (lambda past: DayMatching().estimate(past, past[0], Event(2, 4)), "needs 4 hours before the event"),
        (lambda past: DayMatching().estimate(past, past[0], Event(22, 26)), "ends at 26, the day has 24"),
        (lambda past: ControlGroup(np.arange(4) == 0).estimate(past, past[0], EVENT), "two homes or more, it has 1"),
        (lambda past: events.plan(past[0], [], EVENT), "nobody offers anything"),
        (lambda past: events.plan(past[0], [offer(7)], EVENT), "the offer of home 7 does not fit"),
        (lambda past: events.at_once(past[0], [offer()], Event(20, 24)), "no hours are left after it"),
    ],
)
def test_input__that_makes_no_sense__is_refused_by_name(make, message, history):
    with pytest.raises(ValueError, match=message):
        make(history)
