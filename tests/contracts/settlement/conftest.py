"""A batch settlement on Ape's test chain. Ape takes every test's changes back."""

import sys
from pathlib import Path

import pytest

# pytest imports tests by their path; the helpers beside them are modules of their own.
sys.path.insert(0, str(Path(__file__).parent))

from settlement_world import World


@pytest.fixture(scope="session")
def world(connection):
    """Four homes with an accredited meter and money each, a poster with plenty."""
    return World.deploy(connection)
