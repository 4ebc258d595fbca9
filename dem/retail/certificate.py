"""Whether an answer is the optimum: primal against dual, from the vectors that the solver hands back.

A convex quadratic program in conic form,

    minimise ½ xᵀPx + qᵀx   subject to   A x + s = b,  s in K,

has the dual objective −½ xᵀPx − bᵀz for any z in K* with Px + q + Aᵀz = 0; by weak duality it lies below the optimum.
The solver's own report is not used: both objectives and both residuals are computed here from the data it was given.
"""

import warnings
from dataclasses import dataclass
from typing import Any, Self

import cvxpy as cp
import numpy as np

# Clarabel's own defaults, 1e-8, leave gaps above a millionth where sums are large.
TOLERANCES = {"tol_gap_abs": 1e-10, "tol_gap_rel": 1e-10, "tol_feas": 1e-10}


@dataclass(frozen=True)
class Certificate:
    """How far a solution can be from the optimum.

    Attributes:
        primal: objective of the solution as the solver minimises it.
        dual: what no solution can go below, less what the dual residual may take from that bound.
        primal_residual: largest violation of a constraint, in the constraint's unit.
        dual_residual: largest entry of Px + q + Aᵀz, or how far z lies outside K* if that is more.
    """

    primal: float
    dual: float
    primal_residual: float
    dual_residual: float

    @property
    def gap(self) -> float:
        """Relative duality gap: (primal − dual) over the larger of 1 and the objective's magnitude."""
        return abs(self.primal - self.dual) / max(1.0, abs(self.primal))

    @classmethod
    def of(cls, data: dict[str, Any], solution: Any) -> Self:
        """From CVXPY's conic data and Clarabel's solution of it."""
        x, z = np.asarray(solution.x), np.asarray(solution.z)
        matrix, offset, linear = data["A"], data["b"], data["c"]
        curved = data["P"] @ x if "P" in data else np.zeros_like(x)
        quadratic = x @ curved
        residual = curved + linear + matrix.T @ z
        bound = -0.5 * quadratic - offset @ z - np.abs(residual) @ np.abs(x)
        cones, signed = data["dims"], z.copy()
        signed[: cones.zero] = 0.0  # multipliers of equations have any sign
        violation = _outside(offset - matrix @ x, cones)
        infeasibility = max(float(np.abs(residual).max()), _outside(signed, cones))
        return cls(float(0.5 * quadratic + linear @ x), float(bound), violation, infeasibility)


def solve(problem: cp.Problem) -> Certificate | None:
    """Solve ``problem`` in place with Clarabel; ``None`` where it has no solution.

    Raises:
        cvxpy.SolverError: the solver gives up.
    """
    data, chain, inverse = problem.get_problem_data(cp.CLARABEL)
    solution = chain.solve_via_data(problem, data, solver_opts=TOLERANCES)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of inaccuracy: the certificate says how much of it there is
        problem.unpack_results(solution, chain, inverse)
    if problem.status not in (cp.OPTIMAL, cp.OPTIMAL_INACCURATE):
        return None
    return Certificate.of(data, solution)


def _outside(slack: np.ndarray, cones: Any) -> float:
    """How far ``slack`` lies outside its cones at most: zero, non-negative, second-order, one after the other."""
    equal, positive = cones.zero, cones.zero + cones.nonneg
    worst = [np.abs(slack[:equal]), -slack[equal:positive]]
    start = positive
    for size in cones.soc:
        cone = slack[start : start + size]
        worst.append(np.atleast_1d(np.linalg.norm(cone[1:]) - cone[0]))
        start += size
    return max(0.0, float(np.concatenate(worst).max(initial=0.0)))
