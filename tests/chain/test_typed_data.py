import dataclasses

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct, encode_typed_data

from dem import chain
from dem.chain import typed_data
from dem.chain.typed_data import Domain, Signature

KEY = bytes.fromhex("1234567890123456789012345678901234567890123456789012345678901234")
DOMAIN = Domain("Market", "1", 31_337, "0x" + "11" * 20)
FIELDS = {"owner": "address", "amount": "uint256"}
VALUES = {"owner": "0x" + "22" * 20, "amount": 7}

# Text, r, s and the compact form's second half: the examples of EIP-2098, signed with KEY.
EIP_2098 = [
    (
        "Hello World",
        "68a020a209d3d56c46f38cc50a33f704f4a9a10a59377f8dd762ac66910e9b90",
        "7e865ad05c4035ab5792787d4a0297a43617ae897930a6fe4d822b8faea52064",
        "7e865ad05c4035ab5792787d4a0297a43617ae897930a6fe4d822b8faea52064",
    ),
    (
        "It's a small(er) world",
        "9328da16089fcba9bececa81663203989f2df5fe1faa6291a45381c81bd17f76",
        "139c6d6b623b42da56557e5e734a43dc83345ddfadec52cbe24d0cc64f550793",
        "939c6d6b623b42da56557e5e734a43dc83345ddfadec52cbe24d0cc64f550793",
    ),
]


def sign(signer=KEY, domain=DOMAIN, **values):
    return typed_data.sign(signer, domain, "Payment", FIELDS, VALUES | values)


@pytest.mark.parametrize(("text", "r", "s", "tail"), EIP_2098)
def test_compact__examples_of_the_standard__match(text, r, s, tail):
    signed = Account.sign_message(encode_defunct(text=text), KEY)
    signature = Signature(signed.v, signed.r, signed.s)
    assert signature.bytes65.hex() == r + s + bytes([signed.v]).hex()
    assert signature.compact.hex() == r + tail


def test_sign__full_message_of_the_standards_shape__is_what_is_signed():
    domain_fields = {"name": "string", "version": "string", "chainId": "uint256", "verifyingContract": "address"}
    message = {
        "types": {
            "EIP712Domain": [{"name": name, "type": kind} for name, kind in domain_fields.items()],
            "Payment": [{"name": name, "type": kind} for name, kind in FIELDS.items()],
        },
        "primaryType": "Payment",
        "domain": dict(zip(domain_fields, dataclasses.astuple(DOMAIN), strict=True)),
        "message": VALUES,
    }
    expected = Account.sign_message(encode_typed_data(full_message=message), KEY)
    assert sign().bytes65 == expected.signature


def test_sign__key_hexadecimal_key_and_account__give_the_same():
    signed = {sign(signer) for signer in (KEY, f"0x{KEY.hex()}", Account.from_key(KEY))}
    assert len(signed) == 1


def test_sign__other_domain_or_value__signs_something_else():
    domains = [
        dataclasses.replace(DOMAIN, **change)
        for change in ({"name": "Other"}, {"version": "2"}, {"chain_id": 1}, {"contract": "0x" + "33" * 20})
    ]
    signed = {sign(), sign(amount=8), *(sign(domain=domain) for domain in domains)}
    assert len(signed) == 6


@pytest.mark.parametrize(
    "values", [{"amount": -1}, {"amount": 2**256}, {"amount": 1.5}, {"amount": "much"}, {"owner": "0x12"}]
)
def test_sign__value_not_of_its_type__names_the_message(values):
    with pytest.raises(ValueError, match="Payment cannot be encoded"):
        sign(**values)


def test_sign__missing_or_unknown_value__names_both_lists():
    for values in ({"owner": VALUES["owner"]}, VALUES | {"tip": 1}):
        with pytest.raises(ValueError, match=r"Payment has the fields \['owner', 'amount'\]"):
            typed_data.sign(KEY, DOMAIN, "Payment", FIELDS, values)


def test_domain_of__deployed_contract__is_its_own_and_its_permit_takes_the_signature():
    permit = {"owner": "address", "spender": "address", "value": "uint256", "nonce": "uint256", "deadline": "uint256"}
    with chain.connect("test") as connection:
        admin, owner, spender = connection.accounts[:3]
        currency, _ = connection.deploy("EnergyCurrency", "Energy Euro", "EEUR", admin, sender=admin)
        domain = Domain.of(connection, currency)
        assert domain == Domain("Energy Euro", "1", currency.provider.chain_id, currency.address)
        deadline = connection.now + 1_000
        values = dict(zip(permit, (owner.address, spender.address, 5, 0, deadline), strict=True))
        signature = typed_data.sign(owner, domain, "Permit", permit, values)
        connection.send(currency.permit, owner, spender, 5, deadline, *signature.vrs, sender=spender)
        assert connection.read(currency.allowance, owner, spender) == 5


@pytest.mark.parametrize("key", ["hello", "0x11", b"\0" * 32])
def test_address_of__no_private_key__is_refused_without_telling_it(key):
    with pytest.raises(ValueError, match="a private key is 32 bytes") as caught:
        typed_data.address_of(key)
    assert str(key) not in str(caught.value)
