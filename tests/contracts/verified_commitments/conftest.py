"""Verified and optimistic commitments on Ape's test chain. Ape takes every test's changes back."""

import sys
from pathlib import Path

import pytest

from dem.chain import Connection, project
from dem.chain.connection import GENESIS_TIME

# pytest imports tests by their path; the helpers beside them are modules of their own.
sys.path.insert(0, str(Path(__file__).parent))

from verified_world import World


@pytest.fixture(scope="session")
def connection(networks):
    with project.quiet():
        opened = Connection(project.load_ape())
        opened.advance_to(GENESIS_TIME)
        yield opened


@pytest.fixture(scope="session")
def world(connection):
    """Three homes with a meter each that have adopted a policy."""
    return World.deploy(connection)
