import pytest

from dem import chain

COLLATERAL = 10**18


@pytest.fixture(scope="module")
def connection():
    with chain.connect("test") as opened:
        yield opened


@pytest.fixture(scope="module")
def deployed(connection):
    return chain.Marketplace.deploy(connection)


@pytest.fixture
def market(deployed):
    """A marketplace just deployed; what a test does to its chain is undone."""
    before = deployed.connection.snapshot()
    yield deployed
    deployed.connection.restore(before)


@pytest.fixture
def homes(market):
    """A producer and a consumer."""
    return [market.register(account, COLLATERAL) for account in market.connection.accounts[1:3]]
