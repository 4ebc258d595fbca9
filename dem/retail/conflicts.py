"""Why no prices keep all limits: the fewest groups of constraints that would have to give, and by how much.

Groups of limits are let go of, one alone, then two, and so on, each by a slack of its own that all its constraints
share and whose sum is minimised (elastic programming, Chinneck & Dravnieks 1991). The first size that helps is the
fewest.
"""

from itertools import combinations

import cvxpy as cp
import pandas as pd

from dem.retail.certificate import solve
from dem.retail.pricing import Problem

# Below this a slack is the solver's rounding.
NOTHING = 1e-7


def explain(problem: Problem) -> pd.DataFrame:
    """The smallest ways out of an infeasible problem.

    Returns:
        One row a group in each way out: ``way`` from 1, ``limit`` (the group's name), ``gives`` (how far at least, by
        all of its constraints) and ``unit``. Empty where the problem can be solved as it is.

    Raises:
        ValueError: the batteries alone leave nothing to do, whatever the limits.
    """
    limits = problem.limits
    for size in range(len(limits) + 1):
        ways = [slacks for names in combinations(limits, size) if (slacks := _relaxed(problem, names)) is not None]
        if ways:
            rows = [
                {"way": number, "limit": name, "gives": gives, "unit": limits[name].unit}
                for number, slacks in enumerate(ways, 1)
                for name, gives in slacks.items()
            ]
            return pd.DataFrame(rows, columns=["way", "limit", "gives", "unit"])
    raise ValueError("no prices, however wild, are possible: the pool's batteries cannot end the day as they must")


def in_words(conflict: pd.DataFrame) -> str:
    """The table of `explain` as a sentence."""
    ways = [
        " and ".join(f"{row.limit} give {row.gives:.3g} {row.unit}" for row in way.itertuples())
        for _, way in conflict.groupby("way")
    ]
    return f"No prices keep all limits. It takes one of: {'; '.join(ways)}." if ways else "All limits can be kept."


def _relaxed(problem: Problem, names: tuple[str, ...]) -> dict[str, float] | None:
    """The least slack of each of the groups, if letting go of them helps."""
    slacks = {name: cp.Variable(nonneg=True) for name in names}
    kept = [limit.excess <= slacks.get(name, 0.0) for name, limit in problem.limits.items()]
    total = cp.sum(list(slacks.values())) if slacks else cp.Constant(0.0)
    if solve(cp.Problem(cp.Minimize(total), [*kept, *problem.physics])) is None:
        return None
    return {name: float(slack.value) for name, slack in slacks.items() if slack.value > NOTHING}
