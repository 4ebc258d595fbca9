"""The double auction on Ape's test chain."""

import sys
from pathlib import Path

import ape
import pytest

from dem.chain import project as dem_project

# pytest imports tests by their path; `auction_market` beside them is a module of its own.
sys.path.insert(0, str(Path(__file__).parent))

from auction_market import Auction


@pytest.fixture(scope="session")
def auction(accounts):
    """A market with every role held by account 0; Ape takes every test's changes back."""
    with dem_project.quiet():
        yield Auction.deploy(list(accounts))


@pytest.fixture
def buyer(auction):
    return auction.traders[0]


@pytest.fixture
def seller(auction):
    return auction.traders[1]


@pytest.fixture(autouse=True)
def present(auction):
    """A block of this moment: the chain goes by the clock, and Ape's taking back sets its head into the past."""
    ape.chain.mine(1)
