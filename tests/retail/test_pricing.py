"""Tariffs against brute force, against the homes' side, and against what cannot be."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dem.homes import Battery
from dem.retail import LinearDemand, Pool, Problem, Scenarios, TariffShape, Terms, conflicts
from dem.retail.scenarios import tail_mean

REFERENCE = 0.2
TERMS = Terms(floor=0.1, cap=0.4, delivery=0.08)


def neighbourhood(periods=4, homes=3, count=6, seed=0, own=-0.2, shift=-0.3):
    generator = np.random.default_rng(seed)
    load = generator.uniform(0.2, 2.0, (homes, periods))
    demand = LinearDemand(load, np.full(periods, REFERENCE), own, shift)
    wholesale = generator.uniform(-0.02, 0.2, (count, periods))
    return demand, Scenarios(wholesale, load.sum(axis=0) * generator.uniform(0.8, 1.2, (count, 1)))


def value(demand, scenarios, terms, prices, forward=0.0):
    """The aim, written out as in the module's opening text, from the homes' own demands."""
    response = demand.at(prices).sum(axis=0) - demand.reference_kwh.sum(axis=0)
    sold = scenarios.load_kwh + response
    profit = ((prices - scenarios.wholesale - terms.delivery) * sold).sum(axis=1)
    if terms.forward_price is not None:
        profit += (scenarios.wholesale - terms.forward_price).sum(axis=1) * forward
    return (1 - terms.aversion) * profit.mean() + terms.aversion * tail_mean(profit, terms.tail)


@pytest.mark.parametrize("aversion", [0.0, 0.6])
def test_solve__two_prices__beats_every_point_of_a_fine_grid(aversion):
    demand, scenarios = neighbourhood()
    terms = Terms(floor=0.1, cap=0.4, delivery=0.08, aversion=aversion, tail=0.3)
    shape = TariffShape("two", np.array([0, 1, 1, 0]))
    best = Problem(demand, scenarios, shape, terms).solve()
    grid = np.arange(0.1, 0.4001, 0.0025)
    prices = [shape.matrix @ np.array(pair) for pair in product(grid, grid)]
    allowed = [p for p in prices if (demand.reference_kwh @ p <= demand.reference_bill + 1e-12).all()]
    values = [value(demand, scenarios, terms, p) for p in allowed]
    reached = value(demand, scenarios, terms, best.prices)
    assert max(values) <= reached + 1e-7
    assert reached == pytest.approx(max(values), abs=2e-3)


def test_solve__forward_block__is_worth_what_a_grid_finds():
    demand, scenarios = neighbourhood()
    terms = Terms(0.1, 0.4, 0.08, aversion=1.0, tail=0.4, forward_price=float(scenarios.wholesale.mean()) * 1.02)
    best = Problem(demand, scenarios, TariffShape.flat(4), terms).solve()
    prices = np.full(4, REFERENCE)
    grid = np.linspace(0, scenarios.load_kwh.mean(), 400)
    values = [value(demand, scenarios, terms, prices, forward) for forward in grid]
    assert value(demand, scenarios, terms, best.prices, best.forward_kwh) >= max(values) - 1e-7
    assert best.forward_kwh > 0


def test_solve__profit_reported__is_that_of_the_demands():
    demand, scenarios = neighbourhood()
    best = Problem(demand, scenarios, TariffShape.hourly(4), TERMS).solve()
    assert best.profit.mean() == pytest.approx(value(demand, scenarios, TERMS, best.prices))
    expected = scenarios.load_kwh.mean(axis=0) + (demand.at(best.prices) - demand.reference_kwh).sum(axis=0)
    np.testing.assert_allclose(best.demand_kwh, expected)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), credits=st.booleans(), aversion=st.sampled_from([0.0, 0.5, 1.0]))
def test_solve__any_neighbourhood__harms_nobody_and_is_certified(seed, credits, aversion):
    demand, scenarios = neighbourhood(6, 4, 5, seed)
    terms = Terms(0.1, 0.4, 0.08, aversion=aversion, credits=credits)
    best = Problem(demand, scenarios, TariffShape.hourly(6), terms).solve()
    assert best.gain.min() >= -1e-8
    assert (best.credit >= -1e-8).all()
    assert best.certificate.gap <= 1e-6
    assert best.certificate.primal_residual <= 1e-7
    assert best.certificate.dual_residual <= 1e-6
    assert ((best.prices >= 0.1 - 1e-8) & (best.prices <= 0.4 + 1e-8)).all()


def test_solve__finer_tariffs_and_credits__never_earn_less():
    demand, scenarios = neighbourhood(4, 5)
    shapes = [TariffShape.flat(4), TariffShape("two", np.array([0, 0, 1, 1])), TariffShape.hourly(4)]
    earned = [Problem(demand, scenarios, shape, TERMS).solve().profit.mean() for shape in shapes]
    compensated = Terms(**(vars(TERMS) | {"credits": True}))
    earned.append(Problem(demand, scenarios, shapes[-1], compensated).solve().profit.mean())
    assert (np.diff(earned) >= -1e-7).all()
    assert earned[-1] > earned[0]


def test_solve__aversion__raises_the_worst_and_lowers_the_mean():
    demand, scenarios = neighbourhood(4, 3, 20)
    rows = []
    for aversion in (0.0, 1.0):
        terms = Terms(0.1, 0.4, 0.08, aversion=aversion, forward_price=float(scenarios.wholesale.mean()) * 1.05)
        profit = Problem(demand, scenarios, TariffShape.hourly(4), terms).solve().profit
        rows.append((profit.mean(), tail_mean(profit, terms.tail)))
    (mean, worst), (careful_mean, careful_worst) = rows
    assert careful_mean < mean
    assert careful_worst > worst


def test_solve__pool__buys_low_and_sells_high_within_its_batteries():
    demand, _ = neighbourhood()
    wholesale = np.array([[0.02, 0.02, 0.3, 0.3]])
    scenarios = Scenarios(wholesale, demand.reference_kwh.sum(axis=0, keepdims=True))
    pool = Pool(Battery(capacity_kwh=4, power_kw=2, initial_soc=0.0), 2)
    best = Problem(demand, scenarios, TariffShape.flat(4), TERMS, pool).solve()
    assert best.pool_kwh[:2].sum() == pytest.approx(8 / 0.95, abs=0.5)
    assert best.pool_kwh.max() <= 4 + 1e-7
    stored = np.cumsum(np.where(best.pool_kwh > 0, best.pool_kwh * 0.95, best.pool_kwh / 0.95))
    assert stored.min() >= -1e-6
    assert stored.max() <= 8 + 1e-6
    without = Problem(demand, scenarios, TariffShape.flat(4), TERMS).solve()
    assert best.profit.mean() - without.profit.mean() == pytest.approx(-(wholesale[0] @ best.pool_kwh), abs=1e-6)


def test_solve__peak_limit__is_kept():
    demand, scenarios = neighbourhood()
    free = Problem(demand, scenarios, TariffShape.hourly(4), TERMS).solve()
    limit = 0.98 * float(free.demand_kwh.max())
    terms = Terms(**(vars(TERMS) | {"peak_kwh": limit, "credits": True}))
    assert Problem(demand, scenarios, TariffShape.hourly(4), terms).solve().demand_kwh.max() <= limit + 1e-7


def test_explain__floor_above_the_reference__names_the_price_bounds_or_the_customers():
    demand, scenarios = neighbourhood()
    problem = Problem(demand, scenarios, TariffShape.flat(4), Terms(floor=0.25, cap=0.4))
    assert problem.solve() is None
    conflict = conflicts.explain(problem)
    assert set(conflict["limit"]) == {"price bounds", "customers"}
    assert conflict["way"].nunique() == 2
    gives = conflict.set_index("limit")["gives"]
    assert gives["price bounds"] == pytest.approx(0.05, abs=1e-5)
    assert gives["customers"] == pytest.approx(0.25, abs=1e-5)
    assert "price bounds give 0.05 EUR/kWh" in conflicts.in_words(conflict)


def test_explain__profit_out_of_reach__says_by_how_much():
    demand, scenarios = neighbourhood()
    best = Problem(demand, scenarios, TariffShape.hourly(4), TERMS).solve()
    terms = Terms(**(vars(TERMS) | {"least_profit": float(best.profit.mean()) + 3.0}))
    problem = Problem(demand, scenarios, TariffShape.hourly(4), terms)
    assert problem.solve() is None
    conflict = conflicts.explain(problem).set_index("limit")["gives"]
    assert conflict["profit"] == pytest.approx(3.0, abs=1e-3)


def test_explain__two_things_wrong_at_once__names_both():
    demand, scenarios = neighbourhood()
    problem = Problem(demand, scenarios, TariffShape.flat(4), Terms(floor=0.25, cap=0.4, least_profit=1e4))
    ways = conflicts.explain(problem).groupby("way")["limit"].agg(set)
    assert all("profit" in way and len(way) == 2 for way in ways)


def test_explain__possible_problem__has_nothing_to_say():
    conflict = conflicts.explain(Problem(*neighbourhood(), TariffShape.flat(4), TERMS))
    assert conflict.empty
    assert conflicts.in_words(conflict) == "All limits can be kept."


def test_demand__gain__is_the_area_beside_the_demand_curves():
    demand, _ = neighbourhood()
    prices = REFERENCE + np.array([0.05, -0.03, 0.0, 0.1])
    path = np.linspace(demand.reference_price, prices, 2_001)
    taken = np.array([demand.at(point) for point in path])
    area = -np.einsum("kht,kt->h", (taken[1:] + taken[:-1]) / 2, np.diff(path, axis=0))
    np.testing.assert_allclose(demand.gain(prices), area, atol=1e-9)


def test_demand__equal_rise__moves_nothing_between_hours():
    load = np.random.default_rng(1).uniform(0.1, 1, (3, 5))
    moved = LinearDemand(load, np.full(5, REFERENCE), own=0.0, shift=-0.3)
    np.testing.assert_allclose(moved.at(np.full(5, 0.3)), load)
    np.testing.assert_allclose(moved.at(np.linspace(0.1, 0.3, 5)).sum(axis=1), load.sum(axis=1))


def test_demand__homes_apart__add_up_to_the_total_response():
    demand, _ = neighbourhood()
    prices = np.array([0.1, 0.2, 0.3, 0.4])
    together = demand.total_response @ (prices - REFERENCE)
    np.testing.assert_allclose((demand.at(prices) - demand.reference_kwh).sum(axis=0), together)
    assert np.linalg.eigvalsh(demand.total_response).max() <= 1e-12


def test_tail_mean__share_that_cuts_a_scenario__counts_its_part():
    assert tail_mean(np.array([3.0, 1.0, 2.0, 4.0]), 0.375) == pytest.approx((1 + 0.5 * 2) / 1.5)
    assert tail_mean(np.array([3.0, 1.0, 2.0, 4.0]), 1.0) == pytest.approx(2.5)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: LinearDemand(np.ones((2, 3)), np.ones(3), own=0.1), "own must be at most 0"),
        (lambda: LinearDemand(np.ones((2, 3)), np.ones(3), shift=0.2), "shift must be at most 0"),
        (lambda: LinearDemand(np.ones((2, 3)), np.ones(3), own=np.nan), "own must be at most 0"),
        (lambda: LinearDemand(np.ones((2, 3)), np.ones(4)), "do not fit"),
        (lambda: LinearDemand(np.ones((2, 3)), np.zeros(3)), "reference_price must be finite and positive"),
        (lambda: LinearDemand(-np.ones((2, 3)), np.ones(3)), "reference_kwh must be finite and not negative"),
        (lambda: LinearDemand(np.array([[1.0], [0.0]]), np.ones(1)), "home 1 is 0 all day"),
        (lambda: Scenarios(np.array([[1.0, np.nan]]), np.ones((1, 2))), "wholesale of scenario 0, period 1"),
        (lambda: Scenarios(np.ones((1, 2)), np.array([[np.inf, 1.0]])), "load_kwh of scenario 0, period 0"),
        (lambda: Scenarios(np.ones((1, 2)), -np.ones((1, 2))), "load_kwh must not be negative"),
        (lambda: Scenarios(np.ones((0, 2)), np.ones((0, 2))), r"shape \(S, T\)"),
        (lambda: Terms(floor=0.3, cap=0.2), "floor must not exceed cap"),
        (lambda: Terms(0.1, 0.2, aversion=1.5), "aversion must be between 0 and 1"),
        (lambda: Terms(0.1, 0.2, tail=0.0), "tail must be above 0"),
        (lambda: Terms(0.1, 0.2, least_profit=np.inf), "least_profit must be finite"),
        (lambda: TariffShape("odd", np.array([0, 2])), "blocks without periods"),
        (lambda: TariffShape("none", np.array([], dtype=int)), "has no periods"),
        (lambda: Pool(Battery(), 0), "a pool needs batteries"),
        (lambda: Problem(*neighbourhood(4), TariffShape.flat(5), TERMS), r"same periods, they have \[4, 5\]"),
    ],
)
def test_input__that_makes_no_sense__is_refused_by_name(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_demand__elasticities_at_one_level__bounds_the_answer_in_hours_that_are_nearly_free():
    kwh, prices = np.ones((1, 3)), np.array([0.0, 0.1, 0.3])
    demand = LinearDemand(kwh, prices, own=-0.1, shift=0.0, level=0.2)
    np.testing.assert_allclose(demand.at(prices + 0.1), 0.95 * kwh)
    np.testing.assert_allclose(demand.factor(prices + 0.1) * kwh, demand.at(prices + 0.1))


def test_solve__dear_peak__expected_peak_falls_and_its_charge_is_paid():
    load = np.array([[1.0, 1.0, 3.0, 1.0]])
    demand = LinearDemand(load, np.full(4, 0.3))
    scenarios = Scenarios(np.full((1, 4), 0.1), load)
    terms = [Terms(0.1, 0.6, credits=True, peak_charge=charge) for charge in (0.0, 0.3)]
    free, charged = (Problem(demand, scenarios, TariffShape.hourly(4), each).solve() for each in terms)
    assert charged.demand_kwh.max() < free.demand_kwh.max()
    assert charged.gain.min() > -1e-7
    assert charged.certificate.gap < 1e-6
    earned = (charged.prices - 0.1) @ charged.demand_kwh - charged.credit.sum() - 0.3 * charged.demand_kwh.max()
    np.testing.assert_allclose(charged.profit, earned, rtol=1e-6)


def test_solve__floor_of_each_block__is_kept():
    load = np.ones((1, 4))
    demand = LinearDemand(load, np.array([0.1, 0.2, 0.3, 0.4]))
    terms = Terms(np.array([0.1, 0.15, 0.25, 0.35]), np.array([0.2, 0.3, 0.4, 0.5]))
    best = Problem(demand, Scenarios(np.full((1, 4), 0.1), load), TariffShape.hourly(4), terms).solve()
    assert (best.prices >= terms.floor - 1e-7).all()
    assert (best.prices <= terms.cap + 1e-7).all()
