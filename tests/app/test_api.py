import json

import pytest

WH, BID, ASK = 500, 200, 100


def ok(answer, status=200):
    assert answer.status_code == status, answer.text
    return answer.json()


@pytest.fixture(scope="module")
def trade(operator, homes):
    """The shop has bought from the roof."""
    ok(homes["roof"]("POST", "/homes/roof/orders", order("sell", ASK)), 201)
    ok(homes["shop"]("POST", "/homes/shop/orders", order("buy", BID)), 201)
    ok(operator("POST", "/market/rounds"), 201)
    return ok(operator("GET", "/settlement/trades"))[-1]


def order(side, price, energy=WH):
    return {"side": side, "energy_wh": energy, "price_eur_per_mwh": price}


def test_contracts__deployed__are_listed_with_their_code(operator, homes):
    listed = ok(operator("GET", "/contracts"))
    assert {"EnergyMarket", "EnergyDoubleAuction", "EnergyCertificates"} <= {contract["name"] for contract in listed}
    assert all(contract["code_bytes"] > 0 for contract in listed)


def test_contracts__deployed_twice__is_a_conflict(operator, homes):
    assert operator("POST", "/contracts", {}).status_code == 409


def test_gas__after_registering__names_operations(operator, homes):
    used = {row["operation"]: row for row in ok(operator("GET", "/contracts/gas"))}
    assert used["registerUser"]["calls"] == 2
    assert used["registerUser"]["later_gas"] <= used["registerUser"]["first_gas"]


def test_homes__home__sees_itself_alone(operator, homes):
    assert [home["name"] for home in ok(homes["roof"]("GET", "/homes"))] == ["roof"]
    assert [home["name"] for home in ok(operator("GET", "/homes"))] == ["roof", "shop"]


def test_homes__name_taken__is_a_conflict(operator, homes):
    assert operator("POST", "/homes", {"name": "roof"}).status_code == 409


def test_collateral__paid_in_and_out__is_what_it_was(homes):
    before = ok(homes["roof"]("GET", "/homes/roof"))["collateral_eur"]
    assert ok(homes["roof"]("POST", "/homes/roof/collateral", {"amount_eur": 3}))["collateral_eur"] == before + 3
    assert (
        ok(homes["roof"]("POST", "/homes/roof/collateral/withdrawals", {"amount_eur": 3}))["collateral_eur"] == before
    )


def test_clear__bid_meets_ask__trades_at_the_midpoint(trade, homes):
    assert (trade["buyer"], trade["seller"], trade["energy_wh"]) == ("shop", "roof", WH)
    assert trade["price_eur_per_mwh"] == (BID + ASK) / 2
    assert ok(homes["shop"]("GET", "/market"))["price_eur_per_mwh"] == (BID + ASK) / 2
    assert ok(homes["shop"]("GET", "/homes/shop/orders"))[0]["state"] == "filled"


def test_settle__meters_proof__pays_the_seller_out(trade, operator, homes):
    before = ok(homes["roof"]("GET", "/homes/roof"))["proceeds_eur"]
    settled = ok(operator("POST", f"/settlement/trades/{trade['number']}/proof", {"delivered_wh": WH}))
    assert settled["state"] == "settled"
    gained = ok(homes["roof"]("GET", "/homes/roof"))["proceeds_eur"] - before
    deposit = WH * ASK * 0.1 / 1e6
    assert gained == pytest.approx(WH * trade["price_eur_per_mwh"] / 1e6 + deposit)
    assert ok(homes["roof"]("POST", "/homes/roof/proceeds/withdrawals"))["proceeds_eur"] == 0
    assert homes["roof"]("POST", "/homes/roof/proceeds/withdrawals").status_code == 409


def test_settle__less_than_traded__names_the_contracts_error(operator, homes):
    ok(homes["roof"]("POST", "/homes/roof/orders", order("sell", 40, 100)), 201)
    ok(homes["shop"]("POST", "/homes/shop/orders", order("buy", 60, 100)), 201)
    ok(operator("POST", "/market/rounds"), 201)
    number = ok(operator("GET", "/settlement/trades"))[-1]["number"]
    refused = operator("POST", f"/settlement/trades/{number}/proof", {"delivered_wh": 99})
    assert refused.status_code == 409
    assert "NotPerformed" in refused.json()["detail"]


def test_expire__no_proof_in_time__brings_the_buyers_order_back(operator, homes):
    ok(homes["roof"]("POST", "/homes/roof/orders", order("sell", 70, 200)), 201)
    bid = ok(homes["shop"]("POST", "/homes/shop/orders", order("buy", 90, 200)), 201)
    ok(operator("POST", "/market/rounds"), 201)
    number = ok(operator("GET", "/settlement/trades"))[-1]["number"]
    ok(operator("POST", "/settlement/clock", {"intervals": 2}))
    assert ok(operator("POST", f"/settlement/trades/{number}/expiry"))["state"] == "expired"
    back = ok(homes["shop"]("GET", "/homes/shop/orders"))[-1]
    assert back["number"] > bid["number"]
    assert (back["state"], back["waiting_wh"], back["price_eur_per_mwh"]) == ("open", 200, 90)
    assert ok(homes["shop"]("DELETE", f"/homes/shop/orders/{back['number']}"))["state"] == "cancelled"


def test_book__open_order__shows_without_a_name_until_cancelled(homes):
    placed = ok(homes["roof"]("POST", "/homes/roof/orders", order("sell", 4_000)), 201)
    level = {"side": "sell", "price_eur_per_mwh": 4_000, "energy_wh": WH}
    assert level in ok(homes["shop"]("GET", "/market"))["book"]
    ok(homes["roof"]("DELETE", f"/homes/roof/orders/{placed['number']}"))
    assert level not in ok(homes["shop"]("GET", "/market"))["book"]


def test_commitment__whole_life__is_settled_into_the_collateral(operator, homes):
    roof = homes["roof"]
    promise = ok(roof("POST", "/homes/roof/commitments", {"side": "production", "energy_wh": WH}), 201)
    path = f"/homes/roof/commitments/{promise['number']}"
    assert ok(roof("POST", f"{path}/deposit"))["state"] == "deposited"
    ok(operator("POST", "/settlement/clock", {"intervals": 2}))
    deliveries = {"deliveries": [{"commitment": promise["number"], "energy_wh": WH}]}
    prices = ok(operator("POST", f"/settlement/intervals/{promise['first_interval']}", deliveries), 201)
    assert prices == ok(roof("GET", f"/settlement/intervals/{promise['first_interval']}"))
    before = ok(roof("GET", "/homes/roof"))["collateral_eur"]
    assert ok(roof("POST", f"{path}/claim"))["state"] == "claimed"
    earned = ok(roof("GET", "/homes/roof"))["collateral_eur"] - before
    assert earned == pytest.approx(WH * prices["sell_price_eur_per_mwh"] / 1e6)


def test_commitment__not_binding_yet__is_taken_back(homes):
    made = ok(homes["shop"]("POST", "/homes/shop/commitments", {"side": "consumption", "energy_wh": WH}), 201)
    assert ok(homes["shop"]("DELETE", f"/homes/shop/commitments/{made['number']}"))["state"] == "cancelled"
    assert ok(homes["shop"]("GET", "/homes/shop/commitments"))[-1]["state"] == "cancelled"


def test_close__commitment_named_twice__is_refused(operator, homes):
    made = ok(homes["shop"]("POST", "/homes/shop/commitments", {"side": "consumption", "energy_wh": WH}), 201)
    twice = {"deliveries": [{"commitment": made["number"], "energy_wh": 1}] * 2}
    assert operator("POST", f"/settlement/intervals/{made['first_interval']}", twice).status_code == 409


def test_certificates__given_energy__is_certified_once_and_claimed(operator, homes):
    roof = homes["roof"]
    reading = ok(operator("POST", "/homes/roof/readings", {"imported_wh": 0, "exported_wh": 700}), 201)
    assert ok(roof("GET", "/homes/roof/readings")) == [reading]
    slot = {"slot": reading["slot"]}
    assert ok(roof("POST", "/homes/roof/certificates", slot), 201)["energy_wh"] == 700
    assert roof("POST", "/homes/roof/certificates", slot).status_code == 409
    assert ok(roof("GET", "/homes/roof/certificates")) == [{**slot, "energy_wh": 700}]
    assert ok(roof("POST", f"/homes/roof/certificates/{reading['slot']}/claim")) == []


def test_grid__heavier_load__lowers_voltages_until_taps_answer(operator, homes):
    light, heavy = (ok(operator("PUT", "/grid", {"load_percent": load, "regulate": False})) for load in (30, 120))
    lowest = [min(row["magnitude_pu"] for row in grid["voltages"]) for grid in (light, heavy)]
    assert lowest[0] > lowest[1]
    regulated = ok(operator("PUT", "/grid", {"load_percent": 30}))
    assert [tap["position"] for tap in regulated["taps"]] != [tap["position"] for tap in heavy["taps"]]
    assert ok(homes["roof"]("GET", "/grid"))["taps"] == regulated["taps"]


def test_fault__reported__tells_the_homes_below_with_a_link(operator, homes):
    told = ok(operator("POST", "/grid/faults", {"kind": "outage", "bus": "632"}), 201)
    assert [alert["recipient"] for alert in told] == ["operator", "home:roof", "home:shop"]
    (own,) = ok(homes["roof"]("GET", "/grid/alerts"))
    assert "home=roof" in own["link"]


def test_stream__of_a_home__brings_what_it_has_not_heard(homes):
    told = ok(homes["roof"]("GET", "/events"))
    known = told[1]["number"]
    for answer in (
        homes["roof"].client.get(
            "/events/stream?seconds=0", headers={"X-API-Key": homes["roof"].key, "Last-Event-ID": str(known)}
        ),
        homes["roof"]("GET", f"/events/stream?seconds=0&after={known}"),
    ):
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        data = [line.removeprefix("data: ") for line in answer.text.splitlines() if line.startswith("data: ")]
        assert [json.loads(line) for line in data] == told[2:]


def test_method__that_a_path_lacks__is_refused_with_those_it_has(operator):
    assert operator("PATCH", "/contracts").headers["Allow"] == "GET, POST"


def test_plant__goes_on__shows_dispatch_and_forecast_until_its_end(operator, homes):
    happened = ok(operator("POST", "/plant/intervals", {"intervals": 2}), 201)
    assert len(happened) == 2
    assert ok(homes["roof"]("GET", "/plant/intervals"))[-1] == happened[-1]
    assert {row["home"] for row in ok(homes["roof"]("GET", "/homes/roof/dispatch"))} == {"roof"}
    assert [row["load_kwh"] for row in ok(homes["roof"]("GET", "/homes/roof/forecast"))] == [0.3]
    ok(operator("POST", "/plant/intervals", {"intervals": 22}), 201)
    assert operator("POST", "/plant/intervals", {}).status_code == 409


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/homes/roof/orders", order("buy", 0), "price_eur_per_mwh"),
        ("/homes/roof/orders", order("buy", 10.5), "price_eur_per_mwh"),
        ("/homes/roof/orders", order("give", 10), "side"),
        ("/homes/roof/orders", order("buy", 10, 9), "energy_wh"),
        ("/homes/roof/orders", {**order("buy", 10), "trader": "shop"}, "trader"),
        ("/homes/roof/commitments", {"side": "production"}, "energy_wh"),
        ("/homes/roof/collateral", {"amount_eur": "5"}, "amount_eur"),
        ("/homes/roof%20/collateral", {"amount_eur": 5}, "home"),
        ("/homes/roof/certificates", {"slot": 0}, "slot"),
    ],
)
def test_input__wrong_field__is_named(homes, path, body, field):
    answer = homes["roof"]("POST", path, body)
    assert answer.status_code == 422
    assert field in {error["loc"][-1] for error in answer.json()["detail"]}


def test_order__without_money_for_it__is_refused_with_the_reason(homes):
    refused = homes["roof"](
        "POST", "/homes/roof/commitments", {"side": "consumption", "energy_wh": 1_000_000, "duration": 24}
    )
    assert refused.status_code == 409
    assert "InsufficientCollateral" in refused.json()["detail"]


def test_contracts__feed_in_above_retail__are_refused_naming_the_field(operator):
    refused = operator("POST", "/contracts", {"feed_in_eur_per_mwh": 400, "retail_eur_per_mwh": 300})
    assert refused.status_code == 409
    assert "feed_in_eur_per_mwh" in refused.json()["detail"]
