"""The other witness: the meter at the head of the feeder, which sees what all homes took, whatever they reported.

It tells that something is missing, not at whom. It sees what no comparison of a home with its past can: a theft that is
as old as the connection, or one in which the whole street takes part.
"""

import numpy as np

from dem.meters.anomalies.readings import EXPORTED, IMPORTED

LOSSES = 0.03  # of what is delivered, on a low-voltage feeder in the year's mean
LOSSES_SPREAD = 0.003  # standard deviation from month to month of what is known of the losses, as a share of the energy
METER_ERROR = 0.005  # limit of error of a class 0.5 meter at the head (IEC 62053-22), taken as a standard deviation


def head_reading(used_wh: np.ndarray, generator: np.random.Generator) -> float:
    """Wh at the head for what homes really took and gave, with losses and the meter's error.

    Args:
        used_wh: shape (homes, days, slots, 2).
        generator: draws the losses and the error.
    """
    losses = generator.normal(LOSSES, LOSSES_SPREAD) * used_wh[..., IMPORTED].sum()
    return float((_net(used_wh) + losses) * (1 + generator.normal(0, METER_ERROR)))


def missing_share(head_wh: float, reported_wh: np.ndarray) -> float:
    """Share of the reported energy that is missing at the meters after usual losses; about 0 where all is honest.

    Args:
        head_wh: at the head of the feeder, in the same days.
        reported_wh: shape (homes, days, slots, 2).
    """
    reported = reported_wh[..., IMPORTED].sum()
    return float((head_wh - _net(reported_wh) - LOSSES * reported) / max(reported, 1.0))


def _net(energy_wh: np.ndarray) -> float:
    return float(energy_wh[..., IMPORTED].sum() - energy_wh[..., EXPORTED].sum())
