"""A balancing market on Ape's test chain. Ape takes every test's changes back."""

import sys
from pathlib import Path

import pytest

from dem import paths

# pytest imports tests by their path; the helpers beside them are modules of their own, the benchmarks a package.
sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(paths.ROOT))

from balancing_world import World


@pytest.fixture(scope="session")
def world(connection):
    """Opened, with accounts 1 to 4 on the list and money in the market."""
    return World.deploy(connection)
