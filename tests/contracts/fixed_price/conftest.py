"""A fixed-price market on Ape's test chain. Ape takes every test's changes back."""

import sys
from pathlib import Path

import pytest

# pytest imports tests by their path; the helpers beside them are modules of their own.
sys.path.insert(0, str(Path(__file__).parent))

from fixed_price_world import Shop


@pytest.fixture(scope="session")
def shop(connection):
    """Two sellers with an accredited meter each, of which the first offers energy, and two buyers."""
    return Shop.deploy(connection)
