"""What goes in and out of the API and the page.

Prices are EUR/MWh (1 EUR/MWh = 0.1 ct/kWh), energy is whole Wh, money EUR. What goes in is whole, so that nothing is
rounded on its way into a contract; what comes out is for display.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from dem.market.double_auction import Pricing

Side = Literal["buy", "sell"]
HOME_NAME = "^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$"
HomeName = Annotated[str, Field(pattern=HOME_NAME, description="letters, digits, - and _")]


Price = Annotated[int, Field(ge=1, le=5_000, description="EUR/MWh; 100 are 10 ct/kWh")]
Energy = Annotated[int, Field(ge=1, le=1_000_000, description="Wh")]
Euros = Annotated[int, Field(ge=1, le=1_000, description="EUR")]
LEAST_ORDER_WH = 10
Number = Annotated[int, Field(ge=1, le=2**31 - 1)]


class Given(BaseModel):
    """What a caller sends: no field that is not asked for, no text where a number belongs."""

    model_config = ConfigDict(extra="forbid", strict=True)

    @field_validator("*", mode="before")
    @classmethod
    def _whole(cls, number: Any) -> Any:
        """JSON has one kind of number: 2.0 is as whole as 2."""
        return int(number) if isinstance(number, float) and number.is_integer() else number


class Terms(Given):
    """What the contracts are deployed with."""

    retail_eur_per_mwh: Price = 300
    feed_in_eur_per_mwh: Price = 80
    price_eur_per_mwh: Price = 180
    pricing: Pricing = Field(default="pair_midpoint", description="price rule of the double auction")


class Contract(BaseModel):
    """A contract on the chain."""

    name: str
    address: str
    code_bytes: int


class GasUse(BaseModel):
    """What an operation used, the dearest later call after the first."""

    operation: str
    calls: int
    first_gas: int
    later_gas: int | None


class NewHome(Given):
    """A home to register."""

    name: HomeName
    collateral_eur: Euros = 10


class Home(BaseModel):
    """A home and its money."""

    name: str
    wallet_eur: float
    collateral_eur: float
    free_collateral_eur: float = Field(description="what open commitments do not need")
    proceeds_eur: float = Field(description="what its orders have to their credit")
    profile: int = Field(description="number of its token")
    address: str
    meter: str = Field(description="address of its meter's key")


class IssuedKey(BaseModel):
    """A key, told this once."""

    home: str
    key: str


class Amount(Given):
    """Money to pay in or out."""

    amount_eur: Euros


class NewCommitment(Given):
    """A promise to the paper's pool."""

    side: Literal["production", "consumption"]
    energy_wh: Energy
    ahead: int = Field(default=1, ge=1, le=48, description="intervals from now to the first")
    duration: int = Field(default=1, ge=1, le=24, description="intervals")


class Commitment(BaseModel):
    """A promise and how far it is."""

    number: int
    home: str
    side: Literal["production", "consumption"]
    energy_wh: int
    first_interval: int
    duration: int
    reserved_eur: float
    state: Literal["created", "deposited", "cancelled", "claimed"]


class NewOrder(Given):
    """An order for the double auction."""

    side: Side
    energy_wh: int = Field(ge=LEAST_ORDER_WH, le=1_000_000, description="Wh")
    price_eur_per_mwh: Price = Field(description="limit")


class Order(BaseModel):
    """An order and what became of it."""

    number: int
    home: str
    side: Side
    energy_wh: int
    filled_wh: int
    waiting_wh: int = Field(description="still in the book")
    price_eur_per_mwh: float
    state: Literal["open", "filled", "cancelled", "expired"]


class Level(BaseModel):
    """What all open orders of one side and price offer together."""

    side: Side
    price_eur_per_mwh: float
    energy_wh: int


class Round(BaseModel):
    """A clearing of the book."""

    number: int
    price_eur_per_mwh: float | None = Field(description="null: nothing traded")
    energy_wh: int


class Market(BaseModel):
    """The market now."""

    interval: int
    chain_time: datetime
    price_eur_per_mwh: float | None = Field(description="of the last round in which something traded")
    rounds: list[Round]
    book: list[Level] = Field(description="bids and asks, best first; without names")


class Trade(BaseModel):
    """What one home sold to another in a round."""

    number: int
    round: int
    buyer: str
    seller: str
    energy_wh: int
    price_eur_per_mwh: float
    settle_by: datetime
    state: Literal["open", "overdue", "settled", "expired"]


class MeterProof(Given):
    """What the seller's meter says; both together are the trade's energy."""

    delivered_wh: int = Field(ge=0, le=1_000_000)
    refused_wh: int = Field(default=0, ge=0, le=1_000_000, description="ready, and not taken by the buyer")


class Delivery(Given):
    """What a commitment delivered or took in an interval."""

    commitment: Number
    energy_wh: int = Field(ge=0, le=1_000_000)


class Closing(Given):
    """What the meters say about an interval that is over."""

    deliveries: list[Delivery] = Field(max_length=100)


class Prices(BaseModel):
    """What closing an interval fixed."""

    interval: int
    price_eur_per_mwh: float
    sell_price_eur_per_mwh: float
    buy_price_eur_per_mwh: float
    penalty_eur_per_mwh: float


class Passing(Given):
    """Time to let pass on a local chain."""

    intervals: int = Field(default=1, ge=1, le=24)


class NewReading(Given):
    """What a home's meter measured in the last time slot that is over."""

    imported_wh: int = Field(ge=0, le=1_000_000)
    exported_wh: int = Field(ge=0, le=1_000_000)


class Reading(BaseModel):
    """A reading in the books."""

    slot: int
    imported_wh: int
    exported_wh: int


class Slot(Given):
    """A time slot to certify."""

    slot: Number


class Certificate(BaseModel):
    """Certificates that a home holds."""

    slot: int
    energy_wh: int


class Voltage(BaseModel):
    """Voltage of a phase at a node."""

    node: str
    phase: str
    magnitude_pu: float


class Tap(BaseModel):
    """Position of a regulator."""

    regulator: str
    position: int = Field(description="0.00625 pu each, from -16 to 16")


class Grid(BaseModel):
    """The feeder now."""

    load_scale: float = Field(description="factor on the feeder's own loads")
    voltages: list[Voltage]
    taps: list[Tap]
    losses_kw: float
    outside_band: int = Field(description="node phases outside 0.95 to 1.05 pu")


class GridChange(Given):
    """What changes on the feeder."""

    load_percent: int = Field(default=100, ge=0, le=150, description="of the feeder's own loads")
    regulate: bool = Field(default=True, description="let the regulators move their taps")


class NewFault(Given):
    """A fault that somebody reports."""

    kind: Literal["outage", "short circuit"]
    bus: Literal["632", "633", "634", "645", "646", "671", "675", "680", "684", "611", "652"]


class Alert(BaseModel):
    """What a recipient reads about an event on the grid."""

    event: str
    recipient: str
    title: str
    body: str
    link: str = Field(description="where the home buys backup energy; empty for the operator")


class Interval(BaseModel):
    """An interval of the plant, all homes together."""

    time: datetime
    load_kwh: float
    pv_kwh: float
    metered_kwh: float = Field(description="taken from the network, negative for given")
    battery_kwh: float = Field(description="into the batteries, negative for out of them")
    traded_kwh: float
    price_eur_per_kwh: float | None
    cost_eur: float
    emissions_kg: float


class Dispatch(BaseModel):
    """A home's interval behind its meter."""

    time: datetime
    home: str
    metered_wh: int = Field(description="taken from the network, negative for given")
    battery_kwh: float
    stored_kwh: float


class Forecast(BaseModel):
    """What is expected of a home in an interval."""

    time: datetime
    home: str
    load_kwh: float
    pv_kwh: float


class Going(Given):
    """How far the plant goes on."""

    intervals: int = Field(default=1, ge=1, le=24)
