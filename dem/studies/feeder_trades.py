"""What the feeder carries of a day's trades at fixed taps, and who pays for losses and network."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from dem import plots
from dem.grid import Feeder, charges, feasible
from dem.grid.voltage_control import settled_taps
from dem.studies.trading_days import MARKET_HOURS, STEPS_PER_MARKET, TradingDay

# Assumptions: what a lost kWh costs, and the network fee per kWh and km of line.
LOSS_PRICE_EUR, NETWORK_FEE_EUR = 0.10, 0.01


def carry(feeder: Feeder, day: TradingDay) -> pd.DataFrame:
    """Every market interval of the day as forecast, at the taps with which the day begins.

    Returns:
        One row an interval: ``hour``; ``limits`` that the whole schedule would break; ``traded_kwh``,
        ``curtailed_kwh``; ``lost_eur`` by curtailment and ``lost_eur_redispatch``; of the carried trades ``loss_kwh``,
        ``network_eur``, their number ``trades`` and how many of them are ``relieving`` (lessen the losses).
    """
    feeder.taps = settled_taps(feeder, day.expected)
    return pd.DataFrame([_carry(feeder, day, number) for number in range(len(day.schedules))])


def _carry(feeder: Feeder, day: TradingDay, number: int) -> dict[str, float]:
    schedule, step = day.schedules[number], number * STEPS_PER_MARKET
    feeder.load_scale = float(day.expected.load_scale[step])
    feeder.set_power(day.own_kw[step])
    cut = feasible(feeder, schedule, MARKET_HOURS, method="curtail")
    paired = cut if cut.broken.empty else feasible(feeder, schedule, MARKET_HOURS, method="redispatch")
    paid = charges(feeder, cut.trades, MARKET_HOURS, energy_price=LOSS_PRICE_EUR, fee_per_kwh_km=NETWORK_FEE_EUR)
    return {
        "hour": number * MARKET_HOURS,
        "limits": len(cut.broken),
        "traded_kwh": schedule["energy_kwh"].sum(),
        "curtailed_kwh": schedule["energy_kwh"].sum() - cut.delivered.sum(),
        "lost_eur": cut.lost_eur,
        "lost_eur_redispatch": paired.lost_eur,
        "loss_kwh": paid["loss_kwh"].sum(),
        "network_eur": paid["network_eur"].sum(),
        "trades": len(paid),
        "relieving": int((paid["loss_kwh"] < 0).sum()),
    }


def draw(table: pd.DataFrame) -> Figure:
    """What was traded in each market interval, and what the feeder cannot carry."""
    figure, (top, bottom) = plt.subplots(2, 1, figsize=(9, 5), sharex=True, height_ratios=(2, 1))
    hours, cut, width = table["hour"], table["curtailed_kwh"], MARKET_HOURS * 0.9
    carried = table["traded_kwh"] - cut
    top.bar(hours, carried, width, align="edge", color=plots.PALETTE["good"], label="carried")
    top.bar(hours, cut, width, bottom=carried, align="edge", color=plots.PALETTE["paper"], label="left out")
    top.set_ylabel("traded energy\n(kWh per 15 min)")
    top.set_ylim(0, 1.1 * table["traded_kwh"].max())
    top.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, borderaxespad=0)
    for column, label, color in (("lost_eur", "curtailment", "paper"), ("lost_eur_redispatch", "redispatch", "ours")):
        bottom.step(hours, table[column], where="post", color=plots.PALETTE[color], label=label)
    bottom.set(
        ylabel="lost value\n(EUR per 15 min)", xlabel="hour of the day (UTC)", xlim=(0, 24), xticks=range(0, 25, 3)
    )
    bottom.legend(loc="upper left", ncols=2)
    return figure


def words(table: pd.DataFrame) -> str:
    """How much is carried, what the rest was worth, and what losses and network cost."""
    carried = table["traded_kwh"].sum() - table["curtailed_kwh"].sum()
    return (
        f"With the taps left alone the feeder cannot carry the whole schedule in {(table['limits'] > 0).sum()} of "
        f"{len(table)} market intervals. It carries {carried / table['traded_kwh'].sum():.1%} of the energy. Leaving "
        f"out the rest loses {table['lost_eur'].sum():.2f} EUR of the traders' gains, and "
        f"{table['lost_eur_redispatch'].sum():.2f} EUR if partners of cut trades are paired anew. What is carried "
        f"causes {table['loss_kwh'].sum():.0f} kWh of losses, {table['loss_kwh'].sum() / carried:.2%} of it, shared "
        f"out trade by trade; {table['relieving'].sum() / table['trades'].sum():.0%} of the trades lessen the losses "
        f"and are paid for it. Network fees by distance come to {table['network_eur'].sum():.2f} EUR."
    )
