import pytest

from dem import chain
from dem.chain import Side, marketplace

PROMISED, DELIVERED = 1_000, 800


@pytest.fixture
def settled(market, homes):
    """One interval, promised and delivered by a producer and a consumer, closed and not yet claimed."""
    interval = market.current_interval + 1
    commitments = [home.commit(side, PROMISED, interval) for home, side in zip(homes, Side, strict=True)]
    for home, commitment in zip(homes, commitments, strict=True):
        home.deposit(commitment)
    market.advance_to(interval + 1)
    market.report(interval, {commitment.id: DELIVERED for commitment in commitments})
    market.close(interval)
    return interval, commitments


def test_register__collateral__is_held_and_free(homes):
    assert [(home.collateral, home.free_collateral, home.locked) for home in homes] == [(10**18, 10**18, False)] * 2


def test_commit__promise__reserves_what_it_can_cost_until_cancelled(market, homes):
    commitment = homes[1].commit(Side.CONSUMPTION, PROMISED, market.current_interval + 1, duration=3)
    assert commitment.reserved == 3 * PROMISED * chain.Terms.in_eur().retail
    assert homes[1].free_collateral == homes[1].collateral - commitment.reserved
    homes[1].cancel(commitment)
    assert homes[1].free_collateral == homes[1].collateral


def test_commit__negative_energy__is_refused_by_name(market, homes):
    with pytest.raises(chain.ChainError, match=r"createCommitment failed: .*-5"):
        homes[0].commit(Side.PRODUCTION, -5, market.current_interval + 1)


def test_deposit__commitment__locks_the_profile(market, homes):
    homes[0].deposit(homes[0].commit(Side.PRODUCTION, PROMISED, market.current_interval + 1))
    assert homes[0].locked


def test_claim__both_sides__pays_what_the_clearing_says(market, homes, settled):
    interval, commitments = settled
    clearing = market.clearing(interval)
    for home, commitment in zip(homes, commitments, strict=True):
        home.claim(commitment)
    missed = (PROMISED - DELIVERED) * clearing.penalty
    assert homes[0].collateral == 10**18 + DELIVERED * clearing.sell_price - missed
    assert homes[1].collateral == 10**18 - DELIVERED * clearing.buy_price - missed


def test_claim__of_several_at_once__equals_claiming_singly(market, homes, settled):
    _, commitments = settled
    before = market.connection.snapshot()
    for home, commitment in zip(homes, commitments, strict=True):
        home.claim(commitment)
    singly = [home.collateral for home in homes]
    market.connection.restore(before)
    market.claim(commitments)
    assert [home.collateral for home in homes] == singly


def test_withdraw__everything_free__reaches_the_receiver(market, homes, settled):
    market.claim(settled[1])
    receiver = "0x00000000000000000000000000000000000000AA"
    amount = homes[0].free_collateral
    homes[0].withdraw(amount, receiver)
    assert market.connection.balance(receiver) == amount
    assert homes[0].collateral == 0


def test_approve__operator__may_deposit_for_the_home(market, homes):
    operator = homes[1]
    commitment = homes[0].commit(Side.PRODUCTION, PROMISED, market.current_interval + 1)
    with pytest.raises(chain.ContractError, match="NotAuthorized"):
        operator.deposit(commitment)
    homes[0].approve(operator.account)
    operator.deposit(commitment)
    assert homes[0].locked


def test_commit__beyond_the_collateral__names_the_error_and_its_arguments(market, homes):
    with pytest.raises(chain.ContractError) as refused:
        homes[1].commit(Side.CONSUMPTION, 10**9, market.current_interval + 1)
    assert refused.value.operation == "createCommitment"
    assert refused.value.name == "InsufficientCollateral"
    assert refused.value.arguments["available"] == 10**18


def test_commit__interval_running__is_refused_by_a_contract_further_down(market, homes):
    with pytest.raises(chain.ContractError, match=r"IntervalStarted\(start=0, current=0\)"):
        homes[0].commit(Side.PRODUCTION, PROMISED, 0)


def test_register__location_no_geohash__is_refused(market):
    with pytest.raises(chain.ContractError, match="InvalidLocation"):
        market.register(market.connection.accounts[3], 10**18, location="U33DC1")


def test_register__more_than_the_account_holds__is_no_contract_error(market):
    with pytest.raises(chain.ChainError, match="registerUser failed") as refused:
        market.register(market.connection.accounts[3], 10**30)
    assert not isinstance(refused.value, chain.ContractError)


def test_close__interval_running__is_refused(market):
    with pytest.raises(chain.ContractError, match="IntervalNotOver"):
        market.close(market.current_interval)


def test_clearing__open_interval__is_refused(market):
    with pytest.raises(chain.ContractError):
        market.clearing(market.current_interval)


def test_set_price__new_quote__is_in_the_next_commitment(market, homes):
    price = chain.Terms.in_eur(price=0.25).price
    market.set_price(price)
    commitment = homes[0].commit(Side.PRODUCTION, PROMISED, market.current_interval + 1)
    assert commitment.receipt.value("CommitmentCreated", "price") == price


def test_report__more_readings_than_a_block_takes__goes_in_parts(monkeypatch, market, homes):
    monkeypatch.setattr(marketplace, "READINGS_PER_TRANSACTION", 2)
    interval = market.current_interval + 1
    commitments = [homes[0].commit(Side.PRODUCTION, PROMISED, interval) for _ in range(3)]
    for commitment in commitments:
        homes[0].deposit(commitment)
    market.advance_to(interval + 1)
    assert len(market.report(interval, {commitment.id: PROMISED for commitment in commitments})) == 2


def test_at__address_of_a_deployment__is_the_same_marketplace(market):
    again = chain.Marketplace.at(market.connection, market.market.address, market.operator)
    assert again.profile.address == market.profile.address


def test_receipt__event_that_did_not_happen__says_so(homes):
    with pytest.raises(KeyError, match="reported no CommitmentCreated"):
        homes[0].receipt.value("CommitmentCreated", "commitmentId")


def test_terms__negative_price__is_refused_by_name():
    with pytest.raises(ValueError, match="not negative"):
        chain.Terms.in_eur(retail=-0.3)


def test_marketplace__whole_life__loses_no_wei(market, homes, settled):
    held = market.connection.balance(market.profile.address)
    market.claim(settled[1])
    grid, _ = market.connection.read(market.profile.gridAccount)
    assert market.connection.balance(market.profile.address) == held
    assert held == grid + sum(home.collateral for home in homes)
