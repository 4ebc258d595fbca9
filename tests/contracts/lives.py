"""How random lives are tried: few and every time the same, or more and other ones if the environment says how many."""

import os

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

EXAMPLES_VARIABLE = "DEM_STATEFUL_EXAMPLES"


def try_lives(machine: type[RuleBasedStateMachine], *, examples: int, steps: int) -> None:
    """Run ``examples`` lives of at most ``steps`` steps, or as many as ``DEM_STATEFUL_EXAMPLES`` says."""
    more = os.environ.get(EXAMPLES_VARIABLE)
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=int(more or examples),
            stateful_step_count=steps,
            deadline=None,
            derandomize=not more,
            phases=[Phase.explicit, Phase.reuse, Phase.generate] + [Phase.shrink] * bool(more),
            suppress_health_check=list(HealthCheck),
        ),
    )
