"""Market mechanisms without a chain: every one is a function ``clear(orders…) -> Clearing``.

| mechanism | efficient | truthful in price | individually rational | budget |
| --- | --- | --- | --- | --- |
| `double_auction` | yes | no | yes | balanced |
| `vcg` | yes | yes | yes | deficit |
| `mcafee` | nearly | yes | yes | surplus |
| `trade_reduction` | nearly | yes | yes | surplus |
| `muda` | in large markets | yes | yes | balanced |
| `pooled` | no | yes | yes | balanced |
| `fixed_price` | no | buyers | yes | balanced |
| `balancing_curve` | no | yes | yes | bounded loss |

No row says yes everywhere, and none can (Myerson & Satterthwaite 1983).

A mechanism of your own checks its orders with `orders.side` and returns a `Clearing`, at one price for everybody by
`Clearing.at_price`; the comparison's list is in `dem.studies.mechanism_rules`.

`balancing_slot` follows one slot of the balancing curve's market from its orders to its settlement.
"""

from dem.market import balancing_curve, double_auction, fixed_price, mcafee, muda, pooled, trade_reduction, vcg
from dem.market.clearing import Clearing, Trades
from dem.market.orders import OrderError

__all__ = [
    "Clearing",
    "OrderError",
    "Trades",
    "balancing_curve",
    "double_auction",
    "fixed_price",
    "mcafee",
    "muda",
    "pooled",
    "trade_reduction",
    "vcg",
]
