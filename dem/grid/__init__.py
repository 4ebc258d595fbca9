"""The physical side: a feeder that is solved, trades that it can carry, voltages that are kept."""

from dem.grid.errors import GridError, PowerFlowError
from dem.grid.feasibility import Feasibility, Limits, feasible
from dem.grid.feeder import Feeder
from dem.grid.sharing import charges

__all__ = ["Feasibility", "Feeder", "GridError", "Limits", "PowerFlowError", "charges", "feasible"]
