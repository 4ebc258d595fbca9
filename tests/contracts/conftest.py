"""The marketplace on Ape's test chain, and the actors of the contract tests.

Run these tests in a pytest call of their own, from the repository's root: ``pytest tests/contracts``.
"""

import os
import sys
from pathlib import Path

import pytest

from dem.chain import Connection
from dem.chain import project as dem_project
from dem.chain.connection import GENESIS_TIME

# pytest imports tests by their path; `marketplace` and `reference` beside them are modules of their own.
sys.path.insert(0, str(Path(__file__).parent))

from lives import EXAMPLES_VARIABLE
from marketplace import Marketplace

dem_project.prepare_environment()


def pytest_collection_modifyitems(items):
    """Who asks for more random lives waits for them."""
    if os.environ.get(EXAMPLES_VARIABLE):
        for item in items:
            item.add_marker(pytest.mark.timeout(0))


@pytest.fixture(scope="session")
def connection(networks):
    """Ape's test chain, set ahead of all clocks: it then goes by its blocks alone, and every run sees the same times.

    Ape takes every test's changes back, the time too.
    """
    with dem_project.quiet():
        opened = Connection(dem_project.load_ape())
        opened.advance_to(GENESIS_TIME)
        yield opened


@pytest.fixture(scope="session")
def market(accounts):
    """A deployed marketplace with every role held by account 0 and money in the grid's account.

    Ape takes every test's changes back.
    """
    with dem_project.quiet():
        yield Marketplace.deploy(list(accounts), grid=10**18)


@pytest.fixture
def empty_market(accounts):
    """The same with nothing in the grid's account."""
    return Marketplace.deploy(list(accounts), grid=0)


@pytest.fixture
def homes(market):
    """Four homes with one ether of collateral each, owned by accounts 1 to 4."""
    return [market.register(owner) for owner in market.owners[:4]]
