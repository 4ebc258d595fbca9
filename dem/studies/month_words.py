"""What a street's month says in words, computed from its numbers."""

import pandas as pd

from dem import plots, units
from dem.studies import forecast_days, settlement_costs
from dem.studies.config import EUR_PER_ETHER
from dem.studies.meters_and_carbon import Result
from dem.studies.month_audit import TAKEN
from dem.studies.settlement_costs import BATCHED, DELIVERED, RECORDED, ROOT_AND_CLAIM, ROOT_AND_NETTED, SLOTS_OF_MONTH

GAS_PRICES_GWEI = (0.01, 1.0)
PERCENT = 100
MILLION = 10**6


def cost_words(result: Result) -> str:
    """What a home's month costs, in gas and in money, on each way."""
    sizes = result.costs.loc[result.costs["way"] == ROOT_AND_NETTED, "homes"]
    largest = result.costs[result.costs["homes"] == sizes.max()].set_index("way")["gas"] * SLOTS_OF_MONTH
    money = [_eur(largest[ROOT_AND_NETTED], price) for price in GAS_PRICES_GWEI]
    millions = largest / MILLION
    return (
        f"In a street of {sizes.max():,} homes a home's month of {SLOTS_OF_MONTH} hours takes "
        f"**{millions[DELIVERED]:.1f} million** gas if each hour is proved and paid for by itself, "
        f"**{millions[ROOT_AND_CLAIM]:.1f} million** with a root an hour and a claim for each, and "
        f"**{millions[ROOT_AND_NETTED]:.1f} million** with one claim a day: {money[0]:.2f} EUR at "
        f"{GAS_PRICES_GWEI[0]:g} gwei and {money[1]:,.0f} EUR at {GAS_PRICES_GWEI[1]:g} gwei (assumed: "
        f"{EUR_PER_ETHER:,} EUR an ether). Readings stay off the chain then. Who wants certificates or pays the tax "
        f"has them recorded, for {millions[BATCHED]:.1f} million more in batches ({millions[RECORDED]:.1f} one by one)."
    )


def steps_table(result: Result) -> pd.DataFrame:
    """Gas of single steps beside the prototypes'."""
    return settlement_costs.steps(result.costs)


def operations(result: Result) -> pd.DataFrame:
    """What the month sent to the chain, by ``purpose``: ``transactions``, ``gas``, ``gas_per_home``."""
    sent = pd.DataFrame(result.on_chain.gas, columns=["purpose", "gas"])
    table = sent.groupby("purpose", sort=False)["gas"].agg(transactions="size", gas="sum").reset_index()
    return table.assign(gas_per_home=(table["gas"] / result.month.homes).round().astype(int))


def audit_words(result: Result) -> str:
    """What the auditor found."""
    checks = result.checks
    refused = "; ".join(f"{name}: `{error}`" for name, error in checks.second_uses.items())
    taken = sum(error == TAKEN for error in checks.second_uses.values())
    forgery = "is gone" if checks.forged_refused else "**stands**"
    lost, got = (units.wei_to_eur(wei, 1) for wei in (checks.poster_lost_wei, checks.challenger_got_wei))
    return (
        f"- **Roots**: {checks.roots_equal} of {checks.roots} follow from what the meters signed.\n"
        f"- **Books**: readings looked up in the register are {'' if checks.books_equal else '**not** '}those signed.\n"
        f"- **Forgery**: a root with one kWh too many on one bill {forgery} after a neighbour showed the meter's "
        f"signature; the poster lost {lost:g} ether, the neighbour got {got:g}.\n"
        f"- **Used twice**: {taken} of {len(checks.second_uses)} tries succeeded ({refused}).\n"
        f"- **Sums**: credits and taxes of all homes "
        f"{'add up to the milligram' if checks.conserved else '**do not add up**'}."
    )


def carbon_words(result: Result) -> str:
    """What homes emitted, paid and made up for."""
    homes, month = result.accounts, result.month
    average = 1_000 * month.average.kg_per_kwh.mean()
    marginal = 1_000 * month.marginal.kg_per_kwh.mean()
    taken = homes[["paid", "offset", "owed"]].to_numpy().sum()
    return (
        f"The network's mix emits {average:.0f} gCO2e/kWh on average over the month; the plant that reacts is assumed "
        f"to emit {marginal:.0f} ({month.marginal.source}, {month.marginal.vintage}). What the "
        f"{month.homes} homes took makes {taken:.1f} kgCO2e: {homes['paid'].sum():.1f} kg they paid for "
        f"({homes['tax_eur'].sum():.2f} EUR at "
        f"{result.config.tax_eur_per_tonne:g} EUR a tonne), {homes['offset'].sum():.1f} kg they made up for with "
        f"credits, and {homes['retired'].sum():.1f} kg of credits they retired for nothing in return."
    )


def anomaly_words(result: Result) -> str:
    """How well thefts are found."""
    thefts = result.kinds[result.kinds["is_theft"]]
    runs = result.anomalies[result.anomalies["is_theft"]].groupby("run")["auc"].mean()
    mean, half_width = plots.mean_interval(runs.to_numpy())
    hardest = thefts.loc[thefts["auc"].idxmin()]
    blind = thefts.loc[thefts["balance_auc"].idxmin()]
    return (
        f"Over the five kinds of theft the mean AUC is **{mean:.3f} ± {half_width:.3f}** ({len(runs)} detectors, 95 % "
        f"interval), with {thefts['false_alarms'].iloc[0]:.2f} false alarms a home and year. Hardest is "
        f"*{hardest['kind']}* ({hardest['auc']:.3f}, {PERCENT * hardest['found']:.0f} % found). The meter at the "
        f"feeder's head alone does worst on *{blind['kind']}* ({blind['balance_auc']:.2f})."
    )


def stakes_words(result: Result) -> str:
    """What reports bring, in expectation and on one day."""
    best = result.gains.loc[result.gains.groupby("home")["gain"].idxmax(), "shift"]
    homes = result.stakes.homes
    paid = ", ".join(
        f"*{row.reports}*: {PERCENT * (row.paid_wei / row.stake_wei - 1):+.0f} %" for row in homes.itertuples()
    )
    same = homes["paid_wei"].tolist() == homes["computed_wei"].tolist()
    return (
        f"For {int((best == 0).sum())} of {len(best)} homes the best of {len(forecast_days.SHIFTS)} reports is what "
        f"they believe. On one day of the contract, gained of the stake: {paid}. The payments are "
        f"{'' if result.stakes.is_balanced else '**not** '}the stakes to the wei and "
        f"{'' if same else '**not** '}those that the rule gives off the chain."
    )


def _eur(gas: float, gwei: float) -> float:
    return units.gas_to_eur(gas, gwei, EUR_PER_ETHER)
