"""The retail prices that are worth most to an aggregator, and to nobody's harm.

The aggregator buys energy wholesale, some of it ahead as a flat block, the rest at the day's prices, and sells it to
its homes; it may also trade with their pooled batteries. Let p be the retail prices, c the cost of a kWh (wholesale and
delivery). In scenario s it earns

    (p − c_s)ᵀ (d_s + B (p − p₀)) + forward and pool at wholesale prices,

and it maximises (1 − aversion) · mean + aversion · mean of the worst share ``tail`` (CVaR), less what the network
charges for the expected peak, where it does. B is negative semidefinite (`dem.retail.demand`) and the same in all
scenarios, so profit is a concave quadratic pᵀBp, the same for all, plus a linear part of each, and a peak is convex:
a convex quadratic program, whose optimum has a proof (`dem.retail.certificate`).

**Nobody worse off.** A home's gain is convex in prices, so "gain ≥ 0" is no convex constraint. Its revealed preference
is one: where what a home took before does not cost more than before, the home can go on as it was, and gains by all
that it changes. So d₀ᵀp − credit ≤ d₀ᵀp₀ for each home, a little stricter than need be. The credit, where the terms
allow one, is a sum that the aggregator pays to a home whatever it then takes: bill protection, so that one home with
its dinner at the peak does not keep the peak's price down for all.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import cvxpy as cp
import numpy as np

from dem.retail.certificate import Certificate, solve
from dem.retail.demand import LinearDemand
from dem.retail.pool import Pool
from dem.retail.scenarios import Scenarios
from dem.retail.tariffs import TariffShape

PRICES, CUSTOMERS, DEMAND, PEAK, PROFIT = "price bounds", "customers", "demand", "peak", "profit"


@dataclass(frozen=True)
class Terms:
    """What the aggregator may and wants to do.

    Attributes:
        floor: lowest retail price, EUR/kWh; of all blocks, or shape (blocks,).
        cap: highest retail price, likewise.
        delivery: what network and taxes take of a sold kWh, EUR.
        aversion: weight of the CVaR in the objective, 0 to 1.
        tail: share of the scenarios that are the worst, in (0, 1].
        forward_price: EUR/kWh of a flat block of energy bought ahead; ``None`` where there is none to buy. At most the
            day's mean demand is bought so.
        credits: whether homes may be compensated by a sum of money.
        peak_charge: EUR for each kWh of the period in which most is bought on expectation.
        peak_kwh: most energy bought in a period on expectation; ``None`` for no limit.
        least_profit: EUR to be earned on expectation; ``None`` for no limit.

    Raises:
        ValueError: naming the field that is out of its range.
    """

    floor: float | np.ndarray
    cap: float | np.ndarray
    delivery: float = 0.0
    aversion: float = 0.0
    tail: float = 0.2
    forward_price: float | None = None
    credits: bool = False
    peak_charge: float = 0.0
    peak_kwh: float | None = None
    least_profit: float | None = None

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if value is not None and not np.isfinite(value).all():
                raise ValueError(f"{name} must be finite, got {value}")
        if np.any(self.floor > self.cap):
            raise ValueError(f"floor must not exceed cap, got {self.floor} and {self.cap}")
        if not self.peak_charge >= 0:
            raise ValueError(f"peak_charge must be at least 0, got {self.peak_charge}")
        if not 0 <= self.aversion <= 1:
            raise ValueError(f"aversion must be between 0 and 1, got {self.aversion}")
        if not 0 < self.tail <= 1:
            raise ValueError(f"tail must be above 0 and at most 1, got {self.tail}")


@dataclass(frozen=True)
class Priced:
    """The best tariff of its shape.

    Attributes:
        name: of the shape.
        prices: shape (T,), EUR/kWh.
        profit: shape (S,), EUR in each scenario, what the expected peak is charged deducted.
        demand_kwh: shape (T,), what all homes together are expected to take.
        credit: shape (homes,), EUR paid to each home.
        gain: shape (homes,), EUR that each home gains over the reference tariff, credit included.
        forward_kwh: energy bought ahead for each period.
        pool_kwh: shape (T,), energy into the pooled batteries (negative: out of them).
        certificate: how far from the optimum it can be.
    """

    name: str
    prices: np.ndarray
    profit: np.ndarray
    demand_kwh: np.ndarray
    credit: np.ndarray
    gain: np.ndarray
    forward_kwh: float
    pool_kwh: np.ndarray
    certificate: Certificate


@dataclass(frozen=True)
class Limit:
    """A named group of constraints.

    Attributes:
        excess: convex expression, which must not be positive.
        unit: of the excess.
    """

    excess: cp.Expression
    unit: str


class Problem:
    """The program over the prices of blocks, the forward block and the pool."""

    def __init__(
        self,
        demand: LinearDemand,
        scenarios: Scenarios,
        shape: TariffShape,
        terms: Terms,
        pool: Pool | None = None,
    ) -> None:
        """State it.

        Args:
            demand: the homes.
            scenarios: of the day.
            shape: of the tariff.
            terms: bounds and aims.
            pool: batteries at the aggregator's disposal; ``None`` for none.

        Raises:
            ValueError: the parts have different numbers of periods.
        """
        periods = {demand.periods, len(shape.block), scenarios.wholesale.shape[1]}
        if len(periods) > 1:
            raise ValueError(f"demand, tariff and scenarios must have the same periods, they have {sorted(periods)}")
        self.demand, self.scenarios, self.shape, self.terms, self.pool = demand, scenarios, shape, terms, pool
        self._response = demand.total_response
        self._price = cp.Variable(int(shape.block.max()) + 1)
        self._forward = cp.Variable(nonneg=True)
        homes = len(demand.reference_kwh)
        self._credit = cp.Variable(homes, nonneg=True) if terms.credits else cp.Constant(np.zeros(homes))
        self._into, self._out = cp.Variable(demand.periods, nonneg=True), cp.Variable(demand.periods, nonneg=True)

    @property
    def prices(self) -> cp.Expression:
        """Shape (T,), EUR/kWh."""
        return self.shape.matrix @ self._price

    @property
    def demand_kwh(self) -> cp.Expression:
        """Shape (T,): what all homes together are expected to take."""
        change = self.prices - self.demand.reference_price
        return self.scenarios.load_kwh.mean(axis=0) + self._response @ change

    @property
    def limits(self) -> Mapping[str, Limit]:
        """Every group of constraints that may have to give, by name."""
        terms, prices = self.terms, self.prices
        before = self.demand.reference_bill
        bill = (self.demand.reference_kwh / before[:, None]) @ prices - cp.multiply(1 / before, self._credit)
        limits = {
            PRICES: Limit(cp.hstack([terms.floor - self._price, self._price - terms.cap]), "EUR/kWh"),
            CUSTOMERS: Limit(bill - 1, "of a reference bill"),
            DEMAND: Limit(-self.demand_kwh, "kWh"),
        }
        if terms.peak_kwh is not None:
            limits[PEAK] = Limit(self._bought_kwh - terms.peak_kwh, "kWh")
        if terms.least_profit is not None:
            earned = cp.sum(self._linear_profit) / self.scenarios.count - self._loss - self._peak_cost
            limits[PROFIT] = Limit(terms.least_profit - earned, "EUR")
        return limits

    @property
    def physics(self) -> list[cp.Constraint]:
        """What nothing can relax: the batteries, and how much can be bought ahead."""
        most = 0.0 if self.terms.forward_price is None else self.scenarios.load_kwh.mean()
        into, out = self._into, self._out
        flows = [into == 0, out == 0] if self.pool is None else self.pool.constraints(into, out)
        return [self._forward <= most, *flows]

    def solve(self) -> Priced | None:
        """The best prices; ``None`` where no prices keep all limits (`dem.retail.conflicts` says why)."""
        aversion, linear = self.terms.aversion, self._linear_profit
        value = (1 - aversion) * cp.sum(linear) / self.scenarios.count - self._loss - self._peak_cost
        if aversion:
            value -= aversion * cp.cvar(-linear, 1 - self.terms.tail)
        kept = [limit.excess <= 0 for limit in self.limits.values()]
        certificate = solve(cp.Problem(cp.Maximize(value), [*kept, *self.physics]))
        return None if certificate is None else self._result(certificate)

    @property
    def _bought_kwh(self) -> cp.Expression:
        """Shape (T,): on expectation, demand and the pool."""
        return self.demand_kwh + self._into - self._out

    @property
    def _peak_cost(self) -> cp.Expression:
        """EUR for the period in which most is bought."""
        charge = self.terms.peak_charge
        return charge * cp.max(self._bought_kwh) if charge else cp.Constant(0.0)

    @property
    def _loss(self) -> cp.Expression:
        """−pᵀBp, EUR."""
        matrix = self.shape.matrix
        values, vectors = np.linalg.eigh(-matrix.T @ self._response @ matrix)
        return cp.sum_squares((np.sqrt(values.clip(min=0))[:, None] * vectors.T) @ self._price)

    @property
    def _linear_profit(self) -> cp.Expression:
        """Shape (S,), EUR: profit in each scenario but for the loss that all share."""
        wholesale, load = self.scenarios.wholesale, self.scenarios.load_kwh
        response, reference = self._response, self.demand.reference_price
        cost = wholesale + self.terms.delivery
        base = load - response @ reference
        earned = (base - cost @ response) @ self.prices - (cost * base).sum(axis=1)
        ahead = wholesale.sum(axis=1) - self.demand.periods * (self.terms.forward_price or 0.0)
        traded = ahead * self._forward - wholesale @ (self._into - self._out)
        return earned + traded - cp.sum(self._credit)

    def _result(self, certificate: Certificate) -> Priced:
        return Priced(
            self.shape.name,
            self.prices.value,
            self._linear_profit.value - self._loss.value - self._peak_cost.value,
            self.demand_kwh.value,
            self._credit.value,
            self.demand.gain(self.prices.value) + self._credit.value,
            float(self._forward.value),
            self._into.value - self._out.value,
            certificate,
        )
