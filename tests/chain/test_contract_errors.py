from types import SimpleNamespace

import pytest
from ape.exceptions import ApeException, ContractLogicError, CustomError
from eth_utils import keccak

from dem.chain.errors import ChainError, ContractError, translate

SHORT = SimpleNamespace(
    name="Short", selector="Short(uint256)", inputs=[SimpleNamespace(name="needed", type="uint256")]
)
BARE = SimpleNamespace(name="Bare", selector="Bare()", inputs=[])
SHORT_ID, BARE_ID = (keccak(text=abi.selector)[:4] for abi in (SHORT, BARE))
ABIS = {SHORT_ID: SHORT, BARE_ID: BARE}
SHORT_DATA = SHORT_ID + (7).to_bytes(32, "big")


def decode(abi, data):
    return {abi.inputs[0].name: int.from_bytes(data, "big")}


def translated(error):
    return translate("deposit", error, ABIS, decode)


@pytest.mark.parametrize("message", [f"0x{SHORT_DATA.hex()}", repr(SHORT_DATA)], ids=["hexadecimal", "bytes"])
def test_translate__raw_bytes_of_a_known_error__names_it_and_its_arguments(message):
    error = translated(ContractLogicError(revert_message=message))
    assert (error.name, error.arguments) == ("Short", {"needed": 7})
    assert str(error) == "deposit refused: Short(needed=7)"


def test_translate__known_error_without_arguments__names_it():
    assert str(translated(ContractLogicError(revert_message=f"0x{BARE_ID.hex()}"))) == "deposit refused: Bare()"


def test_translate__selector_only__names_the_error_it_cannot_read():
    error = translated(ContractLogicError(revert_message=f"custom error 0x{SHORT_ID.hex()}"))
    assert (error.name, error.arguments) == ("Short", {})


def test_translate__error_ape_decoded__keeps_its_arguments():
    error = translated(CustomError(SHORT, {"needed": 3}))
    assert (error.name, error.arguments) == ("Short", {"needed": 3})


def test_translate__plain_message__is_an_error_with_the_message():
    error = translated(ContractLogicError(revert_message="too late"))
    assert (error.name, error.arguments) == ("Error", {"message": "too late"})


def test_translate__panic__is_named_so():
    assert translated(ContractLogicError(revert_message="Panic error 0x11: overflow")).name == "Panic"


def test_translate__not_the_contracts_doing__is_no_contract_error():
    error = translated(ApeException("not enough money"))
    assert isinstance(error, ChainError)
    assert not isinstance(error, ContractError)
    assert "deposit failed: not enough money" in str(error)


def test_contract_error__bytes_among_its_arguments__are_printed_as_hexadecimal():
    assert "role=0x0a0b" in str(ContractError("pause", "Missing", {"role": b"\x0a\x0b"}))
