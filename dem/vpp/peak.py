"""What all homes together may take from the network or give to it, and whose battery stays back where it is too much.

Batteries that plan by the same prices move in the same hours. The aggregator knows what all of them want and what all
homes use, so it can hold the sum within a limit, at the gate by what is expected and in delivery by what is measured.

The rule: where the sum is too high, all that charge are scaled back by one factor; where it is too low, all that
discharge. A kWh counts the same whichever battery it goes into and wherever it comes from, so one factor for all is
fair, needs no order of the homes, and takes no more than the limit asks. Nobody works against the plan: where homes
pass the limit even without batteries, these stay back and do not help. So all homes together stay within the limit,
or within what they would take or give without batteries.
"""

import numpy as np
import pandas as pd


def own_peak_kwh(history: pd.DataFrame) -> float:
    """The most that all homes of a home table take together in one interval without batteries, kWh."""
    net = (history["load_kwh"] - history["pv_kwh"]).groupby(level=0).sum()
    return max(0.0, float(net.max()))


def within(net_kwh: np.ndarray, flow_kwh: np.ndarray, limit_kwh: float) -> np.ndarray:
    """Battery flows (H,) with which all homes together stay within ± the limit, or as near as the rule brings them.

    Args:
        net_kwh: (H,) what homes take without batteries, negative for give.
        flow_kwh: (H,) into the batteries, negative for out of them.
        limit_kwh: for one interval; may be infinite.
    """
    less = _charging_less(net_kwh, flow_kwh, limit_kwh)
    return -_charging_less(-net_kwh, -less, limit_kwh)


def _charging_less(net_kwh: np.ndarray, flow_kwh: np.ndarray, limit_kwh: float) -> np.ndarray:
    charging = np.maximum(flow_kwh, 0.0)
    excess = float((net_kwh + flow_kwh).sum()) - limit_kwh
    if excess <= 0 or not charging.any():
        return flow_kwh
    return flow_kwh - charging * min(1.0, excess / float(charging.sum()))
