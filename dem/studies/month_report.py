"""What notebook 10 shows (`dem.studies.meters_and_carbon`): pictures and words."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dem import plots, units
from dem.studies import forecast_days, settlement_costs
from dem.studies.config import EUR_PER_ETHER
from dem.studies.meter_anomalies import EVASION, FAULT, THEFT
from dem.studies.meters_and_carbon import Result
from dem.studies.month_audit import TAKEN
from dem.studies.settlement_costs import (
    BATCHED,
    DELIVERED,
    PAPER,
    RECORDED,
    ROOT_AND_CLAIM,
    ROOT_AND_NETTED,
    SLOTS_OF_MONTH,
)

CHEAP_GWEI, DEAR_GWEI = 0.01, 1.0
PERCENT = 100
MILLION = 10**6
_WAYS = {
    RECORDED: {"color": plots.PALETTE["neutral"], "linestyle": ":"},
    BATCHED: {"color": plots.PALETTE["supply"], "linestyle": ":"},
    PAPER: {"color": plots.PALETTE["paper"], "linestyle": "--"},
    DELIVERED: {"color": plots.PALETTE["good"]},
    ROOT_AND_CLAIM: {"color": plots.PALETTE["price"]},
    ROOT_AND_NETTED: {"color": plots.PALETTE["ours"]},
}
# Column: label, colour.
_ENERGY = {
    "claimed": ("certificate, claimed", "good"),
    "held": ("certificate, still held", "supply"),
    "credited": ("carbon credit", "ours"),
    "unused": ("unused", "neutral"),
}
_CARBON = {"offset": ("offset by credits", "ours"), "paid": ("tax paid", "paper"), "owed": ("owed", "neutral")}


# Pictures


def draw_costs(result: Result) -> Figure:
    """Gas of a home's month by the street's size, and what that is in money."""
    figure, axes = plt.subplots(figsize=(8.5, 4.6))
    for way, style in _WAYS.items():
        rows = result.costs[result.costs["way"] == way]
        axes.plot(rows["homes"], rows["gas"] * SLOTS_OF_MONTH / MILLION, marker="o", label=way, **style)
    axes.set(xscale="log", xlabel="homes in the street", ylabel="gas of a home's month (millions)")
    axes.set_ylim(bottom=0)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=2)
    of_million = _eur(MILLION, CHEAP_GWEI)
    money = axes.secondary_yaxis("right", functions=(lambda gas: gas * of_million, lambda eur: eur / of_million))
    money.set_ylabel(f"EUR at {CHEAP_GWEI:g} gwei")
    return figure


def draw_accounts(result: Result) -> Figure:
    """What became of each home's energy, and of its emissions."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.4))
    _stack(left, result.accounts, _ENERGY)
    left.set(title="energy given to the network", xlabel="home", ylabel="kWh in the month")
    _stack(right, result.accounts, _CARBON)
    right.set(title="emissions of energy taken", xlabel="home", ylabel="kgCO2e in the month")
    return figure


def draw_anomalies(result: Result) -> Figure:
    """How well each theft, fault and evasion is told from honest homes, and how many raise an alarm."""
    table = result.kinds
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 5.4), sharey=True)
    _points(left, table, "auc", 0.0, fmt="o", color=plots.PALETTE["ours"], label="home beside its past and street")
    at_head = {"fmt": "s", "color": plots.PALETTE["supply"], "label": "meter at the feeder's head, one thief"}
    _points(left, table[table["sort"] != FAULT], "balance_auc", 0.2, **at_head)
    _points(right, table, "found", 0.0, fmt="o", color=plots.PALETTE["ours"], label="alarm raised")
    for axes in (left, right):
        for row in np.flatnonzero(table["sort"].ne(table["sort"].shift()))[1:]:
            axes.axhline(row - 0.5, color=plots.PALETTE["neutral"], linewidth=1, linestyle=":")
    suffix = np.where(table["sort"] == THEFT, "", " (" + table["sort"] + ")")
    left.set_yticks(np.arange(len(table)), table["kind"] + suffix)
    left.invert_yaxis()
    left.set(xlabel="area under the ROC curve", title="told from honest homes", xlim=(None, 1.01))
    right.set(xlabel="share of homes that do it", title="found at the threshold", xlim=(0, 1.05))
    left.legend(loc="upper center", bbox_to_anchor=(0.5, -0.13))
    right.legend(loc="upper center", bbox_to_anchor=(0.5, -0.13))
    return figure


def draw_stakes(result: Result) -> Figure:
    """Expected gain by how far a report is from what its home believes."""
    figure, axes = plt.subplots(figsize=(8, 4.2))
    gains = PERCENT * result.gains.pivot_table(index="shift", columns="home", values="gain")
    lines = axes.plot(PERCENT * gains.index, gains, color=plots.PALETTE["ours"], linewidth=1.2)
    lines[0].set_label("one home")
    best = {"color": plots.PALETTE["paper"], "markersize": 5, "label": "its best report"}
    axes.plot(PERCENT * gains.idxmax(), gains.max(), "o", **best)
    axes.axvline(0, color=plots.PALETTE["neutral"], linewidth=1, zorder=1)
    axes.set(xlabel="report less belief (% of the capacity)", ylabel="expected gain (% of the stake)")
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1))
    return figure


def _stack(axes: Axes, accounts: pd.DataFrame, parts: dict[str, tuple[str, str]]) -> None:
    below = np.zeros(len(accounts))
    for part, (label, color) in parts.items():
        if not accounts[part].any():
            continue
        axes.bar(accounts["home"], accounts[part], bottom=below, color=plots.PALETTE[color], label=label)
        below += accounts[part].to_numpy()
    axes.set_xticks(accounts["home"])
    if below.any():
        # A part of nothing on the highest bar would nail the axis to its top.
        axes.set_ylim(0, 1.05 * below.max())
    axes.legend(ncols=2, loc="upper center", bbox_to_anchor=(0.5, -0.16))


def _points(axes: Axes, table: pd.DataFrame, name: str, below: float, **style: str) -> None:
    """Means with 95 % intervals, cut at 0 and 1, one row a kind."""
    mean, half_width = table[name].to_numpy(), table[f"{name}_half_width"].fillna(0).to_numpy()
    arms = np.stack([np.minimum(half_width, mean), np.minimum(half_width, 1 - mean)])
    axes.errorbar(mean, table.index + below, xerr=arms, capsize=3, **style)


# Words


def cost_words(result: Result) -> str:
    """What a home's month costs, in gas and in money, on each way."""
    sizes = result.costs.loc[result.costs["way"] == ROOT_AND_NETTED, "homes"]
    largest = result.costs[result.costs["homes"] == sizes.max()].set_index("way")["gas"] * SLOTS_OF_MONTH
    money = [_eur(largest[ROOT_AND_NETTED], price) for price in (CHEAP_GWEI, DEAR_GWEI)]
    millions = largest / MILLION
    return (
        f"In a street of {sizes.max():,} homes a home's month of {SLOTS_OF_MONTH} hours takes "
        f"**{millions[DELIVERED]:.1f} million** gas if each hour is proved and paid for by itself, "
        f"**{millions[ROOT_AND_CLAIM]:.1f} million** with a root an hour and a claim for each, and "
        f"**{millions[ROOT_AND_NETTED]:.1f} million** with one claim a day: {money[0]:.2f} EUR at "
        f"{CHEAP_GWEI:g} gwei and {money[1]:,.0f} EUR at {DEAR_GWEI:g} gwei (assumed: "
        f"{EUR_PER_ETHER:,} EUR an ether). Readings stay off the chain then. Who wants certificates or pays the tax "
        f"has them recorded, for {millions[BATCHED]:.1f} million more in batches ({millions[RECORDED]:.1f} one by one)."
    )


def steps_table(result: Result) -> pd.DataFrame:
    """Gas of single steps beside the prototypes'."""
    steps = settlement_costs.steps(result.costs)
    bounds = steps[["gas_from", "gas_to"]].to_numpy()
    theirs = [f"{low:,.0f}" if low == high else f"{low:,.0f} to {high:,.0f}" for low, high in bounds]
    return pd.DataFrame({"step": steps["step"], "prototypes (gas)": theirs, "ours (gas)": steps["ours"]})


def operations(result: Result) -> pd.DataFrame:
    """What the month sent to the chain, one row a purpose."""
    sent = pd.DataFrame(result.on_chain.gas, columns=["purpose", "gas"])
    table = sent.groupby("purpose", sort=False)["gas"].agg(transactions="size", gas="sum").reset_index()
    return table.assign(**{"gas a home": (table["gas"] / result.month.homes).round().astype(int)})


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
    """How well thefts are found, and what is not."""
    kinds = result.kinds
    thefts, evasions = kinds[kinds["sort"] == THEFT], kinds[kinds["sort"] == EVASION]
    runs = result.anomalies[result.anomalies["sort"] == THEFT].groupby("run")["auc"].mean()
    mean, half_width = plots.mean_interval(runs.to_numpy())
    alarms = kinds.iloc[0]
    hardest = thefts.loc[thefts["auc"].idxmin()]
    blind = thefts.loc[thefts["balance_auc"].idxmin()]
    evaded = "; ".join(f"*{row.kind}* {row.auc:.2f} (head: {row.balance_auc:.2f})" for row in evasions.itertuples())
    return (
        f"Over the {len(thefts)} kinds of theft the mean AUC is **{mean:.3f} ± {half_width:.3f}** ({len(runs)} "
        f"detectors, 95 % interval), with {alarms['false_alarms']:.2f} ± {alarms['false_alarms_half_width']:.2f} false "
        f"alarms a home and year. Hardest is *{hardest['kind']}* ({hardest['auc']:.3f}, "
        f"{PERCENT * hardest['found']:.0f} % found). The meter at the feeder's head alone does worst on "
        f"*{blind['kind']}* ({blind['balance_auc']:.2f}). Evasions, AUC of the detector, which was not taught them: "
        f"{evaded}."
    )


def scores_table(result: Result) -> pd.DataFrame:
    """Scores of thefts, faults and evasions, means over the detectors with their 95 % intervals."""
    kinds = result.kinds
    scores = {"auc": "AUC", "f1": "F1", "precision_at_k": "precision at k", "found": "share found"}
    columns = {
        title: plots.plus_minus_column(kinds[name], kinds[f"{name}_half_width"]) for name, title in scores.items()
    }
    return pd.DataFrame({"what": kinds["kind"], "is a": kinds["sort"], **columns})


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
