"""Faults on the feeder: simulated, detected, named, located.

- ``catalogue``, ``simulator``, ``generator``: labelled events on a feeder whose faults are switched at will
- ``sensors``, ``change``: what is measured, with noise and gaps, and what changed
- ``learned``, ``twin`` (over ``bank``, ``ordinary``, ``matching``, ``calibration``), ``combined``, ``baseline``:
  diagnosers
- ``agent``: one reading at a time
- ``evaluation``, ``places``: scores, distances, the homes concerned
"""

from dem.grid.faults.agent import FaultAgent, Finding
from dem.grid.faults.bank import FaultBank
from dem.grid.faults.baseline import CurrentThreshold
from dem.grid.faults.catalogue import FAULTS, IEEE13, KINDS, Catalogue, Disturbance
from dem.grid.faults.combined import Combined
from dem.grid.faults.diagnosis import Diagnoser, Diagnosis
from dem.grid.faults.generator import Events, HomePoints, any_resistance, generate, random_point, taught_resistance
from dem.grid.faults.learned import Learned
from dem.grid.faults.places import homes_below, hops
from dem.grid.faults.sensors import EIGHT_METERS, FOUR_METERS, Sensors
from dem.grid.faults.simulator import FaultSimulator, OperatingPoint
from dem.grid.faults.twin import Twin

__all__ = [
    "EIGHT_METERS",
    "FAULTS",
    "FOUR_METERS",
    "IEEE13",
    "KINDS",
    "Catalogue",
    "Combined",
    "CurrentThreshold",
    "Diagnoser",
    "Diagnosis",
    "Disturbance",
    "Events",
    "FaultAgent",
    "FaultBank",
    "FaultSimulator",
    "Finding",
    "HomePoints",
    "Learned",
    "OperatingPoint",
    "Sensors",
    "Twin",
    "any_resistance",
    "generate",
    "homes_below",
    "hops",
    "random_point",
    "taught_resistance",
]
