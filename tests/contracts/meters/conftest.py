"""A register of meters on Ape's test chain. Ape takes every test's changes back."""

import sys
from pathlib import Path

import pytest

# pytest imports tests by their path; the helpers beside them are modules of their own.
sys.path.insert(0, str(Path(__file__).parent))

from meters_world import Neighbourhood


@pytest.fixture(scope="session")
def world(connection):
    """Three homes with an accredited meter each."""
    return Neighbourhood.deploy(connection)
