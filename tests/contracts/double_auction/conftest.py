"""The double auction on Ape's test chain."""

import sys
from pathlib import Path

import pytest

# pytest imports tests by their path; `auction_market` beside them is a module of its own.
sys.path.insert(0, str(Path(__file__).parent))

from auction_market import Auction


@pytest.fixture(scope="session")
def auction(connection):
    """A market with every role held by account 0; Ape takes every test's changes back."""
    return Auction.deploy(connection.accounts)


@pytest.fixture
def buyer(auction):
    return auction.traders[0]


@pytest.fixture
def seller(auction):
    return auction.traders[1]
