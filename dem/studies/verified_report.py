"""What the study of the verified agent found, as figures and in words computed from its results."""

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dem import plots
from dem.proofs import HOW_TO_INSTALL
from dem.studies import verified_gas
from dem.studies.verified_agent import LABELS, Config, Proofs, Result
from dem.studies.verified_gas import PROVED

ONE_TRANSACTION_GAS = 21_000


def draw_value(result: Result) -> Figure:
    """Captured value of the three networks: bars with the interval over trainings, dots for trainings."""
    figure, axis = plt.subplots(figsize=(8, 3.0))
    for position, (agent, label) in enumerate(LABELS.items()):
        samples = result.value.loc[result.value["agent"] == agent, "captured"].to_numpy()
        mean, interval = plots.mean_interval(samples)
        color = plots.PALETTE["neutral" if agent == "imitation" else "ours"]
        axis.barh(label, mean, xerr=np.nan_to_num(interval), color=color, capsize=3)
        axis.plot(samples, [position] * len(samples), "o", color="black", markersize=3)
    axis.axvline(1, color=plots.PALETTE["paper"], linestyle="--", label="limit: perfect foresight")
    axis.set(xlabel="captured value (share of the saving that is possible)", ylabel="")
    axis.invert_yaxis()
    axis.legend(loc="upper center", bbox_to_anchor=(0.5, -0.24), fontsize=9)
    return figure


def draw_gas(result: Result) -> Figure:
    """Gas of an action in every way that needs no proof."""
    figure, axis = plt.subplots(figsize=(8.5, 0.5 * len(result.gas) + 1.2))
    _bars(axis, result.gas)
    return figure


def draw_sizes(result: Result) -> Figure:
    """Gas of computing a network on chain over its size, the transaction itself left out."""
    figure, axis = plt.subplots(figsize=(8, 3.6))
    _sizes(axis, result)
    axis.legend(fontsize=9)
    return figure


def draw_proofs(result: Result, proofs: Proofs) -> Figure:
    """Proofs beside every other way, and beside computing larger networks on chain."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(12, 4.2), width_ratios=(1.3, 1))
    _bars(left, pd.concat([result.gas, proofs.table.assign(way=PROVED)]))
    _sizes(right, result)
    single = proofs.table[proofs.table["actions"] == 1]
    proof = _alone(single["check_gas"]).iloc[0]
    right.axhline(proof, color=plots.PALETTE["paper"], label="proof of one action")
    right.set(yscale="log", ylim=(_alone(result.sizes["check_gas"]).min() / 2, 2 * proof))
    right.legend(fontsize=9, loc="lower right")
    return figure


def show_proofs(config: Config, result: Result, proofs: Proofs | None) -> Figure | None:
    """Proofs' figure, where they were made. Saved with the profile ``full`` only: the quick figures need no extra."""
    if proofs is None:
        return None
    figure = draw_proofs(result, proofs)
    if config.profile == "full":
        plots.save(figure, "16_verified_agent_proofs", proofs.table, config.figures)
    return figure


def value_words(result: Result) -> str:
    """What the small network and its rounding cost, in words."""
    means = result.value.groupby("agent")["captured"].mean()
    mean, interval = plots.mean_interval(result.loss.to_numpy())
    spread = "" if np.isnan(interval) else f" ± {100 * interval:.2f}"
    return (
        f"The small network captures {means['small']:.3f} of the limit, the imitation of 77 inputs "
        f"{means['imitation']:.3f}. Rounding it to whole numbers changes that to {means['integer']:.3f}: it costs "
        f"{100 * mean:.2f}{spread} % of what was captured."
    )


def gas_words(result: Result) -> str:
    """Which way costs what, in words."""
    single = result.gas[result.gas["actions"] == 1].set_index("way")["gas"]
    day = result.gas.loc[result.gas["actions"] > 1, "gas_per_action"].iloc[0]
    plain = single[verified_gas.NOT_CHECKED]
    check = result.sizes.set_index("hidden")["check_gas"].get(result.network.hidden)
    alone = "" if check is None else f" ({_alone(check):,} for the network itself)"
    more = {way: _more(gas - plain) for way, gas in single.items()}
    return (
        f"A commitment that nobody checks costs {plain:,} gas in two transactions. Computing the policy's "
        f"{result.network.products:,} multiplications on chain makes one transaction of it, for "
        f"{more[verified_gas.COMPUTED]} gas{alone}. Believing the home until somebody objects takes "
        f"{more[verified_gas.BELIEVED]}, which {_believing_pays(result, single)}; a dispute, which makes no "
        f"commitment, takes {single[verified_gas.DISPUTED]:,}. A day's actions checked afterwards cost {day:,.0f} each."
    )


def proof_words(result: Result, proofs: Proofs | None) -> str:
    """What proofs cost, in words; without the extra, how to get it."""
    if proofs is None:
        return f"*No proof was made here ({HOW_TO_INSTALL}). With it, this page makes one and says what it costs.*"
    sentences = []
    for row in proofs.table.itertuples():
        sentences.append(
            f"A proof of {row.actions} action{'s' if row.actions > 1 else ''} took {row.proof_s:.1f} s "
            f"({row.rows:,} rows, {row.proof_bytes:,} bytes); the chain checks it for {row.check_gas:,} gas, "
            f"{row.check_gas / row.actions:,.0f} an action, and the whole transaction is {row.gas:,}."
        )
    slope = _gas_a_product(result)
    one = _alone(proofs.table.loc[proofs.table["actions"] == 1, "check_gas"]).iloc[0]
    sentences.append(
        f"At {slope:.1f} gas a multiplication on chain, a single proof pays from {one / slope:,.0f} "
        f"multiplications on; the policy here has {result.network.products:,}."
    )
    return " ".join(sentences)


def _bars(axis: Axes, table: pd.DataFrame) -> None:
    labels = [_way(row.way, row.actions) for row in table.itertuples()]
    colors = [plots.PALETTE["paper" if way == PROVED else "ours"] for way in table["way"]]
    bars = axis.barh(labels, table["gas_per_action"], color=colors)
    axis.bar_label(bars, [f"{gas:,.0f}" for gas in table["gas_per_action"]], padding=4, fontsize=9)
    axis.set(xlabel="gas per action", ylabel="", xlim=(0, 1.15 * table["gas_per_action"].max()))
    axis.grid(visible=False, axis="y")
    axis.invert_yaxis()


def _sizes(axis: Axes, result: Result) -> None:
    computed = _alone(result.sizes["check_gas"])
    axis.plot(result.sizes["products"], computed, "o-", color=plots.PALETTE["ours"], label="computed on chain")
    axis.axvline(result.network.products, color=plots.PALETTE["neutral"], linestyle="--", label="the policy here")
    axis.set(xlabel="multiplications of the network", ylabel="gas to check one action", ylim=(0, None))


def _believing_pays(result: Result, single: pd.Series) -> str:
    saved = single[verified_gas.COMPUTED] - single[verified_gas.BELIEVED]
    if saved >= 0:
        return "is less than computing"
    enough = result.network.products - saved / _gas_a_product(result)
    return f"would be less than computing from about {enough:,.0f} multiplications on"


def _gas_a_product(result: Result) -> float:
    return np.polyfit(result.sizes["products"], result.sizes["check_gas"], 1)[0]


def _alone(check_gas: Any) -> Any:
    """Gas of a check without that of the transaction around it."""
    return check_gas - ONE_TRANSACTION_GAS


def _way(way: str, actions: int) -> str:
    return way if actions == 1 else f"{way}, a day at once"


def _more(gas: int) -> str:
    return f"{gas:,} more" if gas >= 0 else f"{-gas:,} less"
