"""The aggregator's retail business: prices that are best for it and harm nobody, and demand response that is paid for.

problem = retail.Problem(demand, scenarios, retail.TariffShape.hourly(24), retail.Terms(floor=0.05, cap=0.5))
best = problem.solve()
if best is None:
    print(conflicts.in_words(conflicts.explain(problem)))
"""

from dem.retail.baseline import ControlGroup, DayMatching, Event
from dem.retail.certificate import Certificate
from dem.retail.demand import LinearDemand
from dem.retail.event import Response
from dem.retail.flexibility import Offer, Willingness
from dem.retail.pool import Pool
from dem.retail.pricing import Priced, Problem, Terms
from dem.retail.scenarios import Scenarios
from dem.retail.tariffs import TariffShape

__all__ = [
    "Certificate",
    "ControlGroup",
    "DayMatching",
    "Event",
    "LinearDemand",
    "Offer",
    "Pool",
    "Priced",
    "Problem",
    "Response",
    "Scenarios",
    "TariffShape",
    "Terms",
    "Willingness",
]
