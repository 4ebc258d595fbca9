"""An event: which offers are called, how much load leaves, and when it comes back.

All that may leave the event's hours leaves them. *At once*, it comes back as each home finds simplest: as early after
the event as its power allows. *Planned*, it comes back so that the highest hour after the event is as low as can be,
which is a linear program over all offers. Energy comes back after the event, never before it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cvxpy as cp
import numpy as np

from dem.retail.baseline import Event
from dem.retail.certificate import Certificate, solve
from dem.retail.flexibility import Offer

# kWh of rebound's peak that a kWh out of the event may cost: more than 1, which is more than any energy can cause.
WORTH = 10.0


@dataclass(frozen=True)
class Response:
    """What the homes are asked to do.

    Attributes:
        change_kwh: shape (T, homes), change of their loads.
        certificate: of the plan's optimality; ``None`` where nothing was optimised.
    """

    change_kwh: np.ndarray
    certificate: Certificate | None = None

    def promised_kwh(self, event: Event) -> np.ndarray:
        """What leaves the event's hours, shape (hours, homes), not negative."""
        return np.maximum(-self.change_kwh[event.hours], 0.0)


def called(offers: Sequence[Offer], reward: float) -> list[Offer]:
    """The offers that want no more than ``reward``, EUR/kWh."""
    return [offer for offer in offers if offer.ask <= reward]


def plan(load_kwh: np.ndarray, offers: Sequence[Offer], event: Event) -> Response:
    """The response to an event whose rebound is the lowest, for loads (T, homes) of all homes.

    Raises:
        ValueError: nobody offers anything, or the day has no room for the event.
    """
    _check(load_kwh, offers, event)
    leave, back = _possible(offers, event, len(load_kwh))
    out, into = cp.Variable(leave.shape, nonneg=True), cp.Variable(back.shape, nonneg=True)
    peak = cp.Variable()
    limits = np.array([offer.limit_kwh for offer in offers])
    returns = np.array([offer.returns for offer in offers])
    left = cp.sum(out, axis=1)
    total = load_kwh.sum(axis=1) + cp.sum(into, axis=0) - cp.sum(out, axis=0)
    constraints = [out <= leave, into <= back, left <= limits]
    constraints += [cp.sum(into, axis=1) == cp.multiply(returns, left), total[event.end :] <= peak]
    certificate = solve(cp.Problem(cp.Minimize(peak - WORTH * cp.sum(out)), constraints))
    if certificate is None:  # cannot be: to leave everything as it is keeps all constraints
        raise ArithmeticError("the plan of an event has no solution")
    return Response(_by_home(into.value - out.value, offers, load_kwh.shape), certificate)


def at_once(load_kwh: np.ndarray, offers: Sequence[Offer], event: Event) -> Response:
    """The response of homes that stop what they can and catch up as soon as they can.

    Raises:
        ValueError: as for `plan`.
    """
    _check(load_kwh, offers, event)
    leave, back = _possible(offers, event, len(load_kwh))
    change = np.zeros_like(leave)
    for number, offer in enumerate(offers):
        room = min(offer.limit_kwh, back[number].sum() / offer.returns if offer.returns else np.inf)
        out = _fill(leave[number], room)
        change[number] = _fill(back[number], offer.returns * out.sum()) - out
    return Response(_by_home(change, offers, load_kwh.shape))


def _fill(most: np.ndarray, total: float) -> np.ndarray:
    """``total`` spread over periods (T,), as early as ``most`` lets it."""
    return np.diff(np.minimum(np.cumsum(most), total), prepend=0.0)


def _possible(offers: Sequence[Offer], event: Event, periods: int) -> tuple[np.ndarray, np.ndarray]:
    """What may leave and what may come back in each period, (offers, T) each."""
    leave, back = np.zeros((len(offers), periods)), np.zeros((len(offers), periods))
    for number, offer in enumerate(offers):
        leave[number, event.hours] = offer.usual_kwh[event.hours]
        first, last = offer.window
        back[number, max(first, event.end) : last] = offer.power_kwh
    return leave, back


def _by_home(change: np.ndarray, offers: Sequence[Offer], shape: tuple[int, ...]) -> np.ndarray:
    total = np.zeros(shape)
    for offer, moved in zip(offers, change, strict=True):
        total[:, offer.home] += moved
    return total


def _check(load_kwh: np.ndarray, offers: Sequence[Offer], event: Event) -> None:
    if not offers:
        raise ValueError("nobody offers anything at this reward")
    if event.end >= len(load_kwh):
        raise ValueError(
            f"the event ends at {event.end}, the day has {len(load_kwh)} periods: no hours are left after it"
        )
    for offer in offers:
        if not 0 <= offer.home < load_kwh.shape[1] or len(offer.usual_kwh) != len(load_kwh):
            raise ValueError(f"the offer of home {offer.home} does not fit loads of shape {load_kwh.shape}")
