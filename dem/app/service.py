"""The one door to the chain, the feeder and the plant: every call is let in, then waits its turn in one thread.

Neither Ape's test chain nor OpenDSS nor a plant's journal may be used from several threads.
"""

import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from types import TracebackType
from typing import Concatenate, ParamSpec, Self, TypeVar

from dem import chain
from dem.alerts.messages import BACKUP_URL
from dem.app.desks.certificates import CertificatesDesk
from dem.app.desks.commitments import CommitmentsDesk
from dem.app.desks.grid import GridDesk, Publish
from dem.app.desks.homes import HomesDesk
from dem.app.desks.laboratory import Laboratory
from dem.app.desks.orders import OrdersDesk
from dem.app.desks.plant import PlantDesk, RunningPlant
from dem.app.desks.trades import TradesDesk
from dem.app.limits import Limiter
from dem.app.news import NewsLog
from dem.app.security import Caller, Keys

Given = ParamSpec("Given")
Answer = TypeVar("Answer")


@dataclass
class Desks:
    """All desks over one laboratory."""

    homes: HomesDesk
    commitments: CommitmentsDesk
    orders: OrdersDesk
    trades: TradesDesk
    certificates: CertificatesDesk
    plant: PlantDesk
    grid: GridDesk


@dataclass
class Options:
    """What a service is made with.

    Attributes:
        keys: those that open it.
        limiter: of calls.
        network: a local chain, see `dem.chain.connect`.
        make_plant: makes the plant on a connection; ``None`` for none.
        publish: brings an alert's event to people.
        backup_url: of the page, for alerts.
    """

    keys: Keys = field(default_factory=Keys)
    limiter: Limiter = field(default_factory=Limiter)
    network: str = "test"
    make_plant: Callable[[chain.Connection], RunningPlant] | None = None
    publish: Publish = lambda _: None
    backup_url: str = BACKUP_URL


class Service:
    """Open while its ``with`` block lasts.

    Attributes:
        keys: those that open it.
        news: what happened.
        desks: what can be done; call their methods through `do`.
    """

    desks: Desks

    def __init__(self, options: Options | None = None) -> None:
        self._options = options or Options()
        self.keys = self._options.keys
        self.news = NewsLog()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="dem-app")
        self._resources = contextlib.ExitStack()

    def __enter__(self) -> Self:
        try:
            self._thread.submit(self._open).result()
        except BaseException:
            self._thread.shutdown()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._thread.submit(self._resources.close).result()
        self._thread.shutdown()

    def caller(self, key: str) -> Caller:
        """Let a caller in.

        Raises:
            UnknownKeyError: with no key or a wrong one.
            TooManyRequestsError: too often.
        """
        caller = self.keys.caller(key)
        self._options.limiter.take(caller)
        return caller

    def do(
        self,
        action: Callable[Concatenate[Caller, Given], Answer],
        caller: Caller,
        *arguments: Given.args,
        **named: Given.kwargs,
    ) -> Answer:
        """Do something at a desk for a caller, when it is its turn; raises what the desk raises."""
        return self._thread.submit(action, caller, *arguments, **named).result()

    def _plant(self, connection: chain.Connection) -> RunningPlant | None:
        """The plant; it closes before the chain that it settles on."""
        if self._options.make_plant is None:
            return None
        return self._resources.enter_context(contextlib.closing(self._options.make_plant(connection)))

    def _open(self) -> None:
        options = self._options
        connection = self._resources.enter_context(chain.connect(options.network))
        laboratory = Laboratory(connection)
        plant = PlantDesk(self._plant(connection), laboratory, self.news)
        trades = TradesDesk(laboratory, self.news)
        self.desks = Desks(
            homes=HomesDesk(laboratory, self.keys, self.news),
            commitments=CommitmentsDesk(laboratory, self.news),
            orders=OrdersDesk(laboratory, trades, self.news),
            trades=trades,
            certificates=CertificatesDesk(laboratory, self.news),
            plant=plant,
            grid=GridDesk(self.news, plant, options.publish, options.backup_url),
        )
