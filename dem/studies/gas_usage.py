"""Gas of the marketplace: each operation beside the paper's, and what settlement costs as the market grows.

Gas is exact and the same on every machine and every run, so nothing here is sampled; data source and seed play no part.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter
from pydantic import Field

from dem import plots, units
from dem.chain import Commitment, Marketplace, Profile, Receipt, Side, Terms, connect, gas
from dem.chain.connection import batches
from dem.chain.gas import total_gas
from dem.studies.config import GasConfig
from dem.units import HOURS_PER_DAY

CONTRACTS = ("EnergyMarket", "EnergyPool", "EnergyProfile")
WHOLE_PATH = "whole path"
SETTLEMENT = "settlement"
# The paper's names of its operations. Its path to a deposited commitment needs the approval, ours does not.
PAPER_PATH = ("registerUser", "createCommitment", "approve", "deposit")
OUR_PATH = ("registerUser", "createCommitment", "deposit")
OPERATIONS = (*PAPER_PATH, SETTLEMENT, WHOLE_PATH)
# Every promise is kept in part, on both sides and unequally, so that no term of the settlement is zero by chance.
PROMISED_WH = {Side.PRODUCTION: 1_200, Side.CONSUMPTION: 1_000}
DELIVERED_WH = {Side.PRODUCTION: 1_100, Side.CONSUMPTION: 900}
COLLATERAL = 10 * units.WEI_PER_ETHER
CLAIMS_PER_TRANSACTION = 100
# The mock feed answers once, so its answer has to stay fresh for the whole study.
TERMS = Terms.in_eur(feed_max_age_s=30 * 86_400)
DAYS_PER_YEAR = 365
MOST_DRAWN = 1_000
SETTLEMENT_LINES = (
    ("total", "^:", "neutral", "ours: everything, all readings and claims"),
    ("close", "o-", "ours", "ours: closing the interval"),
    ("claim", "s-", "good", "ours: one home's claim"),
)
# A local chain's clock moves a second a transaction; this far ahead, a thousand commitments are made before it begins.
LEAD_INTERVALS = 2

Homes = Literal[2, 10, 50]  # the sizes the paper published
Commitments = Annotated[int, Field(ge=2, le=1_500)]
Intervals = Annotated[int, Field(ge=1, le=24)]


class Config(GasConfig):
    """Settings of the study."""

    PROFILES: ClassVar[dict[str, dict[str, Any]]] = {
        "quick": {"commitments": (2, 10, 40, 100)},
        "full": {"commitments": (2, 10, 40, 100, 300, 1_000)},
    }

    homes: tuple[Homes, ...] = Field((2, 10, 50), min_length=1, description="sizes of the first figure")
    commitments: tuple[Commitments, ...] = Field((2, 10, 40, 100), min_length=1, description="in one interval")
    intervals: tuple[Intervals, ...] = Field((1, 2, 4, 8, 16, 24), min_length=1, description="claimed at once")
    settlement_homes: int = Field(default=100, ge=2, le=100, description="homes that share the commitments")
    reading_homes: int = Field(default=20, ge=2, le=100, description="homes whose meters report together for a day")


@dataclass(frozen=True)
class Result:
    """What was measured.

    Attributes:
        operations: one row per number of homes and operation: ``paper_first``, ``paper_later``, ``our_first``,
            ``our_later``, in gas.
        settlement: one row per number of commitments: gas of ``report``, ``close``, ``claim`` (one, the dearest) and
            ``total`` (everything, all claims included), and ``largest``, the dearest single transaction.
        claims: one row per number of intervals claimed at once: ``gas`` and ``gas_per_interval``.
        costs: one row per operation: gas and EUR under the assumptions of the settings.
        reading_gas: gas of one meter reading, on average over a day of hourly ones.
        deployment: one row per contract: bytes of code and their limit.
        deployment_gas: gas of deploying the whole marketplace.
        numbers: the operations as they are drawn, one row a bar.
        settlement_numbers: the settlement as it is drawn, one row a point.
    """

    operations: pd.DataFrame
    settlement: pd.DataFrame
    claims: pd.DataFrame
    costs: pd.DataFrame
    reading_gas: float
    deployment: pd.DataFrame
    deployment_gas: int
    numbers: pd.DataFrame
    settlement_numbers: pd.DataFrame


def run(config: Config) -> Result:
    """Measure everything on the in-process test chain."""
    measured = {count: _whole_life(count) for count in config.homes}
    operations = pd.concat([_beside_paper(count, receipts) for count, receipts in measured.items()], ignore_index=True)
    with connect("test") as connection:
        market = Marketplace.deploy(connection, TERMS)
        settlement = _measure_settlement(market, config)
        deployment_gas = market.deployment.gas_used
    with connect("test") as connection:
        claims = _measure_claims(Marketplace.deploy(connection, TERMS), config.intervals)
    with connect("test") as connection:
        reading = _measure_reading(Marketplace.deploy(connection, TERMS), config.reading_homes)
    return Result(
        operations=operations,
        settlement=settlement,
        claims=claims,
        costs=_costs(operations, settlement, claims, reading, config),
        reading_gas=reading,
        deployment=gas.contract_sizes(CONTRACTS),
        deployment_gas=deployment_gas,
        numbers=_bars(operations),
        settlement_numbers=_points(settlement, gas.published_settlement()),
    )


def _whole_life(homes: int) -> list[Receipt]:
    """Every transaction of ``homes`` homes from registration to withdrawal, in order."""
    with connect("test") as connection:
        market = Marketplace.deploy(connection, TERMS)
        operator = connection.accounts[0]
        profiles = _register(market, homes)
        interval = market.current_interval + LEAD_INTERVALS
        commitments = [_commit(home, number, interval) for number, home in enumerate(profiles)]
        receipts = [home.receipt for home in profiles] + [commitment.receipt for commitment in commitments]
        receipts += [home.approve(operator) for home in profiles]
        receipts += [home.deposit(commitment) for home, commitment in zip(profiles, commitments, strict=True)]
        market.advance_to(interval + 1)
        receipts += _report(market, interval, commitments)
        receipts.append(market.close(interval))
        receipts += [home.claim(commitment) for home, commitment in zip(profiles, commitments, strict=True)]
        receipts += [home.withdraw(home.free_collateral) for home in profiles]
        return receipts


def _register(market: Marketplace, count: int) -> list[Profile]:
    return [market.register(account, COLLATERAL) for account in market.connection.accounts[1 : count + 1]]


def _commit(home: Profile, number: int, start: int, duration: int = 1) -> Commitment:
    """Even numbers produce, odd ones consume, so that every two commitments are a pair."""
    side = Side(number % 2)
    return home.commit(side, PROMISED_WH[side], start, duration)


def _report(market: Marketplace, interval: int, commitments: Iterable[Commitment]) -> list[Receipt]:
    return market.report(interval, {commitment.id: DELIVERED_WH[commitment.side] for commitment in commitments})


def _beside_paper(homes: int, receipts: list[Receipt]) -> pd.DataFrame:
    ours = gas.first_and_later(receipts).set_index("operation")
    ours.loc[SETTLEMENT] = ours.loc["claim"]
    ours.loc[WHOLE_PATH] = ours.loc[list(OUR_PATH)].sum()
    paper = gas.published().query("homes == @homes").set_index("operation")[["first_gas", "later_gas"]]
    paper = paper.rename(index={"settle_commitment": SETTLEMENT})
    paper.loc[WHOLE_PATH] = paper.loc[list(PAPER_PATH)].sum()
    rows = [*OPERATIONS, "closeInterval"]
    table = pd.concat(
        {
            "paper_first": paper["first_gas"].reindex(rows),
            "paper_later": paper["later_gas"].reindex(rows),
            "our_first": ours["first_gas"].reindex(rows),
            "our_later": ours["later_gas"].reindex(rows),
        },
        axis=1,
    )
    return table.rename_axis("operation").reset_index().assign(homes=homes)


def _measure_settlement(market: Marketplace, config: Config) -> pd.DataFrame:
    profiles = _register(market, min(config.settlement_homes, max(config.commitments)))
    rows = [_settle(market, profiles, count) for count in (2, *config.commitments)]
    # The first round fills what is empty in the pool and the grid's account; it is not counted.
    return pd.DataFrame(rows[1:])


def _settle(market: Marketplace, profiles: Sequence[Profile], count: int) -> dict[str, int]:
    """Bring ``count`` commitments to one interval and settle it: gas of each step."""
    interval = market.current_interval + LEAD_INTERVALS
    commitments = []
    for number in range(count):
        home = profiles[number % len(profiles)]
        commitments.append(_commit(home, number, interval))
        home.deposit(commitments[-1])
    market.advance_to(interval + 1)
    reports = _report(market, interval, commitments)
    close = market.close(interval)
    single = [home.claim(commitment) for home, commitment in zip(profiles[:2], commitments[:2], strict=True)]
    rest = commitments[2:]
    together = [market.claim(batch) for batch in batches(rest, CLAIMS_PER_TRANSACTION)]
    everything = [receipt.gas_used for receipt in (*reports, close, *single, *together)]
    return {
        "commitments": count,
        "report": total_gas(reports),
        "close": close.gas_used,
        "claim": max(receipt.gas_used for receipt in single),
        "total": sum(everything),
        "largest": max(everything),
    }


def _measure_claims(market: Marketplace, intervals: Sequence[int]) -> pd.DataFrame:
    """Claims of 1, 2, … intervals of one commitment at once, the dearer of a producer's and a consumer's."""
    profiles = _register(market, 2)
    start = market.current_interval + 1
    commitments = {
        (duration, number): _commit(home, number, start, duration)
        for duration in intervals
        for number, home in enumerate(profiles)
    }
    for (_, number), commitment in commitments.items():
        profiles[number].deposit(commitment)
    for interval in range(start, start + max(intervals)):
        market.advance_to(interval + 1)
        _report(market, interval, (each for each in commitments.values() if interval in each.intervals))
        market.close(interval)
    rows = []
    for duration in intervals:
        used = max(home.claim(commitments[duration, number]).gas_used for number, home in enumerate(profiles))
        rows.append({"intervals": duration, "gas": used, "gas_per_interval": used / duration})
    return pd.DataFrame(rows)


def _measure_reading(market: Marketplace, homes: int) -> float:
    """Gas of one meter reading, on average over a day of hourly ones reported for many homes at once."""
    profiles = _register(market, homes)
    start = market.current_interval + 1
    commitments = [_commit(home, number, start, HOURS_PER_DAY) for number, home in enumerate(profiles)]
    for home, commitment in zip(profiles, commitments, strict=True):
        home.deposit(commitment)
    reports = []
    for interval in commitments[0].intervals:
        market.advance_to(interval + 1)
        reports += _report(market, interval, commitments)
    return total_gas(reports) / (homes * HOURS_PER_DAY)


def _costs(
    operations: pd.DataFrame, settlement: pd.DataFrame, claims: pd.DataFrame, reading: float, config: Config
) -> pd.DataFrame:
    largest = operations[operations["homes"] == max(config.homes)].set_index("operation")
    ours, paper = largest["our_later"], largest["paper_later"]
    claim = claims.iloc[-1]
    day = ours["createCommitment"] + ours["deposit"] + claim["gas"]
    items = {
        "register a home, once": ours["registerUser"],
        "create and deposit a commitment": ours["createCommitment"] + ours["deposit"],
        f"claim {claim['intervals']:.0f} intervals at once": claim["gas"],
        "close an interval, for all homes together": settlement["close"].iloc[-1],
        f"one meter reading, {config.reading_homes} at once": reading,
        "whole path, ours": ours[WHOLE_PATH],
        "whole path, paper": paper[WHOLE_PATH],
        "a home's year, one commitment of a day every day": ours["registerUser"] + DAYS_PER_YEAR * day,
        "its hourly meter readings, paid by their operator": DAYS_PER_YEAR * HOURS_PER_DAY * reading,
    }
    table = pd.DataFrame({"item": items.keys(), "gas": [round(value) for value in items.values()]})
    return config.with_costs(table)


def summary(result: Result) -> pd.DataFrame:
    """The operations of a later home in the largest market: paper, ours, how many times less."""
    largest = result.operations[result.operations["homes"] == result.operations["homes"].max()]
    paper = largest["paper_later"].fillna(largest["paper_first"])
    table = pd.DataFrame({"operation": largest["operation"], "paper": paper, "ours": largest["our_later"]})
    table = table[table["operation"].isin(OPERATIONS)]
    table["times less"] = (table["paper"] / table["ours"]).astype(float).round(2)
    return table.reset_index(drop=True)


def findings(result: Result) -> str:
    """What the figures say, in Markdown, every number taken from the result."""
    path = summary(result).set_index("operation").loc[WHOLE_PATH]
    times_less = path["paper"] / path["ours"]
    smallest, largest = result.settlement.iloc[0], result.settlement.iloc[-1]
    count = largest["commitments"]
    paper = float(paper_settlement(count))
    limit = 2 * gas.BLOCK_GAS_LIMIT / paper_gas_per_pair()
    one, many = result.claims.iloc[0], result.claims.iloc[-1]
    last = summary(result).set_index("operation").loc[SETTLEMENT, "ours"]
    return f"""
- **A home's way into the market** takes {path["ours"]:,.0f} gas where the paper's takes {path["paper"]:,.0f}:
  {times_less:.2f} times less.
- **Closing an interval** takes {smallest["close"]:,} gas with {smallest["commitments"]} commitments and
  {largest["close"]:,} with {count:,}. The paper's settlement adds {paper_gas_per_pair():,.0f} gas a pair and fills a
  block of 30 million at about {limit:,.0f} commitments; from there on nobody could be paid.
- **A claim** takes {one["gas"]:,.0f} gas for one interval and {many["gas_per_interval"]:,.0f} for each of
  {many["intervals"]:.0f} claimed at once. The first figure's {last:,.0f} are of a home's last open commitment, whose
  claim also unlocks its profile.
- **All of it together**: with {count:,} commitments every reading, the closing and every claim come to
  {largest["total"]:,} gas, {largest["total"] / paper:.2f} times the paper's single call; {largest["report"]:,} of it
  is for the meters, which the paper's contracts do not have. It is spread over many transactions, the dearest of
  {largest["largest"]:,} gas, and no home's payment waits for another's.
"""


def _bars(operations: pd.DataFrame) -> pd.DataFrame:
    shown = operations[operations["operation"].isin(OPERATIONS)]
    parts = [
        shown[["homes", "operation"]].assign(
            source=source, first_gas=shown[f"{key}_first"], later_gas=shown[f"{key}_later"]
        )
        for source, key in (("paper", "paper"), ("ours", "our"))
    ]
    return pd.concat(parts, ignore_index=True)


def _points(settlement: pd.DataFrame, paper: pd.DataFrame) -> pd.DataFrame:
    ours = settlement.melt("commitments", ["close", "claim", "report", "total"], "series", "gas")
    theirs = pd.DataFrame({"commitments": 2 * paper["pairs"], "series": "paper", "gas": paper["settlement_gas"]})
    return pd.concat([ours, theirs], ignore_index=True)


def paper_gas_per_pair() -> float:
    """What each further pair adds to the paper's settlement call: slope of the line through its runs."""
    paper = gas.published_settlement()
    slope, _ = np.polyfit(paper["pairs"], paper["settlement_gas"], 1)
    return float(slope)


def paper_settlement(commitments: np.ndarray | int) -> np.ndarray:
    """Gas of the paper's settlement call: between its runs interpolated, beyond them extended by its gas per pair.

    Args:
        commitments: how many, two to a pair; any shape.

    Returns:
        Gas, of the same shape.
    """
    paper = gas.published_settlement()
    pairs = np.asarray(commitments) / 2
    beyond = np.maximum(pairs - paper["pairs"].iloc[-1], 0)
    return np.interp(pairs, paper["pairs"], paper["settlement_gas"]) + beyond * paper_gas_per_pair()


def draw_gas_usage(result: Result) -> Figure:
    """Bars: gas of each operation, the paper's and ours, one panel for each number of homes."""
    homes = result.numbers["homes"].unique()
    figure, panels = plt.subplots(1, len(homes), figsize=(4.2 * len(homes), 5), sharey=True, squeeze=False)
    for axes, count in zip(panels[0], homes, strict=True):
        _draw_operations(axes, result.numbers[result.numbers["homes"] == count])
        axes.set_title(f"{count} homes")
    panels[0][0].invert_yaxis()
    figure.legend(*panels[0][0].get_legend_handles_labels(), loc="outside lower center", ncols=4, fontsize="small")
    return figure


def _draw_operations(axes: Axes, numbers: pd.DataFrame) -> None:
    for offset, source in ((-0.2, "paper"), (0.2, "ours")):
        bars = numbers[numbers["source"] == source].set_index("operation").reindex(OPERATIONS)
        first = bars["first_gas"].astype(float)
        later = bars["later_gas"].astype(float).fillna(first)
        rows = np.arange(len(OPERATIONS)) + offset
        color = plots.PALETTE[source]
        axes.barh(rows, later / 1e3, height=0.38, color=color, label=f"{source}, a later home")
        extra = (first - later).clip(lower=0)
        axes.barh(rows, extra / 1e3, 0.38, later / 1e3, color=color, alpha=0.35, label=f"{source}, extra for the first")
    axes.set_yticks(range(len(OPERATIONS)), OPERATIONS)
    axes.set_xlabel("gas (thousand)")
    axes.grid(axis="y", visible=False)


def draw_settlement(result: Result) -> Figure:
    """Lines: gas of settling an interval against the number of commitments, the paper's and ours, on log scales."""
    figure, axes = plt.subplots(figsize=(10, 5))
    points = result.settlement_numbers.set_index("series")
    paper = points.loc["paper"]
    last, most = paper["commitments"].max(), max(result.settlement["commitments"].max(), MOST_DRAWN)
    ahead = np.geomspace(last, most, 20)
    color = plots.PALETTE["paper"]
    axes.plot(paper["commitments"], paper["gas"], "o-", color=color, label="paper: one settlement call")
    axes.plot(ahead, paper_settlement(ahead), "--", color=color, label="paper, extended")
    for series, style, color, label in SETTLEMENT_LINES:
        line = points.loc[series]
        axes.plot(line["commitments"], line["gas"], style, color=plots.PALETTE[color], label=label)
    axes.axhline(gas.BLOCK_GAS_LIMIT, color=plots.PALETTE["neutral"], linewidth=1)
    axes.text(2, gas.BLOCK_GAS_LIMIT * 1.1, "a block's limit: 30 million", color=plots.PALETTE["neutral"], fontsize=9)
    axes.set(xscale="log", yscale="log", xlabel="commitments in the interval", ylabel="gas", ylim=(2e4, 2e8))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1), fontsize="small")
    return figure
