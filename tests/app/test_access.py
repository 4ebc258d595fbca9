"""Nobody gets past the door without a key, with another home's, or with a home's where the operator's is due."""

import re

import pytest
from fastapi.testclient import TestClient

from dem.app import api
from dem.app.limits import Limiter, Rate
from dem.app.service import Options, Service

BODIES = {
    "/contracts": {},
    "/homes": {"name": "cellar"},
    "/homes/{home}/collateral": {"amount_eur": 1},
    "/homes/{home}/collateral/withdrawals": {"amount_eur": 1},
    "/homes/{home}/commitments": {"side": "production", "energy_wh": 100},
    "/homes/{home}/orders": {"side": "buy", "energy_wh": 100, "price_eur_per_mwh": 10},
    "/homes/{home}/readings": {"imported_wh": 1, "exported_wh": 0},
    "/homes/{home}/certificates": {"slot": 1},
    "/settlement/trades/{number}/proof": {"delivered_wh": 1},
    "/settlement/intervals/{interval}": {"deliveries": []},
    "/settlement/clock": {"intervals": 1},
    "/grid": {"load_percent": 50},
    "/grid/faults": {"kind": "outage", "bus": "671"},
    "/plant/intervals": {"intervals": 1},
}
# What every home may read; all else is its own home's, or the operator's.
OPEN = {
    ("GET", "/contracts"),
    ("GET", "/contracts/gas"),
    ("GET", "/homes"),
    ("GET", "/market"),
    ("GET", "/settlement/trades"),
    ("GET", "/settlement/intervals/{interval}"),
    ("GET", "/grid"),
    ("GET", "/grid/alerts"),
    ("GET", "/plant/intervals"),
    ("GET", "/events"),
    ("GET", "/events/stream"),
}


@pytest.fixture(scope="module")
def routes(service):
    document = api.build(service).openapi()
    return [(method.upper(), path) for path, methods in document["paths"].items() for method in methods]


def call(party, method, path, home):
    filled = re.sub(r"\{(number|slot|interval)\}", "1", path.replace("{home}", home))
    return party(method, filled, BODIES.get(path) if method in ("POST", "PUT") else None)


def test_route__no_key_or_a_wrong_one__is_unauthorized(client, party, routes, homes):
    for key in ("", "dem_0_x", homes["roof"].key[:-1], homes["roof"].key + "x"):
        for method, path in routes:
            answer = call(party(client, key), method, path, "roof")
            assert answer.status_code == 401, (method, path)


def test_route__of_another_home_or_the_operator__is_forbidden(client, routes, operator, homes):
    before = operator("GET", "/homes/roof").json()
    for method, path in routes:
        if (method, path) not in OPEN:
            for target in ("roof", "nowhere"):
                answer = call(homes["shop"], method, path, target)
                assert answer.status_code == 403, (method, path, answer.text)
    assert operator("GET", "/homes/roof").json() == before


def test_number_of_anothers_order__under_ones_own_home__is_not_found(homes):
    placed = homes["roof"]("POST", "/homes/roof/orders", {"side": "sell", "energy_wh": 50, "price_eur_per_mwh": 900})
    promised = homes["roof"]("POST", "/homes/roof/commitments", {"side": "production", "energy_wh": 50})
    assert homes["shop"]("DELETE", f"/homes/shop/orders/{placed.json()['number']}").status_code == 404
    promise = f"/homes/shop/commitments/{promised.json()['number']}"
    assert homes["shop"]("DELETE", promise).status_code == 404
    assert homes["shop"]("POST", f"{promise}/deposit").status_code == 404
    assert homes["shop"]("POST", f"{promise}/claim").status_code == 404


def test_lists__of_a_home__hold_nothing_of_others(operator, party, homes):
    for side, name, price in (("sell", "roof", 300), ("buy", "shop", 400)):
        body = {"side": side, "energy_wh": 60, "price_eur_per_mwh": price}
        assert homes[name]("POST", f"/homes/{name}/orders", body).status_code == 201
    operator("POST", "/market/rounds")
    operator("POST", "/homes", {"name": "cellar"})
    cellar = party(operator.client, operator("POST", "/homes/cellar/key").json()["key"])
    assert cellar("GET", "/settlement/trades").json() == []
    assert cellar("GET", "/grid/alerts").json() == []
    told = cellar("GET", "/events").json()
    assert all(news["homes"] is None or "cellar" in news["homes"] for news in told)
    assert "trade" not in {news["kind"] for news in told}


def test_key__replaced__ends(operator, party, homes):
    operator("POST", "/homes", {"name": "attic"})
    first, second = (operator("POST", "/homes/attic/key").json()["key"] for _ in range(2))
    assert party(operator.client, first)("GET", "/homes").status_code == 401
    assert party(operator.client, second)("GET", "/homes").status_code == 200


def test_key__as_bearer__opens_too(client, homes):
    answer = client.get("/homes", headers={"Authorization": f"Bearer {homes['roof'].key}"})
    assert answer.status_code == 200


def test_limit__used_up__answers_429_and_says_when(party):
    limited = Service(Options(limiter=Limiter(Rate(per_s=0.01, burst=2))))
    with TestClient(api.build(limited)) as client:
        caller = party(client, limited.keys.issue("operator"))
        assert [caller("GET", "/events").status_code for _ in range(3)] == [200, 200, 429]
        assert 90 <= int(caller("GET", "/events").headers["Retry-After"]) <= 100
