"""The physical side: a feeder that is solved, trades that it can carry, voltages that are kept."""

from dem.grid.errors import GridError, PowerFlowError
from dem.grid.feeder import Feeder

__all__ = ["Feeder", "GridError", "PowerFlowError"]
