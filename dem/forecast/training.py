"""How a network learns from windows: steps down the pinball loss, and when to stop taking them."""

from collections.abc import Callable, Iterator
from itertools import islice

import numpy as np
import torch
from torch import Tensor, nn

from dem.forecast.networks import inputs_of, pinball
from dem.forecast.windows import Panel, Windows

CLIP = 1.0
"""Largest norm of a gradient."""
PERIOD_DAYS, KEPT_DAYS = 20, 2
"""Of every twenty days, two are kept from training, all seasons alike."""
MOST_KEPT = 512
"""Kept windows that are looked at."""
CHECK_EVERY = 50
"""Updates between looks at the kept windows."""


def descend(
    network: nn.Module,
    draw: Callable[[], Windows],
    rates: np.ndarray,
    levels: Tensor,
    weight_decay: float,
) -> Iterator[float]:
    """One update (AdamW) per learning rate, each on windows freshly drawn; yields the loss before each."""
    optimiser = torch.optim.AdamW(network.parameters(), weight_decay=weight_decay)
    for rate in rates:
        windows = draw()
        loss = pinball(network(*inputs_of(windows)), torch.from_numpy(windows.future), levels)
        optimiser.param_groups[0]["lr"] = float(rate)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), CLIP)
        optimiser.step()
        yield loss.item()


def descend_until_no_better(
    network: nn.Module, updates: Iterator[float], kept: Windows, levels: Tensor, patience: int
) -> None:
    """Update until the loss on the ``kept`` windows has not fallen for ``patience`` looks; go back to its lowest."""
    lowest, best, since = np.inf, network.state_dict(), 0
    while since < patience and list(islice(updates, CHECK_EVERY)):
        loss = kept_loss(network, kept, levels)
        since = 0 if loss < lowest else since + 1
        if since == 0:
            lowest, best = loss, {name: tensor.clone() for name, tensor in network.state_dict().items()}
    network.load_state_dict(best)


def kept_loss(network: nn.Module, windows: Windows, levels: Tensor) -> float:
    """Pinball loss on windows that are not learned from."""
    network.eval()
    with torch.inference_mode():
        loss = pinball(network(*inputs_of(windows)), torch.from_numpy(windows.future), levels).item()
    network.train()
    return loss


def split_origins(panel: Panel) -> tuple[np.ndarray, np.ndarray]:
    """Origins to learn from, and those whose day is kept: no day of either overlaps one of the other.

    The latter are none where the panel is shorter than a period.
    """
    origins, day = panel.origins(), panel.day
    phase = (origins - origins[:1]) % (PERIOD_DAYS * day)
    first = (PERIOD_DAYS - KEPT_DAYS) * day
    kept = origins[(phase >= first) & (phase <= (PERIOD_DAYS - 1) * day)]
    return (origins[phase <= first - day], kept) if len(kept) else (origins, kept)


def kept_windows(panel: Panel, origins: np.ndarray) -> Windows:
    """The windows at these origins, at most 512, spread evenly."""
    stride = -(-len(origins) * len(panel.homes) // MOST_KEPT)
    return panel.windows(origins[::stride])
