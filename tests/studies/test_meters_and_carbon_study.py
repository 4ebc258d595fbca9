"""A small street's month on the chain, the auditor's checks, and that they notice what is wrong."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from dem import chain, units
from dem.carbon import EmissionFactors, Kind
from dem.chain import SlotReading
from dem.studies import forecast_days, meter_anomalies, month_report, settlement_costs, street_month
from dem.studies.meters_and_carbon import Config, Result
from dem.studies.month_audit import audit
from dem.studies.month_on_chain import Street
from dem.studies.settlement_costs import DELIVERED, PAPER, ROOT_AND_CLAIM, ROOT_AND_NETTED
from dem.studies.street_month import Month

HOMES, DAYS = 3, street_month.DAYS
CONFIG = Config.for_profile("quick", slot_hours=24, claimed_slots=1, street_sizes=(32,))


@pytest.fixture(scope="module")
def month() -> Month:
    times = pd.date_range("2023-06-01", periods=DAYS, freq="D", tz="UTC")
    generator = np.random.default_rng(1)
    imported, exported = generator.integers(500, 6_000, (DAYS, HOMES)), generator.integers(0, 9_000, (DAYS, HOMES))
    average, marginal = (pd.Series(factor, times) for factor in (0.05, 0.49))
    return Month(
        times,
        imported,
        exported,
        np.full(DAYS, 0.2),
        np.full(DAYS, 0.08),
        EmissionFactors(average, Kind.AVERAGE, "test", "2023"),
        EmissionFactors(marginal, Kind.MARGINAL, "test", "2023"),
    )


@pytest.fixture(scope="module")
def lived(month):
    with chain.connect("test") as connection:
        street = Street.deploy(connection, month, tax_eur_per_tonne=65, eur_per_ether=3_000)
        yield street, street.live(claimed_slots=1)


@pytest.fixture(scope="module")
def checks(lived):
    return audit(*lived)


@pytest.fixture(scope="module")
def result(month, lived, checks):
    street, on_chain = lived
    net = forecast_days.net_of_days(month)
    scores = {"auc": 0.9, "f1": 0.8, "precision_at_k": 0.7, "found": 0.6, "false_alarms": 0.5, "balance_auc": 0.4}
    rows = [
        {"kind": kind, "run": run, "sort": meter_anomalies.SORTS[kind]} | scores
        for run in range(2)
        for kind in ("scaling", "replay", "stuck", "older theft")
    ]
    return Result(
        CONFIG,
        month,
        on_chain,
        checks,
        settlement_costs.measure(street.connection, CONFIG.street_sizes),
        pd.DataFrame(rows),
        forecast_days.expected_gains(net),
        forecast_days.play(street.connection, net),
    )


class TestMonth:
    def test_live__every_wh_has_one_fate(self, month, lived):
        energy = lived[1].energy
        assert energy["exported"].tolist() == month.exported_wh.sum(axis=0).tolist()
        assert (energy["unused"] == 0).all()
        assert energy["credited"][0] == 0 < energy["credited"][1] < energy["credited"][2]

    def test_live__emissions_are_those_of_the_readings(self, month, lived):
        carbon = lived[1].carbon
        told = carbon[["paid", "offset", "owed"]].sum(axis=1)
        assert told.tolist() == pytest.approx(month.emissions_kg().tolist())
        assert carbon["paid"][0] > 0 == carbon["offset"][0]
        assert lived[1].tax_eur[0] == pytest.approx(0.065 * carbon["paid"][0])

    def test_live__homes_pay_and_get_what_they_used_and_gave(self, month, lived):
        price, brings = (units.eur_per_kwh_to_wei_per_wh(eur, 3_000) for eur in (0.2, 0.08))
        due = brings * month.exported_wh.sum(axis=0) - price * month.imported_wh.sum(axis=0)
        assert lived[1].paid_wei == due.tolist()


class TestAudit:
    def test_audit__honest_month__everything_holds(self, checks):
        assert (checks.roots, checks.roots_equal, checks.books_equal, checks.conserved) == (DAYS, DAYS, True, True)
        assert checks.forged_refused
        assert checks.challenger_got_wei == checks.poster_lost_wei // 2 > 0
        assert "taken" not in checks.second_uses.values()

    def test_audit__another_reading_signed__is_noticed(self, lived):
        street, month = lived
        told = month.signed[0][0].reading
        other = dataclasses.replace(month.signed[0][0], reading=dataclasses.replace(told, imported=told.imported + 1))
        signed = [[other, *month.signed[0][1:]], *month.signed[1:]]
        before = street.connection.snapshot()
        noticed = audit(street, dataclasses.replace(month, signed=signed))
        street.connection.restore(before)
        assert (noticed.roots_equal, noticed.books_equal) == (DAYS - 1, False)


class TestForecasts:
    def test_expected_gains__belief__is_the_best_report(self, result):
        best = result.gains.loc[result.gains.groupby("home")["gain"].idxmax(), "shift"]
        assert (best == 0).all()

    def test_play__contract_pays_what_the_rule_says__and_all_of_it(self, result):
        homes = result.stakes.homes
        assert homes["paid_wei"].tolist() == homes["computed_wei"].tolist()
        assert result.stakes.is_balanced
        assert homes["paid_wei"].iloc[-1] == 0


class TestCosts:
    def test_measure__a_claim_a_day__is_the_cheapest_settlement(self, result):
        gas = result.costs[result.costs["way"] != PAPER].set_index("way")["gas"]
        assert gas[ROOT_AND_NETTED] < gas[DELIVERED]
        assert gas[ROOT_AND_NETTED] < gas[ROOT_AND_CLAIM]


class TestReport:
    def test_figures_and_words__are_there(self, result):
        for draw in (
            month_report.draw_costs,
            month_report.draw_accounts,
            month_report.draw_anomalies,
            month_report.draw_stakes,
        ):
            assert draw(result).axes
        assert "0 of 5 tries" in month_report.audit_words(result)
        assert "2 kinds of theft the mean AUC is **0.900 ± 0.000**" in month_report.anomaly_words(result)
        assert "*older theft* 0.90 (head: 0.40)" in month_report.anomaly_words(result)
        assert len(month_report.scores_table(result)) == 4
        assert "3 of 3 homes" in month_report.stakes_words(result)
        assert "million" in month_report.cost_words(result)
        assert "kgCO2e" in month_report.carbon_words(result)
        assert month_report.operations(result)["transactions"].sum() == len(result.on_chain.gas)
        assert month_report.steps_table(result)["ours (gas)"].notna().all()


class TestData:
    def test_load__synthetic__whole_days_of_the_month(self):
        month = street_month.load("synthetic", 1, homes=3, month=6, slot_hours=12)
        assert month.imported_wh.shape == (2 * DAYS, 3)
        assert str(month.times[0]) == "2023-06-01 00:00:00+00:00"
        assert month.imported_wh.sum() > 0 < month.exported_wh.sum()

    def test_run__tiny__scores_every_kind(self):
        table = meter_anomalies.run("synthetic", 1, runs=1, train_homes=4, test_homes=2, trees=10)
        assert set(table["kind"]) == set(meter_anomalies.SORTS)
        assert table["balance_auc"].isna().equals(table["sort"] == meter_anomalies.FAULT)
        assert (table.loc[table["sort"] == meter_anomalies.THEFT, "auc"] > 0.5).all()

    def test_config__unknown_field__is_refused(self):
        with pytest.raises(ValueError, match="thieves"):
            Config.for_profile("quick", thieves=3)


def test_reading__signed_for_the_auditor__is_what_the_register_took(lived):
    street, month = lived
    told = month.signed[1][3].reading
    assert isinstance(told, SlotReading)
    assert street.meters.reading_of(street.homes[1], told.slot) == (told.imported, told.exported)
