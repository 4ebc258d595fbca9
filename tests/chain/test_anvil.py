import pytest

from dem.chain import ChainError
from dem.chain import anvil as anvil_module
from dem.chain.anvil import NOT_INSTALLED, anvil, find


@pytest.fixture(scope="module")
def node():
    if find() is None:
        pytest.skip(NOT_INSTALLED)
    with anvil() as running:
        yield running


def test_deploy_and_send__change_the_contract_and_say_the_gas(node):
    currency = node.deploy("EnergyCurrency", "Energy Euro", "EEUR", node.sender)
    used = node.send(currency.functions.grantRole(currency.functions.MINTER_ROLE().call(), node.sender))
    assert 21_000 < used < 100_000
    node.send(currency.functions.mint(node.sender, 7))
    assert currency.functions.totalSupply().call() == 7


def test_send__refused_by_the_contract__says_which_call(node):
    currency = node.deploy("EnergyCurrency", "Energy Euro", "EEUR", node.sender)
    with pytest.raises(ChainError, match="mint was refused"):
        node.send(currency.functions.mint(node.sender, 7))


def test_anvil__not_installed__says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(anvil_module.shutil, "which", lambda name: None)
    with pytest.raises(ChainError, match="make setup"), anvil():
        pass
