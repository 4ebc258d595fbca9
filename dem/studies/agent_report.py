"""What the comparison of agents found (`dem.studies.agent_benchmark`), in words and tables."""

import numpy as np
import pandas as pd

from dem import plots
from dem.studies.agent_benchmark import ALGORITHMS, Result, savings_table


def verdict(result: Result) -> str:
    """What came of the paper's ranking, in Markdown."""
    late = result.claims.set_index("agent")["late_reward"]
    constant = result.constants.set_index("action")["reward"]
    lines = [_settling(claim) for _, claim in result.claims.iterrows()]
    lines += [
        f"- **DQN and DDQN** with the same seed differ by {_difference(result.rewards):.1%} of an episode's reward in "
        f"the median.",
        f"- **Late reward**: {late.max():.2f} at best ({late.idxmax()}); always “{constant.idxmax()}”, over all the "
        f"data, {constant.max():.2f}.",
    ]
    return "\n".join(lines)


def savings_verdict(result: Result) -> str:
    """Which agents earn more than the best rule, beyond their interval, in Markdown."""
    table = savings_table(result).set_index("policy")
    rules = table.drop(index=["random", *ALGORITHMS])["eur_per_day"]
    agents = table.loc[list(ALGORITHMS)]
    lead, interval = agents["eur_per_day"] - rules.max(), agents["interval"]
    groups = {
        "more": agents.index[lead > interval],
        "less": agents.index[-lead > interval],
        "neither more nor less": agents.index[~(lead.abs() > interval)],
    }
    judged = "; ".join(f"{words}: {', '.join(names)}" for words, names in groups.items() if len(names))
    return (
        f"The best rule, *{rules.idxmax()}*, saves {rules.max():.3f} EUR a day. What agents save beside it, by their "
        f"95 % intervals: {judged}."
    )


def claims_table(result: Result) -> pd.DataFrame:
    """The paper's words and episode beside ours, one row an agent."""
    claims = result.claims
    return pd.DataFrame(
        {
            "agent": claims["agent"],
            "paper": claims["paper_says"],
            "paper's episode": plots.plus_minus_column(claims["paper_episode"], digits=0),
            "our episode": plots.plus_minus_column(claims["our_episode"], claims["our_episode_interval"], 1),
            "runs that settle": claims["our_episode_runs"],
            "without the first": plots.plus_minus_column(claims["without_first"], claims["without_first_interval"], 1),
            "runs that settle then": claims["without_first_runs"],
            "late reward (paper's unit)": claims["late_reward"].map("{:.2f}".format),
        }
    )


def euros_table(result: Result) -> pd.DataFrame:
    """What each policy saves, one row a policy, best first."""
    table = savings_table(result)
    saved = plots.plus_minus_column(table["eur_per_day"], table["interval"], digits=3)
    return table[["policy", "runs"]].assign(**{"saved (EUR a day)": saved})


def _settling(claim: pd.Series) -> str:
    mean = plots.plus_minus(claim["our_episode"], claim["our_episode_interval"], digits=1)
    since = f", on average from episode {mean}" if np.isfinite(claim["our_episode"]) else ""
    return (
        f"- **{claim['agent']}** settles in {claim['our_episode_runs']} runs{since}; the paper: {claim['paper_says']}."
    )


def _difference(rewards: pd.DataFrame) -> float:
    """Median over runs and episodes of how far DDQN's reward is from DQN's with the same seed, as a share of it."""
    pair = rewards.pivot_table(index=["seed", "episode"], columns="agent", values="reward")
    return float(((pair["DDQN"] - pair["DQN"]) / pair["DQN"]).abs().median())
