"""A neighbourhood that ships as code: homes from physical models of sun, clouds, habits and power market.

Everything follows from a seed. A home depends on the seed, its number and the year only, so that asking for more
homes or another window leaves the others as they were.
"""

from dem.data.synthetic.neighbourhood import generate, power_system_of

__all__ = ["generate", "power_system_of"]
