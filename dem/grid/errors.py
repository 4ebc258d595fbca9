"""What the grid refuses, and what it says when a power flow has no answer."""


class GridError(ValueError):
    """Input that the grid cannot use; the message names the home, bus, regulator, column or file."""


class PowerFlowError(RuntimeError):
    """A power flow that does not converge; the message names the case. The feeder stays usable."""
