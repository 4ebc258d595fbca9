import os
import shutil
import signal

import pytest

from dem import chain, paths
from dem.chain import connection as connecting
from dem.chain import project


@pytest.fixture
def connection():
    with chain.connect("test") as opened:
        yield opened


def test_connect__twice__starts_the_same_chain_anew():
    seen = []
    for _ in range(2):
        with chain.connect("test") as connection:
            feed, receipt = connection.deploy("PriceFeedMock", 8, 1, sender=connection.accounts[0])
            seen.append((connection.now, feed.address, receipt))
    assert seen[0] == seen[1]


def test_contract__another_stood_at_its_address_on_an_earlier_chain__has_only_its_own_functions():
    # A fresh local chain gives out the same addresses again.
    address = "0x" + "17" * 20
    with chain.connect("test") as connection:
        connection.contract("BatchSettlement", address)
    with chain.connect("test") as connection:
        auction = connection.contract("EnergyDoubleAuction", address)
    assert [abi.selector for abi in auction.withdraw.abis] == ["withdraw(uint256[],address)"]


def test_contract__malformed_address__is_refused(connection):
    with pytest.raises(chain.ChainError, match="'0x0' is no address of a contract: MeterRegistry needs"):
        connection.contract("MeterRegistry", "0x0")


def test_connect__while_it_is_open__is_refused_and_leaves_it_open(connection):
    with (
        pytest.raises(chain.ChainError, match="the chain 'test' is open in this process already"),
        chain.connect("test"),
    ):
        pass
    assert connection.now >= connecting.GENESIS_TIME


def test_connect__from_another_folder__finds_the_project(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with chain.connect("test") as connection:
        assert len(connection.accounts) == 110
    assert os.getcwd() == str(tmp_path)


def test_connect__unknown_network__names_what_there_is():
    with pytest.raises(chain.ChainError, match=r"cannot connect to 'ganache'.*test, anvil"), chain.connect("ganache"):
        pass


def test_connect__network_from_the_environment__is_taken(monkeypatch):
    monkeypatch.setenv(connecting.CHAIN_VARIABLE, "no-such-chain")
    with pytest.raises(chain.ChainError, match="no-such-chain"), chain.connect():
        pass


def test_load_ape__handler_of_interrupts__is_kept():
    before = signal.getsignal(signal.SIGINT)
    project.load_ape()
    assert signal.getsignal(signal.SIGINT) is before


def test_load_ape__compiler__is_the_projects():
    project.load_ape()
    assert os.environ["SOLCX_BINARY_PATH"] == str(paths.ROOT / ".solcx")


def test_connect__display_of_classes_in_notebooks__is_kept():
    pretty = pytest.importorskip("IPython.lib.pretty")
    # Other tests may have made Ape register its own before, so this one starts from a printer that it knows.
    before = pretty.for_type(type, lambda shown, printer, cycle: printer.text(f"class {shown.__name__}"))
    try:
        with chain.connect("test") as connection, pytest.raises(chain.ContractError):
            chain.Marketplace.deploy(connection).close(0)
        assert pretty.pretty(dict) == "class dict"
    finally:
        pretty.for_type(type, before)


def test_load_contract__unknown__names_those_there_are():
    with pytest.raises(chain.ChainError, match=r"no contract 'EnergyMarkt'.*EnergyMarket"):
        project.load_contract("EnergyMarkt")


def test_advance_to__later__is_the_time_of_the_next_block(connection):
    target = connection.now + 10_000
    connection.advance_to(target)
    assert connection.now == target


def test_advance_to__past__refuses_and_changes_nothing(connection):
    now = connection.now
    with pytest.raises(ValueError, match="already"):
        connection.advance_to(now)
    assert connection.now == now


def test_restore__after_changes__time_and_money_are_as_before(connection):
    holder = connection.accounts[5]
    before = connection.snapshot(), connection.balance(holder), connection.now
    connection.deploy("PriceFeedMock", 8, 1, sender=holder)
    connection.advance_to(connection.now + 100)
    assert connection.balance(holder) < before[1]
    connection.restore(before[0])
    assert (connection.balance(holder), connection.now) == before[1:]


def test_account__unknown_alias__says_so(connection):
    with pytest.raises(chain.ChainError, match="no account 'nobody-by-this-name'"):
        connection.account("nobody-by-this-name")


def test_connect__anvil__uses_the_same_gas_as_the_test_chain(connection):
    project.prepare_environment()
    if shutil.which("anvil") is None:
        pytest.skip("anvil is not installed")
    _, expected = connection.deploy("PriceFeedMock", 8, 1, sender=connection.accounts[0])
    with chain.connect("anvil") as fast:
        _, receipt = fast.deploy("PriceFeedMock", 8, 1, sender=fast.accounts[0])
    assert receipt.gas_used == expected.gas_used


def test_compile_contracts__afterwards__the_cache_is_of_the_present_sources():
    names = project.compile_contracts()
    assert {"EnergyMarket", "EnergyPool", "EnergyProfile"} <= names
    assert project.COMPILED_FROM.read_text() == project._sources_digest()
