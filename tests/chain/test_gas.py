from dem.chain import Receipt, gas


def receipt(operation, used):
    return Receipt(operation, used, block=1, transaction="0x", events=())


def test_first_and_later__several_calls__keeps_the_first_and_the_dearest_later():
    table = gas.first_and_later([receipt("deposit", used) for used in (75, 50, 58)] + [receipt("close", 72)])
    assert table["operation"].tolist() == ["deposit", "close"]
    assert table["first_gas"].tolist() == [75, 72]
    assert table["later_gas"].iloc[0] == 58
    assert table["later_gas"].isna().iloc[1]


def test_contract_sizes__marketplace__fits_the_chain():
    sizes = gas.contract_sizes(["EnergyMarket", "EnergyPool", "EnergyProfile"])
    assert (sizes["bytes"] > 0).all()
    assert (sizes["bytes"] <= sizes["limit"]).all()


def test_published__whole_path__is_the_papers():
    table = gas.published()
    path = table["operation"].isin(["registerUser", "createCommitment", "approve", "deposit"])
    assert table[path].groupby("homes")["later_gas"].sum().to_dict() == {2: 686_095, 10: 686_095, 50: 686_095}


def test_published_settlement__pairs__grow():
    table = gas.published_settlement()
    assert table["pairs"].tolist() == [1, 10, 20, 50]
    assert table["settlement_gas"].is_monotonic_increasing
