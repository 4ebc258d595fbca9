"""The carbon contracts on Ape's test chain. Ape takes every test's changes back."""

import sys
from pathlib import Path

import pytest

# pytest imports tests by their path; the helpers beside them are modules of their own.
sys.path.insert(0, str(Path(__file__).parent))

from carbon_world import World


@pytest.fixture(scope="session")
def world(connection):
    """A solar home, a wind home and one that only consumes; two days of readings and factors."""
    return World.deploy(connection)
